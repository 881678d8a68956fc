/* Inner products over the rows of a block, register-blocked: the statistics of every family are
   products of responsibilities (or weighted features) with features. The including file defines
   REAL, NAME() and LANES. */

typedef NAME(fvb_lanes) NAME(lanes);
typedef NAME(fvb_lanes_mask) NAME(lanes_mask);

#ifndef UNROLL
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* The features of a block lie `stride` apart; `n` of its rows are in use, filled up with zeros to a
   multiple of 4 LANES. */
typedef struct {
    ptrdiff_t n, stride;
} NAME(extent);

/* sums[i] of the lanes of v[i]. */
FVB_INLINE void NAME(sum_lanes)(NAME(lanes) *v, double *sums)
{
    NAME(fvb_transpose)(v);
    for (int width = LANES / 2; width; width /= 2)
        for (int i = 0; i < width; i++)
            v[i] += v[i + width];
    REAL sum[LANES];
    NAME(fvb_lanes_store)(sum, v[0]);
    for (int i = 0; i < LANES; i++)
        sums[i] = (double)sum[i];
}

/* out[a * TILE_MOMENTS + b] = sum over rows of left[a] * right[b]. */
FVB_INLINE void NAME(tile)(const int n_left, const int n_right, NAME(extent) e, const REAL *left,
                           const REAL *right, double *out)
{
    enum { MOST = (TILE_COMPONENTS * TILE_MOMENTS + LANES - 1) / LANES * LANES };
    NAME(lanes) sum[MOST];
    UNROLL for (int a = 0; a < n_left; a++)
        UNROLL for (int b = 0; b < n_right; b++)
            sum[a * n_right + b] = (NAME(lanes)){0};
    for (ptrdiff_t i = 0; i < e.n; i += LANES) {
        NAME(lanes) l[TILE_COMPONENTS];
        UNROLL for (int a = 0; a < n_left; a++)
            l[a] = NAME(fvb_lanes_load)(left + a * e.stride + i);
        UNROLL for (int b = 0; b < n_right; b++) {
            const NAME(lanes) r = NAME(fvb_lanes_load)(right + b * e.stride + i);
            UNROLL for (int a = 0; a < n_left; a++)
                sum[a * n_right + b] += l[a] * r;
        }
    }
    const int n = n_left * n_right;
    double sums[MOST];
    UNROLL for (int s = 0; s < n; s += LANES) {
        NAME(lanes) v[LANES];
        UNROLL for (int i = 0; i < LANES; i++)
            v[i] = s + i < n ? sum[s + i] : (NAME(lanes)){0};
        NAME(sum_lanes)(v, sums + s);
    }
    UNROLL for (int a = 0; a < n_left; a++)
        UNROLL for (int b = 0; b < n_right; b++)
            out[a * TILE_MOMENTS + b] = sums[a * n_right + b];
}

#ifndef TILE_SIZES
#define TILE_SIZES(function, n_left, n_right, ...)                                          \
    switch ((n_left) * 8 + (n_right)) {                                                     \
        TILE_ROW(function, 1, __VA_ARGS__)                                                  \
        TILE_ROW(function, 2, __VA_ARGS__)                                                  \
        TILE_ROW(function, 3, __VA_ARGS__)                                                  \
        TILE_ROW(function, 4, __VA_ARGS__)                                                  \
    }
#define TILE_ROW(function, a, ...)                                                          \
    case a * 8 + 1: function(a, 1, __VA_ARGS__); break;                                     \
    case a * 8 + 2: function(a, 2, __VA_ARGS__); break;                                     \
    case a * 8 + 3: function(a, 3, __VA_ARGS__); break;                                     \
    case a * 8 + 4: function(a, 4, __VA_ARGS__); break;                                     \
    case a * 8 + 5: function(a, 5, __VA_ARGS__); break;                                     \
    case a * 8 + 6: function(a, 6, __VA_ARGS__); break;

/* Size of the next tile of at most `most` out of `rest`: sizes differ by at most 1. */
static inline int next_tile(ptrdiff_t rest, int most)
{
    const ptrdiff_t n_tiles = (rest + most - 1) / most;
    return (int)((rest + n_tiles - 1) / n_tiles);
}
#endif

static void NAME(any_tile)(int n_left, int n_right, NAME(extent) e, const REAL *left,
                           const REAL *right, double *out)
{
    TILE_SIZES(NAME(tile), n_left, n_right, e, left, right, out)
}

/* out[a, b] += sum over rows of left[a] * right[b]; rows of out are out_stride apart. */
static void NAME(add_products)(ptrdiff_t n_left, ptrdiff_t n_right, NAME(extent) e,
                               const REAL *left, const REAL *right, double *out,
                               ptrdiff_t out_stride)
{
    double sums[TILE_COMPONENTS * TILE_MOMENTS];
    for (ptrdiff_t a = 0, na; a < n_left; a += na) {
        na = next_tile(n_left - a, TILE_COMPONENTS);
        for (ptrdiff_t b = 0, nb; b < n_right; b += nb) {
            nb = next_tile(n_right - b, TILE_MOMENTS);
            NAME(any_tile)((int)na, (int)nb, e, left + a * e.stride, right + b * e.stride, sums);
            for (ptrdiff_t i = 0; i < na; i++)
                for (ptrdiff_t j = 0; j < nb; j++)
                    out[(a + i) * out_stride + b + j] += sums[i * TILE_MOMENTS + j];
        }
    }
}

/* The same of left[a] * right[b] for a <= b < n, packed. */
static void NAME(add_triangle)(ptrdiff_t n, NAME(extent) e, const REAL *left, const REAL *right,
                               double *out)
{
    double sums[TILE_COMPONENTS * TILE_MOMENTS];
    for (ptrdiff_t a = 0, na; a < n; a += na) {
        na = next_tile(n - a, TILE_COMPONENTS);
        for (ptrdiff_t b = a, nb; b < n; b += nb) {
            nb = next_tile(n - b, TILE_MOMENTS);
            NAME(any_tile)((int)na, (int)nb, e, left + a * e.stride, right + b * e.stride, sums);
            for (ptrdiff_t i = a; i < a + na; i++) {
                double *row = out + i * n - i * (i - 1) / 2 - i; /* row[j] is (i, j) */
                for (ptrdiff_t j = b > i ? b : i; j < b + nb; j++)
                    row[j] += sums[(i - a) * TILE_MOMENTS + j - b];
            }
        }
    }
}
