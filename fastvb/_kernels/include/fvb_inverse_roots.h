/* The leaf functions of inverse roots of covariances: U with U^T U = S^-1, upper triangular.

   S = R R^T is factored from its last row and column on, and R, upper triangular, inverted. Each
   does columns or rows first, ..., last - 1, after those behind them. */
#ifndef FVB_INVERSE_ROOTS_H
#define FVB_INVERSE_ROOTS_H

#include <stddef.h>
#include "fvb_level.h"

/* What becomes of one matrix. */
enum { FVB_INVERSE_ROOT_OK = 0, FVB_INVERSE_ROOT_SMALL = 1 };

typedef struct {
    /* Columns of R. SMALL where a pivot is below `least` (n numbers, at least 0), is 0 or is no
       number; there is no root then. */
    int (*factor)(ptrdiff_t n, ptrdiff_t first, ptrdiff_t last, const double *covariance,
                  const double *least, double *r);
    /* Rows of U. */
    void (*invert)(ptrdiff_t n, ptrdiff_t first, ptrdiff_t last, const double *r, double *root);
} fvb_inverse_roots_table;

FVB_SELECT(fvb_inverse_roots)

#endif
