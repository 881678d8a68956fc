/* Half precision (IEEE binary16) as storage: non-negative numbers up to 65504, rounded to nearest
   even. The bits are the same at every level. */
#ifndef FVB_HALF_H
#define FVB_HALF_H

#include "fvb_lanes.h"

#if defined(__AVX512F__)
FVB_INLINE fvb_lanesf fvb_half_load(const uint16_t *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
/* Returns what was stored. */
FVB_INLINE fvb_lanesf fvb_half_store(uint16_t *p, fvb_lanesf x)
{
    const __m256i half = _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
    _mm256_storeu_si256((__m256i *)p, half);
    return _mm512_cvtph_ps(half);
}
#elif defined(__AVX2__) && defined(__F16C__)
FVB_INLINE fvb_lanesf fvb_half_load(const uint16_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
FVB_INLINE fvb_lanesf fvb_half_store(uint16_t *p, fvb_lanesf x)
{
    const __m128i half = _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128((__m128i *)p, half);
    return _mm256_cvtph_ps(half);
}
#else
typedef uint16_t fvb_half_lanes __attribute__((vector_size(FVB_LANES_BYTES / 2)));

/* A binary16 has 10 bits of significand and an exponent biased by 15: 112 less than a float's.
   Below 2^-14 it counts multiples of 2^-24. */
FVB_INLINE fvb_lanesf fvb_half_widen(fvb_lanes_maskf half)
{
    const fvb_lanesf small = __builtin_convertvector(half, fvb_lanesf) * 0x1p-24f;
    const fvb_lanes_maskf normal = (half << 13) + (112 << 23);
    const fvb_lanes_maskf is_small = half < 0x400;
    return (fvb_lanesf)(((fvb_lanes_maskf)small & is_small) | (normal & ~is_small));
}
FVB_INLINE fvb_lanesf fvb_half_load(const uint16_t *p)
{
    fvb_half_lanes half;
    memcpy(&half, p, sizeof half);
    return fvb_half_widen(__builtin_convertvector(half, fvb_lanes_maskf));
}
FVB_INLINE fvb_lanesf fvb_half_store(uint16_t *p, fvb_lanesf x)
{
    const fvb_lanes_maskf bits = (fvb_lanes_maskf)x, is_small = bits < (113 << 23);
    const fvb_lanesf rounded = x * 0x1p24f + FVB_ROUND_MAGICF;
    const fvb_lanes_maskf small = (fvb_lanes_maskf)rounded - 0x4b400000; /* the magic's bits */
    const fvb_lanes_maskf normal = ((bits + 0xfff + ((bits >> 13) & 1)) >> 13) - (112 << 10);
    const fvb_lanes_maskf half = (small & is_small) | (normal & ~is_small);
    const fvb_half_lanes packed = __builtin_convertvector(half, fvb_half_lanes);
    memcpy(p, &packed, sizeof packed);
    return fvb_half_widen(half);
}
#endif

#endif
