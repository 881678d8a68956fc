/* The x > 0 with psi(x) = y: Newton's method from Minka's start ("Estimating a Dirichlet
   distribution", 2000, appendix C). It converges monotonically after its first step; 5 steps
   reach the accuracy of psi itself. */
#ifndef FVB_INV_DIGAMMA_H
#define FVB_INV_DIGAMMA_H

#include "fvb_digamma.h"
#include "fvb_exp.h"
#include "fvb_trigamma.h"

static inline double fvb_inv_digamma_step(double x, double y)
{
    return x - (fvb_digamma_core(x) - y) / fvb_trigamma_core(x);
}

/* For -2^60 < y < 40, where x is ordinary. Written out: a loop would not become SIMD code. */
static inline double fvb_inv_digamma_core(double y)
{
    double x = y >= -2.22 ? fvb_exp(y) + 0.5 : -1.0 / (y + 0.57721566490153286);
    x = fvb_inv_digamma_step(x, y);
    x = fvb_inv_digamma_step(x, y);
    x = fvb_inv_digamma_step(x, y);
    x = fvb_inv_digamma_step(x, y);
    return fvb_inv_digamma_step(x, y);
}

/* 0 where the core serves, all ones elsewhere. */
static inline uint64_t fvb_inv_digamma_excess(double y)
{
    return y > -0x1p60 && y < 40.0 ? 0 : ~(uint64_t)0;
}

static inline double fvb_inv_digamma(double y)
{
    if (!fvb_inv_digamma_excess(y))
        return fvb_inv_digamma_core(y);
    return y < 0.0 ? -1.0 / y : exp(y) + 0.5; /* psi(x) is -1/x, or log(x - 1/2), to rounding */
}

static inline float fvb_inv_digammaf(float y) { return (float)fvb_inv_digamma((double)y); }

#endif
