#ifndef FVB_TRIGAMMA_H
#define FVB_TRIGAMMA_H
#include "fvb_bits.h"
static inline double fvb_trigamma(double x)
{
    double s = 0.0;
    if (!(x > 0.0)) return x == 0.0 ? INFINITY : NAN;
    while (x < 16.0) { s += 1.0 / (x * x); x += 1.0; }
    const double z = 1.0 / (x * x);
    return s + 1.0 / x + 0.5 * z
        + z / x * (1.0 / 6 - z * (1.0 / 30 - z * (1.0 / 42 - z * (1.0 / 30 - z * (5.0 / 66 - z * 691.0 / 2730)))));
}
static inline float fvb_trigammaf(float x) { return (float)fvb_trigamma(x); }
#endif
