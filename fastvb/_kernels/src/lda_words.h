/* A document, and the passes over its words: norm = <theta, row>, weight = count / norm,
   sum += weight * row. The words lie in lanes, see lda_tile.h. */

typedef struct {
    NAME(tile) tile;
    ptrdiff_t n_words, n_topics, stride;
    const REAL *counts;             /* (n_words,) */
    const REAL *padded_counts;      /* (tile.n_vectors * LANES,) zeros beyond n_words */
    REAL least_count;               /* of those that are not zero */
    const double *const *log_rows;
    const REAL *prior;              /* (stride,) of all topics */
    int mean;                       /* whether theta is gamma, in place of exp(psi(gamma)) */
    /* of the topics in the iteration, padded to whole cache lines: */
    ptrdiff_t n_live, width;
    ptrdiff_t *topic;               /* their numbers, ascending */
    REAL *live_prior, *gamma, *theta; /* padded with ones, ones, zeros */
    REAL *ones;                     /* (stride,) */
    REAL *sum;                      /* of count / norm * row, over words */
    REAL *partial;                  /* (width, LANES) the same by lanes */
    REAL tiny;           /* below this norm, entries that underflowed might matter; never 0 */
    double log_factor;   /* theta = exp(psi(gamma) - log_factor) */
    double *elog_theta;  /* the exponent, once a word has needed it at this gamma */
    double *log_counts;  /* expected topic counts of the words treated in log space */
    double *phi;
    int n_in_log_space;
    int backwards;       /* the direction of the next pass over the words */
} NAME(doc);

/* norm = <theta, row> of the words of a block of `size` vectors. Two chains of sums each: one
   would wait for itself. */
FVB_INLINE void NAME(norms)(const NAME(doc) *d, const int size, const REAL *block, VECTOR *norm)
{
    const ptrdiff_t n = d->n_live, row = size * LANES;
    const REAL *theta = d->theta;
    VECTOR even[BLOCK_VECTORS], odd[BLOCK_VECTORS];
    for (int j = 0; j < size; j++)
        even[j] = odd[j] = (VECTOR){0};
    for (ptrdiff_t k = 0; k + 1 < n; k += 2) {
        const REAL *rows = block + k * row;
        for (int j = 0; j < size; j++) {
            even[j] += theta[k] * LOAD(rows + j * LANES);
            odd[j] += theta[k + 1] * LOAD(rows + row + j * LANES);
        }
    }
    if (n % 2)
        for (int j = 0; j < size; j++)
            even[j] += theta[n - 1] * LOAD(block + (n - 1) * row + j * LANES);
    for (int j = 0; j < size; j++)
        norm[j] = even[j] + odd[j];
}

/* partial += weight * row over the words of a block; the first block of a pass sets it. */
FVB_INLINE void NAME(add)(const NAME(doc) *d, const int size, const REAL *block,
                          const VECTOR *weight, const int is_first)
{
    const ptrdiff_t n = d->n_live;
    REAL *partial = d->partial;
    for (ptrdiff_t k = 0; k < n; k++, partial += LANES, block += size * LANES) {
        VECTOR sum = is_first ? (VECTOR){0} : LOAD(partial);
        for (int j = 0; j < size; j++)
            sum += weight[j] * LOAD(block + j * LANES);
        STORE(partial, sum);
    }
}

/* `add` for the last block and `norms` for the next in one loop: the next one comes from the
   second-level cache while the last one is still in the first. */
FVB_INLINE void NAME(add_and_norms)(const NAME(doc) *d, const int size, const REAL *last,
                                    const VECTOR *weight, const REAL *next, VECTOR *norm)
{
    const ptrdiff_t n = d->n_live, row = size * LANES;
    const REAL *theta = d->theta;
    VECTOR even[BLOCK_VECTORS], odd[BLOCK_VECTORS];
    for (int j = 0; j < size; j++)
        even[j] = odd[j] = (VECTOR){0};
    for (ptrdiff_t k = 0; k + 1 < n; k += 2) {
        const REAL *in = next + k * row, *out = last + k * row;
        REAL *partial = d->partial + k * LANES;
        VECTOR sum0 = LOAD(partial), sum1 = LOAD(partial + LANES);
        for (int j = 0; j < size; j++) {
            even[j] += theta[k] * LOAD(in + j * LANES);
            odd[j] += theta[k + 1] * LOAD(in + row + j * LANES);
            sum0 += weight[j] * LOAD(out + j * LANES);
            sum1 += weight[j] * LOAD(out + row + j * LANES);
        }
        STORE(partial, sum0);
        STORE(partial + LANES, sum1);
    }
    if (n % 2) {
        const REAL *in = next + (n - 1) * row, *out = last + (n - 1) * row;
        VECTOR sum = LOAD(d->partial + (n - 1) * LANES);
        for (int j = 0; j < size; j++) {
            even[j] += theta[n - 1] * LOAD(in + j * LANES);
            sum += weight[j] * LOAD(out + j * LANES);
        }
        STORE(d->partial + (n - 1) * LANES, sum);
    }
    for (int j = 0; j < size; j++)
        norm[j] = even[j] + odd[j];
}

