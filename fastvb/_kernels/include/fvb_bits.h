/* Bits of floating-point numbers, and the selections that keep loops branch-free. */
#ifndef FVB_BITS_H
#define FVB_BITS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t fvb_bits(double x) { uint64_t u; memcpy(&u, &x, sizeof u); return u; }
static inline uint32_t fvb_bitsf(float x) { uint32_t u; memcpy(&u, &x, sizeof u); return u; }
static inline double fvb_from_bits(uint64_t u) { double x; memcpy(&x, &u, sizeof x); return x; }
static inline float fvb_from_bitsf(uint32_t u) { float x; memcpy(&x, &u, sizeof x); return x; }

/* Adding this number rounds to an integer whose two's complement is in the low bits:
   1.5 * 2^52 (1.5 * 2^23). It works at every level, unlike rint() before SSE4.1. */
#define FVB_ROUND_MAGIC 0x1.8p52
#define FVB_ROUND_MAGICF 0x1.8p23f

/* All ones where a positive x is below 1, else 0: integer arithmetic keeps the ports of the
   multiplications free. */
static inline uint64_t fvb_mask_below_1(double x)
{
    return (uint64_t)((int64_t)(fvb_bits(x) - 0x3ff0000000000000u) >> 63);
}
static inline uint32_t fvb_mask_below_1f(float x)
{
    return (uint32_t)((int32_t)(fvb_bitsf(x) - 0x3f800000u) >> 31);
}

/* The fast branch-free cores of the special functions serve ordinary arguments, 2^-64 <= x < 2^64
   (float: 2^-32 <= x < 2^32); everything else goes the slow way. For an ordinary x, and
   only then, fvb_excess(x) has no bit set from FVB_EXCESS_BIT on, so that a loop finds out
   by OR-ing the excesses of a whole block. */
#define FVB_EXCESS_BIT 58
#define FVB_EXCESS_BITF 28
static inline uint64_t fvb_excess(double x)
{
    return (fvb_bits(x) - 0x3ff0000000000000u) ^ fvb_mask_below_1(x);
}
static inline uint32_t fvb_excessf(float x)
{
    return (fvb_bitsf(x) - 0x3f800000u) ^ fvb_mask_below_1f(x);
}
static inline int fvb_is_ordinary(double x) { return !(fvb_excess(x) >> FVB_EXCESS_BIT); }
static inline int fvb_is_ordinaryf(float x) { return !(fvb_excessf(x) >> FVB_EXCESS_BITF); }

/* a - b c with one rounding; in double for a b c that is close to a. */
static inline double fvb_product_rest(double a, double b, double c)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return fma(-b, c, a);
#else
    /* halves of 26 and 27 bits, whose products are exact (Dekker, Numer. Math. 18, 1971) */
    const double b_high = fvb_from_bits(fvb_bits(b) & 0xfffffffff8000000u), b_low = b - b_high;
    const double c_high = fvb_from_bits(fvb_bits(c) & 0xfffffffff8000000u), c_low = c - c_high;
    return ((a - b_high * c_high) - b_high * c_low - b_low * c_high) - b_low * c_low;
#endif
}
static inline float fvb_product_restf(float a, float b, float c)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return fmaf(-b, c, a);
#else
    return (float)(a - (double)b * c);
#endif
}

/* x where `mask` is all ones, 0 where it is 0. */
static inline double fvb_masked(uint64_t mask, double x) { return fvb_from_bits(mask & fvb_bits(x)); }
static inline float fvb_maskedf(uint32_t mask, float x) { return fvb_from_bitsf(mask & fvb_bitsf(x)); }

/* a where `mask` is all ones, b where it is 0. A conditional expression would not do: the compiler
   computes whatever follows twice, once for each side. */
static inline double fvb_select(uint64_t mask, double a, double b)
{
    return fvb_from_bits((mask & fvb_bits(a)) | (~mask & fvb_bits(b)));
}
static inline float fvb_selectf(uint32_t mask, float a, float b)
{
    return fvb_from_bitsf((mask & fvb_bitsf(a)) | (~mask & fvb_bitsf(b)));
}

#endif
