/* The table of leaf functions of latent Dirichlet allocation, one set per precision.

   A row of topics (a word's, a document's) is padded with zeros to a whole number of cache
   lines; `stride` is that length, `n_topics` the part in use. "The factor that cancels":
   phi does not change when a word's row or a document's theta is multiplied by a constant,
   so both are scaled to stay clear of underflow, and the logarithms of the scales enter
   the bound only. */
#ifndef FVB_LDA_H
#define FVB_LDA_H

#include <stddef.h>
#include "fvb_level.h"

/* What became of a document. */
enum {
    FVB_LDA_CONVERGED = 0,
    FVB_LDA_MAX_ITER = 1,
    FVB_LDA_NOT_FINITE = 2,
    FVB_LDA_PENDING = 3, /* not done yet, or not to be done without log_rows */
};

/* Vectors of words that a document's tile takes at a time, see lda_tile.h. */
enum { FVB_LDA_BLOCK_VECTORS = 4, FVB_LDA_MOST_LANES_BYTES = 64 };

/* Words of a document including those that fill up the last vector. */
static inline ptrdiff_t fvb_lda_padded_words(ptrdiff_t n_words, ptrdiff_t element)
{
    const ptrdiff_t lanes = FVB_LDA_MOST_LANES_BYTES / element;
    return (n_words + lanes - 1) / lanes * lanes;
}

/* Bytes of a tile that holds all rows of a document. */
static inline ptrdiff_t fvb_lda_rows_bytes(ptrdiff_t n_words, ptrdiff_t stride, ptrdiff_t element)
{
    const ptrdiff_t block = FVB_LDA_BLOCK_VECTORS * FVB_LDA_MOST_LANES_BYTES / element;
    return (n_words + block - 1) / block * block * stride * element;
}

/* Bytes of scratch of one document besides its tile. */
static inline ptrdiff_t fvb_lda_scratch_bytes(ptrdiff_t n_words, ptrdiff_t stride, ptrdiff_t element)
{
    return 5 * stride * 8 + 5 * stride * element
           + (1 + 2 * FVB_LDA_BLOCK_VECTORS) * FVB_LDA_MOST_LANES_BYTES * stride
           + fvb_lda_padded_words(n_words, element) * element;
}

/* Topics of a row in single precision. */
static inline ptrdiff_t fvb_lda_single_stride(ptrdiff_t stride)
{
    return (stride + 15) / 16 * 16;
}

/* Bytes for a document to be iterated in single precision by `document_mixed`: its tile, its
   scratch, its counts, the prior and a gamma. */
static inline ptrdiff_t fvb_lda_single_bytes(ptrdiff_t n_words, ptrdiff_t stride)
{
    const ptrdiff_t element = sizeof(float), single_stride = fvb_lda_single_stride(stride);
    return fvb_lda_rows_bytes(n_words, single_stride, element)
           + fvb_lda_scratch_bytes(n_words, single_stride, element)
           + (fvb_lda_padded_words(n_words, element) + 2 * single_stride) * element;
}

/* Bytes of the tile of a document, enough for either way to iterate it. */
static inline ptrdiff_t fvb_lda_tile_bytes(ptrdiff_t n_words, ptrdiff_t stride, ptrdiff_t element)
{
    const ptrdiff_t rows = fvb_lda_rows_bytes(n_words, stride, element);
    const ptrdiff_t single = fvb_lda_single_bytes(n_words, stride);
    return element == sizeof(double) && single > rows ? single : rows;
}

