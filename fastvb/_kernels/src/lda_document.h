/* One document: coordinate ascent on phi and gamma (Blei, Ng and Jordan 2003, section 5.2, with
   a Dirichlet q(beta)).

   A step visits every word once: norm = <theta, row>, weight = count / norm, sum += weight * row;
   then gamma = prior + theta * sum. The words lie in lanes, see lda_tile.h.

   A topic whose expected count vanishes beside its prior leaves the iteration: its gamma
   is the prior to the last bit, and what it would add to a norm is less than rounding. When
   the document has converged, one look at the rows makes sure that this is still so; if not,
   the document starts over with all topics. With a prior of 0.01 most topics leave within a
   few steps. */

typedef struct {
    NAME(tile) tile;
    ptrdiff_t n_words, n_topics, stride;
    const REAL *counts;             /* (n_words,) */
    const REAL *padded_counts;      /* (tile.n_vectors * LANES,) zeros beyond n_words */
    const double *const *log_rows;
    const REAL *prior;              /* (stride,) of all topics */
    /* of the topics in the iteration, padded to whole cache lines: */
    ptrdiff_t n_live, width;
    ptrdiff_t *topic;               /* their numbers, ascending */
    REAL *live_prior, *gamma, *theta; /* padded with ones, ones, zeros */
    REAL *sum;                      /* of count / norm * row, over words */
    REAL *partial;                  /* (width, LANES) the same by lanes */
    REAL tiny;           /* below this norm, entries that underflowed might matter; never 0 */
    double log_factor;   /* theta = exp(psi(gamma) - log_factor) */
    double *elog_theta;  /* the exponent, once a word has needed it at this gamma */
    double *log_counts;  /* expected topic counts of the words treated in log space */
    double *phi;
    int n_in_log_space;
    int backwards;       /* the direction of the next pass over the words */
} NAME(doc);

/* theta = exp(psi(gamma)). psi(sum gamma) is left out: it cancels in phi. Where every gamma
   is so small that theta would underflow, it is scaled by its largest entry. */
static void NAME(update_theta)(NAME(doc) *d)
{
    const ptrdiff_t width = d->width, n_live = d->n_live;
    const REAL *gamma = d->gamma;
    REAL *theta = d->theta;
    REAL top = 0;
    BITS excess = 0;
#pragma omp simd reduction(| : excess)
    for (ptrdiff_t k = 0; k < width; k++) {
        excess |= EXCESS(gamma[k]);
        theta[k] = EXP_DIGAMMA_CORE(gamma[k]);
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
        NAME(digammas)(n_live, gamma, elog);
        d->log_factor = -INFINITY;
        for (ptrdiff_t k = 0; k < n_live; k++)
            d->log_factor = elog[k] > d->log_factor ? elog[k] : d->log_factor;
        for (ptrdiff_t k = 0; k < n_live; k++)
            theta[k] = (REAL)fvb_exp(elog[k] - d->log_factor);
        top = 1;
    }
    d->tiny = top * (REAL)d->stride * (REAL_MIN / REAL_EPSILON / REAL_EPSILON);
}

/* norm = <theta, row> of the words of a block of `size` vectors. Two chains of sums each: one
   would wait for itself. */
FVB_INLINE void NAME(norms)(const NAME(doc) *d, const int size, const REAL *block, VECTOR *norm)
{
    const ptrdiff_t n = d->n_live, row = size * LANES;
    const REAL *theta = d->theta;
    VECTOR even[BLOCK_VECTORS], odd[BLOCK_VECTORS];
    for (int j = 0; j < size; j++)
        even[j] = odd[j] = (VECTOR){0};
    for (ptrdiff_t k = 0; k + 1 < n; k += 2) {
        const REAL *rows = block + k * row;
        for (int j = 0; j < size; j++) {
            even[j] += theta[k] * LOAD(rows + j * LANES);
            odd[j] += theta[k + 1] * LOAD(rows + row + j * LANES);
        }
    }
    if (n % 2)
        for (int j = 0; j < size; j++)
            even[j] += theta[n - 1] * LOAD(block + (n - 1) * row + j * LANES);
    for (int j = 0; j < size; j++)
        norm[j] = even[j] + odd[j];
}

/* partial += weight * row over the words of a block. */
FVB_INLINE void NAME(add)(const NAME(doc) *d, const int size, const REAL *block,
                          const VECTOR *weight)
{
    for (ptrdiff_t k = 0; k < d->n_live; k++) {
        const REAL *rows = block + k * size * LANES;
        VECTOR sum = LOAD(d->partial + k * LANES);
        for (int j = 0; j < size; j++)
            sum += weight[j] * LOAD(rows + j * LANES);
        STORE(d->partial + k * LANES, sum);
    }
}

