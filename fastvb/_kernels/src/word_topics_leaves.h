/* The leaves of word topics for one precision: the including file defines REAL and NAME(). */

static inline REAL NAME(sum_of_weights)(ptrdiff_t stride, const REAL *row, const REAL *theta)
{
    REAL sum = 0;
#pragma omp simd reduction(+ : sum)
    for (ptrdiff_t k = 0; k < stride; k++)
        sum += (row[k] > 0 ? row[k] : 0) * theta[k];
    return sum;
}

static int NAME(probabilities)(ptrdiff_t n_entries, ptrdiff_t n_topics, ptrdiff_t stride,
                               const ptrdiff_t *places, const REAL *rows, const REAL *theta,
                               REAL tiny, REAL *restrict phi)
{
    for (ptrdiff_t i = 0; i < n_entries; i++, phi += n_topics) {
        const REAL *row = rows + places[i] * stride;
        const REAL sum = NAME(sum_of_weights)(stride, row, theta);
        if (!(sum >= tiny))
            return 1;
        const REAL scale = 1 / sum;
#pragma omp simd
        for (ptrdiff_t k = 0; k < n_topics; k++)
            phi[k] = (row[k] > 0 ? row[k] : 0) * theta[k] * scale;
    }
    return 0;
}

static int NAME(most_probable)(ptrdiff_t n_entries, ptrdiff_t n_topics, ptrdiff_t stride,
                               const ptrdiff_t *places, const REAL *rows, const REAL *theta,
                               REAL tiny, int32_t *topics)
{
    for (ptrdiff_t i = 0; i < n_entries; i++) {
        const REAL *row = rows + places[i] * stride;
        REAL top = 0;
#pragma omp simd reduction(max : top)
        for (ptrdiff_t k = 0; k < stride; k++) {
            const REAL weight = row[k] * theta[k];
            top = weight > top ? weight : top;
        }
        if (!(top >= tiny))
            return 1;
        ptrdiff_t k = 0;
        while (k < n_topics - 1 && row[k] * theta[k] < top)
            k++;
        topics[i] = (int32_t)k;
    }
    return 0;
}
