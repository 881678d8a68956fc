/* The table of leaf functions of collapsed LDA (CVB0).

   Rows of documents, words and totals hold expected counts plus prior, so the leaves know no
   priors. A row has `stride` entries, a whole number of cache lines of floats, with zeros in the
   padding (ones in the totals'). phi has `stride` halves for each entry. */
#ifndef FVB_COLLAPSED_H
#define FVB_COLLAPSED_H

#include <stddef.h>
#include <stdint.h>
#include "fvb_level.h"

/* Some entries of the corpus, in the order in which they are visited. */
typedef struct {
    ptrdiff_t n, stride;
    const int32_t *docs, *words; /* (n,) rows */
    const float *counts;         /* (n,) */
    uint16_t *phi;               /* (n, stride) */
} fvb_collapsed_entries;

typedef struct {
    /* Update phi of each entry and, at once, the rows of its document and its word.
       WORK 3 * stride floats, aligned. */
    void (*sweep)(const fvb_collapsed_entries *entries, float *doc_rows, float *word_rows,
                  const float *totals, float relaxation, float *work);
    /* Draw phi, which depends on the seed and the number of the entry alone. WORK 3 * stride
       floats. */
    void (*draw)(const fvb_collapsed_entries *entries, ptrdiff_t n_topics, uint64_t seed,
                 uint64_t first, float *work);
    /* Add count * phi to the rows of documents and words. */
    void (*add_counts)(const fvb_collapsed_entries *entries, float *doc_rows, float *word_rows);
    /* sum = column sums of consecutive rows. */
    void (*sum_rows)(ptrdiff_t n_rows, ptrdiff_t stride, const float *rows, double *sum);
    /* Sum of count * log sum_k doc_row[k] word_row[k] / total[k]. WORK stride floats. */
    double (*log_likelihood)(const fvb_collapsed_entries *entries, const float *doc_rows,
                             const float *word_rows, const float *totals, float *work);
} fvb_collapsed_table;

FVB_SELECT(fvb_collapsed)

#endif
