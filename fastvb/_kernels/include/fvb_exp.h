/* exp(x) for every x, branch-free. x = n log 2 + r with |r| <= log(2)/2; exp(r) by a
   polynomial; the scale 2^n is applied in two factors, so that results overflow to inf and
   underflow gradually as they should. NaN stays NaN. Error below 1 ulp. */
#ifndef FVB_EXP_H
#define FVB_EXP_H

#include "fvb_bits.h"

static inline double fvb_exp(double x)
{
    /* log(2) in two parts, the first with 11 trailing zero bits (n * FVB_LN2_HI is exact). */
    const double ln2_hi = 0x1.62e42fefa3800p-1, ln2_lo = 0x1.ef35793c76730p-45;
    double c = x < -750.0 ? -750.0 : x;
    c = c > 720.0 ? 720.0 : c;
    const double shifted = c * 0x1.71547652b82fep0 + FVB_ROUND_MAGIC;
    const double n = shifted - FVB_ROUND_MAGIC;
    double r = c - n * ln2_hi;
    r = r - n * ln2_lo;
    double p = 1.0 / 6227020800.0; /* Taylor: 1/13! ... 1/0! */
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = (p * r) * r + r;
    const int64_t k = (int64_t)(fvb_bits(shifted) << 52) >> 52; /* n, |n| < 2048 */
    const int64_t half = k >> 1;
    const double first = fvb_from_bits((uint64_t)(half + 1023) << 52);
    const double second = fvb_from_bits((uint64_t)(k - half + 1023) << 52);
    return (first + first * p) * second;
}

static inline float fvb_expf(float x)
{
    const float ln2_hi = 0x1.62e400p-1f, ln2_lo = 0x1.7f7d1cp-20f;
    float c = x < -110.0f ? -110.0f : x;
    c = c > 90.0f ? 90.0f : c;
    const float shifted = c * 0x1.715476p0f + FVB_ROUND_MAGICF;
    const float n = shifted - FVB_ROUND_MAGICF;
    float r = c - n * ln2_hi;
    r = r - n * ln2_lo;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = (p * r) * r + r;
    const int32_t k = (int32_t)(fvb_bitsf(shifted) << 20) >> 20;
    const int32_t half = k >> 1;
    const float first = fvb_from_bitsf((uint32_t)(half + 127) << 23);
    const float second = fvb_from_bitsf((uint32_t)(k - half + 127) << 23);
    return (first + first * p) * second;
}

#endif
