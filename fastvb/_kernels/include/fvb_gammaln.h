#ifndef FVB_GAMMALN_H
#define FVB_GAMMALN_H
#include "fvb_bits.h"
static inline double fvb_gammaln(double x) { return lgamma(x); }
static inline float fvb_gammalnf(float x) { return (float)lgamma(x); }
#endif
