/* The leaves of LDA for one precision: the including file defines REAL and NAME().
   Formulas: Blei, Ng and Jordan (2003), sections 5.2-5.4, with a Dirichlet q(beta). */

/* One document: what is given, what is iterated, and the scratch. */
typedef struct {
    ptrdiff_t n_words, n_topics, stride;
    const REAL *counts;
    const REAL *const *rows;
    const double *const *log_rows;
    const REAL *prior;
    REAL *gamma, *theta; /* padded with ones and zeros */
    REAL *sum;           /* of counts / norm * row */
    REAL tiny;           /* below this norm, entries that underflowed might matter; never 0 */
    double log_factor;   /* theta = exp(psi(gamma) - log_factor) */
    double *elog_theta;  /* the exponent, once a word has needed it at this gamma */
    double *log_counts;  /* expected topic counts of the words treated in log space */
    double *phi;
    int n_in_log_space;
} NAME(doc);

/* out = psi(x), in double at either precision: where x is small psi is near -1/x, and its absolute
   error becomes the relative error of an exponential. */
static void NAME(digammas)(ptrdiff_t n, const REAL *x, double *out)
{
    uint64_t excess = 0;
#pragma omp simd reduction(| : excess)
    for (ptrdiff_t k = 0; k < n; k++) {
        const double value = (double)x[k];
        excess |= fvb_excess(value);
        out[k] = fvb_digamma_core(value);
    }
    if (excess >> FVB_EXCESS_BIT)
        for (ptrdiff_t k = 0; k < n; k++)
            out[k] = fvb_digamma((double)x[k]);
}

/* Sum of log Gamma(x). */
static double NAME(sum_gammaln)(ptrdiff_t n, const REAL *x)
{
    uint64_t excess = 0;
    double sum = 0.0;
#pragma omp simd reduction(| : excess) reduction(+ : sum)
    for (ptrdiff_t k = 0; k < n; k++) {
        const double value = (double)x[k];
        excess |= fvb_excess(value);
        sum += fvb_gammaln_core(value);
    }
    if (excess >> FVB_EXCESS_BIT) {
        sum = 0.0;
        for (ptrdiff_t k = 0; k < n; k++)
            sum += fvb_gammaln((double)x[k]);
    }
    return sum;
}

/* theta = exp(psi(gamma)). psi(sum gamma) is left out: it cancels in phi. Where every gamma
   is so small that theta would underflow, it is scaled by its largest entry. */
static void NAME(update_theta)(NAME(doc) *d)
{
    const ptrdiff_t stride = d->stride, n_topics = d->n_topics;
    const REAL *gamma = d->gamma;
    REAL *theta = d->theta;
    REAL top = 0;
    BITS excess = 0;
#pragma omp simd reduction(| : excess)
    for (ptrdiff_t k = 0; k < stride; k++) {
        excess |= EXCESS(gamma[k]);
        theta[k] = EXP_DIGAMMA_CORE(gamma[k]);
    }
    if (excess >> EXCESS_BIT)
        for (ptrdiff_t k = 0; k < n_topics; k++)
            theta[k] = EXP_DIGAMMA(gamma[k]);
    for (ptrdiff_t k = n_topics; k < stride; k++)
        theta[k] = 0;
#pragma omp simd reduction(max : top)
    for (ptrdiff_t k = 0; k < stride; k++)
        top = theta[k] > top ? theta[k] : top;
    d->log_factor = 0.0;
    d->n_in_log_space = 0;
    if (top < REAL_SMALL) {
        double *elog = d->elog_theta;
        NAME(digammas)(n_topics, gamma, elog);
        d->log_factor = -INFINITY;
        for (ptrdiff_t k = 0; k < n_topics; k++)
            d->log_factor = elog[k] > d->log_factor ? elog[k] : d->log_factor;
        for (ptrdiff_t k = 0; k < n_topics; k++)
            theta[k] = (REAL)fvb_exp(elog[k] - d->log_factor);
        top = 1;
    }
    d->tiny = top * (REAL)stride * (REAL_MIN / REAL_EPSILON / REAL_EPSILON);
}

