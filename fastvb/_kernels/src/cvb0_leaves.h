/* CVB0 of one document given the topics (Asuncion, Welling, Smyth and Teh 2009, equation 9, with
   beta in place of its counts): coordinate ascent on phi, word by word, where a token does not
   see its own share of the counts. */

typedef struct {
    ptrdiff_t n_words, n_topics, stride;
    const REAL *counts, *prior;
    const REAL *const *rows;
    REAL *expected; /* (n_words, stride) count * phi */
    REAL *n;        /* (stride,) their sum */
    REAL *joint;    /* (stride,) phi before it is normalised */
    double *logs;   /* (stride,) */
    REAL tiny;      /* below this norm, entries that underflowed might matter */
} NAME(doc);

/* Entry of a word's row; what underflows is held by its logarithm. */
static inline REAL NAME(value)(REAL entry) { return entry > 0 ? entry : 0; }

/* What one token is of an entry; of an entry that counts less than one, it is all. */
static inline REAL NAME(one_token)(REAL count) { return count > 1 ? 1 / count : 1; }

/* alpha + n without an own share: alpha itself, exactly, where there are no others. */
static inline REAL NAME(others)(REAL prior, REAL n, REAL own)
{
    return prior + (n > own ? n - own : 0);
}

/* Entry i becomes count * phi, where phi is the first argument times a factor. */
static inline void NAME(renew)(const NAME(doc) *d, ptrdiff_t i, REAL factor)
{
    REAL *expected = d->expected + i * d->stride, *n = d->n;
    const REAL *joint = d->joint, count = d->counts[i];
#pragma omp simd
    for (ptrdiff_t k = 0; k < d->stride; k++) {
        const REAL renewed = count * (joint[k] * factor);
        n[k] = NAME(others)(0, n[k], expected[k]) + renewed;
        expected[k] = renewed;
    }
}

/* A word whose norm is tiny. Where even the logarithms leave nothing, its phi stays. */
static void NAME(visit_in_log_space)(const NAME(doc) *d, ptrdiff_t i)
{
    const REAL *row = d->rows[i], *expected = d->expected + i * d->stride;
    const REAL share = NAME(one_token)(d->counts[i]);
    double top = -INFINITY, sum = 0.0;
    for (ptrdiff_t k = 0; k < d->n_topics; k++) {
        const double weight = NAME(others)(d->prior[k], d->n[k], share * expected[k]);
        const double log_beta = row[k] > 0 ? fvb_log((double)row[k]) : (double)row[k];
        d->logs[k] = weight > 0 && row[k] != 0 ? fvb_log(weight) + log_beta : -INFINITY;
        top = d->logs[k] > top ? d->logs[k] : top;
    }
    if (top == -INFINITY)
        return;
    for (ptrdiff_t k = 0; k < d->n_topics; k++)
        sum += d->logs[k] = fvb_exp(d->logs[k] - top);
    for (ptrdiff_t k = 0; k < d->n_topics; k++)
        d->joint[k] = (REAL)(d->logs[k] / sum);
    NAME(renew)(d, i, 1);
}

/* joint of the topics from k on. */
FVB_INLINE VECTOR NAME(join)(const NAME(doc) *d, ptrdiff_t k, VECTOR share, const REAL *row,
                             const REAL *expected)
{
    const VECTOR zero = {0}, own = share * LOAD(expected + k);
    const VECTOR weight = LOAD(d->prior + k) + MAX(LOAD(d->n + k) - own, zero);
    const VECTOR joint = weight * MAX(LOAD(row + k), zero);
    STORE(d->joint + k, joint);
    return joint;
}

/* The norm is what everything waits for: four chains of sums. */
static inline void NAME(visit)(const NAME(doc) *d, ptrdiff_t i)
{
    const REAL *row = d->rows[i], *expected = d->expected + i * d->stride;
    const VECTOR share = (VECTOR){0} + NAME(one_token)(d->counts[i]);
    VECTOR sum[4] = {{0}};
    REAL lanes[LANES], norm = 0;
    ptrdiff_t k = 0;
    for (; k + 4 * LANES <= d->stride; k += 4 * LANES)
        for (int j = 0; j < 4; j++)
            sum[j] += NAME(join)(d, k + j * LANES, share, row, expected);
    for (; k < d->stride; k += LANES)
        sum[0] += NAME(join)(d, k, share, row, expected);
    STORE(lanes, (sum[0] + sum[1]) + (sum[2] + sum[3]));
#pragma omp simd reduction(+ : norm)
    for (int j = 0; j < LANES; j++)
        norm += lanes[j];
    if (norm < d->tiny)
        NAME(visit_in_log_space)(d, i);
    else
        NAME(renew)(d, i, 1 / norm);
}

/* phi of equal weights: no norm is less than 1, the largest entry of a row. */
static void NAME(start)(NAME(doc) *d)
{
    REAL total = 1;
    memset(d->expected, 0, d->n_words * d->stride * sizeof *d->expected);
    for (ptrdiff_t k = 0; k < d->stride; k++) {
        d->n[k] = d->joint[k] = 0;
        total += d->prior[k];
    }
    for (ptrdiff_t i = 0; i < d->n_words; i++) {
        const REAL *row = d->rows[i];
        REAL norm = 0;
#pragma omp simd reduction(+ : norm)
        for (ptrdiff_t k = 0; k < d->stride; k++) {
            d->joint[k] = NAME(value)(row[k]);
            norm += d->joint[k];
        }
        NAME(renew)(d, i, 1 / norm);
        total += d->counts[i];
    }
    d->tiny = total * (REAL_MIN / REAL_EPSILON);
}

static void NAME(add_row)(ptrdiff_t stride, const REAL *row, double *sum)
{
#pragma omp simd
    for (ptrdiff_t k = 0; k < stride; k++)
        sum[k] += (double)row[k];
}

static void NAME(document)(ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride,
                           const REAL *counts, const REAL *const *rows, const REAL *prior,
                           double tol, int max_iter, REAL *expected, REAL *gamma, void *work)
{
    double *sum = work;
    REAL *n = (REAL *)(sum + stride), *before = n + 2 * stride;
    NAME(doc) d = {n_words, n_topics, stride, counts, prior, rows, expected, n, n + stride, sum, 0};
    NAME(start)(&d);
    for (int sweep = 0; sweep < max_iter; sweep++) {
        double change = 0.0;
        memcpy(before, n, stride * sizeof *n);
        for (ptrdiff_t i = 0; i < n_words; i++)
            NAME(visit)(&d, i);
        for (ptrdiff_t k = 0; k < n_topics; k++)
            change += fabs((double)n[k] - (double)before[k]);
        if (!(change >= tol * (double)n_topics))
            break;
    }
    memset(sum, 0, stride * sizeof *sum); /* n itself has gathered rounding errors */
    for (ptrdiff_t i = 0; i < n_words; i++)
        NAME(add_row)(stride, expected + i * stride, sum);
    for (ptrdiff_t k = 0; k < n_topics; k++)
        gamma[k] = prior[k] + (REAL)sum[k];
}
