/* Explicit vectors, for what a simd loop cannot express: rows shorter than a vector, whose
   reductions and broadcasts are shuffles. Everything exists for double and, with the suffix f,
   for float.

   fvb_lanes is as wide as the level allows. fvb_part, at most half of it, reads rows: it
   straddles cache lines less often. */
#ifndef FVB_LANES_H
#define FVB_LANES_H

#include <stddef.h>
#include "fvb_exp.h"
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { FVB_LANES_BYTES = 64, FVB_PART_BYTES = 32 };
#elif defined(__AVX2__)
enum { FVB_LANES_BYTES = 32, FVB_PART_BYTES = 32 };
#else
enum { FVB_LANES_BYTES = 16, FVB_PART_BYTES = 16 };
#endif
enum {
    FVB_LANES = FVB_LANES_BYTES / 8, FVB_LANESF = FVB_LANES_BYTES / 4,
    FVB_PART = FVB_PART_BYTES / 8, FVB_PARTF = FVB_PART_BYTES / 4,
};

typedef double fvb_lanes __attribute__((vector_size(FVB_LANES_BYTES)));
typedef float fvb_lanesf __attribute__((vector_size(FVB_LANES_BYTES)));
typedef int64_t fvb_lanes_mask __attribute__((vector_size(FVB_LANES_BYTES)));
typedef int32_t fvb_lanes_maskf __attribute__((vector_size(FVB_LANES_BYTES)));
typedef double fvb_part __attribute__((vector_size(FVB_PART_BYTES)));
typedef float fvb_partf __attribute__((vector_size(FVB_PART_BYTES)));
typedef int64_t fvb_part_mask __attribute__((vector_size(FVB_PART_BYTES)));
typedef int32_t fvb_part_maskf __attribute__((vector_size(FVB_PART_BYTES)));

#define FVB_INLINE static inline __attribute__((always_inline))

#define FVB_DEFINE_MEMORY(name, type, element)                                              \
    FVB_INLINE type name##_load##element(const FVB_ELEMENT##element *p)                     \
    { type v; memcpy(&v, p, sizeof v); return v; }                                          \
    FVB_INLINE void name##_store##element(FVB_ELEMENT##element *p, type v)                  \
    { memcpy(p, &v, sizeof v); }
#define FVB_ELEMENT double
#define FVB_ELEMENTf float
FVB_DEFINE_MEMORY(fvb_lanes, fvb_lanes, )
FVB_DEFINE_MEMORY(fvb_lanes, fvb_lanesf, f)
FVB_DEFINE_MEMORY(fvb_part, fvb_part, )
FVB_DEFINE_MEMORY(fvb_part, fvb_partf, f)

/* a where it is greater, else b: nan in a is lost, nan in b is kept. */
#define FVB_DEFINE_MAX(name, type, mask)                                                    \
    FVB_INLINE type name(type a, type b)                                                    \
    { const mask m = (mask)(a > b); return (type)(((mask)a & m) | ((mask)b & ~m)); }
#if defined(__AVX512F__)
FVB_INLINE fvb_lanes fvb_lanes_max(fvb_lanes a, fvb_lanes b) { return _mm512_max_pd(a, b); }
FVB_INLINE fvb_lanesf fvb_lanes_maxf(fvb_lanesf a, fvb_lanesf b) { return _mm512_max_ps(a, b); }
#elif defined(__AVX2__)
FVB_INLINE fvb_lanes fvb_lanes_max(fvb_lanes a, fvb_lanes b) { return _mm256_max_pd(a, b); }
FVB_INLINE fvb_lanesf fvb_lanes_maxf(fvb_lanesf a, fvb_lanesf b) { return _mm256_max_ps(a, b); }
#else
FVB_DEFINE_MAX(fvb_lanes_max, fvb_lanes, fvb_lanes_mask)
FVB_DEFINE_MAX(fvb_lanes_maxf, fvb_lanesf, fvb_lanes_maskf)
#endif
#if defined(__AVX2__)
FVB_INLINE fvb_part fvb_part_max(fvb_part a, fvb_part b) { return _mm256_max_pd(a, b); }
FVB_INLINE fvb_partf fvb_part_maxf(fvb_partf a, fvb_partf b) { return _mm256_max_ps(a, b); }
#else
FVB_DEFINE_MAX(fvb_part_max, fvb_part, fvb_part_mask)
FVB_DEFINE_MAX(fvb_part_maxf, fvb_partf, fvb_part_maskf)
#endif
/* The lesser of a and b, for numbers. */
FVB_INLINE fvb_lanes fvb_lanes_min(fvb_lanes a, fvb_lanes b) { return -fvb_lanes_max(-a, -b); }
FVB_INLINE fvb_lanesf fvb_lanes_minf(fvb_lanesf a, fvb_lanesf b) { return -fvb_lanes_maxf(-a, -b); }
/* The sum of the parts. */
FVB_INLINE fvb_part fvb_lanes_fold(fvb_lanes v)
{
#if defined(__AVX512F__)
    return _mm512_castpd512_pd256(v) + _mm512_extractf64x4_pd(v, 1);
#else
    return v;
#endif
}

