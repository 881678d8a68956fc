/* exp(psi(x)) = exp(E[log y]) for y ~ Gamma(x, 1): the fraction of fvb_digamma_ratio.h, and below
   1 a factor exp(-1/x). */
#ifndef FVB_EXP_DIGAMMA_H
#define FVB_EXP_DIGAMMA_H

#include "fvb_digamma.h"
#include "fvb_exp.h"

/* Ordinary arguments; error at most (2 + |psi(x)|) ulp. */
static inline double fvb_exp_digamma_core(double x)
{
    const uint64_t below = fvb_mask_below_1(x);
    const double above = fvb_masked(~below, 1.0);
    double d;
    const double n = fvb_digamma_ratio(x - above, &d);
    const double shifted = x + (n / d - (above - 0.5));
    const double reciprocal = fvb_masked(below, 1.0) / x;
    const double exponent = reciprocal < 750.0 ? reciprocal : 750.0;
    return fvb_scaled_exp(shifted, -exponent, 0.0);
}

static inline float fvb_exp_digamma_coref(float x)
{
    const uint32_t below = fvb_mask_below_1f(x);
    const float one = fvb_maskedf(below, 1.0f);
    const float above = fvb_maskedf(~below, 1.0f);
    float d;
    const float n = fvb_digamma_ratiof(x - above, &d);
    const float ratio = n / d - (above - 0.5f);
    const float shifted = x + ratio;
    const float reciprocal = one / x;
    const float exponent = reciprocal < 110.0f ? reciprocal : 110.0f;
    /* What rounding the reciprocal lost, |psi| times larger in the exponential, and rounding the
       sum: a share of it, 1/shifted taken from a line. */
    const float lost = fvb_product_restf(one, x, reciprocal) * reciprocal;
    const float share = (ratio - (shifted - x)) * (2.3f - 1.1f * shifted);
    const float rest = fvb_maskedf(below, share) - lost;
    return fvb_scaled_expf(shifted, -exponent, reciprocal < 110.0f ? rest : 0.0f);
}

/* Every x, as exp(psi(x)). */
static inline double fvb_exp_digamma(double x)
{
    if (fvb_is_ordinary(x))
        return fvb_exp_digamma_core(x);
    return x > 1.0 ? x : exp(fvb_digamma(x));
}

static inline float fvb_exp_digammaf(float x)
{
    return fvb_is_ordinaryf(x) ? fvb_exp_digamma_coref(x) : (float)fvb_exp_digamma((double)x);
}

#endif
