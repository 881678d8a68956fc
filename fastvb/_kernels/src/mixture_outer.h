/* Sums over rows of x_a x_b under a component's responsibilities, for many features: vectors are
   over b, so that a row's part is an outer product and nothing is summed across lanes. */

#ifndef OUTER_TILES
#define OUTER_TILES
#if defined(__AVX512F__)
enum { OUTER_LEFT = 8 }; /* features a of a tile, by vectors b */
#else
enum { OUTER_LEFT = 4 }; /* 16 registers */
#endif
enum { OUTER_VECTORS = 3 };

static inline ptrdiff_t whole(ptrdiff_t n, ptrdiff_t unit) { return (n + unit - 1) / unit * unit; }
#endif

/* Vectors of a row of features, and those of the tiles at a: from the diagonal on. */
static ptrdiff_t NAME(row_length)(ptrdiff_t n)
{
    return whole(n, (int)LANES > (int)OUTER_LEFT ? (int)LANES : (int)OUTER_LEFT);
}

static ptrdiff_t NAME(outer_vectors)(ptrdiff_t n, ptrdiff_t a)
{
    return (n + LANES - 1) / LANES - a / LANES;
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

/* sums[a, b] += sum over rows of left[a] * right[b]. */
FVB_INLINE void NAME(outer)(const int n_vectors, ptrdiff_t n_rows, const REAL *left,
                            const REAL *right, ptrdiff_t length, double *sums)
{
    NAME(lanes) sum[OUTER_LEFT][OUTER_VECTORS];
    UNROLL for (int a = 0; a < OUTER_LEFT; a++)
        UNROLL for (int v = 0; v < n_vectors; v++) {
            __builtin_prefetch(sums + (a * n_vectors + v) * LANES, 1);
            sum[a][v] = (NAME(lanes)){0};
        }
    for (ptrdiff_t i = 0; i < n_rows; i++, left += OUTER_LEFT, right += length) {
        NAME(lanes) r[OUTER_VECTORS];
        UNROLL for (int v = 0; v < n_vectors; v++)
            r[v] = NAME(fvb_lanes_load)(right + v * LANES);
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

/* The block's rows, one after the other. */
static void NAME(put_rows)(ptrdiff_t n, NAME(extent) e, const REAL *x, REAL *rows)
{
    const ptrdiff_t length = NAME(row_length)(n);
    for (ptrdiff_t j = 0; j < length; j += LANES)
        for (ptrdiff_t i = 0; i < e.n; i += LANES) {
            NAME(lanes) tile[LANES];
            for (int l = 0; l < LANES; l++)
                tile[l] = j + l < n ? NAME(fvb_lanes_load)(x + (j + l) * e.stride + i)
                                    : (NAME(lanes)){0};
            NAME(fvb_transpose)(tile);
            for (int l = 0; l < LANES; l++)
                NAME(fvb_lanes_store)(rows + (i + l) * length + j, tile[l]);
        }
}

/* Sums of one component, whose weighted responsibilities are resp * weight. */
static void NAME(add_outer)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *resp, const REAL *weight,
                            const REAL *rows, double *sums, REAL *left)
{
    const ptrdiff_t length = NAME(row_length)(n);
    for (ptrdiff_t a = 0; a < n; a += OUTER_LEFT) {
        for (ptrdiff_t i = 0; i < n_rows; i++) {
            const REAL r = resp[i] * weight[i];
#pragma omp simd
            for (int l = 0; l < OUTER_LEFT; l++)
                left[i * OUTER_LEFT + l] = r * rows[i * length + a + l];
        }
        for (ptrdiff_t v = 0, nv, n_vectors = NAME(outer_vectors)(n, a); v < n_vectors; v += nv) {
            nv = next_tile(n_vectors - v, OUTER_VECTORS);
            const REAL *right = rows + (a / LANES + v) * LANES;
            switch (nv) {
            case 1: NAME(outer)(1, n_rows, left, right, length, sums); break;
            case 2: NAME(outer)(2, n_rows, left, right, length, sums); break;
            default: NAME(outer)(3, n_rows, left, right, length, sums);
            }
            sums += OUTER_LEFT * nv * LANES;
        }
    }
}
