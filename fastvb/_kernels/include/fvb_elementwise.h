/* Loops out[i] = f(in[i]) over the special functions. */
#ifndef FVB_ELEMENTWISE_H
#define FVB_ELEMENTWISE_H

#include <stddef.h>
#include "fvb_bits.h"

/* Elements between two looks at whether some argument needs the slow way. */
enum { FVB_BLOCK = 1024, FVB_CACHE_LINE = 64 };

/* Elements before the next cache line begins: vectors that straddle lines cost 5 %. */
static inline ptrdiff_t fvb_elements_to_line(const void *p, size_t element)
{
    return (ptrdiff_t)((-(uintptr_t)p & (FVB_CACHE_LINE - 1)) / element);
}

/* Defines `static void LOOP(const type *in, type *out, ptrdiff_t n)` for a function with the three
   parts fvb_NAME_core, fvb_NAME and a measure of how far from ordinary x is: the core runs over a
   block without branches and notes whether every argument was ordinary; only where one was
   not does a second look replace those. `out` may overlap `in` as far as a plain loop in this
   order would give the same: NumPy counts on that. */
#define FVB_DEFINE_LOOP_(loop, name, suffix, type, word, excess_of, BIT)                 \
    static void loop(const type *in, type *out, ptrdiff_t n)                             \
    {                                                                                    \
        type kept[FVB_BLOCK];                                                            \
        ptrdiff_t size = fvb_elements_to_line(out, sizeof *out);                         \
        for (ptrdiff_t start = 0; start < n; start += size, size = FVB_BLOCK) {          \
            if (size > n - start)                                                        \
                size = n - start;                                                        \
            const type *x = in + start;                                                  \
            type *y = out + start;                                                       \
            word excess = 0;                                                             \
            if (x < y + size && y < x + size)                                            \
                x = memcpy(kept, x, size * sizeof *x);                                   \
            _Pragma("omp simd reduction(|:excess)")                                      \
            for (ptrdiff_t i = 0; i < size; i++) {                                       \
                excess |= excess_of(x[i]);                                               \
                y[i] = fvb_##name##_core##suffix(x[i]);                                  \
            }                                                                            \
            if (!(excess >> BIT))                                                        \
                continue;                                                                \
            for (ptrdiff_t i = 0; i < size; i++)                                         \
                if (excess_of(x[i]) >> BIT)                                              \
                    y[i] = fvb_##name##suffix(x[i]);                                     \
        }                                                                                \
    }
#define FVB_DEFINE_LOOP(loop, name) \
    FVB_DEFINE_LOOP_(loop, name, , double, uint64_t, fvb_excess, FVB_EXCESS_BIT)
#define FVB_DEFINE_LOOPF(loop, name) \
    FVB_DEFINE_LOOP_(loop, name, f, float, uint32_t, fvb_excessf, FVB_EXCESS_BITF)

#endif
