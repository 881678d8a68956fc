/* One row at a time, slowly, where the usual formulas cancel: with log Gamma(x) = x log x - x +
   log(2 pi)/2 + E(x) (fvb_gammaln_excess.h) the parts x log x - x of a row and of its sum are
   combined first, and only then come the small parts E. For one precision, as
   dirichlet_leaves.h. */

/* log Gamma(sum a) - sum log Gamma(a_k). The share of the largest concentration, near 1 in the
   worst cases, enters by what it lacks. */
static double NAME(careful_log_normalizer)(ptrdiff_t n_columns, const REAL *a, ptrdiff_t column)
{
    ptrdiff_t top = 0;
    for (ptrdiff_t k = 1; k < n_columns; k++)
        top = a[k * column] > a[top * column] ? k : top;
    const double largest = a[top * column];
    double rest = 0.0, terms = 0.0, excess = 0.0;
    for (ptrdiff_t k = 0; k < n_columns; k++)
        rest += k == top ? 0.0 : a[k * column];
    const double log_total = log(largest + rest);
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const double x = a[k * column];
        terms += k == top ? x * log1p(rest / x) : x * (log_total - log(x));
        excess += fvb_gammaln_excess(x);
    }
    return terms + (fvb_gammaln_excess(largest + rest) - excess
                    - (double)(n_columns - 1) * FVB_HALF_LOG_2PI);
}

static double NAME(careful_entropy)(ptrdiff_t n_columns, const REAL *a, ptrdiff_t column,
                                    double total)
{
    double terms = 0.0;
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const double x = a[k * column];
        terms += fvb_gammaln_excess(x) - (x - 1.0) * fvb_gammaln_excess_slope(x)
                 + (log(x) - log(total)) + FVB_HALF_LOG_2PI;
    }
    return terms - (fvb_gammaln_excess(total)
                    - (total - (double)n_columns) * fvb_gammaln_excess_slope(total)
                    + FVB_HALF_LOG_2PI);
}

/* KL(a || b) = (sum b) KL(b / sum b || a / sum a) between categorical distributions, plus the
   divergences of E from a_k to b_k, less that of the totals. */
static double NAME(careful_kl)(ptrdiff_t n_columns, const REAL *a, ptrdiff_t a_column,
                               const REAL *b, ptrdiff_t b_column)
{
    double a_total = 0.0, difference = 0.0, categorical = 0.0, excess = 0.0;
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        a_total += a[k * a_column];
        difference += (double)b[k * b_column] - a[k * a_column];
    }
    const double b_total = a_total + difference, ratio = b_total / a_total;
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const double x = a[k * a_column], y = b[k * b_column], d = y - x;
        categorical += categorical_term(y, x * ratio, (d / x - difference / a_total) / ratio);
        excess += fvb_gammaln_excess_divergence(x, y, d);
    }
    return fmax(0.0, categorical + (excess
                     - fvb_gammaln_excess_divergence(a_total, b_total, difference)));
}