/* The doubles of a, then those of b, as floats. */
FVB_INLINE fvb_lanesf fvb_lanes_narrow(fvb_lanes a, fvb_lanes b)
{
#if defined(__AVX512F__)
    const __m512 low = _mm512_castps256_ps512(_mm512_cvtpd_ps(a));
    return (fvb_lanesf)_mm512_insertf64x4((__m512d)low, (__m256d)_mm512_cvtpd_ps(b), 1);
#elif defined(__AVX2__)
    const __m256 low = _mm256_castps128_ps256(_mm256_cvtpd_ps(a));
    return _mm256_insertf128_ps(low, _mm256_cvtpd_ps(b), 1);
#else
    fvb_lanesf narrow;
    for (int i = 0; i < FVB_LANES; i++) {
        narrow[i] = (float)a[i];
        narrow[FVB_LANES + i] = (float)b[i];
    }
    return narrow;
#endif
}

/* FVB_LANES numbers of either type, as doubles. */
FVB_INLINE fvb_lanes fvb_lanes_widen(const double *p) { return fvb_lanes_load(p); }
FVB_INLINE fvb_lanes fvb_lanes_widenf(const float *p)
{
    typedef float half __attribute__((vector_size(FVB_LANES_BYTES / 2)));
    half v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, fvb_lanes);
}

FVB_INLINE fvb_part fvb_part_add(fvb_part a, fvb_part b) { return a + b; }
FVB_INLINE fvb_partf fvb_part_addf(fvb_partf a, fvb_partf b) { return a + b; }

/* Lane i of the result is lane row[i] of v. Double lanes of AVX2 are pairs of floats. */
typedef struct {
#if defined(__AVX512F__)
    fvb_lanes_mask row;
#else
    int32_t row[FVB_LANES_BYTES / 4] __attribute__((aligned(FVB_LANES_BYTES)));
#endif
} fvb_pattern;
typedef struct { int32_t row[FVB_LANESF] __attribute__((aligned(FVB_LANES_BYTES))); } fvb_patternf;

FVB_INLINE void fvb_pattern_set(fvb_pattern *p, int lane, int row)
{
#if defined(__AVX2__) && !defined(__AVX512F__)
    p->row[2 * lane] = 2 * row;
    p->row[2 * lane + 1] = 2 * row + 1;
#else
    p->row[lane] = row;
#endif
}
FVB_INLINE void fvb_pattern_setf(fvb_patternf *p, int lane, int row) { p->row[lane] = row; }

#if defined(__AVX512F__)
FVB_INLINE fvb_lanes fvb_lanes_expand(fvb_lanes v, const fvb_pattern *p)
{
    return _mm512_permutexvar_pd((__m512i)p->row, v);
}
FVB_INLINE fvb_lanesf fvb_lanes_expandf(fvb_lanesf v, const fvb_patternf *p)
{
    return _mm512_permutexvar_ps(_mm512_load_si512(p->row), v);
}
#elif defined(__AVX2__)
FVB_INLINE fvb_lanes fvb_lanes_expand(fvb_lanes v, const fvb_pattern *p)
{
    const __m256i row = _mm256_load_si256((const __m256i *)p->row);
    return (fvb_lanes)_mm256_permutevar8x32_ps((__m256)v, row);
}
FVB_INLINE fvb_lanesf fvb_lanes_expandf(fvb_lanesf v, const fvb_patternf *p)
{
    return _mm256_permutevar8x32_ps(v, _mm256_load_si256((const __m256i *)p->row));
}
#else
#define FVB_DEFINE_EXPAND(f)                                                                \
    FVB_INLINE fvb_lanes##f fvb_lanes_expand##f(fvb_lanes##f v, const fvb_pattern##f *p)    \
    {                                                                                       \
        fvb_lanes##f expanded;                                                              \
        for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)                                 \
            expanded[i] = v[p->row[i]];                                                     \
        return expanded;                                                                    \
    }
