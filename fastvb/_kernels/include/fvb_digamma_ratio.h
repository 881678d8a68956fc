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
    double n = 0x1.555555554d57cp-5;
    n = n * v + 0x1.e4f491c2aeb28p-2;
    n = n * v + 0x1.3dbd31c1f74d2p+1;
    n = n * v + 0x1.e67d4e2184213p+2;
    n = n * v + 0x1.d0a40ca220a6dp+3;
    n = n * v + 0x1.12d3f391b8275p+4;
    n = n * v + 0x1.73112207226f9p+3;
    n = n * v + 0x1.b669ae9f3bd85p+1;
    double d = v + 0x1.7bb76d51da9fcp+3;
    d = d * v + 0x1.05a73a0499165p+6;
    d = d * v + 0x1.abcb2755f56d4p+7;
    d = d * v + 0x1.bffba1d28a6a7p+8;
    d = d * v + 0x1.30e9e3469e266p+9;
    d = d * v + 0x1.05c44bb07983cp+9;
    d = d * v + 0x1.01fbfc931a45ep+8;
    d = d * v + 0x1.bdd5cfd3ceab2p+5;
    *denominator = d;
    return n;
}

static inline float fvb_digamma_ratiof(float x, float *denominator)
{
    const float v = x < 65536.0f ? x : 65536.0f; /* D must not overflow; N/D no longer shows */
    float n = 0x1.5554c2p-5f;
    n = n * v + 0x1.7306ecp-3f;
    n = n * v + 0x1.2e43d6p-2f;
    n = n * v + 0x1.6fea88p-3f;
    float d = v + 0x1.364282p+2f;
    d = d * v + 0x1.2d3fecp+3f;
    d = d * v + 0x1.0e054cp+3f;
    d = d * v + 0x1.76252p+1f;
    *denominator = d;
    return n;
}

#endif
