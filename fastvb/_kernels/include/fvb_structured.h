/* The table of leaf functions for the natural gradient of structured inference: statistics G of
   Dirichlet columns are multiplied by V (M. Hoffman and D. Blei, "Structured stochastic variational
   inference", AISTATS 2015, and its supplement). For one column, with parameters a, draws g, sums
   a_0, g_0 over its rows, and slope_v = d log g_v / d a_v,

     y_v = slope_v (G_v - g_v sum_u G_u / g_0),     q_v = psi'(a_v),   c = psi'(a_0)
     (V G)_v = (y_v + c sum_u (y_u / q_u) / (1 - c sum_u 1 / q_u)) / q_v :

   the derivative of log beta by a, and the inverse of the Fisher information diag(q) - c 1 1^T
   (Sherman and Morrison). The parameters scale * counts + prior are taken as 1e-6 at least. */
#ifndef FVB_STRUCTURED_H
#define FVB_STRUCTURED_H

#include <stddef.h>
#include "fvb_level.h"

#define FVB_STRUCTURED_LEAVES(type)                                                          \
    /* out = y / q of a row, and the sums over rows that the rest needs */                   \
    void (*row)(                                                                             \
        ptrdiff_t n_columns,                                                                 \
        const type *counts, double scale, const type *prior, /* IN (n_columns,) */           \
        const type *log_g,      /* IN (n_columns,) */                                        \
        const type *statistics, /* IN (n_columns,), or NULL for zeros */                     \
        const double *share,    /* IN (n_columns,) sum of G / sum of g */                    \
        type *out,              /* OUT (n_columns,) */                                       \
        double *sum_y,          /* INOUT (n_columns,) of y / q */                            \
        double *sum_inverse);   /* INOUT (n_columns,) of 1 / q */                            \
    /* out += factor / q */                                                                  \
    void (*add_inverse)(                                                                     \
        ptrdiff_t n_columns, const type *counts, double scale, const type *prior,            \
        const double *factor,   /* IN (n_columns,) */                                        \
        type *out);             /* INOUT (n_columns,) */

typedef struct { FVB_STRUCTURED_LEAVES(double) } fvb_structured_leaves;
typedef struct { FVB_STRUCTURED_LEAVES(float) } fvb_structured_leavesf;

typedef struct {
    fvb_structured_leaves f64;
    fvb_structured_leavesf f32;
    void (*slopes)(ptrdiff_t n, const double *shape, const double *log_g, double *slope);
} fvb_structured_table;

FVB_SELECT(fvb_structured)

#endif
