/* log(x), and the two pieces of it that other functions share.

   log(y) = log(p) + 2 atanh(s), s = (y - p)/(y + p), for a pivot p in {1, 1.5} 2^k near y. A
   function that knows y only as a fraction n/d has s = (n - p d)/(n + p d): one division
   gives the fraction and the logarithm.

   log(p) = h + h FVB_LOG_REST with h = k FVB_LOG_2 + (p is 1.5 2^k ? FVB_LOG_1_5 : 0) exact:
   FVB_LOG_2 : FVB_LOG_1_5 is a convergent of the continued fraction of log 2 : log 1.5
   (397573379 : 232565518; float 15601 : 9126) times a number of few bits, so that one
   relative correction completes both. */
#ifndef FVB_LOG_H
#define FVB_LOG_H

#include "fvb_bits.h"

#define FVB_LOG_2 0x1.62e7243eee000p-1
#define FVB_LOG_1_5 0x1.9f35b39f58000p-2
#define FVB_LOG_REST -0x1.10c5af249dc96p-15

#define FVB_LOG_2F 0x1.6da600p-1f
#define FVB_LOG_1_5F 0x1.abc800p-2f
#define FVB_LOG_RESTF -0x1.e20108p-6f

/* The pivot of a positive normal y and h. The thresholds in y/2^k are 0.8625 and 1.225, so that
   |s| <= 0.102; with y known to 2 %, |s| <= 0.11. */
static inline double fvb_log_pivot(double y, double *h)
{
    const uint64_t t = fvb_bits(y) + 0x0004666666666666u; /* adds 0.275 to y/2^k */
    const double k = fvb_from_bits((t >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0);
    const uint64_t odd = (uint64_t)((int64_t)(t << 12) >> 63);
    *h = k * FVB_LOG_2 + fvb_masked(odd, FVB_LOG_1_5);
    return fvb_from_bits(t & 0x7ff8000000000000u);
}

static inline float fvb_log_pivotf(float y, float *h)
{
    const uint32_t t = fvb_bitsf(y) + 0x00233333u;
    const float k = fvb_from_bitsf((t >> 23) | 0x4b000000u) - (0x1p23f + 127.0f);
    const uint32_t odd = (uint32_t)((int32_t)(t << 9) >> 31);
    *h = k * FVB_LOG_2F + fvb_maskedf(odd, FVB_LOG_1_5F);
    return fvb_from_bitsf(t & 0x7fc00000u);
}

/* 2 atanh(s) for |s| <= 0.11, absolute error 2e-17 (float 2e-9) beside rounding: a logarithm near 0
   may be off by 4 ulp, every other by 1; tools/minimax.py: two_atanh, two_atanhf.
   The rest is what 2 s lacks, for sums that take 2 s last. */
static inline double fvb_two_atanh_rest(double s)
{
    const double z = s * s;
    double p = 0x1.807b507793c87p-3;
    p = p * z + 0x1.c6effe33f6e4ep-3;
    p = p * z + 0x1.24926ee2c3262p-2;
    p = p * z + 0x1.9999997c98bd5p-2;
    p = p * z + 0x1.5555555559355p-1;
    return (s * z) * p;
}
static inline double fvb_two_atanh(double s) { return fvb_two_atanh_rest(s) + (s + s); }

static inline float fvb_two_atanh_restf(float s)
{
    const float z = s * s;
    const float p = 0x1.9eee22p-2f * z + 0x1.555278p-1f;
    return (s * z) * p;
}
static inline float fvb_two_atanhf(float s) { return fvb_two_atanh_restf(s) + (s + s); }

/* log(x) of a positive normal x. */
static inline double fvb_log_core(double x)
{
    double h;
    const double p = fvb_log_pivot(x, &h);
    return h + (h * FVB_LOG_REST + fvb_two_atanh((x - p) / (x + p)));
}

static inline float fvb_log_coref(float x)
{
    float h;
    const float p = fvb_log_pivotf(x, &h);
    return h + (h * FVB_LOG_RESTF + fvb_two_atanhf((x - p) / (x + p)));
}

/* log(x) of every x, branch-free: -inf at 0, nan below, inf at inf, subnormals exact. */
static inline double fvb_log(double x)
{
    const int tiny = x < 0x1p-1000;
    const int huge = x > 0x1p1000;
    const double scaled = tiny ? x * 0x1p100 : huge ? x * 0x1p-100 : x;
    const double shift = tiny ? -100.0 : huge ? 100.0 : 0.0;
    double h;
    const double p = fvb_log_pivot(scaled, &h);
    h = h + shift * FVB_LOG_2;
    double y = h + (h * FVB_LOG_REST + fvb_two_atanh((scaled - p) / (scaled + p)));
    y = x == INFINITY ? INFINITY : y;
    y = x == 0.0 ? -INFINITY : y;
    return x >= 0.0 ? y : NAN;
}

static inline float fvb_logf(float x)
{
    const int tiny = x < 0x1p-100f;
    const int huge = x > 0x1p100f;
    const float scaled = tiny ? x * 0x1p50f : huge ? x * 0x1p-50f : x;
    const float shift = tiny ? -50.0f : huge ? 50.0f : 0.0f;
    float h;
    const float p = fvb_log_pivotf(scaled, &h);
    h = h + shift * FVB_LOG_2F;
    float y = h + (h * FVB_LOG_RESTF + fvb_two_atanhf((scaled - p) / (scaled + p)));
    y = x == INFINITY ? INFINITY : y;
    y = x == 0.0f ? -INFINITY : y;
    return x >= 0.0f ? y : NAN;
}

#endif
