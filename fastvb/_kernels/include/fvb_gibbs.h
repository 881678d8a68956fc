/* The table of leaf functions that sample topics of tokens given the topics, a set per precision. */
#ifndef FVB_GIBBS_H
#define FVB_GIBBS_H

#include <stddef.h>
#include <stdint.h>
#include "fvb_level.h"

/* Bytes of scratch of one document. */
static inline ptrdiff_t fvb_gibbs_scratch_bytes(ptrdiff_t n_tokens, ptrdiff_t stride,
                                                ptrdiff_t element)
{
    const ptrdiff_t padded = (n_tokens + 15) / 16 * 16;
    return (2 * element + 4) * stride + padded * (2 * 8 + 4);
}

#define FVB_GIBBS_LEAVES(type)                                                                 \
    /* Sweeps over a document's tokens, z_n ~ (alpha_k + n_k without this token) beta_kw: the  \
       first from the left, each token given those before it. The uniforms belong to          \
       (seed, stream, number, token, sweep). */                                                \
    void (*document)(                                                                          \
        ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride,                               \
        const int64_t *token_ptr,   /* IN (n_words + 1,) where the tokens of words begin */    \
        const type *const *rows,    /* IN n_words rows (stride,) of scaled beta */             \
        const type *prior,          /* IN (stride,) alpha, then zeros */                       \
        uint64_t seed, uint32_t stream, uint64_t number, int n_burn_in, int n_kept,            \
        uint16_t *topics,           /* OUT (n_tokens, n_kept) */                               \
        type *gamma,                /* OUT (n_topics,) alpha + mean counts */                  \
        void *work);                /* WORK fvb_gibbs_scratch_bytes(), aligned */

typedef struct { FVB_GIBBS_LEAVES(double) } fvb_gibbs_leaves;
typedef struct { FVB_GIBBS_LEAVES(float) } fvb_gibbs_leavesf;

typedef struct {
    fvb_gibbs_leaves f64;
    fvb_gibbs_leavesf f32;
} fvb_gibbs_table;

FVB_SELECT(fvb_gibbs)

#endif
