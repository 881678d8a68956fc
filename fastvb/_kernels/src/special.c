#include "fvb_special.h"

#include "fvb_digamma.h"
#include "fvb_exp_digamma.h"
#include "fvb_gammaln.h"
#include "fvb_inv_digamma.h"
#include "fvb_trigamma.h"

#define DEFINE_LEAF(name, type)                                              \
    static void name(const type *in, type *out, ptrdiff_t n)                 \
    {                                                                        \
        for (ptrdiff_t i = 0; i < n; i++)                                    \
            out[i] = fvb_##name(in[i]);                                      \
    }

DEFINE_LEAF(digamma, double)
DEFINE_LEAF(trigamma, double)
DEFINE_LEAF(gammaln, double)
DEFINE_LEAF(exp_digamma, double)
DEFINE_LEAF(inv_digamma, double)
DEFINE_LEAF(digammaf, float)
DEFINE_LEAF(trigammaf, float)
DEFINE_LEAF(gammalnf, float)
DEFINE_LEAF(exp_digammaf, float)
DEFINE_LEAF(inv_digammaf, float)

const fvb_special_table FVB_TABLE(fvb_special) = {
    digamma, trigamma, gammaln, exp_digamma, inv_digamma,
    digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf,
};
