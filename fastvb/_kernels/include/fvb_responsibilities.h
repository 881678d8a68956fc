/* The table of leaf functions that normalise log densities, one set per precision. */
#ifndef FVB_RESPONSIBILITIES_H
#define FVB_RESPONSIBILITIES_H

#include <stddef.h>
#include "fvb_level.h"

#define FVB_RESPONSIBILITIES_LEAVES(type)                                                     \
    /* log_norm[r] = log sum_k exp(x[r, k]); resp[r, k] = exp(x[r, k] - log_norm[r]) unless  \
       resp is NULL. Rows of x are `stride` elements apart; resp is contiguous and may be x. */\
    void (*rows)(                                                                             \
        ptrdiff_t n_rows, ptrdiff_t n_columns, ptrdiff_t stride,                              \
        const type *x,    /* IN (n_rows, n_columns) */                                        \
        type *resp,       /* OUT (n_rows, n_columns) or NULL */                               \
        type *log_norm);  /* OUT (n_rows,) */                                                 \
    /* log_norm[k] = log sum_r exp(x[r, k]) */                                                \
    void (*columns)(                                                                          \
        ptrdiff_t n_rows, ptrdiff_t n_columns, ptrdiff_t stride,                              \
        const type *x,    /* IN (n_rows, n_columns) */                                        \
        type *log_norm);  /* OUT (n_columns,) */

typedef struct { FVB_RESPONSIBILITIES_LEAVES(double) } fvb_responsibilities_leaves;
typedef struct { FVB_RESPONSIBILITIES_LEAVES(float) } fvb_responsibilities_leavesf;

typedef struct {
    fvb_responsibilities_leaves f64;
    fvb_responsibilities_leavesf f32;
} fvb_responsibilities_table;

FVB_SELECT(fvb_responsibilities)

#endif
