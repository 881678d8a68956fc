/* trigamma(x) = psi1(x) = d^2/dx^2 log Gamma(x).

   psi1(y + 1/2) = (1 - h)/y with h = p(y)/q(y) ~ 1/(12 y^2) for y >= 1/2, and psi1(x) = 1/x^2 +
   psi1(x + 1) below 1 (DLMF 5.15.5). Either way the last operation adds a smaller term to the
   reciprocal of y or of x^2, whose rounding errors are part of that term.
   Coefficients: tools/minimax.py, trigamma and trigammaf (highest degree first). */
#ifndef FVB_TRIGAMMA_H
#define FVB_TRIGAMMA_H

#include "fvb_bits.h"

static inline double fvb_trigamma_core(double x)
{
    const uint64_t below = fvb_mask_below_1(x);
    const double y = x + fvb_select(below, 0.5, -0.5);
    const double y2 = y * y;
    /* even and odd powers apart: half the latency */
    double p_odd = 0x1.555555554ebf6p-4, p_even = 0x1.ffce2b664df6ep-1;
    p_odd = p_odd * y2 + 0x1.67c3ca0785359p+2;
    p_even = p_even * y2 + 0x1.2cccf3781268bp+4;
    p_odd = p_odd * y2 + 0x1.40af8b1150a68p+5;
    p_even = p_even * y2 + 0x1.b4537d8ba6d7cp+5;
    p_odd = p_odd * y2 + 0x1.6247b3baf216bp+5;
    p_even = p_even * y2 + 0x1.0f457f0d7e51fp+4;
    const double p = p_odd * y + p_even;
    double q_odd = y2 + 0x1.0f393deeb2d6ap+6, q_even = 0x1.7fdaa08c5e640p+3;
    q_even = q_even * y2 + 0x1.cb99022581c2ap+7;
    q_odd = q_odd * y2 + 0x1.f87bdf8c2bf8ep+8;
    q_even = q_even * y2 + 0x1.6dcc93440b90ep+9;
    q_odd = q_odd * y2 + 0x1.58cfb73b4ff6ep+9;
    q_even = q_even * y2 + 0x1.90a292c8a5d50p+8;
    q_odd = q_odd * y2 + 0x1.ffcecca6e9e85p+6;
    q_even = q_even * y2 + 0x1.0f457ef5992c1p+4;
    const double q = q_odd * y + q_even;

    const double square = x * x;
    const double divisor = fvb_select(below, square, y);
    const double lead = 1.0 / divisor;
    const double rest = (fvb_masked(below, q) - p) / (q * y);
    /* 1 - lead (divisor + what rounding x^2 lost) */
    const double lost = fvb_masked(below, fvb_product_rest(square, x, x));
    const double missing = fvb_product_rest(1.0, lead, divisor) + lost * lead;
    return lead + (rest + missing * lead);
}

/* Every x: inf at the poles (0 and the negative integers), 0 at inf. Left of zero by reflection,
   psi1(x) + psi1(1 - x) = (pi / sin(pi x))^2 (DLMF 5.15.6). */
static inline double fvb_trigamma(double x)
{
    if (fvb_is_ordinary(x))
        return fvb_trigamma_core(x);
    if (x > 1.0)
        return 1.0 / x;
    if (fabs(x) < 0x1p-64)
        return (1.0 / x) * (1.0 / x);
    if (isnan(x))
        return x;
    if (x == floor(x))
        return INFINITY;
    const double root = 3.14159265358979324 / sin(3.14159265358979324 * (x - nearbyint(x)));
    return root * root - fvb_trigamma(1.0 - x);
}

static inline float fvb_trigamma_coref(float x)
{
    const uint32_t below = fvb_mask_below_1f(x);
    const float y = x + fvb_selectf(below, 0.5f, -0.5f);
    /* beyond 2^18 h is nothing, and q would overflow */
    const int32_t bits = (int32_t)fvb_bitsf(y);
    const float z = fvb_from_bitsf((uint32_t)(bits < 0x48800000 ? bits : 0x48800000));
    float p = 0x1.55548ep-4f;
    p = p * z + 0x1.154178p-2f;
    p = p * z + 0x1.92800ep-2f;
    p = p * z + 0x1.f37218p-3f;
    float q = z + 0x1.9fd8eep+1f;
    q = q * z + 0x1.448038p+2f;
    q = q * z + 0x1.0289c2p+2f;
    q = q * z + 0x1.9907bcp+0f;
    q = q * z + 0x1.f32fc6p-3f;
    const float lead = 1.0f / fvb_selectf(below, x * x, y);
    return lead + (fvb_maskedf(below, q) - p) / (q * y);
}

static inline float fvb_trigammaf(float x)
{
    return fvb_is_ordinaryf(x) ? fvb_trigamma_coref(x) : (float)fvb_trigamma(x);
}

#endif
