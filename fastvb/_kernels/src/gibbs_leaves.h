/* Gibbs sampling of topic assignments given the topics. Lines of fixed length, whatever the level,
   fix the order of all sums, and so the draws. */

enum { NAME(LINE) = 64 / sizeof(REAL) };

/* A topic k with probability ~ weight[k] row[k]: by the lanes of the lines first, then by the lines
   within that lane. What underflowed in the row is negative there, and counts as nothing. */
static ptrdiff_t NAME(pick)(ptrdiff_t stride, const REAL *weight, const REAL *row, REAL u,
                            REAL *prefix)
{
    REAL sum[NAME(LINE)] = {0}, cumulative[NAME(LINE)], total = 0;
    for (ptrdiff_t k = 0; k < stride; k += NAME(LINE)) {
        _Pragma("omp simd")
        for (int i = 0; i < NAME(LINE); i++) {
            const REAL beta = row[k + i] > 0 ? row[k + i] : 0;
            sum[i] += weight[k + i] * beta;
            prefix[k + i] = sum[i];
        }
    }
    for (int i = 0; i < NAME(LINE); i++)
        cumulative[i] = total += sum[i];
    REAL target = u * total;
    int lane = 0;
    for (int i = 0; i < NAME(LINE) - 1; i++)
        lane += cumulative[i] < target;
    target -= lane ? cumulative[lane - 1] : 0;
    ptrdiff_t k = lane;
    while (k + NAME(LINE) < stride && prefix[k] < target)
        k += NAME(LINE);
    if (weight[k] * row[k] > 0)
        return k;
    ptrdiff_t best = 0; /* rounding has led to a topic of probability 0 */
    for (k = 1; k < stride; k++)
        best = weight[k] * row[k] > weight[best] * row[best] ? k : best;
    return best;
}

static void NAME(document)(ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride,
                           const int64_t *token_ptr, const REAL *const *rows, const REAL *prior,
                           uint64_t seed, uint32_t stream, uint64_t number, int n_burn_in,
                           int n_kept, uint16_t *topics, REAL *gamma, void *work)
{
    const ptrdiff_t n_tokens = token_ptr[n_words] - token_ptr[0];
    const ptrdiff_t padded = (n_tokens + 15) / 16 * 16;
    const fvb_philox_key key = fvb_philox_schedule(seed, stream);
    REAL *weight = work, *prefix = weight + stride;
    uint64_t *first = (uint64_t *)(prefix + stride), *second = first + padded;
    int32_t *count = (int32_t *)(second + padded), *now = count + stride;

    memcpy(weight, prior, stride * sizeof *weight);
    memset(count, 0, stride * sizeof *count);
    for (ptrdiff_t k = 0; k < n_topics; k++)
        gamma[k] = 0;
    for (int sweep = 0; sweep < n_burn_in + n_kept; sweep++) {
        if (sweep % SWEEPS_PER_BLOCK == 0)
            token_words(&key, number, (uint32_t)(sweep / SWEEPS_PER_BLOCK), n_tokens, first,
                        second);
        for (ptrdiff_t i = 0, t = 0; i < n_words; i++) {
            for (const ptrdiff_t end = token_ptr[i + 1] - token_ptr[0]; t < end; t++) {
                if (sweep > 0) {
                    const int32_t old = now[t];
                    weight[old] = prior[old] + (REAL)--count[old];
                }
                const uint32_t word = word_of_sweep(first, second, sweep, t);
                const REAL u = ((REAL)(word >> 8) + (REAL)0.5) * (REAL)0x1p-24;
                const int32_t k = (int32_t)NAME(pick)(stride, weight, rows[i], u, prefix);
                now[t] = k;
                weight[k] = prior[k] + (REAL)++count[k];
                if (sweep >= n_burn_in)
                    topics[t * n_kept + (sweep - n_burn_in)] = (uint16_t)k;
            }
        }
        for (ptrdiff_t k = 0; k < n_topics && sweep >= n_burn_in; k++)
            gamma[k] += (REAL)count[k];
    }
    for (ptrdiff_t k = 0; k < n_topics; k++)
        gamma[k] = prior[k] + gamma[k] / (REAL)n_kept;
}