/* Norms of four words at a time: <row, theta>. */
static inline void NAME(four_norms)(const NAME(doc) *d, ptrdiff_t i, REAL *norm)
{
    const REAL *theta = d->theta;
    const REAL *r0 = d->rows[i], *r1 = d->rows[i + 1], *r2 = d->rows[i + 2], *r3 = d->rows[i + 3];
    REAL s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
    for (ptrdiff_t k = 0; k < d->stride; k++) {
        s0 += r0[k] * theta[k];
        s1 += r1[k] * theta[k];
        s2 += r2[k] * theta[k];
        s3 += r3[k] * theta[k];
    }
    norm[0] = s0;
    norm[1] = s1;
    norm[2] = s2;
    norm[3] = s3;
}

static inline REAL NAME(one_norm)(const NAME(doc) *d, ptrdiff_t i)
{
    const REAL *theta = d->theta, *row = d->rows[i];
    REAL s = 0;
#pragma omp simd reduction(+ : s)
    for (ptrdiff_t k = 0; k < d->stride; k++)
        s += row[k] * theta[k];
    return s;
}

/* phi of word i in log space: adds its expected counts, returns the log of its norm. */
static double NAME(visit_in_log_space)(NAME(doc) *d, ptrdiff_t i)
{
    if (d->n_in_log_space++ == 0) {
        NAME(digammas)(d->n_topics, d->gamma, d->elog_theta);
        for (ptrdiff_t k = 0; k < d->n_topics; k++) {
            d->elog_theta[k] -= d->log_factor;
            d->log_counts[k] = 0.0;
        }
    }
    const double log_norm = log_phi(d->n_topics, d->elog_theta, d->log_rows[i], d->phi);
    for (ptrdiff_t k = 0; k < d->n_topics; k++)
        d->log_counts[k] += (double)d->counts[i] * d->phi[k];
    return log_norm;
}

/* counts[i] / norm, or 0 when word i has been visited in log space instead. */
static inline REAL NAME(weight)(NAME(doc) *d, ptrdiff_t i, REAL norm)
{
    if (norm < d->tiny) {
        if (d->log_rows)
            NAME(visit_in_log_space)(d, i);
        else
            d->n_in_log_space++;
        return 0;
    }
    return d->counts[i] / norm;
}

/* One coordinate step of phi and gamma; returns sum |change of gamma|. Each word's row is
   read twice while it is in the first-level cache: norm, then the weighted sum. */
static double NAME(step)(NAME(doc) *d)
{
    const ptrdiff_t n_words = d->n_words, stride = d->stride;
    const REAL *const *rows = d->rows;
    REAL *sum = d->sum, *gamma = d->gamma;
    const REAL *theta = d->theta, *prior = d->prior;
    for (ptrdiff_t k = 0; k < stride; k++)
        sum[k] = 0;
    ptrdiff_t i = 0;
    for (; i + 4 <= n_words; i += 4) {
        REAL norm[4];
        NAME(four_norms)(d, i, norm);
        const REAL w0 = NAME(weight)(d, i, norm[0]), w1 = NAME(weight)(d, i + 1, norm[1]);
        const REAL w2 = NAME(weight)(d, i + 2, norm[2]), w3 = NAME(weight)(d, i + 3, norm[3]);
        const REAL *r0 = rows[i], *r1 = rows[i + 1], *r2 = rows[i + 2], *r3 = rows[i + 3];
#pragma omp simd
        for (ptrdiff_t k = 0; k < stride; k++)
            sum[k] += (w0 * r0[k] + w1 * r1[k]) + (w2 * r2[k] + w3 * r3[k]);
    }
    for (; i < n_words; i++) {
        const REAL w = NAME(weight)(d, i, NAME(one_norm)(d, i)), *row = rows[i];
#pragma omp simd
        for (ptrdiff_t k = 0; k < stride; k++)
            sum[k] += w * row[k];
    }
    if (d->n_in_log_space && !d->log_rows)
        return 0.0;
    REAL change = 0;
    if (d->n_in_log_space) {
        for (ptrdiff_t k = 0; k < d->n_topics; k++) {
            const REAL updated = prior[k] + (REAL)(theta[k] * sum[k] + d->log_counts[k]);
            change += fabs(updated - gamma[k]);
            gamma[k] = updated;
        }
        return change;
    }
#pragma omp simd reduction(+ : change)
    for (ptrdiff_t k = 0; k < stride; k++) {
        const REAL updated = prior[k] + theta[k] * sum[k], step = updated - gamma[k];
        change += step < 0 ? -step : step;
        gamma[k] = updated;
    }
    return change;
}

