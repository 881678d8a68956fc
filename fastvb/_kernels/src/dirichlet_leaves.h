/* The leaf functions for one type: dirichlet.c defines REAL and NAME and includes this twice. */

static void NAME(load)(ptrdiff_t n_rows, ptrdiff_t n_columns, const REAL *a, ptrdiff_t row,
                       ptrdiff_t column, double *x)
{
    const ptrdiff_t n = n_rows * n_columns;
    if (column == 1 && (row == n_columns || n_rows == 1))
        for (ptrdiff_t i = 0; i < n; i++)
            x[i] = a[i];
    else
        for (ptrdiff_t r = 0; r < n_rows; r++)
            for (ptrdiff_t k = 0; k < n_columns; k++)
                x[r * n_columns + k] = a[r * row + k * column];
    pad(x, n, padded(n_rows, n_columns));
}

/* Runs BODY on every block of a group of rows: `x` holds n_rows * width concentrations that begin
   at row `first` and column `start`. Returns from the function at a bad one. */
#define FOR_BLOCKS(BODY)                                                                     \
    for (ptrdiff_t start = 0; start < n_columns; start += BLOCK) {                           \
        const ptrdiff_t rest = n_columns - start, width = rest < BLOCK ? rest : BLOCK;       \
        const ptrdiff_t n = size * width, count = padded(size, width);                       \
        NAME(load)(size, width, a + first * row + start * column, row, column, x);           \
        const ptrdiff_t bad = first_bad(x, n);                                               \
        if (bad >= 0)                                                                        \
            return (first + bad / width) * n_columns + start + bad % width;                  \
        BODY                                                                                 \
    }
#define FOR_GROUPS                                                                           \
    const ptrdiff_t fit = n_columns < BLOCK ? BLOCK / n_columns : 1;                         \
    const ptrdiff_t group = n_columns > MOST_SUMMED ? fit : fit / PART * PART;               \
    for (ptrdiff_t first = 0, size = group; first < n_rows; first += size)                   \
        if ((size = n_rows - first < group ? n_rows - first : group))

#define DEFINE_EXPECTATION(name, FINISH)                                                     \
    static ptrdiff_t NAME(name)(ptrdiff_t n_rows, ptrdiff_t n_columns, const REAL *a,        \
                                ptrdiff_t row, ptrdiff_t column, REAL *out)                  \
    {                                                                                        \
        block x, y, total, of_total;                                                         \
        FOR_GROUPS {                                                                         \
            memset(total, 0, sizeof total);                                                  \
            FOR_BLOCKS(add_row_sums(x, size, width, total);)                                 \
            pad(total, size, whole_vectors(size));                                           \
            digamma_loop(total, of_total, whole_vectors(size));                              \
            FOR_BLOCKS(                                                                      \
                digamma_loop(x, y, count);                                                   \
                for (ptrdiff_t r = 0; r < size; r++) {                                       \
                    REAL *to = out + (first + r) * n_columns + start;                        \
                    const double *from = y + r * width;                                      \
                    const double psi_total = of_total[r];                                    \
                    for (ptrdiff_t k = 0; k < width; k++)                                    \
                        to[k] = (REAL)FINISH(from[k], psi_total);                            \
                })                                                                           \
        }                                                                                    \
        return -1;                                                                           \
    }

#ifndef DIRICHLET_FINISH
#define DIRICHLET_FINISH
#define LESS(psi, psi_total) (psi - psi_total)
#define EXP_LESS(psi, psi_total) fvb_exp(psi - psi_total)
#endif

/* psi(a_k) - psi(sum a) */
DEFINE_EXPECTATION(expectation, LESS)
/* and its exponential */
DEFINE_EXPECTATION(exp_expectation, EXP_LESS)

/* log Gamma(sum a) - sum log Gamma(a_k) */
static ptrdiff_t NAME(log_normalizer)(ptrdiff_t n_rows, ptrdiff_t n_columns, const REAL *a,
                                      ptrdiff_t row, ptrdiff_t column, REAL *out)
{
    block x, y, total, logs;
    FOR_GROUPS {
        memset(total, 0, sizeof total);
        memset(logs, 0, sizeof logs);
        FOR_BLOCKS(
            gammaln_loop(x, y, count);
            add_row_sums(x, size, width, total);
            add_row_sums(y, size, width, logs);)
        pad(total, size, whole_vectors(size));
        gammaln_loop(total, y, whole_vectors(size));
        for (ptrdiff_t r = 0; r < size; r++) {
            double value = y[r] - logs[r];
            if (n_columns > 1 && cancels(value, fabs(y[r])))
                value = NAME(careful_log_normalizer)(n_columns, a + (first + r) * row, column);
            out[first + r] = (REAL)value;
        }
    }
    return -1;
}

