/* Philox4x32: a counter of four 32-bit words and a key of two become four random words.

   Every word of the result depends on counter and key alone, so draws need no state: whoever needs
   number i computes number i. Ten rounds, as everybody who uses it does (seven pass all tests of
   BigCrush). J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as
   easy as 1, 2, 3", SC 2011, section 3.3. */
#ifndef FVB_PHILOX_H
#define FVB_PHILOX_H

#include "fvb_lanes.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { FVB_PHILOX_ROUNDS = 10 };

/* A word to each 64-bit lane, in its lower half; the upper half is anything. */
typedef uint64_t fvb_words __attribute__((vector_size(FVB_LANES_BYTES)));

/* (seed, stream): the key, as each round has it, and the third word of the counter. */
typedef struct {
    uint64_t rounds[FVB_PHILOX_ROUNDS][2];
    uint32_t stream;
} fvb_philox_key;

static inline fvb_philox_key fvb_philox_schedule(uint64_t seed, uint32_t stream)
{
    fvb_philox_key key = {.stream = stream};
    for (uint32_t i = 0; i < FVB_PHILOX_ROUNDS; i++) {
        key.rounds[i][0] = (uint32_t)seed + i * 0x9e3779b9u;
        key.rounds[i][1] = (uint32_t)(seed >> 32) + i * 0xbb67ae85u;
    }
    return key;
}

/* The product of the lower halves. */
FVB_INLINE fvb_words fvb_words_multiply(fvb_words a, uint32_t b)
{
#if defined(__AVX512F__)
    return (fvb_words)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
    return (fvb_words)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__SSE2__)
    return (fvb_words)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
    return (a & 0xffffffffu) * b;
#endif
}

/* The words of counter (block, block >> 32, stream, step) for each lane's block, two and two. */
FVB_INLINE void fvb_philox(const fvb_philox_key *key, uint32_t step, fvb_words block,
                           fvb_words *first, fvb_words *second)
{
    fvb_words a = block, b = block >> 32;
    fvb_words c = (fvb_words){} + key->stream, d = (fvb_words){} + step;
    for (int i = 0; i < FVB_PHILOX_ROUNDS; i++) {
        const fvb_words from_a = fvb_words_multiply(a, 0xd2511f53u);
        const fvb_words from_c = fvb_words_multiply(c, 0xcd9e8d57u);
        a = (from_c >> 32) ^ b ^ key->rounds[i][0];
        b = from_c;
        c = (from_a >> 32) ^ d ^ key->rounds[i][1];
        d = from_a;
    }
    *first = (a & 0xffffffffu) | (b << 32);
    *second = (c & 0xffffffffu) | (d << 32);
}

#endif
