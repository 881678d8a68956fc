/* gammaln(x) = log |Gamma(x)|.

   x >= 3: Stirling's formula (DLMF 5.11.1), log Gamma(x) = (x - 1/2)(log(x) - 1)
           + (log(2 pi) - 1)/2 + R(x), with the rest R(x) = x n(x^2)/d(x^2) ~ 1/(12 x)
           (float: n(x^2)/(x d(x^2)))
   x < 3:  log Gamma(w) = r/2 + r n(w)/d(w), r = (w - 1)(w - 2), for w in [1, 2], and
           log Gamma(x) = log Gamma(x + 1) - log(x) = log Gamma(x - 1) + log(x - 1) around it.

   In every case one fraction and one logarithm times a: log(q) = h + low with h exact, so that the
   product a h, which cancels, is not rounded on its own. At most 2 ulp; 1e-16 absolute
   where |gammaln| < 0.25. float is to be within 2 ulp of the rounded value there too: it takes
   w = x from 5/8 to 3, and a line in place of the 1/2.
   Coefficients: tools/minimax.py, gammaln_factor and stirling_rest (with f for float). */
#ifndef FVB_GAMMALN_H
#define FVB_GAMMALN_H

#include "fvb_log.h"

/* Ordinary arguments. */
static inline double fvb_gammaln_core(double x)
{
    const uint64_t below = fvb_mask_below_1(x);
    const uint64_t from_2 = (uint64_t)((int64_t)(0x3fffffffffffffffu - fvb_bits(x)) >> 63);
    const uint64_t large = (uint64_t)((int64_t)(0x4007ffffffffffffu - fvb_bits(x)) >> 63);
    const double down = fvb_masked(from_2 & ~large, 1.0);
    const double shift = fvb_from_bits(fvb_bits(down) | (below & 0xbff0000000000000u));
    const double w = x - shift; /* below 1 rounded, but w - 1 = x is not */
    const double w_1 = x - (1.0 + shift);
    const double r = w_1 * (w_1 - 1.0);
    double n = -0x1.0374557872c56p-11;
    n = n * w - 0x1.db9ba5f9ebb0cp-2;
    n = n * w - 0x1.d95eb4f2d331ep+1;
    n = n * w - 0x1.5358c6aadf74fp+1;
    n = n * w + 0x1.eef9b6eb774b1p+2;
    n = n * w + 0x1.6979d900c182p+2;
    n = n * w + 0x1.161007d5e562ap-1;
    double d = w + 0x1.90ec794e7ee99p+3;
    d = d * w + 0x1.2b556b4b2d444p+5;
    d = d * w + 0x1.0882a981e0e41p+5;
    d = d * w + 0x1.f1c1a4778ec32p+2;
    d = d * w + 0x1.371a00e2548dbp-2;
    const double x2 = x * x;
    double n_large = 0x1.5555555554cacp-4;
    n_large = n_large * x2 + 0x1.f0bc4e969ace7p-2;
    n_large = n_large * x2 + 0x1.3ae547be09597p-1;
    n_large = n_large * x2 + 0x1.2675de24ec9c8p-3;
    double d_large = x2 + 0x1.76af5d12fa54p+2;
    d_large = d_large * x2 + 0x1.e43931ce7db25p+2;
    d_large = d_large * x2 + 0x1.edcef817e6123p+0;
    d_large = d_large * x2 + 0x1.88cb129f4a3fp-6;
    const double factor = fvb_select(large, x, r) * fvb_select(large, n_large, n);
    const double fraction = factor / fvb_select(large, d_large, d);
    const double rest = fvb_select(large, 0x1.acfe390c97d69p-2, 0.5 * r) + fraction;

    double h;
    const double q = x - down;
    const double p = fvb_log_pivot(q, &h);
    const double s = (q - p) / (q + p);
    const double low = (s + s) + (fvb_two_atanh_rest(s) + h * FVB_LOG_REST);
    const double a = fvb_select(large, x - 0.5, shift);
    return a * (h - fvb_masked(large, 1.0)) + (a * low + rest);
}

/* Every x: inf at 0 and the negative integers, -inf at -inf like SciPy. Left of zero by reflection,
   |Gamma(x) Gamma(1 - x)| = pi / |sin(pi x)| (DLMF 5.5.3). */
static inline double fvb_gammaln(double x)
{
    const double pi = 0x1.921fb54442d18p+1;
    if (fvb_is_ordinary(x))
        return fvb_gammaln_core(x);
    if (x > 1.0)
        return x * (log(x) - 1.0);
    if (fabs(x) < 0x1p-64)
        return -log(fabs(x));
    if (!isfinite(x))
        return x;
    const double distance = x - nearbyint(x);
    if (distance == 0.0)
        return INFINITY;
    return log(pi / fabs(sin(pi * distance))) - fvb_gammaln_core(1.0 - x);
}

static inline float fvb_gammaln_coref(float x)
{
    const uint32_t below = (uint32_t)((int32_t)(fvb_bitsf(x) - 0x3f200000u) >> 31); /* 5/8 */
    const uint32_t large = (uint32_t)((int32_t)(0x403fffffu - fvb_bitsf(x)) >> 31);
    const float one = fvb_maskedf(below, 1.0f);
    const float w = x + one;
    const float w_1 = x - (1.0f - one);
    const float w_2 = w_1 - 1.0f, line = 0.5625f - 0.125f * w_1;
    /* r times the line, and what the two roundings took away */
    const float r = w_1 * w_2, main = r * line;
    const float lost = fvb_product_restf(r, w_1, w_2) * line + fvb_product_restf(main, r, line);
    float n = 0x1.a9b716p+8f;
    n = n * w - 0x1.921bc6p+9f;
    n = n * w - 0x1.2cf23ep+10f;
    n = n * w + 0x1.6e4a5p+10f;
    n = n * w + 0x1.7d8b72p+8f;
    float d = w - 0x1.347d0cp+4f;
    d = d * w + 0x1.c4279ap+11f;
    d = d * w + 0x1.2e7314p+13f;
    d = d * w + 0x1.145806p+12f;
    d = d * w + 0x1.0db182p+8f;
    const float x2 = x * x;
    float n_large = 0x1.55553ap-4f;
    n_large = n_large * x2 + 0x1.35afd8p-6f;
    float d_large = x2 + 0x1.0a56fp-2f;
    const float fraction = fvb_selectf(large, n_large, r * n) / fvb_selectf(large, x * d_large, d);
    const float rest = fvb_selectf(large, 0x1.acfe3ap-2f, main)
                       + (fraction - fvb_maskedf(~large, lost));

    float h;
    const float p = fvb_log_pivotf(x, &h);
    const float s = (x - p) / (x + p);
    const float low = (s + s) + (fvb_two_atanh_restf(s) + h * FVB_LOG_RESTF);
    const float a = fvb_selectf(large, x - 0.5f, -one);
    return a * (h - fvb_maskedf(large, 1.0f)) + (a * low + rest);
}

static inline float fvb_gammalnf(float x)
{
    return fvb_is_ordinaryf(x) ? fvb_gammaln_coref(x) : (float)fvb_gammaln((double)x);
}

#endif