#define FVB_LDA_LEAVES(type)                                                                    \
    /* Iterate phi and gamma of one document to convergence; theta, ratio and the bound at    \
       the final gamma. ratio[i] = counts[i] / norm, or -counts[i] for a word that needs      \
       log_rows. gamma stays as it was when the status is FVB_LDA_PENDING. */                  \
    int (*document)(                                                                            \
        ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride,                                \
        const type *counts,           /* IN (n_words,) */                                       \
        const type **rows,            /* IN n_words rows (stride,) of scaled exp(E[log beta]), \
                                         WORK up to fvb_lda_padded_words(n, 4) */              \
        const double *const *log_rows,/* IN their logarithms (n_topics,), or NULL */            \
        const type *prior,            /* IN (stride,) alpha, then ones */                       \
        int mean,                     /* whether theta is gamma itself: no bound, but the log   \
                                         likelihood of the words at the mean of theta */        \
        double tol, int max_iter,                                                               \
        type *gamma,                  /* INOUT (n_topics,) */                                   \
        type *theta,                  /* OUT (stride,) scaled exp(E[log theta]) */              \
        type *ratio,                  /* OUT (n_words,) */                                      \
        int *n_iter,                  /* OUT */                                                 \
        double *bound,                /* OUT free of alpha's and the words' constants */        \
        void *work,                   /* WORK fvb_lda_scratch_bytes() + tile_bytes, aligned */  \
        ptrdiff_t tile_bytes);        /* fvb_lda_tile_bytes(), or less to read the rest anew */ \
    /* sum += weights[i] * rows[i] */                                                           \
    void (*accumulate)(ptrdiff_t n, ptrdiff_t stride, const type *weights,                      \
                       const type *const *rows, double *sum);                                   \
    /* out += sum * row */                                                                      \
    void (*add_product)(ptrdiff_t stride, const double *sum, const type *row, type *out);       \
    /* out += count * phi, phi in log space; WORK 2 * stride doubles */                         \
    void (*add_log_phi)(ptrdiff_t n_topics, ptrdiff_t stride, type count, const type *gamma,    \
                        int mean, const double *log_row, type *out, double *scratch);           \
    /* out += factor * row */                                                                   \
    void (*add_scaled)(ptrdiff_t stride, double factor, const type *row, type *out);            \
    /* sum += row */                                                                            \
    void (*add_row)(ptrdiff_t stride, const type *row, double *sum);                            \
    /* q(beta) has the parameters scale * counts + prior; WORK 2 * stride doubles.              \
       row = exp(E[log beta] - max), or the exponent where that underflows: it is negative;    \
       zeros in the padding; returns the max. factor = exp(least_total - digamma_total). */     \
    double (*word_row)(ptrdiff_t n_topics, ptrdiff_t stride, const type *counts, double scale,  \
                       const type *prior, const double *digamma_total, double least_total,      \
                       const type *factor, type *row, double *scratch);                         \
    /* The same of E[beta], given the inverse of the sums over words. */                        \
    double (*mean_row)(ptrdiff_t n_topics, ptrdiff_t stride, const type *counts, double scale,  \
                       const type *prior, const double *inverse_total, type *row,               \
                       double *scratch);                                                        \
    /* In what follows the parameters are counts + prior. */                                    \
    /* sum of weights * E[log beta] */                                                          \
    double (*inner)(ptrdiff_t stride, const type *weights, const type *row,                     \
                    double log_scale);                                                          \
    /* sum of (model_prior - q's parameter) * E[log beta] + log Gamma(q's parameter) */         \
    double (*dirichlet_terms)(ptrdiff_t n_topics, ptrdiff_t stride, const type *model_prior,    \
                              const type *counts, const type *prior,                            \
                              const double *digamma_total, double *scratch);                    \
    /* sum of log Gamma(q's parameter) */                                                       \
    double (*gammaln_terms)(ptrdiff_t n_topics, const type *counts, const type *prior,          \
                            double *scratch);

typedef struct { FVB_LDA_LEAVES(double) } fvb_lda_leaves;
typedef __typeof__(((fvb_lda_leaves *)0)->document) fvb_lda_document;
typedef struct { FVB_LDA_LEAVES(float) } fvb_lda_leavesf;
typedef struct {
    fvb_lda_leaves f64;
    fvb_lda_leavesf f32;
    /* `document` with all steps but the last in single precision where its range suffices; that
       and what follows from it are in double. */
    fvb_lda_document document_mixed;
} fvb_lda_table;

FVB_SELECT(fvb_lda)

#endif
