/* NumPy inner loops for unary functions. The `leaf` argument of the ufunc is an fvb_unary
   (or fvb_unaryf): these loops bring any stride to it as contiguous blocks. */
#ifndef FVB_UFUNC_H
#define FVB_UFUNC_H

#include <stddef.h>

void fvb_ufunc_loop(char **args, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *leaf);
void fvb_ufunc_loopf(char **args, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *leaf);

#endif
