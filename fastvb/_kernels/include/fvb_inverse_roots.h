/* The leaf function of inverse roots of covariances: U with U^T U = S^-1, upper triangular.

   S = R R^T is factored from its last row and column on, and R, upper triangular, inverted. */
#ifndef FVB_INVERSE_ROOTS_H
#define FVB_INVERSE_ROOTS_H

#include <stddef.h>
#include "fvb_level.h"

/* What becomes of one matrix. */
enum { FVB_INVERSE_ROOT_OK = 0, FVB_INVERSE_ROOT_SMALL = 1 };

typedef struct {
    /* SMALL where a pivot is below `least` (n numbers, at least 0), is 0 or is no number; the root
       is not made then. Work of n * n numbers. */
    int (*inverse_root)(ptrdiff_t n, const double *covariance, const double *least, double *root,
                        double *work);
} fvb_inverse_roots_table;

FVB_SELECT(fvb_inverse_roots)

#endif
