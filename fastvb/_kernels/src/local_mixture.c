/* Losses of mixtures whose rows have components of their own, and their gradients. Elements of some
   rows lie side by side, so that loops over them are whole vectors also where components are few. */
#include "fvb_local_mixture.h"

#include "fvb_elementwise.h"
#include "fvb_log.h"
#include "fvb_trigamma.h"

#define HALF_LOG_2PI 0.91893853320467274178

FVB_DEFINE_LOOP(trigamma_loop, trigamma)

/* x - mean. */
static void gaps(const fvb_local_rows *rows, double *gap)
{
    const ptrdiff_t n = rows->n_components;
    for (ptrdiff_t i = 0; i < rows->n_rows; i++) {
        const double x = rows->x[i], *means = rows->means + i * n;
#pragma omp simd
        for (ptrdiff_t k = 0; k < n; k++)
            gap[i * n + k] = x - means[k];
    }
}

/* log N(x | mean, scale). */
static inline double log_density(double gap, double scale)
{
    const double z = gap / scale;
    return -0.5 * z * z - fvb_log(scale) - HALF_LOG_2PI;
}

static void sum_losses(const fvb_local_rows *rows, const double *gap, double *sums)
{
    const ptrdiff_t n = rows->n_rows * rows->n_components;
    const double *scales = rows->scales, *log_weights = rows->log_weights;
    const double *responsibilities = rows->responsibilities;
    double fit = 0.0, assignment = 0.0;
#pragma omp simd reduction(+ : fit, assignment)
    for (ptrdiff_t i = 0; i < n; i++) {
        const double r = responsibilities[i];
        fit += r * log_density(gap[i], scales[i]);
        assignment += r * (fvb_log(r > 0 ? r : 1.0) - log_weights[i]);
    }
    sums[0] = -fit;
    sums[1] = assignment;
}

static void elementwise_gradients(const fvb_local_rows *rows, const double *gaps, double factor,
                                  const fvb_local_gradients *out)
{
    const ptrdiff_t n = rows->n_rows * rows->n_components;
    const double *scales = rows->scales, *responsibilities = rows->responsibilities;
    const double *log_weights = rows->log_weights, *prior = rows->prior_log_weights;
    double *of_means = out->means, *of_scales = out->scales;
    double *of_concentration = out->concentration, *of_responsibilities = out->responsibilities;
#pragma omp simd
    for (ptrdiff_t i = 0; i < n; i++) {
        const double r = responsibilities[i], gap = gaps[i], scale = scales[i];
        const double pull = r * gap / (scale * scale);
        of_means[i] = -factor * pull;
        of_scales[i] = factor * (r - pull * gap) / scale;
        of_concentration[i] = factor * (prior[i] - log_weights[i]);
        of_responsibilities[i] =
            factor * (fvb_log(r) + 1 - log_weights[i] - log_density(gap, scale));
    }
}

/* Gradients that need sums over a row's components; those to the means are there. */
static void row_gradients(const fvb_local_rows *rows, double factor,
                          const fvb_local_gradients *out, double *slopes)
{
    const ptrdiff_t n = rows->n_components;
    trigamma_loop(rows->posterior, slopes, rows->n_rows * n);
    for (ptrdiff_t i = 0; i < rows->n_rows; i++) {
        const double *posterior = rows->posterior + i * n, *slope = slopes + i * n;
        const double *prior = rows->concentration + i * n, *r = rows->responsibilities + i * n;
        double total = 0.0, gained = 0.0, pulls = 0.0;
        for (ptrdiff_t k = 0; k < n; k++) {
            total += posterior[k];
            gained += posterior[k] - prior[k] - r[k];
            pulls += out->means[i * n + k];
        }
        out->x[i] = -pulls;
        const double of_all = gained * fvb_trigamma(total);
        for (ptrdiff_t k = 0; k < n; k++)
            out->posterior[i * n + k] =
                factor * ((posterior[k] - prior[k] - r[k]) * slope[k] - of_all);
    }
}

static void losses(const fvb_local_rows *rows, double factor, double *sums,
                   const fvb_local_gradients *out, double *work)
{
    gaps(rows, work);
    sum_losses(rows, work, sums);
    if (out) {
        elementwise_gradients(rows, work, factor, out);
        row_gradients(rows, factor, out, work);
    }
}

const fvb_local_mixture_table FVB_TABLE(fvb_local_mixture) = {losses};
