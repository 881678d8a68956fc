/* E(x) = log Gamma(x) - (x log x - x + log(2 pi)/2), x > 0: what is left of log Gamma without its
   large part, which cancels between the concentrations of a Dirichlet distribution and their sum.
   E is convex and no larger than |log x| + 1; from 16 on Stirling's series (DLMF 5.11.1) gives
   it, and its derivatives, term by term. Absolute errors of a few 1e-15. For rare cases: it calls
   libm. */
#ifndef FVB_GAMMALN_EXCESS_H
#define FVB_GAMMALN_EXCESS_H

#include "fvb_digamma.h"
#include "fvb_gammaln.h"
#include "fvb_trigamma.h"

#define FVB_HALF_LOG_2PI 0x1.d67f1c864beb5p-1

static inline double fvb_gammaln_excess(double x)
{
    if (x < 16.0)
        return fvb_gammaln(x) - (x * log(x) - x) - FVB_HALF_LOG_2PI;
    const double r = 1.0 / x, z = r * r;
    return r * (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z / 1188))))
           - 0.5 * log(x);
}

/* E'(x) = psi(x) - log x */
static inline double fvb_gammaln_excess_slope(double x)
{
    if (x < 16.0)
        return fvb_digamma(x) - log(x);
    const double r = 1.0 / x, z = r * r;
    return -0.5 * r
           - z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z / 132))));
}

/* x^2 E''(x) = x^2 psi1(x) - x, from 1 at 0 to 1/2 at infinity. */
static inline double fvb_gammaln_excess_curvature(double x)
{
    if (x < 0x1p-64)
        return 1.0;
    if (x < 16.0)
        return x * (x * fvb_trigamma(x) - 1.0);
    const double r = 1.0 / x, z = r * r;
    return 0.5 + r * (1.0 / 6 - z * (1.0 / 30 - z * (1.0 / 42 - z * (1.0 / 30 - z * 5 / 66))));
}

/* E(y) - E(x) - d E'(x) for y = x + d, also where y is near x: there it is the integral of
   (y - t) E''(t) from x to y by Gauss' rule with 6 points. d may have digits that y has no room
   for. */
static inline double fvb_gammaln_excess_divergence(double x, double y, double d)
{
    static const double node[6] = {
        0x1.149ad8bfaff12p-5, 0x1.5aebed3546d43p-3, 0x1.85d3b4bf2628fp-2,
        0x1.3d1625a06ceb9p-1, 0x1.a94504b2ae4afp-1, 0x1.eeb652740500fp-1,
    };
    static const double weight[6] = {
        0x1.5edf601e2dbf8p-4, 0x1.716b7b5794c1cp-3, 0x1.df24d499545e8p-3,
        0x1.df24d499545e8p-3, 0x1.716b7b5794c1cp-3, 0x1.5edf601e2dbf8p-4,
    };
    if (!(fabs(d) < 0.125 * x))
        return (fvb_gammaln_excess(y) - fvb_gammaln_excess(x)) - d * fvb_gammaln_excess_slope(x);
    const double change = d / x;
    double total = 0.0;
    for (int i = 0; i < 6; i++) {
        const double t = 1.0 + node[i] * change; /* in x */
        total += weight[i] * (1.0 - node[i]) * fvb_gammaln_excess_curvature(x * t) / (t * t);
    }
    return change * (change * total);
}

#endif
