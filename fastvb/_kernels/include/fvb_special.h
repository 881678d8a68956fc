/* The table of elementwise leaf loops: out[i] = f(in[i]), one pair per function; those of the last
   row take and give doubles only.
   `out` may overlap `in` as far as a plain loop in this order would give the same: NumPy counts
   on that. */
#ifndef FVB_SPECIAL_H
#define FVB_SPECIAL_H

#include <stddef.h>
#include "fvb_level.h"

typedef void (*fvb_unary)(const double *in, double *out, ptrdiff_t n);
typedef void (*fvb_unaryf)(const float *in, float *out, ptrdiff_t n);

typedef struct {
    fvb_unary digamma, trigamma, gammaln, exp_digamma, inv_digamma;
    fvb_unaryf digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf;
    fvb_unary gammaln_excess, digamma_excess, log1p_gap;
} fvb_special_table;

FVB_SELECT(fvb_special)

#endif
