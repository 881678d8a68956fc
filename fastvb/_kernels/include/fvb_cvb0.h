/* The table of leaf functions of CVB0 given the topics, a set per precision. */
#ifndef FVB_CVB0_H
#define FVB_CVB0_H

#include <stddef.h>
#include "fvb_level.h"

/* Bytes of scratch of one document. */
static inline ptrdiff_t fvb_cvb0_scratch_bytes(ptrdiff_t stride, ptrdiff_t element)
{
    return stride * (8 + 3 * element);
}

#define FVB_CVB0_LEAVES(type)                                                                  \
    /* Sweeps over a document's words, phi_ik ~ (alpha_k + n_k without one token of i) beta_ki, \
       until a sweep changes the n_k by less than `tol` on average. The start are the phi of   \
       equal n_k. */                                                                           \
    void (*document)(                                                                          \
        ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride,                               \
        const type *counts,         /* IN (n_words,) */                                        \
        const type *const *rows,    /* IN n_words rows (stride,) of scaled beta */             \
        const type *prior,          /* IN (stride,) alpha, then zeros */                       \
        double tol, int max_iter,                                                              \
        type *expected,             /* OUT (n_words, stride) count * phi */                    \
        type *gamma,                /* OUT (n_topics,) alpha + n */                            \
        void *work);                /* WORK fvb_cvb0_scratch_bytes(), aligned */               \
    /* sum += row */                                                                           \
    void (*add_row)(ptrdiff_t stride, const type *row, double *sum);

typedef struct { FVB_CVB0_LEAVES(double) } fvb_cvb0_leaves;
typedef struct { FVB_CVB0_LEAVES(float) } fvb_cvb0_leavesf;

typedef struct {
    fvb_cvb0_leaves f64;
    fvb_cvb0_leavesf f32;
} fvb_cvb0_table;

FVB_SELECT(fvb_cvb0)

#endif
