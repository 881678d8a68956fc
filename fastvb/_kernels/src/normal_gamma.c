#include "fvb_normal_gamma.h"

#include "fvb_digamma.h"
#include "fvb_elementwise.h"
#include "fvb_gammaln.h"
#include "fvb_gammaln_excess.h"
#include "fvb_log.h"
#include "fvb_log1p_gap.h"

/* What is computed of a block stays in the L1 cache. A block with fewer numbers is padded with
   ones to whole vectors, so that bits do not depend on where in it a number lies. */
enum { VECTOR = 16, BLOCK = 256 };
typedef double block[BLOCK] __attribute__((aligned(FVB_CACHE_LINE)));

FVB_DEFINE_LOOP(digamma_loop, digamma)
FVB_DEFINE_LOOP(gammaln_loop, gammaln)

static ptrdiff_t whole_vectors(ptrdiff_t n)
{
    return (n + VECTOR - 1) / VECTOR * VECTOR;
}

/* `size` numbers from `start` on: where they lie if they are there as whole vectors, else a
   copy. */
static const double *load(fvb_parameter p, ptrdiff_t start, ptrdiff_t size, double *copy)
{
    const ptrdiff_t count = whole_vectors(size);
    if (p.step && size == count)
        return p.first + start;
    for (ptrdiff_t i = 0; i < count; i++)
        copy[i] = i < size || !p.step ? p.first[(start + i) * p.step] : 1.0;
    return copy;
}

/* log Gamma(shape) - shape log(rate) - log(strength) / 2. One loop takes a quarter less time than
   one for each function. */
static void log_partition(ptrdiff_t start, ptrdiff_t n, const fvb_normal_gamma *q, double *out)
{
    block shapes, rates, strengths, total;
    for (ptrdiff_t size; n > 0; start += size, out += size, n -= size) {
        size = n < BLOCK ? n : BLOCK;
        const double *restrict a = load(q->shape, start, size, shapes);
        const double *restrict b = load(q->rate, start, size, rates);
        const double *restrict k = load(q->strength, start, size, strengths);
        const ptrdiff_t count = whole_vectors(size);
        uint64_t excess = 0;
        _Pragma("omp simd reduction(|:excess)")
        for (ptrdiff_t i = 0; i < count; i++) {
            excess |= fvb_excess(a[i]) | fvb_excess(b[i]) | fvb_excess(k[i]);
            total[i] = fvb_gammaln_core(a[i])
                       - (a[i] * fvb_log_core(b[i]) + 0.5 * fvb_log_core(k[i]));
        }
        if (excess >> FVB_EXCESS_BIT)
            for (ptrdiff_t i = 0; i < size; i++)
                if ((fvb_excess(a[i]) | fvb_excess(b[i]) | fvb_excess(k[i])) >> FVB_EXCESS_BIT)
                    total[i] = fvb_gammaln(a[i])
                               - (a[i] * fvb_log(b[i]) + 0.5 * fvb_log(k[i]));
        memcpy(out, total, size * sizeof *out);
    }
}

/* r - 1 - log r of a ratio r, also near 1 */
static double careful_gap(double numerator, double denominator)
{
    const double change = (numerator - denominator) / denominator;
    return change < -0.5 ? change - log(numerator / denominator) : fvb_log1p_gap(change);
}

/* KL(Gamma(a, b) || Gamma(c, d)) where the usual formula cancels. With log Gamma(x) = x log x - x +
   log(2 pi)/2 + E(x) (fvb_gammaln_excess.h) the large parts are c (r - 1 - log r), r the ratio of
   the means, and what is left is the divergence of E from a to c. */
static double careful_gamma_kl(double a, double b, double c, double d)
{
    const double change = (a - c) / c * (d / b) + (d - b) / b;
    const double gap = change < -0.5 ? change - (log(a / c) + log(d / b)) : fvb_log1p_gap(change);
    return fmax(0.0, c * gap + fvb_gammaln_excess_divergence(a, c, c - a));
}

/* W. Penny (2001), KL-divergences of Normal, Gamma, Dirichlet and Wishart densities. */
static void kl(ptrdiff_t start, ptrdiff_t n, const fvb_normal_gamma *q, const fvb_normal_gamma *p,
               double *out)
{
    block copies[8], log_a, log_c, psi, lost;
    for (ptrdiff_t size; n > 0; start += size, out += size, n -= size) {
        size = n < BLOCK ? n : BLOCK;
        const ptrdiff_t count = whole_vectors(size);
        const double *restrict m = load(q->mean, start, size, copies[0]);
        const double *restrict k = load(q->strength, start, size, copies[1]);
        const double *restrict a = load(q->shape, start, size, copies[2]);
        const double *restrict b = load(q->rate, start, size, copies[3]);
        const double *restrict m0 = load(p->mean, start, size, copies[4]);
        const double *restrict k0 = load(p->strength, start, size, copies[5]);
        const double *restrict c = load(p->shape, start, size, copies[6]);
        const double *restrict d = load(p->rate, start, size, copies[7]);
        gammaln_loop(a, log_a, count);
        gammaln_loop(c, log_c, count);
        digamma_loop(a, psi, count);
        uint64_t some_lost = 0;
        _Pragma("omp simd reduction(|:some_lost)")
        for (ptrdiff_t i = 0; i < count; i++) {
            const double distance = m[i] - m0[i], reciprocal = 1.0 / b[i], ratio = k0[i] / k[i];
            const double of_rates = c[i] * fvb_log(d[i] * reciprocal);
            const double gamma = (log_c[i] - log_a[i]) + (a[i] - c[i]) * psi[i] - of_rates
                                 + a[i] * ((d[i] - b[i]) * reciprocal);
            const double gap = (ratio - 1.0) - fvb_log(ratio);
            const double of_mean = k0[i] * (a[i] * reciprocal) * (distance * distance);
            const double total = gamma + 0.5 * (gap + of_mean);
            const double largest = 1.0 + fabs(log_c[i]) + fabs(log_a[i]) + fabs(of_rates);
            lost[i] = total - 1e-4 * largest; /* negative where too few digits are left */
            some_lost |= fvb_bits(lost[i]);
            log_a[i] = total;
        }
        if (some_lost >> 63)
            for (ptrdiff_t i = 0; i < size; i++)
                if (!(lost[i] >= 0.0)) {
                    const double distance = m[i] - m0[i];
                    log_a[i] = careful_gamma_kl(a[i], b[i], c[i], d[i])
                               + 0.5 * (careful_gap(k0[i], k[i])
                                        + k0[i] * (a[i] / b[i]) * (distance * distance));
                }
        memcpy(out, log_a, size * sizeof *out);
    }
}

const fvb_normal_gamma_table FVB_TABLE(fvb_normal_gamma) = {log_partition, kl};
