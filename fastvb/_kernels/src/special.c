#include "fvb_special.h"

#include "fvb_exp_digamma.h"
#include "fvb_gammaln.h"
#include "fvb_inv_digamma.h"
#include "fvb_trigamma.h"

/* Elements between two looks at whether some argument needs the slow way. */
enum { BLOCK = 1024, CACHE_LINE = 64 };

/* Elements before the next cache line begins: vectors that straddle lines cost 5 %. */
static ptrdiff_t elements_to_line(const void *p, size_t element)
{
    return (ptrdiff_t)((-(uintptr_t)p & (CACHE_LINE - 1)) / element);
}

/* out[i] = f(in[i]): the core runs over a block without branches and notes whether every argument
   was ordinary; only where one was not does a second look replace those. */
#define DEFINE_LEAF(name, suffix, type, word, BIT)                                   \
    static void name##suffix(const type *in, type *out, ptrdiff_t n)                \
    {                                                                                \
        type kept[BLOCK];                                                            \
        ptrdiff_t size = elements_to_line(out, sizeof *out);                         \
        for (ptrdiff_t start = 0; start < n; start += size, size = BLOCK) {          \
            if (size > n - start)                                                    \
                size = n - start;                                                    \
            const type *x = in + start;                                              \
            type *y = out + start;                                                   \
            word excess = 0;                                                         \
            if (x < y + size && y < x + size)                                        \
                x = memcpy(kept, x, size * sizeof *x);                               \
            _Pragma("omp simd reduction(|:excess)")                                  \
            for (ptrdiff_t i = 0; i < size; i++) {                                   \
                excess |= fvb_excess##suffix(x[i]);                                  \
                y[i] = fvb_##name##_core##suffix(x[i]);                              \
            }                                                                        \
            if (!(excess >> BIT))                                                    \
                continue;                                                            \
            for (ptrdiff_t i = 0; i < size; i++)                                     \
                if (!fvb_is_ordinary##suffix(x[i]))                                  \
                    y[i] = fvb_##name##suffix(x[i]);                                 \
        }                                                                            \
    }
#define DEFINE_LEAVES(name)                                       \
    DEFINE_LEAF(name, , double, uint64_t, FVB_EXCESS_BIT)         \
    DEFINE_LEAF(name, f, float, uint32_t, FVB_EXCESS_BITF)

DEFINE_LEAVES(digamma)
DEFINE_LEAVES(exp_digamma)
DEFINE_LEAVES(trigamma)

#define DEFINE_SLOW_LEAF(name, type)                                         \
    static void name(const type *in, type *out, ptrdiff_t n)                 \
    {                                                                        \
        for (ptrdiff_t i = 0; i < n; i++)                                    \
            out[i] = fvb_##name(in[i]);                                      \
    }

DEFINE_SLOW_LEAF(gammaln, double)
DEFINE_SLOW_LEAF(inv_digamma, double)
DEFINE_SLOW_LEAF(gammalnf, float)
DEFINE_SLOW_LEAF(inv_digammaf, float)

const fvb_special_table FVB_TABLE(fvb_special) = {
    digamma, trigamma, gammaln, exp_digamma, inv_digamma,
    digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf,
};
