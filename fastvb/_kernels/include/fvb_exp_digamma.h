#ifndef FVB_EXP_DIGAMMA_H
#define FVB_EXP_DIGAMMA_H
#include "fvb_digamma.h"
#include "fvb_exp.h"
static inline double fvb_exp_digamma(double x) { return fvb_exp(fvb_digamma(x)); }
static inline float fvb_exp_digammaf(float x) { return (float)fvb_exp_digamma(x); }
#endif
