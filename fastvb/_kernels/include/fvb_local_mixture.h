/* The table of leaf functions of mixtures whose rows have normal components of their own. */
#ifndef FVB_LOCAL_MIXTURE_H
#define FVB_LOCAL_MIXTURE_H

#include <stddef.h>
#include "fvb_level.h"

/* Some rows; all but x are (n_rows, n_components). */
typedef struct {
    ptrdiff_t n_rows, n_components;
    const double *x; /* (n_rows,) */
    const double *means, *scales, *concentration, *responsibilities, *posterior;
    const double *log_weights;       /* E[log w] under the posterior */
    const double *prior_log_weights; /* and under the concentrations; not read without gradients */
} fvb_local_rows;

/* Gradients of the losses to what is named so, of its shape. */
typedef struct {
    double *x, *means, *scales, *concentration, *responsibilities, *posterior;
} fvb_local_gradients;

typedef struct {
    /* sums[0] = sum of -r log N(x | mean, scale), sums[1] = sum of r (log r - log_weights). Unless
       `out` is NULL, also the gradients of these and of the divergence of the posterior from its
       prior, together and times a factor. `work` is (n_rows, n_components). */
    void (*losses)(const fvb_local_rows *rows, double factor, double *sums,
                   const fvb_local_gradients *out, double *work);
} fvb_local_mixture_table;

FVB_SELECT(fvb_local_mixture)

#endif
