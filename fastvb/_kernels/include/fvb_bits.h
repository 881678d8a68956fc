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

#endif
