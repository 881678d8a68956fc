/* psi(x), the digamma function.

   psi(1 + v) is the logarithm of the fraction exp(psi(1 + v)) = ((v + 1/2) D + N)/D of
   fvb_digamma_ratio.h; fvb_log.h takes it without another division. Below 1,
   psi(x) = psi(1 + x) - 1/x. Nothing cancels: at most 2 ulp, and near the root 1.4616... an
   absolute error below 1e-16 (float: at most 2 ulp of the rounded value there too). */
#ifndef FVB_DIGAMMA_H
#define FVB_DIGAMMA_H

#include "fvb_digamma_ratio.h"
#include "fvb_log.h"

/* Ordinary arguments. */
static inline double fvb_digamma_core(double x)
{
    const uint64_t below = fvb_mask_below_1(x);
    const double one = fvb_masked(below, 1.0);
    const double above = fvb_masked(~below, 1.0);
    double d, h;
    const double n = fvb_digamma_ratio(x - above, &d);
    const double offset = above - 0.5;
    const double a = x - offset;
    const double p = fvb_log_pivot(a + 0.05, &h); /* exp(psi) is a + 0.06 .. a */
    /* x - (p + offset) is exact where the logarithm is small; a - p would not be */
    const double s = (d * (x - (p + offset)) + n) / (d * (a + p) + n);
    /* 1/x = 1 + (1 - x)/x: the larger part of a rounding error less where psi is small */
    const double reciprocal = fvb_masked(below, 1.0 - x) / x;
    return ((h - one) + (h * FVB_LOG_REST + fvb_two_atanh(s))) - reciprocal;
}

/* psi(x) for 1.22 < x < 1.85 to full relative accuracy, the root 1.4616... included;
   tools/minimax.py: digamma_rootf. */
static inline float fvb_digamma_rootf(float x)
{
    const float t = (x - 0x1.762d86p+0f) - 0x1.ab5f20p-27f;
    float p = 0x1.0869e2p-6f;
    p = p * t - 0x1.17f83ep-5f;
    p = p * t + 0x1.973b72p-5f;
    p = p * t - 0x1.27d0fep-4f;
    p = p * t + 0x1.b97e4ap-4f;
    p = p * t - 0x1.4fc03ap-3f;
    p = p * t + 0x1.08b44cp-2f;
    p = p * t - 0x1.c563b6p-2f;
    p = p * t + 0x1.ef72bcp-1f;
    return p * t;
}

static inline float fvb_digamma_coref(float x)
{
    const uint32_t below = fvb_mask_below_1f(x);
    const float one = fvb_maskedf(below, 1.0f);
    const float above = fvb_maskedf(~below, 1.0f);
    float d, h;
    const float n = fvb_digamma_ratiof(x - above, &d);
    const float offset = above - 0.5f;
    const float a = x - offset;
    const float p = fvb_log_pivotf(a + 0.05f, &h);
    const float s = (d * (x - (p + offset)) + n) / (d * (a + p) + n);
    const float reciprocal = fvb_maskedf(below, 1.0f - x) / x;
    const float y = ((h - one) + (h * FVB_LOG_RESTF + fvb_two_atanhf(s))) - reciprocal;
    return x > 1.22f && x < 1.85f ? fvb_digamma_rootf(x) : y;
}

/* Every x, like SciPy's psi: -inf at 0, inf at -0, nan at the negative integers. */
static inline double fvb_digamma(double x)
{
    const double pi = 0x1.921fb54442d18p+1;
    if (fvb_is_ordinary(x))
        return fvb_digamma_core(x);
    if (x > 0.0) /* nothing of 1/(2x) or of psi(1 + x) shows beside the leading term */
        return x < 1.0 ? -1.0 / x : log(x);
    if (x == 0.0)
        return signbit(x) ? INFINITY : -INFINITY;
    const double r = x - nearbyint(x); /* exact; psi(x) = psi(1 - x) - pi cot(pi x) */
    if (!(r != 0.0) || !isfinite(x))
        return NAN;
    const double cotangent = fabs(r) < 0.25 ? 1.0 / tan(pi * r)
                                            : tan(pi * copysign(0.5 - fabs(r), r));
    const double u = 1.0 - x, lost = (1.0 - u) - x; /* a non-integer x is above -2^52 */
    const double slope = 1.0 / u + 0.5 / (u * u);     /* of psi, roughly */
    return (fvb_digamma_core(u) + lost * slope) - pi * cotangent;
}

static inline float fvb_digammaf(float x)
{
    return fvb_is_ordinaryf(x) ? fvb_digamma_coref(x) : (float)fvb_digamma((double)x);
}

#endif
