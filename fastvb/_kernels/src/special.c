#include "fvb_special.h"

#include "fvb_elementwise.h"
#include "fvb_exp_digamma.h"
#include "fvb_gammaln.h"
#include "fvb_inv_digamma.h"
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

const fvb_special_table FVB_TABLE(fvb_special) = {
    digamma, trigamma, gammaln, exp_digamma, inv_digamma,
    digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf,
};
