#include "fvb_collapsed.h"

#include <float.h>
#include "fvb_half.h"
#include "fvb_log.h"
#include "fvb_philox.h"

#include "collapsed_sweep.h"

/* Sixteen random bits for each topic: block j of Philox holds those of topics 8j .. 8j + 7. WORK
   2 * stride + 2 * FVB_LANES_BYTES bytes. */
static const uint16_t *random_bits(const fvb_philox_key *key, uint64_t entry, ptrdiff_t stride,
                                   void *work)
{
    enum { BLOCKS = FVB_LANES_BYTES / 8, TOPICS = 8 };
    uint64_t *bits = work;
    fvb_words block, first, second;
    for (int i = 0; i < BLOCKS; i++)
        block[i] = entry * (uint64_t)(stride / TOPICS) + (uint64_t)i;
    for (ptrdiff_t j = 0; j < stride / TOPICS; j += BLOCKS, block += BLOCKS) {
        fvb_philox(key, 0, block, &first, &second);
        for (int i = 0; i < BLOCKS; i++) {
            bits[2 * (j + i)] = first[i];
            bits[2 * (j + i) + 1] = second[i];
        }
    }
    return work;
}

/* phi ~ u^8, u uniform from 1/17 to 1: a few topics to each entry. From weights that are nearly
   equal, sweeps take longer to tell topics apart. */
static void draw(const fvb_collapsed_entries *entries, ptrdiff_t n_topics, uint64_t seed,
                 uint64_t first, float *work)
{
    const fvb_philox_key key = fvb_philox_schedule(seed, 0);
    const ptrdiff_t stride = entries->stride;
    for (ptrdiff_t i = 0; i < entries->n; i++) {
        const uint16_t *bits = random_bits(&key, first + (uint64_t)i, stride, work + stride);
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (ptrdiff_t k = 0; k < n_topics; k++) {
            const float u = (float)(4096 + (int32_t)bits[k]) * 0x1p-16f, u2 = u * u, u4 = u2 * u2;
            work[k] = u4 * u4;
            sum += work[k];
        }
        for (ptrdiff_t k = n_topics; k < stride; k++)
            work[k] = 0;
        const float scale = 1 / sum;
        for (ptrdiff_t k = 0; k < stride; k += FVB_LANESF)
            fvb_half_store(entries->phi + i * stride + k, fvb_lanes_loadf(work + k) * scale);
    }
}

static void add_counts(const fvb_collapsed_entries *entries, float *doc_rows, float *word_rows)
{
    const ptrdiff_t stride = entries->stride;
    for (ptrdiff_t i = 0; i < entries->n; i++) {
        const uint16_t *phi = entries->phi + i * stride;
        float *doc = doc_rows + entries->docs[i] * stride;
        float *word = word_rows + entries->words[i] * stride;
        for (ptrdiff_t k = 0; k < stride; k += FVB_LANESF) {
            const fvb_lanesf part = entries->counts[i] * fvb_half_load(phi + k);
            fvb_lanes_storef(doc + k, fvb_lanes_loadf(doc + k) + part);
            fvb_lanes_storef(word + k, fvb_lanes_loadf(word + k) + part);
        }
    }
}

static void sum_rows(ptrdiff_t n_rows, ptrdiff_t stride, const float *rows, double *sum)
{
    for (ptrdiff_t k = 0; k < stride; k++)
        sum[k] = 0;
    for (ptrdiff_t i = 0; i < n_rows; i++)
#pragma omp simd
        for (ptrdiff_t k = 0; k < stride; k++)
            sum[k] += (double)rows[i * stride + k];
}

/* Counts and priors that rounding has lost beside huge counts are at least 0. */
static double log_likelihood(const fvb_collapsed_entries *entries, const float *doc_rows,
                             const float *word_rows, const float *totals, float *work)
{
    const ptrdiff_t stride = entries->stride;
    double sum = 0;
    for (ptrdiff_t k = 0; k < stride; k++)
        work[k] = totals[k] > 0 ? 1 / totals[k] : 0;
    for (ptrdiff_t i = 0; i < entries->n; i++) {
        const float *doc = doc_rows + entries->docs[i] * stride;
        const float *word = word_rows + entries->words[i] * stride;
        float joint = 0;
#pragma omp simd reduction(+ : joint)
        for (ptrdiff_t k = 0; k < stride; k++)
            joint += (doc[k] > 0 ? doc[k] : 0) * ((word[k] > 0 ? word[k] : 0) * work[k]);
        sum += (double)entries->counts[i] * fvb_log((double)(joint > FLT_MIN ? joint : FLT_MIN));
    }
    return sum;
}

const fvb_collapsed_table FVB_TABLE(fvb_collapsed) = {
    sweep, draw, add_counts, sum_rows, log_likelihood,
};
