/* V times statistics, a row at a time; see fvb_structured.h. All of it in double. */

static inline double NAME(parameter)(REAL count, double scale, REAL prior)
{
    const double value = scale * (double)count + (double)prior;
    return value > 1e-6 ? value : 1e-6;
}

static void NAME(row)(ptrdiff_t n_columns, const REAL *counts, double scale, const REAL *prior,
                      const REAL *log_g, const REAL *statistics, const double *share, REAL *out,
                      double *sum_y, double *sum_inverse)
{
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const double a = NAME(parameter)(counts[k], scale, prior[k]);
        const double inverse = 1.0 / fvb_trigamma(a);
        const double own = statistics ? (double)statistics[k] : 0.0;
        const double excess = own - share[k] * fvb_exp((double)log_g[k]);
        const double y = fvb_gamma_slope(a, (double)log_g[k]) * excess * inverse;
        out[k] = (REAL)y;
        sum_y[k] += y;
        sum_inverse[k] += inverse;
    }
}

static void NAME(add_inverse)(ptrdiff_t n_columns, const REAL *counts, double scale,
                              const REAL *prior, const double *factor, REAL *out)
{
    _Pragma("omp simd")
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const double a = NAME(parameter)(counts[k], scale, prior[k]);
        out[k] = (REAL)((double)out[k] + factor[k] / fvb_trigamma_core(a));
    }
}
