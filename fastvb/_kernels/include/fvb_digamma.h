#ifndef FVB_DIGAMMA_H
#define FVB_DIGAMMA_H
#include "fvb_log.h"
static inline double fvb_digamma(double x)
{
    double s = 0.0;
    if (!(x > 0.0)) return x == 0.0 ? -INFINITY : NAN;
    while (x < 16.0) { s -= 1.0 / x; x += 1.0; }
    const double z = 1.0 / (x * x);
    return s + fvb_log(x) - 0.5 / x
        - z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * 691.0 / 32760)))));
}
static inline float fvb_digammaf(float x) { return (float)fvb_digamma(x); }
#endif
