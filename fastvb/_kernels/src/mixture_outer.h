/* Sums over rows of x_a x_b under a component's responsibilities, for many features: vectors are
   over b, so that a row's part is an outer product and nothing is summed across lanes. */

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

/* sums[a, b] += sum over rows of left[a] * right[b]. */
FVB_INLINE void NAME(outer)(const int n_vectors, ptrdiff_t n_rows, const REAL *left,
                            const REAL *right, double *sums)
{
    NAME(lanes) sum[OUTER_LEFT][OUTER_VECTORS];
    UNROLL for (int a = 0; a < OUTER_LEFT; a++)
        UNROLL for (int v = 0; v < n_vectors; v++) {
            __builtin_prefetch(sums + (a * n_vectors + v) * LANES, 1);
            sum[a][v] = (NAME(lanes)){0};
        }
    for (ptrdiff_t i = 0; i < n_rows; i++, left += OUTER_LEFT, right += LANES) {
        NAME(lanes) r[OUTER_VECTORS];
        UNROLL for (int v = 0; v < n_vectors; v++)
            r[v] = NAME(fvb_lanes_load)(right + v * n_rows * LANES);
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

static void NAME(put_left)(ptrdiff_t n_rows, const REAL *resp, const REAL *strip, REAL *left)
{
    for (ptrdiff_t i = 0; i < n_rows; i++, strip += LANES, left += OUTER_LEFT)
#pragma omp simd
        for (int l = 0; l < OUTER_LEFT; l++)
            left[l] = resp[i] * strip[l];
}

/* Sums of one component; left is for OUTER_LEFT values of a row. */
static void NAME(add_outer)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *resp, const REAL *strips,
                            double *sums, REAL *left)
{
    for (ptrdiff_t a = 0; a < n; a += OUTER_LEFT) {
        const REAL *right = strips + a / LANES * LANES * n_rows;
        NAME(put_left)(n_rows, resp, right + a % LANES, left);
        for (ptrdiff_t v = 0, nv, n_vectors = NAME(outer_vectors)(n, a); v < n_vectors; v += nv) {
            nv = next_tile(n_vectors - v, OUTER_VECTORS);
            switch (nv) {
            case 1: NAME(outer)(1, n_rows, left, right, sums); break;
            case 2: NAME(outer)(2, n_rows, left, right, sums); break;
            default: NAME(outer)(3, n_rows, left, right, sums);
            }
            sums += OUTER_LEFT * nv * LANES;
            right += nv * LANES * n_rows;
        }
    }
}
