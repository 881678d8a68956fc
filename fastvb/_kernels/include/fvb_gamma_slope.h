/* d log g / d shape of a draw g ~ Gamma(shape, 1) that keeps its quantile: the implicit derivative
   -(dP/da) / (g p(g)), P(a, g) being the distribution function and p the density (M. Figurnov,
   S. Mohamed and A. Mnih, "Implicit reparameterization gradients", NeurIPS 2018). From
   dP/da = E[log t - psi(a); t < g] = -E[log t - psi(a); t > g], c = log g - psi(a), with
   t = g exp(-s) on the left of g and t = g exp(u) on the right,

     left   int_0^oo (s - c) exp(-(a s - g (1 - exp(-s)))) ds,
     right  int_0^oo (u + c) exp(-(g (exp(u) - 1) - a u)) du.

   The exponentials decay like a Gaussian or faster than exp(-x). The left one for c < 0 and the
   right one for c > 0 are positive throughout, nothing cancels, and a Gauss-Legendre rule up to
   where the exponent is 40 does. Shapes below 10 have two scales on the left; there, Kummer's
   series (DLMF 8.7.1): with S = sum_n g^n / ((a + 1) ... (a + n)),

     P = g^a exp(-g) S / Gamma(a + 1),   d log g / da = (S (psi(a + 1) - log g) - dS/da) / a.

   The relative error is below 1e-10 for shapes from 1e-6 to 1e4, and 1e-7 to 1e6. */
#ifndef FVB_GAMMA_SLOPE_H
#define FVB_GAMMA_SLOPE_H

#include "fvb_digamma.h"
#include "fvb_exp.h"

/* Gauss-Legendre rule of 24 points on [0, 1]: numpy.polynomial.legendre.leggauss. */
enum { FVB_GAUSS_POINTS = 24 };
static const double fvb_gauss_nodes[FVB_GAUSS_POINTS] = {
    0x1.3b690cb733fp-9, 0x1.9e0c1e680f14p-7, 0x1.f9a7a58f55b3p-6, 0x1.d13df3cd97858p-5,
    0x1.70a2cc7cb24p-4, 0x1.0a1ce248c4454p-3, 0x1.685a2340bdef4p-3, 0x1.d17d08a7651aap-3,
    0x1.21e5d13f0eda6p-2, 0x1.5eb2b9d3b8b78p-2, 0x1.9e25aaf51ac1dp-2, 0x1.df33ef5824ba3p-2,
    0x1.10660853eda2ep-1, 0x1.30ed2a85729f2p-1, 0x1.50a6a31623a44p-1, 0x1.6f0d17607892dp-1,
    0x1.8ba0bdd626b96p-1, 0x1.a5e9772fd0843p-1, 0x1.bd78c76dceeebp-1, 0x1.d1eba67069b8p-1,
    0x1.e2ec20c32687ap-1, 0x1.f032c2d385526p-1, 0x1.f987cf865fc3bp-1, 0x1.fec496f348cc1p-1,
};
static const double fvb_gauss_weights[FVB_GAUSS_POINTS] = {
    0x1.9465bd311255dp-8, 0x1.d375514486effp-7, 0x1.6ab884f57c94p-6, 0x1.e5c6255d25e9dp-6,
    0x1.2c6d5c2eff05ap-5, 0x1.6108ef5044635p-5, 0x1.8fd8936444b19p-5, 0x1.b8177ba4a68d7p-5,
    0x1.d91c78acb1b27p-5, 0x1.f25cbce1d1fefp-5, 0x1.01b7117cf8bd6p-4, 0x1.060475e763731p-4,
    0x1.060475e763731p-4, 0x1.01b7117cf8bd6p-4, 0x1.f25cbce1d1fefp-5, 0x1.d91c78acb1b27p-5,
    0x1.b8177ba4a68d7p-5, 0x1.8fd8936444b19p-5, 0x1.6108ef5044635p-5, 0x1.2c6d5c2eff05ap-5,
    0x1.e5c6255d25e9dp-6, 0x1.6ab884f57c94p-6, 0x1.d375514486effp-7, 0x1.9465bd311255dp-8,
};

/* The solution of linear x + square x^2 = 40 */
static inline double fvb_exponent_reaches_40(double linear, double square)
{
    return 80.0 / (linear + sqrt(linear * linear + 160.0 * square));
}

static inline double fvb_gamma_slope_left(double a, double g, double c)
{
    const double upper = fvb_exponent_reaches_40(a - g, g / 3.0);
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < FVB_GAUSS_POINTS; i++) {
        const double s = upper * fvb_gauss_nodes[i];
        const double exponent = a * s - g * (1.0 - fvb_exp(-s));
        sum += fvb_gauss_weights[i] * (s - c) * fvb_exp(-exponent);
    }
    return upper * sum;
}

static inline double fvb_gamma_slope_right(double a, double g, double c)
{
    const double by_square = fvb_exponent_reaches_40(g - a, g / 2.0);
    const double by_exp = log1p((40.0 + a * by_square) / g);
    const double upper = by_exp < by_square ? by_exp : by_square;
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < FVB_GAUSS_POINTS; i++) {
        const double u = upper * fvb_gauss_nodes[i];
        const double exponent = g * (fvb_exp(u) - 1.0) - a * u;
        sum += fvb_gauss_weights[i] * (u + c) * fvb_exp(-exponent);
    }
    return upper * sum;
}

static inline double fvb_gamma_slope_series(double a, double g, double log_g)
{
    double term = 1.0, harmonic = 0.0, sum = 1.0, slope = 0.0; /* slope = -dS/da */
    for (double n = a + 1.0; term > 1e-13 * sum; n += 1.0) {
        term *= g / n;
        harmonic += 1.0 / n;
        sum += term;
        slope += term * harmonic;
    }
    return (sum * (fvb_digamma(a + 1.0) - log_g) + slope) / a;
}

static inline double fvb_gamma_slope(double a, double log_g)
{
    const double g = fvb_exp(log_g);
    if (a < 10.0)
        return g > a + 1.0 ? fvb_gamma_slope_right(a, g, log_g - fvb_digamma(a))
                           : fvb_gamma_slope_series(a, g, log_g);
    const double c = log_g - fvb_digamma(a);
    return c < 0.0 ? fvb_gamma_slope_left(a, g, c) : fvb_gamma_slope_right(a, g, c);
}

#endif
