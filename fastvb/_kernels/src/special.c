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

#define DEFINE_SLOW_LEAF(name, type)                                         \
    static void name(const type *in, type *out, ptrdiff_t n)                 \
    {                                                                        \
        for (ptrdiff_t i = 0; i < n; i++)                                    \
            out[i] = fvb_##name(in[i]);                                      \
    }

DEFINE_SLOW_LEAF(inv_digamma, double)
DEFINE_SLOW_LEAF(inv_digammaf, float)

const fvb_special_table FVB_TABLE(fvb_special) = {
    digamma, trigamma, gammaln, exp_digamma, inv_digamma,
    digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf,
};