/* `add` for the last block and `norms` for the next in one loop: the next one comes from the
   second-level cache while the last one is still in the first. */
FVB_INLINE void NAME(add_and_norms)(const NAME(doc) *d, const int size, const REAL *last,
                                    const VECTOR *weight, const REAL *next, VECTOR *norm)
{
    const ptrdiff_t n = d->n_live, row = size * LANES;
    const REAL *theta = d->theta;
    VECTOR even[BLOCK_VECTORS], odd[BLOCK_VECTORS];
    for (int j = 0; j < size; j++)
        even[j] = odd[j] = (VECTOR){0};
    for (ptrdiff_t k = 0; k + 1 < n; k += 2) {
        const REAL *in = next + k * row, *out = last + k * row;
        REAL *partial = d->partial + k * LANES;
        VECTOR sum0 = LOAD(partial), sum1 = LOAD(partial + LANES);
        for (int j = 0; j < size; j++) {
            even[j] += theta[k] * LOAD(in + j * LANES);
            odd[j] += theta[k + 1] * LOAD(in + row + j * LANES);
            sum0 += weight[j] * LOAD(out + j * LANES);
            sum1 += weight[j] * LOAD(out + row + j * LANES);
        }
        STORE(partial, sum0);
        STORE(partial + LANES, sum1);
    }
    if (n % 2) {
        const REAL *in = next + (n - 1) * row, *out = last + (n - 1) * row;
        VECTOR sum = LOAD(d->partial + (n - 1) * LANES);
        for (int j = 0; j < size; j++) {
            even[j] += theta[n - 1] * LOAD(in + j * LANES);
            sum += weight[j] * LOAD(out + j * LANES);
        }
        STORE(d->partial + (n - 1) * LANES, sum);
    }
    for (int j = 0; j < size; j++)
        norm[j] = even[j] + odd[j];
}

/* weight = count / norm in place of the norms of a block. */
FVB_INLINE void NAME(weigh)(const NAME(doc) *d, ptrdiff_t v, const int size, VECTOR *norm,
                            VECTOR *least)
{
    for (int j = 0; j < size; j++) {
        *least = MIN(*least, norm[j]);
        norm[j] = LOAD(d->padded_counts + (v + j) * LANES) / norm[j];
    }
}

/* All whole blocks, in alternate directions: what was read last is still in the cache. */
FVB_INLINE void NAME(add_blocks)(const NAME(doc) *d, const int size, VECTOR *least)
{
    const ptrdiff_t n = d->tile.n_vectors / size;
    const REAL *last = NULL;
    VECTOR weight[BLOCK_VECTORS];
    for (ptrdiff_t i = 0; i < n; i++) {
        const ptrdiff_t v = (d->backwards ? n - 1 - i : i) * size;
        const REAL *next = NAME(tile_block)(&d->tile, v);
        VECTOR norm[BLOCK_VECTORS];
        if (last)
            NAME(add_and_norms)(d, size, last, weight, next, norm);
        else
            NAME(norms)(d, size, next, norm);
        NAME(weigh)(d, v, size, norm, least);
        memcpy(weight, norm, sizeof weight);
        last = next;
    }
    if (last)
        NAME(add)(d, size, last, weight);
}

/* The last words, fewer than a block. */
FVB_INLINE void NAME(add_rest)(const NAME(doc) *d, const int size, VECTOR *least)
{
    const ptrdiff_t v = d->tile.n_vectors - size;
    const REAL *block = NAME(tile_block)(&d->tile, v);
    VECTOR norm[BLOCK_VECTORS];
    NAME(norms)(d, size, block, norm);
    NAME(weigh)(d, v, size, norm, least);
    NAME(add)(d, size, block, norm);
}

