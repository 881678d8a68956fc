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

/* Rows of the data that are worked on together; see mixture_families.h. */
typedef struct {
    NAME(extent) e;
    ptrdiff_t first, size; /* rows of the data */
    REAL *x, *features, *work, *resp, *weight, *sum, *log_norm;
} NAME(block);

/* out = the product of two features */
FVB_INLINE void NAME(multiply)(NAME(extent) e, const REAL *a, const REAL *b, REAL *out)
{
    for (ptrdiff_t i = 0; i < e.n; i += LANES)
        NAME(fvb_lanes_store)(out + i, NAME(fvb_lanes_load)(a + i) * NAME(fvb_lanes_load)(b + i));
}

/* sums += the sum of the lanes of each of LANES vectors. */
FVB_INLINE void NAME(add_lanes)(NAME(lanes) *v, double *sums)
{
    REAL sum[LANES];
    NAME(fvb_lanes_store)(sum, NAME(fvb_sum_lanes)(v));
#pragma omp simd
    for (int i = 0; i < LANES; i++)
        sums[i] += (double)sum[i];
}

/* sums[a * n_right + b] += sum over rows of left[a] * right[b]. */
FVB_INLINE void NAME(tile)(const int n_left, const int n_right, NAME(extent) e, const REAL *left,
                           const REAL *right, double *sums)
{
    NAME(lanes) sum[TILE_SUMS];
    const int n = n_left * n_right;
    UNROLL for (int s = 0; s < n; s++)
        sum[s] = (NAME(lanes)){0};
    for (ptrdiff_t i = 0; i < e.n; i += LANES) {
        NAME(lanes) l[TILE_LEFT];
        UNROLL for (int a = 0; a < n_left; a++)
            l[a] = NAME(fvb_lanes_load)(left + a * e.stride + i);
        UNROLL for (int b = 0; b < n_right; b++) {
            const NAME(lanes) r = NAME(fvb_lanes_load)(right + b * e.stride + i);
            UNROLL for (int a = 0; a < n_left; a++)
                sum[a * n_right + b] += l[a] * r;
        }
    }
    UNROLL for (int s = 0; s < n; s += LANES) {
        NAME(lanes) v[LANES];
        UNROLL for (int i = 0; i < LANES; i++)
            v[i] = s + i < n ? sum[s + i] : (NAME(lanes)){0};
        NAME(add_lanes)(v, sums + s);
    }
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

static inline ptrdiff_t whole(ptrdiff_t n, ptrdiff_t unit) { return (n + unit - 1) / unit * unit; }

static inline ptrdiff_t count_tiles(ptrdiff_t n, int most) { return (n + most - 1) / most; }

/* Size of the next tile of at most `most` out of `rest`: sizes differ by at most 1. */
static inline int next_tile(ptrdiff_t rest, int most)
{
    const ptrdiff_t n_tiles = count_tiles(rest, most);
    return (int)((rest + n_tiles - 1) / n_tiles);
}

/* Doubles that hold products of n_left by n_right: TILE_SUMS for each tile. */
static inline ptrdiff_t count_product_sums(ptrdiff_t n_left, ptrdiff_t n_right)
{
    return count_tiles(n_left, TILE_LEFT) * count_tiles(n_right, TILE_RIGHT) * TILE_SUMS;
}

static void unpack_products(ptrdiff_t n_left, ptrdiff_t n_right, ptrdiff_t out_stride,
                            const double *sums, double *out)
{
    for (ptrdiff_t b = 0, nb; b < n_right; b += nb) {
        nb = next_tile(n_right - b, TILE_RIGHT);
        for (ptrdiff_t a = 0, na; a < n_left; a += na, sums += TILE_SUMS) {
            na = next_tile(n_left - a, TILE_LEFT);
            for (ptrdiff_t i = 0; i < na; i++)
                memcpy(out + (a + i) * out_stride + b, sums + i * nb, nb * sizeof *out);
        }
    }
}
#endif

/* sums += sum over rows of left[a] * right[b], tile by tile; see unpack_products. */
static void NAME(add_products)(ptrdiff_t n_left, ptrdiff_t n_right, NAME(extent) e,
                               const REAL *left, const REAL *right, double *sums)
{
    for (ptrdiff_t b = 0, nb; b < n_right; b += nb) {
        nb = next_tile(n_right - b, TILE_RIGHT);
        for (ptrdiff_t a = 0, na; a < n_left; a += na, sums += TILE_SUMS) {
            na = next_tile(n_left - a, TILE_LEFT);
            TILE_SIZES(NAME(tile), na, nb, e, left + a * e.stride, right + b * e.stride, sums)
        }
    }
}