/* -log_normalizer - sum (a_k - 1) (psi(a_k) - psi(sum a)) */
static ptrdiff_t NAME(entropy)(ptrdiff_t n_rows, ptrdiff_t n_columns, const REAL *a,
                               ptrdiff_t row, ptrdiff_t column, REAL *out)
{
    block x, y, z, total, terms;
    FOR_GROUPS {
        memset(total, 0, sizeof total);
        memset(terms, 0, sizeof terms);
        FOR_BLOCKS(
            gammaln_loop(x, y, count);
            digamma_loop(x, z, count);
            for (ptrdiff_t i = 0; i < count; i++)
                y[i] = y[i] - (x[i] - 1.0) * z[i];
            add_row_sums(x, size, width, total);
            add_row_sums(y, size, width, terms);)
        pad(total, size, whole_vectors(size));
        gammaln_loop(total, y, whole_vectors(size));
        digamma_loop(total, z, whole_vectors(size));
        for (ptrdiff_t r = 0; r < size; r++) {
            double value = terms[r] - (y[r] - (total[r] - n_columns) * z[r]);
            if (n_columns > 1 && cancels(value, fabs(terms[r])))
                value = NAME(careful_entropy)(n_columns, a + (first + r) * row, column, total[r]);
            out[first + r] = (REAL)value;
        }
    }
    return -1;
}

/* KL(a || b) = sum_k [lgamma(b_k) - lgamma(a_k) + (a_k - b_k) psi(a_k)], less that of the totals
   (Penny 2001, "KL-divergences of Normal, Gamma, Dirichlet and Wishart densities"). */
static ptrdiff_t NAME(kl)(ptrdiff_t n_rows, ptrdiff_t n_columns,
                          const REAL *a, ptrdiff_t row, ptrdiff_t column,
                          const REAL *b, ptrdiff_t b_row, ptrdiff_t b_column, REAL *out,
                          ptrdiff_t *bad_b)
{
    block x, y, log_x, log_y, psi_x;
    block a_total, b_total, terms;
    *bad_b = -1;
    FOR_GROUPS {
        memset(a_total, 0, sizeof a_total);
        memset(b_total, 0, sizeof b_total);
        memset(terms, 0, sizeof terms);
        FOR_BLOCKS(
            NAME(load)(size, width, b + first * b_row + start * b_column, b_row, b_column, y);
            const ptrdiff_t also_bad = first_bad(y, n);
            if (also_bad >= 0) {
                *bad_b = (first + also_bad / width) * n_columns + start + also_bad % width;
                return -1;
            }
            const REAL *next_a = a + first * row + start + n;
            const REAL *next_b = b + first * b_row + start + n;
            prefetch(next_a, n / 2 * sizeof(REAL));
            gammaln_loop(x, log_x, count);
            prefetch(next_b, n / 2 * sizeof(REAL));
            gammaln_loop(y, log_y, count);
            prefetch(next_a + n / 2, n / 2 * sizeof(REAL));
            digamma_loop(x, psi_x, count);
            prefetch(next_b + n / 2, n / 2 * sizeof(REAL));
            for (ptrdiff_t i = 0; i < count; i++)
                psi_x[i] = (log_y[i] - log_x[i]) + (x[i] - y[i]) * psi_x[i];
            add_row_sums(x, size, width, a_total);
            add_row_sums(y, size, width, b_total);
            add_row_sums(psi_x, size, width, terms);)
        pad(a_total, size, whole_vectors(size));
        pad(b_total, size, whole_vectors(size));
        gammaln_loop(a_total, log_x, whole_vectors(size));
        gammaln_loop(b_total, log_y, whole_vectors(size));
        digamma_loop(a_total, psi_x, whole_vectors(size));
        for (ptrdiff_t r = 0; r < size; r++) {
            const double of_totals =
                (log_y[r] - log_x[r]) + (a_total[r] - b_total[r]) * psi_x[r];
            double value = terms[r] - of_totals;
            if (n_columns == 1)
                value = 0.0;
            else if (cancels(value, fabs(log_x[r]) + fabs(log_y[r])))
                value = NAME(careful_kl)(n_columns, a + (first + r) * row, column,
                                         b + (first + r) * b_row, b_column);
            out[first + r] = (REAL)value;
        }
    }
    return -1;
}

#undef FOR_BLOCKS
#undef FOR_GROUPS
#undef DEFINE_EXPECTATION
