/* Sums over rows of x_a x_b under a component's responsibilities, for many features: vectors are
   over b, so that a row's part is an outer product and nothing is summed across lanes.

   With many features most rows belong to one component as good as certainly. Rows whose weight is
   nothing beside the largest of a block (far below rounding) are passed over. */

#ifndef OUTER_TILES
#define OUTER_TILES
/* Features a of a tile, a part of a vector, by vectors b: as many as the registers hold sums. */
#if defined(__AVX512F__)
enum { OUTER_LEFT = 8 };
#elif defined(__AVX2__)
enum { OUTER_LEFT = 4 };
#else
enum { OUTER_LEFT = 2 };
#endif
enum { OUTER_VECTORS = 3 };
#endif

static ptrdiff_t NAME(count_vectors)(ptrdiff_t n) { return count_tiles(n, LANES); }

/* Vectors b of the tiles at a: from the diagonal on. */
static ptrdiff_t NAME(outer_vectors)(ptrdiff_t n, ptrdiff_t a)
{
    return NAME(count_vectors)(n) - a / LANES;
}

static ptrdiff_t NAME(count_outer_sums)(ptrdiff_t n)
{
    ptrdiff_t sums = 0;
    for (ptrdiff_t a = 0; a < n; a += OUTER_LEFT)
        sums += NAME(outer_vectors)(n, a) * OUTER_LEFT * LANES;
    return sums;
}

static void NAME(unpack_outer)(ptrdiff_t n, const double *sums, double *out)
{
    for (ptrdiff_t a = 0; a < n; a += OUTER_LEFT)
        for (ptrdiff_t v = 0, nv, n_vectors = NAME(outer_vectors)(n, a); v < n_vectors; v += nv) {
            nv = next_tile(n_vectors - v, OUTER_VECTORS);
            const ptrdiff_t b = (a / LANES + v) * LANES;
            for (ptrdiff_t i = a; i < a + OUTER_LEFT; i++, sums += nv * LANES) {
                double *row = out + i * n - i * (i - 1) / 2 - i; /* row[j] is (i, j) */
                for (ptrdiff_t j = b > i ? b : i; i < n && j < n && j < b + nv * LANES; j++)
                    row[j] = sums[j - b];
            }
        }
}

/* Where in a strip the rows are that count; returns their number. */
static ptrdiff_t NAME(rows_that_count)(ptrdiff_t n_rows, const REAL *weights, int32_t *rows)
{
    REAL top = 0;
    ptrdiff_t n = 0;
#pragma omp simd reduction(max : top)
    for (ptrdiff_t i = 0; i < n_rows; i++)
        top = weights[i] > top ? weights[i] : top;
    const REAL least = top * NEXT_TO_NOTHING;
    for (ptrdiff_t i = 0; i < n_rows; i++) {
        rows[n] = (int32_t)(i * LANES);
        n += weights[i] > least;
    }
    return n;
}

/* sums[a, b] += sum over rows of left[a] * right[b]; strips are `length` long. */
FVB_INLINE void NAME(outer)(const int n_vectors, ptrdiff_t n_rows, const int32_t *rows,
                            ptrdiff_t length, const REAL *left, const REAL *right, double *sums)
{
    NAME(lanes) sum[OUTER_LEFT][OUTER_VECTORS];
    UNROLL for (int a = 0; a < OUTER_LEFT; a++)
        UNROLL for (int v = 0; v < n_vectors; v++) {
            __builtin_prefetch(sums + (a * n_vectors + v) * LANES, 1);
            sum[a][v] = (NAME(lanes)){0};
        }
    for (ptrdiff_t i = 0; i < n_rows; i++, left += OUTER_LEFT) {
        const REAL *row = right + rows[i];
        NAME(lanes) r[OUTER_VECTORS];
        UNROLL for (int v = 0; v < n_vectors; v++)
            r[v] = NAME(fvb_lanes_load)(row + v * length);
        UNROLL for (int a = 0; a < OUTER_LEFT; a++)
            UNROLL for (int v = 0; v < n_vectors; v++)
                sum[a][v] += r[v] * left[a];
    }
    UNROLL for (int a = 0; a < OUTER_LEFT; a++)
        UNROLL for (int v = 0; v < n_vectors; v++) {
            REAL total[LANES];
            NAME(fvb_lanes_store)(total, sum[a][v]);
            double *out = sums + (a * n_vectors + v) * LANES;
#pragma omp simd
            for (int i = 0; i < LANES; i++)
                out[i] += (double)total[i];
        }
}

/* Strips of LANES features, in each of them row after row. */
static void NAME(put_strips)(ptrdiff_t n, NAME(extent) e, const REAL *x, REAL *strips)
{
    for (ptrdiff_t j = 0; j < n; j += LANES)
        for (ptrdiff_t i = 0; i < e.n; i += LANES, strips += LANES * LANES) {
            NAME(lanes) tile[LANES];
            for (int l = 0; l < LANES; l++)
                tile[l] = j + l < n ? NAME(fvb_lanes_load)(x + (j + l) * e.stride + i)
                                    : (NAME(lanes)){0};
            NAME(fvb_transpose)(tile);
            for (int l = 0; l < LANES; l++)
                NAME(fvb_lanes_store)(strips + l * LANES, tile[l]);
        }
}

static void NAME(put_left)(ptrdiff_t n_rows, const int32_t *rows, const REAL *resp,
                           const REAL *strip, REAL *left)
{
    for (ptrdiff_t i = 0; i < n_rows; i++, left += OUTER_LEFT) {
        const REAL *row = strip + rows[i], weight = resp[rows[i] / LANES];
#pragma omp simd
        for (int l = 0; l < OUTER_LEFT; l++)
            left[l] = weight * row[l];
    }
}

/* Sums of one component; left is for OUTER_LEFT values of a row, rows for one number. */
static void NAME(add_outer)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *resp, const REAL *strips,
                            double *sums, REAL *left, int32_t *rows)
{
    const ptrdiff_t length = n_rows * LANES, n_counting = NAME(rows_that_count)(n_rows, resp, rows);
    if (n_counting == 0)
        return;
    for (ptrdiff_t a = 0; a < n; a += OUTER_LEFT) {
        const REAL *right = strips + a / LANES * length;
        NAME(put_left)(n_counting, rows, resp, right + a % LANES, left);
        for (ptrdiff_t v = 0, nv, n_vectors = NAME(outer_vectors)(n, a); v < n_vectors; v += nv) {
            nv = next_tile(n_vectors - v, OUTER_VECTORS);
            switch (nv) {
            case 1: NAME(outer)(1, n_counting, rows, length, left, right, sums); break;
            case 2: NAME(outer)(2, n_counting, rows, length, left, right, sums); break;
            default: NAME(outer)(3, n_counting, rows, length, left, right, sums);
            }
            sums += OUTER_LEFT * nv * LANES;
            right += nv * length;
        }
    }
}
