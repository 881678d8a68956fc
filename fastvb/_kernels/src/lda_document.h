/* One document: coordinate ascent on phi and gamma (Blei, Ng and Jordan 2003, section 5.2, with
   a Dirichlet q(beta)).

   A step is a pass over the words (lda_words.h), then gamma = prior + theta * sum.

   A topic whose expected count vanishes beside its prior and beside the least count of a word
   leaves the iteration: its gamma is the prior to the last bit, and what it would add to any norm
   is less than rounding. When the document has converged, one look at the rows makes sure that
   this is still so; if not, the document starts over with all topics. With a prior of 0.01 most
   topics leave within a few steps. */

/* theta of a topic at its prior. */
static inline REAL NAME(theta_at_prior)(const NAME(doc) *d, ptrdiff_t k)
{
    return d->mean ? d->prior[k] : EXP_DIGAMMA(d->prior[k]);
}

/* theta = exp(psi(gamma)), or gamma itself. psi(sum gamma) is left out: it cancels in phi. Where every gamma
   is so small that theta would underflow, it is scaled by its largest entry. */
static void NAME(update_theta)(NAME(doc) *d)
{
    const ptrdiff_t width = d->width, n_live = d->n_live;
    const REAL *gamma = d->gamma;
    REAL *theta = d->theta;
    REAL top = 0;
    BITS excess = 0;
    if (d->mean)
        memcpy(theta, gamma, width * sizeof(REAL));
    else {
#pragma omp simd reduction(| : excess)
        for (ptrdiff_t k = 0; k < width; k++) {
            excess |= EXCESS(gamma[k]);
            theta[k] = EXP_DIGAMMA_CORE(gamma[k]);
        }
    }
    if (excess >> EXCESS_BIT)
        for (ptrdiff_t k = 0; k < n_live; k++)
            theta[k] = EXP_DIGAMMA(gamma[k]);
    for (ptrdiff_t k = n_live; k < width; k++)
        theta[k] = 0;
#pragma omp simd reduction(max : top)
    for (ptrdiff_t k = 0; k < width; k++)
        top = theta[k] > top ? theta[k] : top;
    d->log_factor = 0.0;
    d->n_in_log_space = 0;
    if (top < REAL_SMALL) {
        double *elog = d->elog_theta;
        NAME(log_weights)(d->mean, n_live, gamma, elog);
        d->log_factor = -INFINITY;
        for (ptrdiff_t k = 0; k < n_live; k++)
            d->log_factor = elog[k] > d->log_factor ? elog[k] : d->log_factor;
        for (ptrdiff_t k = 0; k < n_live; k++)
            theta[k] = (REAL)fvb_exp(elog[k] - d->log_factor);
        top = 1;
    }
    d->tiny = top * (REAL)d->stride * (REAL_MIN / REAL_EPSILON / REAL_EPSILON);
}

/* What a topic's expected count must vanish beside. */
static inline REAL NAME(beside)(const NAME(doc) *d, REAL prior)
{
    return prior < d->least_count ? prior : d->least_count;
}

/* gamma = prior + theta * sum; returns sum |change of gamma| and counts the topics that may
   leave. */
static double NAME(update_gamma)(NAME(doc) *d, ptrdiff_t *n_done)
{
    const REAL *theta = d->theta, *prior = d->live_prior, *sum = d->sum;
    REAL *gamma = d->gamma;
    REAL change = 0, done = 0;
#pragma omp simd reduction(+ : change, done)
    for (ptrdiff_t k = 0; k < d->width; k++) {
        const REAL count = theta[k] * sum[k];
        const REAL updated = prior[k] + count, step = updated - gamma[k];
        change += step < 0 ? -step : step;
        done += count < NAME(beside)(d, prior[k]) * REAL_LEAVES ? (REAL)1 : (REAL)0;
        gamma[k] = updated;
    }
    *n_done = (ptrdiff_t)done - (d->width - d->n_live);
    return change;
}

/* Take the topics whose count vanishes out of the iteration. */
static void NAME(leave)(NAME(doc) *d)
{
    const ptrdiff_t per_line = FVB_CACHE_LINE / sizeof(REAL);
    ptrdiff_t *kept = d->topic + d->stride, n = 0;
    for (ptrdiff_t k = 0; k < d->n_live; k++) {
        if (d->theta[k] * d->sum[k] < NAME(beside)(d, d->live_prior[k]) * REAL_LEAVES)
            continue;
        kept[n] = k;
        d->topic[n] = d->topic[k];
        d->live_prior[n] = d->live_prior[k];
        d->gamma[n] = d->gamma[k];
        n++;
    }
    NAME(compact)(&d->tile, n, kept);
    d->n_live = n;
    d->width = (n + per_line - 1) / per_line * per_line;
    for (ptrdiff_t k = n; k < d->width; k++)
        d->live_prior[k] = d->gamma[k] = 1;
}

