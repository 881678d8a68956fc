/* log(x) for every x. First version: libm. */
#ifndef FVB_LOG_H
#define FVB_LOG_H
#include "fvb_bits.h"
static inline double fvb_log(double x) { return log(x); }
static inline float fvb_logf(float x) { return logf(x); }
#endif
