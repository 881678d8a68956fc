#ifndef FVB_INV_DIGAMMA_H
#define FVB_INV_DIGAMMA_H
#include "fvb_digamma.h"
#include "fvb_trigamma.h"
#include "fvb_exp.h"
static inline double fvb_inv_digamma(double y)
{
    double x = y >= -2.22 ? fvb_exp(y) + 0.5 : -1.0 / (y + 0.57721566490153286);
    for (int i = 0; i < 6; i++) x -= (fvb_digamma(x) - y) / fvb_trigamma(x);
    return x;
}
static inline float fvb_inv_digammaf(float y) { return (float)fvb_inv_digamma(y); }
#endif
