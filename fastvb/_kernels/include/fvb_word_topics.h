/* The table of leaf functions that say which topics words come from, one set per precision. */
#ifndef FVB_WORD_TOPICS_H
#define FVB_WORD_TOPICS_H

#include <stddef.h>
#include <stdint.h>
#include "fvb_level.h"

/* The joint weight of topic k in entry i is rows[places[i], k] * theta[k], where negative entries of
   rows count as 0. Both return 1, and are not done, if the sum over some entry's topics is below
   `tiny`, else 0. Rows and theta are padded by zeros to `stride`, a multiple of any vector. */
#define FVB_WORD_TOPICS_LEAVES(type)                                                          \
    /* Weights over their sum. */                                                             \
    int (*probabilities)(                                                                     \
        ptrdiff_t n_entries, ptrdiff_t n_topics, ptrdiff_t stride,                            \
        const ptrdiff_t *places, /* IN (n_entries,) */                                        \
        const type *rows,        /* IN (n_words, stride) */                                   \
        const type *theta,       /* IN (stride,) */                                           \
        type tiny,                                                                            \
        type *phi);              /* OUT (n_entries, n_topics) */                              \
    /* The topic of the largest weight, of equal ones the first. */                           \
    int (*most_probable)(                                                                     \
        ptrdiff_t n_entries, ptrdiff_t n_topics, ptrdiff_t stride,                            \
        const ptrdiff_t *places, /* IN (n_entries,) */                                        \
        const type *rows,        /* IN (n_words, stride) */                                   \
        const type *theta,       /* IN (stride,) */                                           \
        type tiny,                                                                            \
        int32_t *topics);        /* OUT (n_entries,) */

typedef struct { FVB_WORD_TOPICS_LEAVES(double) } fvb_word_topics_leaves;
typedef struct { FVB_WORD_TOPICS_LEAVES(float) } fvb_word_topics_leavesf;

typedef struct {
    fvb_word_topics_leaves f64;
    fvb_word_topics_leavesf f32;
} fvb_word_topics_table;

FVB_SELECT(fvb_word_topics)

#endif
