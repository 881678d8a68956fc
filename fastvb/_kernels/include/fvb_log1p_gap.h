/* u - log(1 + u), u > -1: never negative, about u^2 / 2 near 0. With r = 1 + u the ratio of two scales
   it is what their divergence is made of. With s = u / (2 + u), log(1 + u) = 2 atanh(s) and
   u = 2 s + s u, so that u - log(1 + u) = s (u - 2 (s^2 / 3 + s^4 / 5 + ...)), where nothing
   cancels; the terms left out are below 1e-17. For rare cases: it calls libm. */
#ifndef FVB_LOG1P_GAP_H
#define FVB_LOG1P_GAP_H

#include <math.h>

static inline double fvb_log1p_gap(double u)
{
    if (!(fabs(u) < 0.125))
        return u - log1p(u);
    const double s = u / (2.0 + u), z = s * s;
    double rest = 0.0;
    for (int n = 13; n >= 3; n -= 2)
        rest = z * (1.0 / n + rest);
    return s * (u - 2.0 * rest);
}

#endif
