/* The x > 0 with psi(x) = y: Newton's method from Minka's start ("Estimating a Dirichlet
   distribution", 2000, appendix C). It converges monotonically after its first step; 5 steps
   reach the accuracy of psi itself. */
#ifndef FVB_INV_DIGAMMA_H
#define FVB_INV_DIGAMMA_H

#include "fvb_digamma.h"
#include "fvb_trigamma.h"

static inline double fvb_inv_digamma(double y)
{
    if (!(y < 40.0)) /* psi(x) is log(x - 1/2) to rounding */
        return exp(y) + 0.5;
    if (y < -1e18) /* and -1/x */
        return -1.0 / y;
    double x = y >= -2.22 ? exp(y) + 0.5 : -1.0 / (y + 0.57721566490153286);
    for (int step = 0; step < 6; step++)
        x -= (fvb_digamma(x) - y) / fvb_trigamma(x);
    return x;
}

static inline float fvb_inv_digammaf(float y) { return (float)fvb_inv_digamma((double)y); }

#endif