/* sum over words of weight * row for every topic; returns the least norm. */
static REAL NAME(sum_words)(const NAME(doc) *d)
{
    VECTOR least = (VECTOR){0} + (REAL)INFINITY;
    for (ptrdiff_t k = 0; k < d->width * LANES; k += LANES)
        STORE(d->partial + k, (VECTOR){0});
    switch (d->tile.n_vectors % d->tile.per_block) {
    case 1: NAME(add_rest)(d, 1, &least); break;
    case 2: NAME(add_rest)(d, 2, &least); break;
    case 3: NAME(add_rest)(d, 3, &least); break;
    }
    switch (d->tile.per_block) {
    case 2: NAME(add_blocks)(d, 2, &least); break;
    case 3: NAME(add_blocks)(d, 3, &least); break;
    default: NAME(add_blocks)(d, 4, &least); break;
    }
    for (ptrdiff_t k = 0; k < d->width; k += PART) {
        PART_VECTOR lanes[PART];
        for (int i = 0; i < PART; i++) {
            lanes[i] = PART_LOAD(d->partial + (k + i) * LANES);
            if (LANES > PART)
                lanes[i] += PART_LOAD(d->partial + (k + i) * LANES + (LANES - PART));
        }
        PART_STORE(d->sum + k, PART_REDUCE_ADD(lanes));
    }
    REAL lowest = INFINITY;
    for (int i = 0; i < LANES; i++)
        lowest = least[i] < lowest ? least[i] : lowest;
    return lowest;
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
        done += count < prior[k] * REAL_LEAVES ? (REAL)1 : (REAL)0;
        gamma[k] = updated;
    }
    *n_done = (ptrdiff_t)done - (d->width - d->n_live);
    return change;
}

