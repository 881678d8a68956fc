/* Transposition of LANES vectors of LANES elements in registers: log2(LANES) rounds of exchanges
   between the vectors whose numbers differ in one bit. And the sums of their lanes, by the same
   exchanges with an addition after each: one vector is left, whose lane l is the sum of v[l]. */
#ifndef FVB_TRANSPOSE_H
#define FVB_TRANSPOSE_H

#include "fvb_lanes.h"

/* Lane x of the two vectors that replace (a, b), when their numbers differ in bit m. */
#define FVB_EXCHANGE_A(n, m, x) ((x) & (m) ? (n) + (x) - (m) : (x))
#define FVB_EXCHANGE_B(n, m, x) ((x) & (m) ? (n) + (x) : (x) + (m))
#define FVB_PICK2(P, n, m) P(n, m, 0), P(n, m, 1)
#define FVB_PICK4(P, n, m) FVB_PICK2(P, n, m), P(n, m, 2), P(n, m, 3)
#define FVB_PICK8(P, n, m) \
    FVB_PICK4(P, n, m), P(n, m, 4), P(n, m, 5), P(n, m, 6), P(n, m, 7)
#define FVB_PICK16(P, n, m)                                                        \
    FVB_PICK8(P, n, m), P(n, m, 8), P(n, m, 9), P(n, m, 10), P(n, m, 11),          \
    P(n, m, 12), P(n, m, 13), P(n, m, 14), P(n, m, 15)

#define FVB_EXCHANGE(type, mask, n, PICK, v, m)                                    \
    for (int i = 0; i < n; i++) {                                                  \
        if (i & m)                                                                 \
            continue;                                                              \
        const type a = v[i], b = v[i + m];                                         \
        v[i] = FVB_SHUFFLE(mask, a, b, PICK(FVB_EXCHANGE_A, n, m));                \
        v[i + m] = FVB_SHUFFLE(mask, a, b, PICK(FVB_EXCHANGE_B, n, m));            \
    }

#define FVB_FOLD(type, mask, n, PICK, v, m)                                        \
    _Pragma("GCC unroll 8") for (int i = 0; i < n; i += 2 * m)                     \
        v[i] = FVB_SHUFFLE(mask, v[i], v[i + m], PICK(FVB_EXCHANGE_A, n, m))       \
               + FVB_SHUFFLE(mask, v[i], v[i + m], PICK(FVB_EXCHANGE_B, n, m));

#if defined(__AVX512F__)
FVB_INLINE void fvb_transpose(fvb_lanes *v)
{
    FVB_EXCHANGE(fvb_lanes, fvb_lanes_mask, 8, FVB_PICK8, v, 1)
    FVB_EXCHANGE(fvb_lanes, fvb_lanes_mask, 8, FVB_PICK8, v, 2)
    FVB_EXCHANGE(fvb_lanes, fvb_lanes_mask, 8, FVB_PICK8, v, 4)
}
FVB_INLINE fvb_lanes fvb_sum_lanes(fvb_lanes *v)
{
    FVB_FOLD(fvb_lanes, fvb_lanes_mask, 8, FVB_PICK8, v, 1)
    FVB_FOLD(fvb_lanes, fvb_lanes_mask, 8, FVB_PICK8, v, 2)
    FVB_FOLD(fvb_lanes, fvb_lanes_mask, 8, FVB_PICK8, v, 4)
    return v[0];
}
FVB_INLINE void fvb_transposef(fvb_lanesf *v)
{
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 1)
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 2)
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 4)
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 8)
}
FVB_INLINE fvb_lanesf fvb_sum_lanesf(fvb_lanesf *v)
{
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 1)
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 2)
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 4)
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 16, FVB_PICK16, v, 8)
    return v[0];
}
#elif defined(__AVX2__)
FVB_INLINE void fvb_transpose(fvb_lanes *v)
{
    FVB_EXCHANGE(fvb_lanes, fvb_lanes_mask, 4, FVB_PICK4, v, 1)
    FVB_EXCHANGE(fvb_lanes, fvb_lanes_mask, 4, FVB_PICK4, v, 2)
}
FVB_INLINE fvb_lanes fvb_sum_lanes(fvb_lanes *v)
{
    FVB_FOLD(fvb_lanes, fvb_lanes_mask, 4, FVB_PICK4, v, 1)
    FVB_FOLD(fvb_lanes, fvb_lanes_mask, 4, FVB_PICK4, v, 2)
    return v[0];
}
FVB_INLINE void fvb_transposef(fvb_lanesf *v)
{
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 8, FVB_PICK8, v, 1)
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 8, FVB_PICK8, v, 2)
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 8, FVB_PICK8, v, 4)
}
FVB_INLINE fvb_lanesf fvb_sum_lanesf(fvb_lanesf *v)
{
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 8, FVB_PICK8, v, 1)
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 8, FVB_PICK8, v, 2)
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 8, FVB_PICK8, v, 4)
    return v[0];
}
#else
FVB_INLINE void fvb_transpose(fvb_lanes *v)
{
    FVB_EXCHANGE(fvb_lanes, fvb_lanes_mask, 2, FVB_PICK2, v, 1)
}
FVB_INLINE fvb_lanes fvb_sum_lanes(fvb_lanes *v)
{
    FVB_FOLD(fvb_lanes, fvb_lanes_mask, 2, FVB_PICK2, v, 1)
    return v[0];
}
FVB_INLINE void fvb_transposef(fvb_lanesf *v)
{
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 4, FVB_PICK4, v, 1)
    FVB_EXCHANGE(fvb_lanesf, fvb_lanes_maskf, 4, FVB_PICK4, v, 2)
}
FVB_INLINE fvb_lanesf fvb_sum_lanesf(fvb_lanesf *v)
{
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 4, FVB_PICK4, v, 1)
    FVB_FOLD(fvb_lanesf, fvb_lanes_maskf, 4, FVB_PICK4, v, 2)
    return v[0];
}
#endif

#endif