FVB_DEFINE_EXPAND()
FVB_DEFINE_EXPAND(f)
#endif

/* Lane r of the result reduces v[r]: FVB_PART rows at a time, in log2(FVB_PART) exchanges. */
#ifdef __clang__
#define FVB_SHUFFLE(mask, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define FVB_SHUFFLE(mask, a, b, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})
#endif
#define FVB_REDUCE2(op, mask, a, b) \
    op(FVB_SHUFFLE(mask, a, b, 0, 2), FVB_SHUFFLE(mask, a, b, 1, 3))
#define FVB_REDUCE4(op, mask, a, b) \
    op(FVB_SHUFFLE(mask, a, b, 0, 4, 2, 6), FVB_SHUFFLE(mask, a, b, 1, 5, 3, 7))
#define FVB_REDUCE4_FAR(op, mask, a, b) \
    op(FVB_SHUFFLE(mask, a, b, 0, 1, 4, 5), FVB_SHUFFLE(mask, a, b, 2, 3, 6, 7))
#define FVB_REDUCE8(op, mask, a, b)                               \
    op(FVB_SHUFFLE(mask, a, b, 0, 8, 2, 10, 4, 12, 6, 14),        \
       FVB_SHUFFLE(mask, a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#define FVB_REDUCE8_FAR(op, mask, a, b)                           \
    op(FVB_SHUFFLE(mask, a, b, 0, 1, 8, 9, 4, 5, 12, 13),         \
       FVB_SHUFFLE(mask, a, b, 2, 3, 10, 11, 6, 7, 14, 15))
#define FVB_REDUCE8_FARTHEST(op, mask, a, b)                      \
    op(FVB_SHUFFLE(mask, a, b, 0, 1, 2, 3, 8, 9, 10, 11),         \
       FVB_SHUFFLE(mask, a, b, 4, 5, 6, 7, 12, 13, 14, 15))

#if defined(__AVX2__)
#define FVB_DEFINE_REDUCE(name, op)                                                         \
    FVB_INLINE fvb_part name(const fvb_part *v)                                             \
    {                                                                                       \
        const fvb_part a = FVB_REDUCE4(op, fvb_part_mask, v[0], v[1]);                      \
        const fvb_part b = FVB_REDUCE4(op, fvb_part_mask, v[2], v[3]);                      \
        return FVB_REDUCE4_FAR(op, fvb_part_mask, a, b);                                    \
    }
#define FVB_DEFINE_REDUCEF(name, op)                                                        \
    FVB_INLINE fvb_partf name(const fvb_partf *v)                                           \
    {                                                                                       \
        fvb_partf a[4];                                                                     \
        for (int i = 0; i < 4; i++)                                                         \
            a[i] = FVB_REDUCE8(op, fvb_part_maskf, v[2 * i], v[2 * i + 1]);                 \
        const fvb_partf b = FVB_REDUCE8_FAR(op, fvb_part_maskf, a[0], a[1]);                \
        const fvb_partf c = FVB_REDUCE8_FAR(op, fvb_part_maskf, a[2], a[3]);                \
        return FVB_REDUCE8_FARTHEST(op, fvb_part_maskf, b, c);                              \
    }
#else
#define FVB_DEFINE_REDUCE(name, op)                                                         \
    FVB_INLINE fvb_part name(const fvb_part *v)                                             \
    { return FVB_REDUCE2(op, fvb_part_mask, v[0], v[1]); }
#define FVB_DEFINE_REDUCEF(name, op)                                                        \
    FVB_INLINE fvb_partf name(const fvb_partf *v)                                           \
    {                                                                                       \
        const fvb_partf a = FVB_REDUCE4(op, fvb_part_maskf, v[0], v[1]);                    \
        const fvb_partf b = FVB_REDUCE4(op, fvb_part_maskf, v[2], v[3]);                    \
        return FVB_REDUCE4_FAR(op, fvb_part_maskf, a, b);                                   \
    }
#endif
FVB_DEFINE_REDUCE(fvb_reduce_max, fvb_part_max)
FVB_DEFINE_REDUCE(fvb_reduce_add, fvb_part_add)
FVB_DEFINE_REDUCEF(fvb_reduce_maxf, fvb_part_maxf)
FVB_DEFINE_REDUCEF(fvb_reduce_addf, fvb_part_addf)

#endif