/* weight = count / norm in place of the norms of a block. */
FVB_INLINE void NAME(weigh)(const NAME(doc) *d, ptrdiff_t v, const int size, VECTOR *norm,
                            VECTOR *least)
{
    for (int j = 0; j < size; j++) {
        *least = MIN(*least, norm[j]);
        norm[j] = LOAD(d->padded_counts + (v + j) * LANES) / norm[j];
    }
}

/* All whole blocks, in alternate directions: what was read last is still in the cache. */
FVB_INLINE void NAME(add_blocks)(const NAME(doc) *d, const int size, VECTOR *least)
{
    const ptrdiff_t n = d->tile.n_vectors / size;
    const REAL *last = NULL;
    VECTOR weight[BLOCK_VECTORS];
    for (ptrdiff_t i = 0; i < n; i++) {
        const ptrdiff_t v = (d->backwards ? n - 1 - i : i) * size;
        const REAL *next = NAME(tile_block)(&d->tile, v);
        VECTOR norm[BLOCK_VECTORS];
        if (last)
            NAME(add_and_norms)(d, size, last, weight, next, norm);
        else
            NAME(norms)(d, size, next, norm);
        NAME(weigh)(d, v, size, norm, least);
        memcpy(weight, norm, sizeof weight);
        last = next;
    }
    if (last)
        NAME(add)(d, size, last, weight, 0);
}

/* The last words, fewer than a block; they come first. */
FVB_INLINE void NAME(add_rest)(const NAME(doc) *d, const int size, VECTOR *least)
{
    const ptrdiff_t v = d->tile.n_vectors - size;
    const REAL *block = NAME(tile_block)(&d->tile, v);
    VECTOR norm[BLOCK_VECTORS];
    NAME(norms)(d, size, block, norm);
    NAME(weigh)(d, v, size, norm, least);
    NAME(add)(d, size, block, norm, 1);
}

/* sum over words of weight * row for every topic; returns the least norm. */
static REAL NAME(sum_words)(const NAME(doc) *d)
{
    const ptrdiff_t width = d->width, rest = d->tile.n_vectors % d->tile.per_block;
    VECTOR least = (VECTOR){0} + (REAL)INFINITY;
    for (ptrdiff_t k = rest ? d->n_live : 0; k < width; k++)
        STORE(d->partial + k * LANES, (VECTOR){0});
    switch (rest) {
    case 1: NAME(add_rest)(d, 1, &least); break;
    case 2: NAME(add_rest)(d, 2, &least); break;
    case 3: NAME(add_rest)(d, 3, &least); break;
    }
    switch (d->tile.per_block) {
    case 2: NAME(add_blocks)(d, 2, &least); break;
    case 3: NAME(add_blocks)(d, 3, &least); break;
    default: NAME(add_blocks)(d, 4, &least); break;
    }
    for (ptrdiff_t k = 0; k < width; k += PART) {
        PART_VECTOR lanes[PART];
        for (int i = 0; i < PART; i++) {
            lanes[i] = PART_LOAD(d->partial + (k + i) * LANES);
            if (LANES > PART)
                lanes[i] += PART_LOAD(d->partial + (k + i) * LANES + (LANES - PART));
        }
        PART_STORE(d->sum + k, PART_REDUCE_ADD(lanes));
    }
    REAL lowest = INFINITY;
    for (int i = 0; i < LANES; i++)
        lowest = least[i] < lowest ? least[i] : lowest;
    return lowest;
}
