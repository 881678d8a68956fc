#include "fvb_random.h"

#include <float.h>
#include "fvb_exp.h"
#include "fvb_log.h"
#include "fvb_philox.h"

enum { LINE_BLOCKS = 8, CHUNK_LINES = 32, GROUP = 16, MOST_TRIES = 64 };

static const uint64_t lane_numbers[LINE_BLOCKS] = {0, 1, 2, 3, 4, 5, 6, 7};

/* The words of the blocks of a line: two to a block in `first`, two in `second`. */
static inline void line_words(const fvb_philox_key *key, uint64_t line, void *first, void *second)
{
    for (int i = 0; i < LINE_BLOCKS; i += FVB_LANES) {
        fvb_words block, a, b;
        memcpy(&block, lane_numbers + i, sizeof block);
        fvb_philox(key, 0, block + line * LINE_BLOCKS, &a, &b);
        memcpy((uint64_t *)first + i, &a, sizeof a);
        memcpy((uint64_t *)second + i, &b, sizeof b);
    }
}

static void words(ptrdiff_t n, uint64_t seed, uint32_t stream, uint32_t step, uint64_t start,
                  uint64_t *out)
{
    const fvb_philox_key key = fvb_philox_schedule(seed, stream);
    for (ptrdiff_t i = 0; i < n; i += FVB_LANES) {
        fvb_words block, first, second;
        memcpy(&block, lane_numbers, sizeof block);
        fvb_philox(&key, step, block + (start + i), &first, &second);
        for (int lane = 0; lane < FVB_LANES && i + lane < n; lane++) {
            out[2 * (i + lane)] = first[lane];
            out[2 * (i + lane) + 1] = second[lane];
        }
    }
}

/* Uniforms in (0, 1] from the upper bits of a word: 31 of 32, 52 of 64. */
static inline float uniformf(uint32_t word)
{
    return ((float)(int32_t)(word >> 1) + 0.5f) * 0x1p-31f;
}
static inline double uniform(uint64_t word)
{
    return fvb_from_bits(0x3ff0000000000000u | word >> 12) - (1.0 - 0x1p-53);
}

/* What is left of such a word, k of 8 bits or 12: k and k + 1 over 2^8 or 2^12 are the bounds of a
   second uniform. The first is then made of the other bits. */
enum { SPARE_BITS = 12, SPARE_BITSF = 8 };
static inline float spare_bitsf(uint32_t word) { return (float)(int32_t)(word & 0xff); }
static inline double spare_bits(uint64_t word)
{
    return fvb_from_bits(0x4330000000000000u | (word & 0xfff)) - 0x1p52;
}
static inline float other_uniformf(uint32_t word)
{
    return ((float)(int32_t)(word >> 8) + 0.5f) * 0x1p-24f;
}
static inline double other_uniform(uint64_t word) { return uniform(word); }

/* Two normals from two words: radius sqrt(-2 log u) and an angle (Box and Muller, Ann. Math. Stat.
   29, 1958). Two bits of the second word choose the quarter of the circle, the rest, s in [-1, 1),
   is the angle s pi/4 within; Taylor's series are off by 2e-14 (float: 3e-8) there. */
static inline void normal_pairf(uint32_t word, uint32_t other, float *x, float *y)
{
    const float radius = sqrtf(-2.0f * fvb_log_coref(uniformf(word)));
    const float s = (float)(int32_t)(other << 2) * 0x1p-31f, z = s * s;
    float sine = 0x1.507834p-22f;
    sine = sine * z - 0x1.32d2ccp-15f;
    sine = sine * z + 0x1.466bc6p-9f;
    sine = sine * z - 0x1.4abbcep-4f;
    sine = s * (sine * z + 0x1.921fb6p-1f);
    float cosine = 0x1.e1f506p-19f;
    cosine = cosine * z - 0x1.55d3c8p-12f;
    cosine = cosine * z + 0x1.03c1fp-6f;
    cosine = cosine * z - 0x1.3bd3ccp-2f;
    cosine = cosine * z + 1.0f;
    const uint32_t swap = (uint32_t)((int32_t)(other << 1) >> 31);
    const float signed_radius = fvb_from_bitsf(fvb_bitsf(radius) | (other & 0x80000000u));
    *x = signed_radius * fvb_selectf(swap, sine, cosine);
    *y = signed_radius * fvb_selectf(swap, cosine, sine);
}

static inline void normal_pair(uint64_t word, uint64_t other, double *x, double *y)
{
    const double radius = sqrt(-2.0 * fvb_log_core(uniform(word)));
    const double s = fvb_from_bits(0x4000000000000000u | (other << 2) >> 12) - 3.0, z = s * s;
    double sine = 0x1.e8f434d018d63p-38;
    sine = sine * z - 0x1.e3074fde8871fp-30;
    sine = sine * z + 0x1.50783487ee782p-22;
    sine = sine * z - 0x1.32d2cce62bd86p-15;
    sine = sine * z + 0x1.466bc6775aae2p-9;
    sine = sine * z - 0x1.4abbce625be53p-4;
    sine = s * (sine * z + 0x1.921fb54442d18p-1);
    double cosine = -0x1.b6e24f44b128fp-42;
    cosine = cosine * z + 0x1.f9d38a3763cc3p-34;
    cosine = cosine * z - 0x1.a6d1f2a204a8cp-26;
    cosine = cosine * z + 0x1.e1f506891babbp-19;
    cosine = cosine * z - 0x1.55d3c7e3cbffap-12;
    cosine = cosine * z + 0x1.03c1f081b5ac4p-6;
    cosine = cosine * z - 0x1.3bd3cc9be45dep-2;
    cosine = cosine * z + 0x1p+0;
    const uint64_t swap = (uint64_t)((int64_t)(other << 1) >> 63);
    const double signed_radius =
        fvb_from_bits(fvb_bits(radius) | (other & 0x8000000000000000u));
    *x = signed_radius * fvb_select(swap, sine, cosine);
    *y = signed_radius * fvb_select(swap, cosine, sine);
}

/* log(1 + y) to full relative accuracy for y > -1. */
static inline double log1p_core(double y)
{
    double h;
    const double p = fvb_log_pivot(1.0 + y, &h);
    const double s = ((1.0 - p) + y) / ((1.0 + p) + y);
    return h + (h * FVB_LOG_REST + fvb_two_atanh(s));
}
static inline float log1p_coref(float y)
{
    float h;
    const float p = fvb_log_pivotf(1.0f + y, &h);
    const float s = ((1.0f - p) + y) / ((1.0f + p) + y);
    return h + (h * FVB_LOG_RESTF + fvb_two_atanhf(s));
}

#define REAL double
#define WORD uint64_t
#define NAME(stem) stem
#define ROOT sqrt
#define LOG fvb_log_core
#define EXP fvb_exp
#define REAL_MIN DBL_MIN
#define SPARE 4096.0
#include "random_leaves.h"
#include "random_rows.h"
#undef REAL
#undef WORD
#undef NAME
#undef ROOT
#undef LOG
#undef EXP
#undef REAL_MIN
#undef SPARE

#define REAL float
#define WORD uint32_t
#define NAME(stem) stem##f
#define ROOT sqrtf
#define LOG fvb_log_coref
#define EXP fvb_expf
#define REAL_MIN FLT_MIN
#define SPARE 256.0f
#include "random_leaves.h"
#include "random_rows.h"

const fvb_random_table FVB_TABLE(fvb_random) = {
    words,
    {log_gamma, log_gamma_range, shapes, draw_rows, normalize_row},
    {log_gammaf, log_gamma_rangef, shapesf, draw_rowsf, normalize_rowf},
};
