/* The leaves of LDA for one precision: the including file defines REAL and NAME().
   Formulas: Blei, Ng and Jordan (2003), sections 5.2-5.4, with a Dirichlet q(beta). */

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

/* out = log of the weights that x stands for: of exp(psi(x)), or of x itself, the mean. */
static void NAME(log_weights)(int mean, ptrdiff_t n, const REAL *x, double *out)
{
    if (!mean) {
        NAME(digammas)(n, x, out);
        return;
    }
#pragma omp simd
    for (ptrdiff_t k = 0; k < n; k++)
        out[k] = fvb_log((double)x[k]);
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

/* Entry of a word's row; what underflows is held by its logarithm. */
static inline REAL NAME(value)(REAL entry) { return entry > 0 ? entry : 0; }

#include "lda_tile.h"
#include "lda_words.h"
#include "lda_log_space.h"
#include "lda_document.h"

/* `accumulate` for some vectors of topics, while there are so many left. */
FVB_INLINE ptrdiff_t NAME(accumulate_part)(const int size, ptrdiff_t k, ptrdiff_t n,
                                           ptrdiff_t stride, const REAL *weights,
                                           const REAL *const *rows, double *sum)
{
    for (; k + size * FVB_LANES <= stride; k += size * FVB_LANES) {
        fvb_lanes part[8];
        for (int j = 0; j < size; j++)
            part[j] = fvb_lanes_load(sum + k + j * FVB_LANES);
        for (ptrdiff_t i = 0; i < n; i++)
            for (int j = 0; j < size; j++)
                part[j] += (double)weights[i] * WIDEN(rows[i] + k + j * FVB_LANES);
        for (int j = 0; j < size; j++)
            fvb_lanes_store(sum + k + j * FVB_LANES, part[j]);
    }
    return k;
}

/* sum += weights * rows. Most words are in few documents, so sums stay in registers while the rows
   pass. */
static void NAME(accumulate)(ptrdiff_t n, ptrdiff_t stride, const REAL *weights,
                             const REAL *const *rows, double *sum)
{
    ptrdiff_t k = NAME(accumulate_part)(4, 0, n, stride, weights, rows, sum);
    k = NAME(accumulate_part)(2, k, n, stride, weights, rows, sum);
    NAME(accumulate_part)(1, k, n, stride, weights, rows, sum);
}

static void NAME(add_product)(ptrdiff_t stride, const double *sum, const REAL *row, REAL *out)
{
#pragma omp simd
    for (ptrdiff_t k = 0; k < stride; k++)
        out[k] = (REAL)((double)out[k] + sum[k] * (double)NAME(value)(row[k]));
}

static void NAME(add_log_phi)(ptrdiff_t n_topics, ptrdiff_t stride, REAL count, const REAL *gamma,
                              int mean, const double *log_row, REAL *out, double *scratch)
{
    double *elog_theta = scratch, *phi = scratch + stride;
    NAME(log_weights)(mean, n_topics, gamma, elog_theta);
    log_phi(n_topics, elog_theta, log_row, phi);
    for (ptrdiff_t k = 0; k < n_topics; k++)
        out[k] += (REAL)((double)count * phi[k]);
}

static void NAME(add_scaled)(ptrdiff_t stride, double factor, const REAL *row, REAL *out)
{
#pragma omp simd
    for (ptrdiff_t k = 0; k < stride; k++)
        out[k] = (REAL)((double)out[k] + factor * (double)row[k]);
}

static void NAME(add_row)(ptrdiff_t stride, const REAL *row, double *sum)
{
#pragma omp simd
    for (ptrdiff_t k = 0; k < stride; k++)
        sum[k] += (double)row[k];
}

/* Dirichlet parameters of one word in every topic, scale * counts + prior. */
static void NAME(add_prior)(ptrdiff_t n_topics, const REAL *counts, REAL scale, const REAL *prior,
                            REAL *out)
{
#pragma omp simd
    for (ptrdiff_t k = 0; k < n_topics; k++)
        out[k] = scale * counts[k] + prior[k];
}

/* exp(psi(x)) * factor over its maximum, which is returned; 0 if an entry comes near underflow. The
   padding holds what the first topic does, so that vectors are whole, and does not matter. */
static REAL NAME(quick_row)(ptrdiff_t stride, const REAL *x, const REAL *factor, REAL *row)
{
    REAL least = INFINITY, top = 0;
    BITS excess = 0;
#pragma omp simd reduction(| : excess) reduction(min : least) reduction(max : top)
    for (ptrdiff_t k = 0; k < stride; k++) {
        const REAL value = EXP_DIGAMMA_CORE(x[k]) * factor[k];
        excess |= EXCESS(x[k]);
        least = value < least ? value : least;
        top = value > top ? value : top;
        row[k] = value;
    }
    if (excess >> EXCESS_BIT || !(least >= REAL_MIN * (1 + top)))
        return 0;
    const REAL inverse = 1 / top;
#pragma omp simd
    for (ptrdiff_t k = 0; k < stride; k++)
        row[k] *= inverse;
    return top;
}

static double NAME(word_row)(ptrdiff_t n_topics, ptrdiff_t stride, const REAL *counts,
                             double scale, const REAL *prior, const double *digamma_total,
                             double least_total, const REAL *factor, REAL *row, double *scratch)
{
    REAL *concentration = (REAL *)(scratch + stride);
    double *elog = scratch, top = -INFINITY;
    NAME(add_prior)(n_topics, counts, (REAL)scale, prior, concentration);
    for (ptrdiff_t k = n_topics; k < stride; k++)
        concentration[k] = concentration[0];
    const REAL quick_top = NAME(quick_row)(stride, concentration, factor, row);
    for (ptrdiff_t k = n_topics; k < stride; k++)
        row[k] = 0;
    if (quick_top > 0)
        return fvb_log((double)quick_top) - least_total;
    NAME(digammas)(n_topics, concentration, elog);
#pragma omp simd reduction(max : top)
    for (ptrdiff_t k = 0; k < n_topics; k++) {
        elog[k] -= digamma_total[k];
        top = elog[k] > top ? elog[k] : top;
    }
#pragma omp simd
    for (ptrdiff_t k = 0; k < n_topics; k++) {
        const double value = fvb_exp(elog[k] - top), lowest = -1e30;
        const double log_value = elog[k] - top > lowest ? elog[k] - top : lowest;
        row[k] = (REAL)(value < REAL_MIN ? log_value : value);
    }
    return top;
}

static double NAME(mean_row)(ptrdiff_t n_topics, ptrdiff_t stride, const REAL *counts,
                             double scale, const REAL *prior, const double *inverse_total,
                             REAL *row, double *scratch)
{
    REAL *concentration = (REAL *)(scratch + stride);
    double *mean = scratch, top = 0.0;
    NAME(add_prior)(n_topics, counts, (REAL)scale, prior, concentration);
#pragma omp simd reduction(max : top)
    for (ptrdiff_t k = 0; k < n_topics; k++) {
        mean[k] = (double)concentration[k] * inverse_total[k];
        top = mean[k] > top ? mean[k] : top;
    }
    for (ptrdiff_t k = 0; k < n_topics; k++) {
        const double value = mean[k] / top;
        row[k] = (REAL)(value < REAL_MIN ? fvb_log(value) : value);
    }
    for (ptrdiff_t k = n_topics; k < stride; k++)
        row[k] = 0;
    return fvb_log(top);
}

static double NAME(inner)(ptrdiff_t stride, const REAL *weights, const REAL *row,
                          double log_scale)
{
    double sum = 0.0, total = 0.0;
#pragma omp simd reduction(+ : sum, total)
    for (ptrdiff_t k = 0; k < stride; k++) {
        const double value = (double)row[k];
        const int padding = value == 0;
        const double weight = padding ? 0 : (double)weights[k];
        const double log_value = fvb_log(padding ? 1.0 : fabs(value));
        sum += weight * (value < 0 ? value : log_value);
        total += weight;
    }
    return sum + total * log_scale;
}

static double NAME(dirichlet_terms)(ptrdiff_t n_topics, ptrdiff_t stride, const REAL *model_prior,
                                    const REAL *counts, const REAL *prior,
                                    const double *digamma_total, double *scratch)
{
    REAL *concentration = (REAL *)(scratch + stride);
    double sum = 0.0;
    NAME(add_prior)(n_topics, counts, 1, prior, concentration);
    NAME(digammas)(n_topics, concentration, scratch);
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t k = 0; k < n_topics; k++)
        sum += ((double)model_prior[k] - (double)concentration[k])
               * (scratch[k] - digamma_total[k]);
    return sum + NAME(sum_gammaln)(n_topics, concentration);
}

static double NAME(gammaln_terms)(ptrdiff_t n_topics, const REAL *counts, const REAL *prior,
                                  double *scratch)
{
    REAL *concentration = (REAL *)scratch;
    NAME(add_prior)(n_topics, counts, 1, prior, concentration);
    return NAME(sum_gammaln)(n_topics, concentration);
}