/* ratio of every word at the final gamma; returns sum count * log(norm). */
static double NAME(close_words)(NAME(doc) *d, REAL *ratio)
{
    const ptrdiff_t n_words = d->n_words;
    double total = 0.0;
    ptrdiff_t i = 0;
    for (; i + 4 <= n_words; i += 4)
        NAME(four_norms)(d, i, ratio + i);
    for (; i < n_words; i++)
        ratio[i] = NAME(one_norm)(d, i);
    for (i = 0; i < n_words; i++) {
        if (ratio[i] < d->tiny) {
            if (d->log_rows)
                total += (double)d->counts[i] * NAME(visit_in_log_space)(d, i);
            else
                d->n_in_log_space++;
            ratio[i] = -1;
        }
    }
#pragma omp simd reduction(+ : total)
    for (i = 0; i < n_words; i++) {
        const REAL norm = ratio[i];
        total += (double)d->counts[i] * fvb_log(fabs((double)norm));
        ratio[i] = d->counts[i] / norm;
    }
    return total;
}

/* E[log p(theta)] + H(q(theta)) without the normaliser of the prior, less psi(sum gamma) for
   each token of the document. */
static double NAME(theta_terms)(NAME(doc) *d)
{
    double total = 0.0, prior_total = 0.0, length = 0.0, sum = 0.0;
    double *elog_theta = d->elog_theta;
    NAME(digammas)(d->n_topics, d->gamma, elog_theta);
    for (ptrdiff_t i = 0; i < d->n_words; i++)
        length += (double)d->counts[i];
#pragma omp simd reduction(+ : total, prior_total, sum)
    for (ptrdiff_t k = 0; k < d->n_topics; k++) {
        const double g = (double)d->gamma[k], a = (double)d->prior[k];
        total += g;
        prior_total += a;
        sum += (a - g) * elog_theta[k];
    }
    return sum + NAME(sum_gammaln)(d->n_topics, d->gamma) - fvb_gammaln(total)
           + (total - prior_total - length) * fvb_digamma(total)
           + length * d->log_factor;
}

static int NAME(document)(
    ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride, const REAL *counts,
    const REAL *const *rows, const double *const *log_rows, const REAL *prior, double tol,
    int max_iter, REAL *gamma, REAL *theta, REAL *ratio, int *n_iter, double *bound, void *scratch)
{
    double *doubles = scratch;
    REAL *reals = (REAL *)(doubles + 3 * stride);
    NAME(doc) d = {
        .n_words = n_words, .n_topics = n_topics, .stride = stride,
        .counts = counts, .rows = rows, .log_rows = log_rows, .prior = prior,
        .gamma = reals, .theta = theta, .sum = reals + stride,
        .elog_theta = doubles, .log_counts = doubles + stride, .phi = doubles + 2 * stride,
    };
    for (ptrdiff_t k = 0; k < stride; k++)
        d.gamma[k] = k < n_topics ? gamma[k] : 1;

    int status = FVB_LDA_MAX_ITER, iter = 0;
    NAME(update_theta)(&d);
    while (iter < max_iter && status == FVB_LDA_MAX_ITER) {
        const double change = NAME(step)(&d);
        if (d.n_in_log_space && !log_rows)
            return FVB_LDA_PENDING;
        iter++;
        NAME(update_theta)(&d);
        if (change < tol * (double)n_topics)
            status = FVB_LDA_CONVERGED;
        else if (!(change < INFINITY))
            status = FVB_LDA_NOT_FINITE;
    }
    const double word_terms = NAME(close_words)(&d, ratio);
    if (d.n_in_log_space && !log_rows)
        return FVB_LDA_PENDING;
    *bound = word_terms + NAME(theta_terms)(&d);
    *n_iter = iter;
    for (ptrdiff_t k = 0; k < n_topics; k++)
        gamma[k] = d.gamma[k];
    return status;
}

