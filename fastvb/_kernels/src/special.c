#include "fvb_special.h"

#include "fvb_elementwise.h"
#include "fvb_exp_digamma.h"
#include "fvb_gammaln.h"
#include "fvb_gammaln_excess.h"
#include "fvb_inv_digamma.h"
#include "fvb_log1p_gap.h"
#include "fvb_trigamma.h"

#define DEFINE_LEAVES(name)       \
    FVB_DEFINE_LOOP(name, name)   \
    FVB_DEFINE_LOOPF(name##f, name)

DEFINE_LEAVES(digamma)
DEFINE_LEAVES(exp_digamma)
DEFINE_LEAVES(trigamma)
DEFINE_LEAVES(gammaln)

FVB_DEFINE_LOOP_(inv_digamma, inv_digamma, , double, uint64_t, fvb_inv_digamma_excess, 63)

/* Newton's steps need the digits of doubles. */
static void inv_digammaf(const float *in, float *out, ptrdiff_t n)
{
    double block[FVB_BLOCK];
    for (ptrdiff_t start = 0; start < n; start += FVB_BLOCK) {
        const ptrdiff_t size = n - start < FVB_BLOCK ? n - start : FVB_BLOCK;
        for (ptrdiff_t i = 0; i < size; i++)
            block[i] = in[start + i];
        inv_digamma(block, block, size);
        for (ptrdiff_t i = 0; i < size; i++)
            out[start + i] = (float)block[i];
    }
}

/* For families of distributions: accurate rather than fast. */
#define DEFINE_PLAIN_LOOP(loop, function)                             \
    static void loop(const double *in, double *out, ptrdiff_t n)      \
    {                                                                 \
        for (ptrdiff_t i = 0; i < n; i++)                             \
            out[i] = function(in[i]);                                 \
    }
DEFINE_PLAIN_LOOP(gammaln_excess, fvb_gammaln_excess)
DEFINE_PLAIN_LOOP(digamma_excess, fvb_gammaln_excess_slope)
DEFINE_PLAIN_LOOP(log1p_gap, fvb_log1p_gap)

const fvb_special_table FVB_TABLE(fvb_special) = {
    digamma, trigamma, gammaln, exp_digamma, inv_digamma,
    digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf,
    gammaln_excess, digamma_excess, log1p_gap,
};