/* sum += weight * row of four words. */
static inline void NAME(add_four_rows)(ptrdiff_t stride, const REAL *weight,
                                       const REAL *const *rows, REAL *sum)
{
    const REAL *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    const REAL w0 = weight[0], w1 = weight[1], w2 = weight[2], w3 = weight[3];
#pragma omp simd
    for (ptrdiff_t k = 0; k < stride; k++)
        sum[k] += (w0 * NAME(value)(r0[k]) + w1 * NAME(value)(r1[k]))
                  + (w2 * NAME(value)(r2[k]) + w3 * NAME(value)(r3[k]));
}

/* Whether the topics that have left belong where they are, given the final ratios. */
static int NAME(may_stay_out)(NAME(doc) *d, const REAL *ratio)
{
    REAL *sum = d->partial;
    if (d->log_factor != 0.0)
        return 0;
    for (ptrdiff_t k = 0; k < d->stride; k++)
        sum[k] = 0;
    ptrdiff_t i = 0;
    for (; i + 4 <= d->n_words; i += 4)
        NAME(add_four_rows)(d->stride, ratio + i, d->tile.rows + i, sum);
    for (; i < d->n_words; i++) {
        const REAL *row = d->tile.rows[i], weight = ratio[i];
#pragma omp simd
        for (ptrdiff_t k = 0; k < d->stride; k++)
            sum[k] += weight * NAME(value)(row[k]);
    }
    for (ptrdiff_t k = 0, live = 0; k < d->n_topics; k++)
        if (live < d->n_live && d->topic[live] == k)
            live++;
        else if (!(NAME(theta_at_prior)(d, k) * sum[k]
                   < NAME(beside)(d, d->prior[k]) * REAL_STAYS_OUT))
            return 0;
    return 1;
}

/* gamma and theta of all topics. */
static void NAME(return_topics)(const NAME(doc) *d, REAL *gamma, REAL *theta)
{
    for (ptrdiff_t k = 0, live = 0; k < d->n_topics; k++)
        if (live < d->n_live && d->topic[live] == k) {
            gamma[k] = d->gamma[live];
            theta[k] = d->theta[live++];
        } else {
            gamma[k] = d->prior[k];
            theta[k] = NAME(theta_at_prior)(d, k);
        }
    for (ptrdiff_t k = d->n_topics; k < d->stride; k++)
        theta[k] = 0;
}

/* E[log p(theta)] + H(q(theta)) without the normaliser of the prior, less psi(sum gamma) for
   each token of the document; or with the mean less log(sum gamma) for each token. */
static double NAME(theta_terms)(NAME(doc) *d, const REAL *gamma)
{
    double total = 0.0, prior_total = 0.0, length = 0.0, sum = 0.0;
    double *elog_theta = d->elog_theta;
    for (ptrdiff_t i = 0; i < d->n_words; i++)
        length += (double)d->counts[i];
    if (d->mean) {
        for (ptrdiff_t k = 0; k < d->n_topics; k++)
            total += (double)gamma[k];
        return length * (d->log_factor - fvb_log(total));
    }
    NAME(digammas)(d->n_topics, gamma, elog_theta);
#pragma omp simd reduction(+ : total, prior_total, sum)
    for (ptrdiff_t k = 0; k < d->n_topics; k++) {
        const double g = (double)gamma[k], a = (double)d->prior[k];
        total += g;
        prior_total += a;
        sum += (a - g) * elog_theta[k];
    }
    return sum + NAME(sum_gammaln)(d->n_topics, gamma) - fvb_gammaln(total)
           + (total - prior_total - length) * fvb_digamma(total)
           + length * d->log_factor;
}

/* Bring all topics into the iteration, at `gamma`. */
static void NAME(take_all_topics)(NAME(doc) *d, const REAL *gamma)
{
    d->n_live = d->n_topics;
    d->width = d->stride;
    for (ptrdiff_t k = 0; k < d->stride; k++) {
        d->topic[k] = k;
        d->live_prior[k] = d->prior[k];
        d->gamma[k] = k < d->n_topics ? gamma[k] : 1;
    }
}

/* Iterate from where gamma and theta are; FVB_LDA_PENDING if some norm is tiny and nothing can be done
   about it in this attempt. */