static void NAME(accumulate)(ptrdiff_t n, ptrdiff_t stride, const REAL *weights,
                             const REAL *const *rows, double *sum)
{
    ptrdiff_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const double w0 = weights[i], w1 = weights[i + 1], w2 = weights[i + 2], w3 = weights[i + 3];
        const REAL *r0 = rows[i], *r1 = rows[i + 1], *r2 = rows[i + 2], *r3 = rows[i + 3];
#pragma omp simd
        for (ptrdiff_t k = 0; k < stride; k++)
            sum[k] += (w0 * r0[k] + w1 * r1[k]) + (w2 * r2[k] + w3 * r3[k]);
    }
    for (; i < n; i++) {
        const double w = weights[i];
        const REAL *row = rows[i];
#pragma omp simd
        for (ptrdiff_t k = 0; k < stride; k++)
            sum[k] += w * row[k];
    }
}

static void NAME(multiply)(ptrdiff_t stride, const double *sum, const REAL *row, REAL *out)
{
#pragma omp simd
    for (ptrdiff_t k = 0; k < stride; k++)
        out[k] = (REAL)(sum[k] * (double)row[k]);
}

static void NAME(add_log_phi)(ptrdiff_t n_topics, ptrdiff_t stride, REAL count, const REAL *gamma,
                              const double *log_row, REAL *out, double *scratch)
{
    double *elog_theta = scratch, *phi = scratch + stride;
    NAME(digammas)(n_topics, gamma, elog_theta);
    log_phi(n_topics, elog_theta, log_row, phi);
    for (ptrdiff_t k = 0; k < n_topics; k++)
        out[k] += (REAL)((double)count * phi[k]);
}

/* elog = E[log beta] of one word; returns the largest. */
static double NAME(expected_logs)(ptrdiff_t n_topics, const REAL *concentration,
                                  const double *digamma_total, double *elog)
{
    double top = -INFINITY;
    NAME(digammas)(n_topics, concentration, elog);
#pragma omp simd reduction(max : top)
    for (ptrdiff_t k = 0; k < n_topics; k++) {
        elog[k] -= digamma_total[k];
        top = elog[k] > top ? elog[k] : top;
    }
    return top;
}

static double NAME(word_row)(ptrdiff_t n_topics, ptrdiff_t stride, const REAL *concentration,
                             const double *digamma_total, REAL *row, double *scratch)
{
    const double top = NAME(expected_logs)(n_topics, concentration, digamma_total, scratch);
#pragma omp simd
    for (ptrdiff_t k = 0; k < n_topics; k++)
        row[k] = (REAL)fvb_exp(scratch[k] - top);
    for (ptrdiff_t k = n_topics; k < stride; k++)
        row[k] = 0;
    return top;
}

static void NAME(log_word_row)(ptrdiff_t n_topics, const REAL *concentration,
                               const double *digamma_total, double *log_row)
{
    const double top = NAME(expected_logs)(n_topics, concentration, digamma_total, log_row);
    for (ptrdiff_t k = 0; k < n_topics; k++)
        log_row[k] -= top;
}

static double NAME(inner)(ptrdiff_t n_topics, const REAL *counts, const REAL *concentration,
                          const double *digamma_total, double *scratch)
{
    double sum = 0.0;
    NAME(digammas)(n_topics, concentration, scratch);
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t k = 0; k < n_topics; k++)
        sum += (double)counts[k] * (scratch[k] - digamma_total[k]);
    return sum;
}

static double NAME(dirichlet_terms)(ptrdiff_t n_topics, const REAL *prior,
                                    const REAL *concentration, const double *digamma_total,
                                    double *scratch)
{
    double sum = 0.0;
    NAME(digammas)(n_topics, concentration, scratch);
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t k = 0; k < n_topics; k++)
        sum += ((double)prior[k] - (double)concentration[k]) * (scratch[k] - digamma_total[k]);
    return sum + NAME(sum_gammaln)(n_topics, concentration);
}
