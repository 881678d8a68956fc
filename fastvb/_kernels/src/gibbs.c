#include "fvb_gibbs.h"

#include "fvb_philox.h"

enum { SWEEPS_PER_BLOCK = 4 };

/* Random words of a document's tokens for four sweeps: two in each element. */
static void token_words(const fvb_philox_key *key, uint64_t number, uint32_t step,
                        ptrdiff_t n_tokens, uint64_t *first, uint64_t *second)
{
    for (ptrdiff_t i = 0; i < n_tokens; i += FVB_LANES) {
        fvb_words block, a, b;
        for (int lane = 0; lane < FVB_LANES; lane++)
            block[lane] = number << 32 | (uint64_t)(i + lane);
        fvb_philox(key, step, block, &a, &b);
        memcpy(first + i, &a, sizeof a);
        memcpy(second + i, &b, sizeof b);
    }
}

static inline uint32_t word_of_sweep(const uint64_t *first, const uint64_t *second, int sweep,
                                     ptrdiff_t token)
{
    const uint64_t pair = sweep & 2 ? second[token] : first[token];
    return (uint32_t)(sweep & 1 ? pair >> 32 : pair);
}

#define REAL double
#define NAME(stem) stem
#include "gibbs_leaves.h"
#undef REAL
#undef NAME

#define REAL float
#define NAME(stem) stem##f
#include "gibbs_leaves.h"

const fvb_gibbs_table FVB_TABLE(fvb_gibbs) = {{document}, {documentf}};
