#include "fvb_dirichlet.h"

#include "fvb_elementwise.h"
#include "fvb_digamma.h"
#include "fvb_exp.h"
#include "fvb_gammaln.h"
#include "fvb_trigamma.h"

/* Rows are handled in groups that fill a block of FVB_BLOCK elements, longer rows in pieces of that
   size. A block is copied to doubles and padded with ones to whole vectors, so that a row's bits
   do not depend on where in a block it lies. */
enum { VECTOR = 16 };
#define LINES _Alignas(FVB_CACHE_LINE) double

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

static void pad(double *x, ptrdiff_t n)
{
    for (ptrdiff_t i = n; i < whole_vectors(n); i++)
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

/* Sum of n numbers: in eight interleaved chains where there are many, else one after the other. */
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
    for (ptrdiff_t r = 0; r < n_rows; r++)
        sums[r] += sum(x + r * n_columns, n_columns);
}

/* log Gamma(y) - log Gamma(x) - d psi(x) for y = x + d, the Bregman divergence of log Gamma, to full
   relative accuracy also where y is near x: there it is the integral of (y - t) psi1(t) from x to
   y by Gauss' rule with 6 points. d may have digits that y has no room for. */
static double bregman(double x, double y, double d)
{
    static const double node[6] = {
        0x1.149ad8bfaff12p-5, 0x1.5aebed3546d43p-3, 0x1.85d3b4bf2628fp-2,
        0x1.3d1625a06ceb9p-1, 0x1.a94504b2ae4afp-1, 0x1.eeb652740500fp-1,
    };
    static const double weight[6] = {
        0x1.5edf601e2dbf8p-4, 0x1.716b7b5794c1cp-3, 0x1.df24d499545e8p-3,
        0x1.df24d499545e8p-3, 0x1.716b7b5794c1cp-3, 0x1.5edf601e2dbf8p-4,
    };
    if (!(fabs(d) < 0.125 * x))
        return (fvb_gammaln(y) - fvb_gammaln(x)) - d * fvb_digamma(x);
    double total = 0.0;
    for (int i = 0; i < 6; i++)
        total += weight[i] * (1.0 - node[i]) * fvb_trigamma(x + node[i] * d);
    return d * (d * total);
}

#define REAL double
#define NAME(stem) stem
#include "dirichlet_leaves.h"
#undef REAL
#undef NAME

#define REAL float
#define NAME(stem) stem##f
#include "dirichlet_leaves.h"

const fvb_dirichlet_table FVB_TABLE(fvb_dirichlet) = {
    {expectation, exp_expectation, log_normalizer, entropy, kl},
    {expectationf, exp_expectationf, log_normalizerf, entropyf, klf},
};
