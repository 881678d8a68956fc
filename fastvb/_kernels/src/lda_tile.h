/* The tile of a document: the rows of its words, transposed, so that a vector holds one topic of
   LANES words and neither norms nor sums need a shuffle in the loop over topics.

   The words are taken in blocks of BLOCK_VECTORS vectors (the last one may have fewer). A block
   lies in one piece, topic by topic. Words that fill up the last vector have rows of ones and a
   count of zero. */

typedef struct {
    ptrdiff_t n_vectors, n_cached;  /* vectors of words; how many of them stay in the tile */
    ptrdiff_t n_topics;             /* rows of a block */
    ptrdiff_t n_columns;            /* of the words' rows, n_topics at first */
    int per_block;                  /* vectors of a whole block: 2, 3 or 4 */
    const REAL *const *rows;        /* (n_vectors * LANES,) by words */
    REAL *memory, *passing;         /* the tile, and two blocks of what is not in it */
} NAME(tile);

/* Blocks of which two fit the first-level cache; if none does, the more vectors the less often
   sums go to and fro. (K = 50, 100, 200 in double with AVX-512: 4, 2, 3 were fastest.) */
static void NAME(choose_blocks)(NAME(tile) *t, ptrdiff_t tile_bytes)
{
    const ptrdiff_t vector_bytes = t->n_columns * LANES * sizeof(REAL);
    t->per_block = 8 * vector_bytes <= TWO_BLOCKS_BYTES   ? 4
                   : 4 * vector_bytes <= TWO_BLOCKS_BYTES ? 2
                                                          : 3;
    t->n_cached = tile_bytes / vector_bytes;
    t->n_cached = t->n_vectors <= t->n_cached ? t->n_vectors
                                              : t->n_cached / t->per_block * t->per_block;
}

static inline ptrdiff_t NAME(block_size)(const NAME(tile) *t, ptrdiff_t v)
{
    const ptrdiff_t rest = t->n_vectors - v;
    return rest < t->per_block ? rest : t->per_block;
}

/* Transpose LANES topics of as many words into n <= LANES rows of a block, `step` elements apart. */
FVB_INLINE void NAME(put_square)(VECTOR *square, ptrdiff_t n, REAL *column, ptrdiff_t step)
{
    TRANSPOSE(square);
    if (n >= LANES)
        for (int i = 0; i < LANES; i++)
            STORE(column + i * step, square[i]);
    else
        for (int i = 0; i < n; i++)
            STORE(column + i * step, square[i]);
}

/* Transpose the rows of `size` vectors of words from v on. */
static void NAME(fill)(const NAME(tile) *t, ptrdiff_t v, ptrdiff_t size, REAL *block)
{
    for (ptrdiff_t j = 0; j < size; j++) {
        const REAL *const *rows = t->rows + (v + j) * LANES;
        REAL *column = block + j * LANES;
        for (ptrdiff_t k = 0; k < t->n_columns; k += LANES) {
            VECTOR square[LANES];
            for (int i = 0; i < LANES; i++)
                square[i] = MAX(LOAD(rows[i] + k), (VECTOR){0});
            NAME(put_square)(square, t->n_columns - k, column + k * size * LANES, size * LANES);
        }
    }
}

static void NAME(fill_tile)(NAME(tile) *t)
{
    t->n_topics = t->n_columns;
    for (ptrdiff_t v = 0; v < t->n_cached; v += t->per_block)
        NAME(fill)(t, v, NAME(block_size)(t, v), t->memory + v * LANES * t->n_topics);
}

/* The block that starts at vector v; valid until the next but one is asked for. */
static inline const REAL *NAME(tile_block)(const NAME(tile) *t, ptrdiff_t v)
{
    if (v < t->n_cached)
        return t->memory + v * LANES * t->n_topics;
    REAL *block = t->passing + v / t->per_block % 2 * BLOCK_VECTORS * LANES * t->n_topics;
    NAME(fill)(t, v, NAME(block_size)(t, v), block);
    return block;
}

/* Keep the topics kept[0] < kept[1] < ... of a tile that holds the whole document. */
static void NAME(compact)(NAME(tile) *t, ptrdiff_t n_kept, const ptrdiff_t *kept)
{
    for (ptrdiff_t v = 0; v < t->n_vectors; v += t->per_block) {
        const ptrdiff_t size = NAME(block_size)(t, v) * LANES;
        const REAL *from = t->memory + v * LANES * t->n_topics;
        REAL *to = t->memory + v * LANES * n_kept; /* never ahead of what is yet to be read */
        for (ptrdiff_t k = 0; k < n_kept; k++)
            for (ptrdiff_t i = 0; i < size; i += LANES)
                STORE(to + k * size + i, LOAD(from + kept[k] * size + i));
    }
    t->n_topics = n_kept;
}
