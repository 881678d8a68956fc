/* exp(x) for every x, branch-free. x = n log 2 + r with |r| <= 0.3475; exp(r) by a polynomial
   (tools/minimax.py: exp, expf); the scale 2^n in two factors, so that results overflow to inf
   and underflow gradually as they should. NaN stays NaN. Error at most 1.1 ulp. */
#ifndef FVB_EXP_H
#define FVB_EXP_H

#include "fvb_bits.h"

/* scale exp(x + rest) for -1000 <= x <= 1000 (float: -130 .. 130), nan; rest is what rounding x has
   lost. One rounding for both factors. */
static inline double fvb_scaled_exp(double scale, double x, double rest)
{
    const double shifted = x * 0x1.71547652b82fep0 + FVB_ROUND_MAGIC;
    const double n = shifted - FVB_ROUND_MAGIC;
    double r = x - n * 0x1.62e42fefa3800p-1; /* log 2 in two parts; n times the first is exact */
    r = r - (n * 0x1.ef35793c76730p-45 - rest);
    double p = 0x1.af642073e650bp-26;
    p = p * r + 0x1.289269d51e88cp-22;
    p = p * r + 0x1.71ddf62eeea3dp-19;
    p = p * r + 0x1.a019b84c70d33p-16;
    p = p * r + 0x1.a01a01b03c9bdp-13;
    p = p * r + 0x1.6c16c178bda38p-10;
    p = p * r + 0x1.111111110f79ap-7;
    p = p * r + 0x1.5555555553ce3p-5;
    p = p * r + 0x1.5555555555558p-3;
    p = p * r + 0x1.0000000000001p-1;
    p = (p * r) * r + r;
    const int64_t k = (int64_t)(fvb_bits(shifted) - fvb_bits(FVB_ROUND_MAGIC)) + 2046;
    const uint64_t half = (uint64_t)k >> 1; /* the halves of n, biased by 1023 */
    const double first = scale * fvb_from_bits(half << 52);
    const double second = fvb_from_bits(((uint64_t)k - half) << 52);
    return (first + first * p) * second;
}

static inline float fvb_scaled_expf(float scale, float x, float rest)
{
    const float shifted = x * 0x1.715476p0f + FVB_ROUND_MAGICF;
    const float n = shifted - FVB_ROUND_MAGICF;
    float r = x - n * 0x1.62e400p-1f;
    r = r - (n * 0x1.7f7d1cp-20f - rest);
    float p = 0x1.6d774ep-10f;
    p = p * r + 0x1.120ccp-7f;
    p = p * r + 0x1.5554b6p-5f;
    p = p * r + 0x1.5554dcp-3f;
    p = p * r + 0x1p-1f;
    p = (p * r) * r + r;
    const int32_t k = (int32_t)(fvb_bitsf(shifted) - fvb_bitsf(FVB_ROUND_MAGICF)) + 254;
    const uint32_t half = (uint32_t)k >> 1;
    const float first = scale * fvb_from_bitsf(half << 23);
    const float second = fvb_from_bitsf(((uint32_t)k - half) << 23);
    return (first + first * p) * second;
}

static inline double fvb_exp(double x)
{
    double y = x < -750.0 ? -750.0 : x;
    y = y > 720.0 ? 720.0 : y;
    return fvb_scaled_exp(1.0, y, 0.0);
}

static inline float fvb_expf(float x)
{
    float y = x < -110.0f ? -110.0f : x;
    y = y > 90.0f ? 90.0f : y;
    return fvb_scaled_expf(1.0f, y, 0.0f);
}

#endif