static int NAME(iterate)(NAME(doc) *d, double tol, int max_iter, int may_leave, int *n_iter)
{
    may_leave &= d->tile.n_cached == d->tile.n_vectors && d->n_words > 0;
    for (*n_iter = 0; *n_iter < max_iter;) {
        double change;
        ptrdiff_t n_done = 0;
        d->backwards = *n_iter % 2;
        if (NAME(sum_words)(d) < d->tiny) {
            if (!d->log_rows || d->n_live < d->n_topics)
                return FVB_LDA_PENDING;
            change = NAME(careful_step)(d);
        } else
            change = NAME(update_gamma)(d, &n_done);
        if (may_leave && n_done < d->n_live && n_done >= 1 + d->n_live / 4)
            NAME(leave)(d);
        ++*n_iter;
        NAME(update_theta)(d);
        if (change < tol * (double)d->n_topics)
            return FVB_LDA_CONVERGED;
        if (!(change < INFINITY))
            return FVB_LDA_NOT_FINITE;
    }
    return FVB_LDA_MAX_ITER;
}

/* Divide the scratch memory. */
static void NAME(lay_out)(NAME(doc) *d, char *work, ptrdiff_t tile_bytes)
{
    const ptrdiff_t stride = d->stride, n_vectors = (d->n_words + LANES - 1) / LANES;
    double *doubles = (double *)work;
    d->elog_theta = doubles;
    d->log_counts = doubles + stride;
    d->phi = doubles + 2 * stride;
    d->topic = (ptrdiff_t *)(doubles + 3 * stride);
    REAL *reals = (REAL *)(doubles + 5 * stride);
    d->live_prior = reals;
    d->gamma = reals + stride;
    d->theta = reals + 2 * stride;
    d->sum = reals + 3 * stride;
    d->ones = reals + 4 * stride;
    d->partial = reals + 5 * stride;
    d->tile.passing = d->partial + LANES * stride;
    d->tile.memory = d->tile.passing + 2 * BLOCK_VECTORS * LANES * stride;
    d->padded_counts = d->tile.memory + tile_bytes / sizeof(REAL);

    for (ptrdiff_t k = 0; k < stride; k++)
        d->ones[k] = 1;
    REAL *counts = (REAL *)d->padded_counts;
    memcpy(counts, d->counts, d->n_words * sizeof *counts);
    for (ptrdiff_t i = d->n_words; i < fvb_lda_padded_words(d->n_words, sizeof(REAL)); i++)
        counts[i] = 0;
    REAL least = INFINITY;
#pragma omp simd reduction(min : least)
    for (ptrdiff_t i = 0; i < d->n_words; i++)
        least = counts[i] > 0 && counts[i] < least ? counts[i] : least;
    d->least_count = least;
    d->tile.n_columns = d->n_topics;
    d->tile.n_vectors = n_vectors;
    NAME(choose_blocks)(&d->tile, tile_bytes);
}

/* The rows of the words, with those that fill up the last vector at either precision. */
static void NAME(set_rows)(NAME(doc) *d, const REAL **rows)
{
    for (ptrdiff_t i = d->n_words; i < fvb_lda_padded_words(d->n_words, sizeof(float)); i++)
        rows[i] = d->ones;
    d->tile.rows = rows;
}

static int NAME(document)(
    ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride, const REAL *counts,
    const REAL **rows, const double *const *log_rows, const REAL *prior, int mean, double tol,
    int max_iter, REAL *gamma, REAL *theta, REAL *ratio, int *n_iter, double *bound, void *work,
    ptrdiff_t tile_bytes)
{
    NAME(doc) d = {
        .n_words = n_words, .n_topics = n_topics, .stride = stride,
        .counts = counts, .log_rows = log_rows, .prior = prior, .mean = mean,
    };
    NAME(lay_out)(&d, work, tile_bytes);
    NAME(set_rows)(&d, rows);
    for (int may_leave = 1; may_leave >= 0; may_leave--) {
        double word_terms = 0.0;
        NAME(fill_tile)(&d.tile);
        NAME(take_all_topics)(&d, gamma);
        NAME(update_theta)(&d);
        const int status = NAME(iterate)(&d, tol, max_iter, may_leave, n_iter);
        if (status != FVB_LDA_PENDING)
            NAME(all_norms)(&d, ratio);
        if (status != FVB_LDA_PENDING && NAME(close_words)(&d, ratio, &word_terms)
            && (d.n_live == n_topics || NAME(may_stay_out)(&d, ratio))) {
            NAME(return_topics)(&d, gamma, theta);
            *bound = word_terms + NAME(theta_terms)(&d, gamma);
            return status;
        }
        if (d.n_live == n_topics)
            break;
    }
    return FVB_LDA_PENDING;
}
