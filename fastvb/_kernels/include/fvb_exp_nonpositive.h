/* exp(x) of whole vectors for x <= 0, what is left of a row of log densities after its maximum has
   been subtracted. Below -746 (float: -104) exactly 0, without the underflow that some processors
   take a hundred cycles for; nan stays nan. Error below 1 ulp, exact at 0. */
#ifndef FVB_EXP_NONPOSITIVE_H
#define FVB_EXP_NONPOSITIVE_H

#include "fvb_lanes.h"

#if defined(__AVX512F__)

/* 2^(i/16), rounded. */
static const double fvb_sixteenths[16] __attribute__((aligned(64))) = {
    0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0,
};
static const float fvb_sixteenthsf[16] __attribute__((aligned(64))) = {
    0x1.000000p+0f, 0x1.0b5586p+0f, 0x1.172b84p+0f, 0x1.2387a6p+0f,
    0x1.306fe0p+0f, 0x1.3dea64p+0f, 0x1.4bfdaep+0f, 0x1.5ab07ep+0f,
    0x1.6a09e6p+0f, 0x1.7a1148p+0f, 0x1.8ace54p+0f, 0x1.9c4918p+0f,
    0x1.ae89fap+0f, 0x1.c199bep+0f, 0x1.d5818ep+0f, 0x1.ea4afap+0f,
};

/* x = n log 2 + r, n a multiple of 1/16, whose fraction picks from the table while scalef takes the
   whole part. exp(r) = 1 + r + r^2/2 + r^3 p(r) for |r| <= log(2)/32 with an error of 2^-56
   (float: 2^-37); tools/minimax.py: exp_nonpositive, exp_nonpositivef. */
FVB_INLINE fvb_lanes fvb_exp_nonpositive(fvb_lanes x)
{
    const fvb_lanes magic = (fvb_lanes){} + FVB_ROUND_MAGIC / 16;
    const fvb_lanes shifted = x * 0x1.71547652b82fep0 + magic;
    const fvb_lanes n = shifted - magic;
    fvb_lanes r = x - n * 0x1.62e42fefa3800p-1;
    r = r - n * 0x1.ef35793c76730p-45;
    fvb_lanes p = r * 0x1.6c182756123c5p-10 + 0x1.11123aafa04fp-7;
    p = p * r + 0x1.55555554bd8c7p-5;
    p = p * r + 0x1.555555548fa4cp-3;
    p = p * r + 0.5;
    p = (p * r) * r + r;
    const __m512d root = _mm512_permutex2var_pd(
        _mm512_load_pd(fvb_sixteenths), (__m512i)shifted, _mm512_load_pd(fvb_sixteenths + 8));
    const __mmask8 counts = _mm512_cmp_pd_mask(x, _mm512_set1_pd(-746.0), _CMP_NLT_UQ);
    return _mm512_maskz_scalef_pd(counts, root + root * p, n);
}

FVB_INLINE fvb_lanesf fvb_exp_nonpositivef(fvb_lanesf x)
{
    const fvb_lanesf magic = (fvb_lanesf){} + FVB_ROUND_MAGICF / 16;
    const fvb_lanesf shifted = x * 0x1.715476p0f + magic;
    const fvb_lanesf n = shifted - magic;
    fvb_lanesf r = x - n * 0x1.62e400p-1f;
    r = r - n * 0x1.7f7d1cp-20f;
    fvb_lanesf p = r * 0x1.5556b4p-5f + 0x1.55572p-3f;
    p = p * r + 0.5f;
    p = (p * r) * r + r;
    const __m512 root =
        _mm512_permutexvar_ps((__m512i)shifted, _mm512_load_ps(fvb_sixteenthsf));
    const __mmask16 counts = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-104.0f), _CMP_NLT_UQ);
    return _mm512_maskz_scalef_ps(counts, root + root * p, n);
}

#else

#define FVB_DEFINE_EXP_NONPOSITIVE(f, real, LANES, LOWEST)                                  \
    FVB_INLINE fvb_lanes##f fvb_exp_nonpositive##f(fvb_lanes##f x)                          \
    {                                                                                       \
        real y[LANES];                                                                      \
        fvb_lanes_store##f(y, x);                                                           \
        _Pragma("omp simd")                                                                 \
        for (int i = 0; i < LANES; i++) {                                                   \
            const real e = fvb_scaled_exp##f(1, y[i] < LOWEST ? 0 : y[i], 0);               \
            y[i] = y[i] < LOWEST ? 0 : e;                                                   \
        }                                                                                   \
        return fvb_lanes_load##f(y);                                                        \
    }
FVB_DEFINE_EXP_NONPOSITIVE(, double, FVB_LANES, -746.0)
FVB_DEFINE_EXP_NONPOSITIVE(f, float, FVB_LANESF, -104.0f)

#endif

#endif
