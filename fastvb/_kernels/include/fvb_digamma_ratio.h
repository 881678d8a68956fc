/* The fraction behind psi and exp(psi), without a logarithm or an exponential.

   exp(psi(1 + v)) = v + 1/2 + N(v)/D(v), v >= 0, with a small N/D (0.0615 at 0, about 1/(24 v)
   further out): it is nearly linear, and nothing cancels. Relative error of the sum 1.8e-17
   (float 8e-9); tools/minimax.py: exp_digamma, exp_digammaf. Below 1, psi(x) = psi(1 + x) - 1/x.
   Either way v is exact: x or x - 1. */
#ifndef FVB_DIGAMMA_RATIO_H
#define FVB_DIGAMMA_RATIO_H

#include "fvb_bits.h"

/* N(v); D(v) in *denominator. */
static inline double fvb_digamma_ratio(double v, double *denominator)
{
    double n = 0x1.555555554d622p-5;
    n = n * v + 0x1.e4fabe661adebp-2;
    n = n * v + 0x1.3dc48183de1dbp+1;
    n = n * v + 0x1.e68c9ba76e8e8p+2;
    n = n * v + 0x1.d0b5ddc832400p+3;
    n = n * v + 0x1.12e00102a7afcp+4;
    n = n * v + 0x1.7322f648500b9p+3;
    n = n * v + 0x1.b67fe6a927119p+1;
    double d = v + 0x1.7bbc0ecc6c1f3p+3;
    d = d * v + 0x1.05acffedad6eep+6;
    d = d * v + 0x1.abd80bdb0262dp+7;
    d = d * v + 0x1.c00c1077a930ap+8;
    d = d * v + 0x1.30f6a7dec90a5p+9;
    d = d * v + 0x1.05d04ca9d1169p+9;
    d = d * v + 0x1.0208909317c07p+8;
    d = d * v + 0x1.bdec682a50dcfp+5;
    *denominator = d;
    return n;
}

static inline float fvb_digamma_ratiof(float x, float *denominator)
{
    const float v = x < 65536.0f ? x : 65536.0f; /* D must not overflow; N/D no longer shows */
    float n = 0x1.5554c2p-5f;
    n = n * v + 0x1.7306dcp-3f;
    n = n * v + 0x1.2e43b6p-2f;
    n = n * v + 0x1.6fea42p-3f;
    float d = v + 0x1.364276p+2f;
    d = d * v + 0x1.2d3fd0p+3f;
    d = d * v + 0x1.0e0526p+3f;
    d = d * v + 0x1.7624d6p+1f;
    *denominator = d;
    return n;
}

#endif
