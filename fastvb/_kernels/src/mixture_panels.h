/* An upper-triangular matrix times the features of a block, a panel of its rows at a time: as many
   as let each feature that is loaded serve a register for each. */

#ifndef PANEL_SIZES
#if defined(__AVX512F__)
enum { PANEL_VECTORS = 4 }; /* of rows of the block */
#else
enum { PANEL_VECTORS = 2 }; /* 16 registers */
#endif
enum { PANEL_ROWS = 6 };
#define PANEL_SIZES(function, n_rows, ...)              \
    switch (n_rows) {                                   \
    case 1: function(1, __VA_ARGS__); break;            \
    case 2: function(2, __VA_ARGS__); break;            \
    case 3: function(3, __VA_ARGS__); break;            \
    case 4: function(4, __VA_ARGS__); break;            \
    case 5: function(5, __VA_ARGS__); break;            \
    default: function(6, __VA_ARGS__);                  \
    }

static inline ptrdiff_t panel_size(ptrdiff_t n_rows, ptrdiff_t n)
{
    return n_rows + n_rows * n - n_rows * (n_rows - 1) / 2;
}
#endif

/* Panel after panel: their c (zeros without a mean), then their columns from the diagonal on. */
static REAL *NAME(pack_panels)(ptrdiff_t n, const double *factors, const double *mean, REAL *p)
{
    for (ptrdiff_t r = 0, n_rows; r < n; r += n_rows) {
        n_rows = next_tile(n - r, PANEL_ROWS);
        const double *row[PANEL_ROWS]; /* row[q][j] is the matrix's element (r + q, j) */
        double c[PANEL_ROWS] = {0};
        for (ptrdiff_t q = 0; q < n_rows; factors += n - (r + q), q++)
            row[q] = factors - (r + q);
        REAL *out = p;
        p += n_rows;
        for (ptrdiff_t j = r; j < n; j++)
            for (ptrdiff_t q = 0; q < n_rows && q <= j - r; q++) {
                *p = (REAL)(HALF_ROOT * row[q][j]);
                c[q] += (double)*p++ * (mean ? mean[j] : 0.0);
            }
        for (ptrdiff_t q = 0; q < n_rows; q++)
            out[q] = (REAL)c[q];
    }
    return p;
}

/* t = rows of U y - c of a panel with n columns, for PANEL_VECTORS of the block's rows. */
FVB_INLINE void NAME(panel)(const int n_rows, ptrdiff_t n, ptrdiff_t stride, const REAL *x,
                            const REAL *p, NAME(lanes) (*t)[PANEL_VECTORS])
{
    NAME(lanes) y[PANEL_VECTORS];
    UNROLL for (int q = 0; q < n_rows; q++)
        UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
            t[q][v] = (NAME(lanes)){0} - p[q];
    p += n_rows;
    UNROLL for (int j = 0; j < n_rows; p += ++j, x += stride)
        UNROLL for (int q = 0; q <= j; q++)
            UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
                t[q][v] += NAME(fvb_lanes_load)(x + v * LANES) * p[q];
    for (ptrdiff_t j = n_rows; j < n; j++, p += n_rows, x += stride) {
        UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
            y[v] = NAME(fvb_lanes_load)(x + v * LANES);
        UNROLL for (int q = 0; q < n_rows; q++)
            UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
                t[q][v] += y[v] * p[q];
    }
}

FVB_INLINE void NAME(panel_norm)(const int n_rows, ptrdiff_t n, ptrdiff_t stride, const REAL *x,
                                 const REAL *p, REAL *sum)
{
    NAME(lanes) t[PANEL_ROWS][PANEL_VECTORS];
    NAME(panel)(n_rows, n, stride, x, p, t);
    UNROLL for (int v = 0; v < PANEL_VECTORS; v++) {
        NAME(lanes) s = NAME(fvb_lanes_load)(sum + v * LANES);
        UNROLL for (int q = 0; q < n_rows; q++)
            s -= t[q][v] * t[q][v];
        NAME(fvb_lanes_store)(sum + v * LANES, s);
    }
}

FVB_INLINE void NAME(panel_product)(const int n_rows, ptrdiff_t n, ptrdiff_t stride, const REAL *x,
                                    const REAL *p, REAL *out)
{
    NAME(lanes) t[PANEL_ROWS][PANEL_VECTORS];
    NAME(panel)(n_rows, n, stride, x, p, t);
    UNROLL for (int q = 0; q < n_rows; q++)
        UNROLL for (int v = 0; v < PANEL_VECTORS; v++)
            NAME(fvb_lanes_store)(out + q * stride + v * LANES, t[q][v]);
}

/* sum -= |U y - c|^2. Panels pass by while the rows' features stay in the cache. */
static void NAME(subtract_norms)(ptrdiff_t n_features, NAME(extent) e, const REAL *x,
                                 const REAL *panels, REAL *sum)
{
    for (ptrdiff_t i = 0; i < e.n; i += PANEL_VECTORS * LANES) {
        const REAL *column = x + i, *p = panels;
        for (ptrdiff_t n = n_features, n_rows; n; n -= n_rows, column += n_rows * e.stride) {
            n_rows = next_tile(n, PANEL_ROWS);
            PANEL_SIZES(NAME(panel_norm), n_rows, n, e.stride, column, p, sum + i)
            p += panel_size(n_rows, n);
        }
    }
}

/* out = U y - c. */
static void NAME(apply_panels)(ptrdiff_t n_features, NAME(extent) e, const REAL *x,
                               const REAL *panels, REAL *out)
{
    for (ptrdiff_t i = 0; i < e.n; i += PANEL_VECTORS * LANES) {
        const REAL *p = panels;
        for (ptrdiff_t r = 0, n_rows; r < n_features; r += n_rows) {
            const ptrdiff_t n = n_features - r, at = r * e.stride + i;
            n_rows = next_tile(n, PANEL_ROWS);
            PANEL_SIZES(NAME(panel_product), n_rows, n, e.stride, x + at, p, out + at)
            p += panel_size(n_rows, n);
        }
    }
}
