/* The table of leaf functions on rows of Dirichlet concentrations. Everything is computed in
   double. A matrix is given by its first element, its row stride and its column stride (in
   elements; 0 repeats a row). Each function returns -1, or the flat index of the first
   concentration that is not positive and finite; results of its row are then undefined. */
#ifndef FVB_DIRICHLET_H
#define FVB_DIRICHLET_H

#include <stddef.h>
#include "fvb_level.h"

/* One number, or one row, for each row of a. */
typedef ptrdiff_t (*fvb_dirichlet_rows)(ptrdiff_t n_rows, ptrdiff_t n_columns, const double *a,
                                        ptrdiff_t row, ptrdiff_t column, double *out);
typedef ptrdiff_t (*fvb_dirichlet_rowsf)(ptrdiff_t n_rows, ptrdiff_t n_columns, const float *a,
                                         ptrdiff_t row, ptrdiff_t column, float *out);

#define FVB_DIRICHLET_LEAVES(type, rows)                                            \
    rows expectation, exp_expectation, log_normalizer, entropy;                     \
    ptrdiff_t (*kl)(ptrdiff_t n_rows, ptrdiff_t n_columns,                          \
                    const type *a, ptrdiff_t a_row, ptrdiff_t a_column,             \
                    const type *b, ptrdiff_t b_row, ptrdiff_t b_column, type *out,  \
                    ptrdiff_t *bad_b); /* -1, or as the return value, for b */

typedef struct { FVB_DIRICHLET_LEAVES(double, fvb_dirichlet_rows) } fvb_dirichlet_leaves;
typedef struct { FVB_DIRICHLET_LEAVES(float, fvb_dirichlet_rowsf) } fvb_dirichlet_leavesf;
typedef struct {
    fvb_dirichlet_leaves f64;
    fvb_dirichlet_leavesf f32;
} fvb_dirichlet_table;

FVB_SELECT(fvb_dirichlet)

#endif
