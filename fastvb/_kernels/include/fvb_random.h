/* The table of leaf functions that draw random numbers, one set per precision.

   Draws are numbered, and a draw depends on the key and its number alone. They are made by lines:
   a cache line of numbers that begins at a multiple of its length (8 doubles, 16 floats). */
#ifndef FVB_RANDOM_H
#define FVB_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include "fvb_level.h"

enum { FVB_RANDOM_LINE_BYTES = 64 };

#define FVB_RANDOM_LEAVES(type)                                                              \
    /* log g, g ~ Gamma(shape, 1), for whole lines; shapes are positive, nan stays nan */\
    void (*log_gamma)(                                                                       \
        ptrdiff_t n_lines, uint64_t seed, uint32_t stream,                                   \
        const uint64_t *lines,  /* IN (n_lines,) numbers of their first draws / length */    \
        const type *shape,      /* IN (n_lines, length) */                                   \
        type *log_g);           /* OUT (n_lines, length), may be shape */                    \
    /* the same for the draws start, start + 1, ... */                                       \
    void (*log_gamma_range)(                                                                 \
        ptrdiff_t n, uint64_t seed, uint32_t stream, uint64_t start,                         \
        const type *shape,      /* IN (n,) */                                                \
        type *log_g);           /* OUT (n,), may be shape */

typedef struct { FVB_RANDOM_LEAVES(double) } fvb_random_leaves;
typedef struct { FVB_RANDOM_LEAVES(float) } fvb_random_leavesf;

typedef struct {
    /* the four words of the counters (start + i, stream, step), two to an element */
    void (*words)(ptrdiff_t n, uint64_t seed, uint32_t stream, uint32_t step, uint64_t start,
                  uint64_t *words); /* OUT (n, 2) */
    fvb_random_leaves f64;
    fvb_random_leavesf f32;
} fvb_random_table;

FVB_SELECT(fvb_random)

#endif
