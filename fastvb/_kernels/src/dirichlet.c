#include "fvb_dirichlet.h"

#include "fvb_elementwise.h"
#include "fvb_digamma.h"
#include "fvb_exp.h"
#include "fvb_gammaln.h"
#include "fvb_gammaln_excess.h"
#include "fvb_lanes.h"

#define REAL double
#define NAME(stem) stem
#define PART FVB_PART
#include "row_sums.h"
#undef REAL
#undef NAME

/* Rows are handled in groups that fill a block of BLOCK elements, longer rows in pieces of that
   size: what is computed of a block stays in the L1 cache. A block is copied to doubles and padded
   with ones to whole vectors, and to as many rows as are summed at a time, so that a row's bits do
   not depend on where in a block it lies. */
enum { VECTOR = 16, BLOCK = 512, MOST_SUMMED = BLOCK / PART };
typedef double block[BLOCK] __attribute__((aligned(FVB_CACHE_LINE)));

FVB_DEFINE_LOOP(digamma_loop, digamma)
FVB_DEFINE_LOOP(gammaln_loop, gammaln)

/* Memory that is wanted soon: asked for in pieces, it arrives while something else is computed. */
static void prefetch(const void *p, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i += FVB_CACHE_LINE)
        __builtin_prefetch((const char *)p + i);
}

static ptrdiff_t whole_vectors(ptrdiff_t n)
{
    return (n + VECTOR - 1) / VECTOR * VECTOR;
}

/* Elements of a block with its padding. */
static ptrdiff_t padded(ptrdiff_t n_rows, ptrdiff_t n_columns)
{
    const ptrdiff_t rows = n_columns > MOST_SUMMED ? n_rows : (n_rows + PART - 1) / PART * PART;
    return whole_vectors(rows * n_columns);
}

static void pad(double *x, ptrdiff_t n, ptrdiff_t stop)
{
    for (ptrdiff_t i = n; i < stop; i++)
        x[i] = 1.0;
}

/* The first of n concentrations that is not positive and finite, or -1. */
static ptrdiff_t first_bad(const double *x, ptrdiff_t n)
{
    uint64_t excess = 0;
    _Pragma("omp simd reduction(|:excess)")
    for (ptrdiff_t i = 0; i < whole_vectors(n); i++)
        excess |= fvb_excess(x[i]);
    for (ptrdiff_t i = 0; excess >> FVB_EXCESS_BIT && i < n; i++)
        if (!(x[i] > 0.0 && x[i] < INFINITY))
            return i;
    return -1;
}

/* Sum of n numbers in eight interleaved chains; the last few, or fewer than 32, one by one. */
static double sum(const double *x, ptrdiff_t n)
{
    double chain[8] = {0.0}, total = 0.0;
    ptrdiff_t i = 0;
    for (; n >= 32 && i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            chain[j] += x[i + j];
    for (; i < n; i++)
        total += x[i];
    if (n < 32)
        return total;
    return ((chain[0] + chain[1]) + (chain[2] + chain[3]))
           + ((chain[4] + chain[5]) + (chain[6] + chain[7])) + total;
}

/* sums[r] += the sum of the r-th of n_rows rows of x. */
static void add_row_sums(const double *x, ptrdiff_t n_rows, ptrdiff_t n_columns, double *sums)
{
    block added;
    if (n_columns > MOST_SUMMED)
        for (ptrdiff_t r = 0; r < n_rows; r++)
            added[r] = sum(x + r * n_columns, n_columns);
    else
        row_sums(n_columns, (n_rows + PART - 1) / PART * PART, x, added);
    for (ptrdiff_t r = 0; r < n_rows; r++)
        sums[r] += added[r];
}

/* Whether a sum with terms as large as `size` has lost so many digits that it is better computed
   without its large terms. */
static int cancels(double value, double size)
{
    return fabs(value) < 1e-4 * (1.0 + size);
}

/* y log(y / (x (1 + change))) - y + x (1 + change), a term of a divergence of categorical
   distributions: x (1 + change) is what y would be at the same proportions, u = y / that - 1.
   Never negative, to full relative accuracy where u is. */
static double categorical_term(double y, double same, double u)
{
    if (!(fabs(u) < 0.03125))
        return y * (log(y) - log(same)) - (y - same);
    double p = 0.0; /* sum of (-u)^n / ((n + 1)(n + 2)) */
    for (int n = 9; n >= 0; n--)
        p = 1.0 / ((n + 1) * (n + 2)) - u * p;
    return same * (u * (u * p));
}

#define REAL double
#define NAME(stem) stem
#include "dirichlet_careful.h"
#include "dirichlet_leaves.h"
#undef REAL
#undef NAME

#define REAL float
#define NAME(stem) stem##f
#include "dirichlet_careful.h"
#include "dirichlet_leaves.h"

const fvb_dirichlet_table FVB_TABLE(fvb_dirichlet) = {
    {expectation, exp_expectation, log_normalizer, entropy, kl},
    {expectationf, exp_expectationf, log_normalizerf, entropyf, klf},
};
