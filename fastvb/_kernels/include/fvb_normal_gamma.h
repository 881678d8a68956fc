/* The table of leaf functions on Normal-Gamma distributions, one by one:

       mu | tau ~ N(mean, 1 / (strength tau)),  tau ~ Gamma(shape, rate).

   A parameter is n numbers, or one that all share (step 0). All are valid: strength, shape and rate
   are positive and finite, the mean is finite. */
#ifndef FVB_NORMAL_GAMMA_H
#define FVB_NORMAL_GAMMA_H

#include <stddef.h>
#include "fvb_level.h"

typedef struct {
    const double *first;
    ptrdiff_t step; /* 1 or 0 */
} fvb_parameter;

typedef struct {
    fvb_parameter mean, strength, shape, rate;
} fvb_normal_gamma;

typedef struct {
    void (*log_partition)(ptrdiff_t start, ptrdiff_t n, const fvb_normal_gamma *q, double *out);
    void (*kl)(ptrdiff_t start, ptrdiff_t n, const fvb_normal_gamma *q, const fvb_normal_gamma *p,
               double *out);
} fvb_normal_gamma_table;

FVB_SELECT(fvb_normal_gamma)

#endif
