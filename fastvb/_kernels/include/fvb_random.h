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
        type *log_g);           /* OUT (n,), may be shape */                                 \
    /* What follows makes Dirichlet columns out of rows of Gamma draws. */                   \
    /* row = scale * counts + prior, at least 1e-30, ones in the padding; sum += row */      \
    void (*shapes)(                                                                          \
        ptrdiff_t n_columns, ptrdiff_t stride, const type *counts, double scale,             \
        const type *prior, type *row, double *sum);                                          \
    /* Rows of shapes become log g; entry k of a row has the number number * stride + k.     \
       sum += g */                                                                           \
    void (*draw_rows)(                                                                       \
        ptrdiff_t n_rows, ptrdiff_t stride, uint64_t seed, uint32_t stream,                  \
        const uint64_t *numbers, /* IN (n_rows,) */                                          \
        type *rows,              /* INOUT (n_rows, stride) */                                \
        double *sum);            /* INOUT (stride,) */                                       \
    /* row = exp(row - log_total - max), or the exponent where that underflows: it is        \
       negative; zeros in the padding; returns the max */                                    \
    double (*normalize_row)(                                                                 \
        ptrdiff_t n_columns, ptrdiff_t stride, const double *log_total, type *row);

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