/* Take the topics whose count vanishes beside the prior out of the iteration. */
static void NAME(leave)(NAME(doc) *d)
{
    const ptrdiff_t per_line = FVB_CACHE_LINE / sizeof(REAL);
    ptrdiff_t *kept = d->topic + d->stride, n = 0;
    for (ptrdiff_t k = 0; k < d->n_live; k++) {
        if (d->theta[k] * d->sum[k] < d->live_prior[k] * REAL_LEAVES)
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

static inline REAL NAME(one_norm)(const NAME(doc) *d, ptrdiff_t i)
{
    const REAL *theta = d->theta, *row = d->tile.rows[i];
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

/* One step word by word, those in log space whose norm is tiny; returns sum |change of gamma|. */
static double NAME(careful_step)(NAME(doc) *d)
{
    const REAL *theta = d->theta;
    REAL *sum = d->sum, *gamma = d->gamma;
    double change = 0.0;
    for (ptrdiff_t k = 0; k < d->stride; k++)
        sum[k] = 0;
    for (ptrdiff_t k = 0; k < d->n_topics; k++)
        d->log_counts[k] = 0.0;
    for (ptrdiff_t i = 0; i < d->n_words; i++) {
        const REAL norm = NAME(one_norm)(d, i), *row = d->tile.rows[i];
        if (norm < d->tiny) {
            NAME(visit_in_log_space)(d, i);
            continue;
        }
        const REAL weight = d->counts[i] / norm;
#pragma omp simd
        for (ptrdiff_t k = 0; k < d->stride; k++)
            sum[k] += weight * row[k];
    }
    for (ptrdiff_t k = 0; k < d->n_topics; k++) {
        const REAL updated = d->prior[k] + (REAL)(theta[k] * sum[k] + d->log_counts[k]);
        change += fabs(updated - gamma[k]);
        gamma[k] = updated;
    }
    return change;
}

/* ratio of every word at the final gamma, and sum count * log(norm). Returns
   whether every norm is safe or could be treated in log space. */
static int NAME(close_words)(NAME(doc) *d, REAL *ratio, double *word_terms)
{
    const ptrdiff_t n_words = d->n_words, n_vectors = d->tile.n_vectors;
    double total = 0.0;
    for (ptrdiff_t v = 0, size; v < n_vectors; v += size) {
        const REAL *block = NAME(tile_block)(&d->tile, v);
        VECTOR norm[BLOCK_VECTORS];
        REAL *out = d->partial;
        size = NAME(block_size)(&d->tile, v);
        switch (size) {
        case 1: NAME(norms)(d, 1, block, norm); break;
        case 2: NAME(norms)(d, 2, block, norm); break;
        case 3: NAME(norms)(d, 3, block, norm); break;
        default: NAME(norms)(d, 4, block, norm); break;
        }
        for (int j = 0; j < size; j++)
            STORE(out + j * LANES, norm[j]);
        const ptrdiff_t first = v * LANES, rest = n_words - first;
        memcpy(ratio + first, out, (rest < size * LANES ? rest : size * LANES) * sizeof(REAL));
    }
    for (ptrdiff_t i = 0; i < n_words; i++) {
        if (ratio[i] < d->tiny) {
            if (!d->log_rows || d->n_live < d->n_topics)
                return 0;
            total += (double)d->counts[i] * NAME(visit_in_log_space)(d, i);
            ratio[i] = -1;
        }
    }
#pragma omp simd reduction(+ : total)
    for (ptrdiff_t i = 0; i < n_words; i++) {
        const REAL norm = ratio[i];
        total += (double)d->counts[i] * fvb_log(fabs((double)norm));
        ratio[i] = d->counts[i] / norm;
    }
    *word_terms = total;
    return 1;
}

/* Whether the topics that have left belong where they are, given the final ratios. */
static int NAME(may_stay_out)(NAME(doc) *d, const REAL *ratio)
{
    REAL *sum = d->partial;
    if (d->log_factor != 0.0)
        return 0;
    for (ptrdiff_t k = 0; k < d->stride; k++)
        sum[k] = 0;
    for (ptrdiff_t i = 0; i < d->n_words; i++) {
        const REAL *row = d->tile.rows[i], weight = ratio[i];
#pragma omp simd
        for (ptrdiff_t k = 0; k < d->stride; k++)
            sum[k] += weight * row[k];
    }
    for (ptrdiff_t k = 0, live = 0; k < d->n_topics; k++)
        if (live < d->n_live && d->topic[live] == k)
            live++;
        else if (!(EXP_DIGAMMA(d->prior[k]) * sum[k] < d->prior[k] * REAL_STAYS_OUT))
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
            theta[k] = EXP_DIGAMMA(d->prior[k]);
        }
    for (ptrdiff_t k = d->n_topics; k < d->stride; k++)
        theta[k] = 0;
}

/* E[log p(theta)] + H(q(theta)) without the normaliser of the prior, less psi(sum gamma) for
   each token of the document. */
static double NAME(theta_terms)(NAME(doc) *d, const REAL *gamma)
{
    double total = 0.0, prior_total = 0.0, length = 0.0, sum = 0.0;
    double *elog_theta = d->elog_theta;
    NAME(digammas)(d->n_topics, gamma, elog_theta);
    for (ptrdiff_t i = 0; i < d->n_words; i++)
        length += (double)d->counts[i];
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

/* Start the iteration from `gamma`, with all topics. */
static void NAME(begin)(NAME(doc) *d, const REAL *gamma)
{
    NAME(fill_tile)(&d->tile);
    d->n_live = d->n_topics;
    d->width = d->stride;
    for (ptrdiff_t k = 0; k < d->stride; k++) {
        d->topic[k] = k;
        d->live_prior[k] = d->prior[k];
        d->gamma[k] = k < d->n_topics ? gamma[k] : 1;
    }
    NAME(update_theta)(d);
}

/* Iterate from where `begin` left; FVB_LDA_PENDING if some norm is tiny and nothing can be done
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
static void NAME(lay_out)(NAME(doc) *d, const REAL **rows, char *work, ptrdiff_t tile_bytes)
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
    REAL *ones = reals + 4 * stride;
    d->partial = reals + 5 * stride;
    d->tile.passing = d->partial + LANES * stride;
    d->tile.memory = d->tile.passing + 2 * BLOCK_VECTORS * LANES * stride;
    d->padded_counts = d->tile.memory + tile_bytes / sizeof(REAL);

    for (ptrdiff_t k = 0; k < stride; k++)
        ones[k] = 1;
    REAL *counts = (REAL *)d->padded_counts;
    for (ptrdiff_t i = 0; i < n_vectors * LANES; i++)
        counts[i] = i < d->n_words ? d->counts[i] : 0;
    for (ptrdiff_t i = d->n_words; i < n_vectors * LANES; i++)
        rows[i] = ones;
    d->tile.rows = rows;
    d->tile.n_columns = d->n_topics;
    d->tile.n_vectors = n_vectors;
    NAME(choose_blocks)(&d->tile, tile_bytes);
}

static int NAME(document)(
    ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride, const REAL *counts,
    const REAL **rows, const double *const *log_rows, const REAL *prior, double tol,
    int max_iter, REAL *gamma, REAL *theta, REAL *ratio, int *n_iter, double *bound, void *work,
    ptrdiff_t tile_bytes)
{
    NAME(doc) d = {
        .n_words = n_words, .n_topics = n_topics, .stride = stride,
        .counts = counts, .log_rows = log_rows, .prior = prior,
    };
    NAME(lay_out)(&d, rows, work, tile_bytes);
    for (int may_leave = 1; may_leave >= 0; may_leave--) {
        double word_terms = 0.0;
        NAME(begin)(&d, gamma);
        const int status = NAME(iterate)(&d, tol, max_iter, may_leave, n_iter);
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
