/* Full covariance with many features: a panel of U's rows at a time, and statistics component by
   component. Parameters as in mixture_gaussian.h. */

/* sum -= |rows r .. r + n_rows of U y - c|^2 */
FVB_INLINE void NAME(panel)(const int n_rows, ptrdiff_t r, ptrdiff_t n, NAME(extent) e,
                            const REAL *x, const REAL *p, REAL *sum)
{
    const REAL *row[TILE_COMPONENTS]; /* row[q][j] is U's element (r + q, j) */
    for (int q = 0; q < n_rows; q++) {
        row[q] = p + 1 - (r + q);
        p += 1 + n - (r + q);
    }
    for (ptrdiff_t i = 0; i < e.n; i += TILE_VECTORS * LANES) {
        NAME(lanes) t[TILE_COMPONENTS][TILE_VECTORS];
        UNROLL for (int q = 0; q < n_rows; q++) {
            UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                t[q][v] = (NAME(lanes)){0} - row[q][r + q - 1];
            UNROLL for (int j = q; j < n_rows; j++)
                UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                    t[q][v] += NAME(fvb_lanes_load)(x + (r + j) * e.stride + i + v * LANES)
                               * row[q][r + j];
        }
        for (ptrdiff_t j = r + n_rows; j < n; j++) {
            NAME(lanes) y[TILE_VECTORS];
            UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                y[v] = NAME(fvb_lanes_load)(x + j * e.stride + i + v * LANES);
            UNROLL for (int q = 0; q < n_rows; q++)
                UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                    t[q][v] += y[v] * row[q][j];
        }
        UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
            NAME(lanes) s = NAME(fvb_lanes_load)(sum + i + v * LANES);
            UNROLL for (int q = 0; q < n_rows; q++)
                s -= t[q][v] * t[q][v];
            NAME(fvb_lanes_store)(sum + i + v * LANES, s);
        }
    }
}

static void NAME(high_full)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                            const REAL *p, REAL *log_joint, REAL *work)
{
    const ptrdiff_t n = s->n_features;
    (void)work;
    for (ptrdiff_t k = 0; k < s->n_components; k++, log_joint += e.stride) {
        for (ptrdiff_t i = 0; i < e.n; i++)
            log_joint[i] = *p;
        p++;
        for (ptrdiff_t r = 0; r < n; r += TILE_COMPONENTS) {
            const ptrdiff_t rows = n - r < TILE_COMPONENTS ? n - r : TILE_COMPONENTS;
            switch (rows) {
            case 1: NAME(panel)(1, r, n, e, x, p, log_joint); break;
            case 2: NAME(panel)(2, r, n, e, x, p, log_joint); break;
            case 3: NAME(panel)(3, r, n, e, x, p, log_joint); break;
            default: NAME(panel)(4, r, n, e, x, p, log_joint);
            }
            p += rows * (1 + n - r) - rows * (rows - 1) / 2;
        }
    }
}

/* Products x_a x_b of one component for a <= b: tiles of rows a, from the diagonal on. */

#ifndef FULL_TRIANGLE
#define FULL_TRIANGLE
static ptrdiff_t count_triangle_sums(ptrdiff_t n)
{
    ptrdiff_t sums = 0;
    for (ptrdiff_t a = 0, na; a < n; a += na) {
        na = next_tile(n - a, TILE_LEFT);
        sums += count_product_sums(na, n - a);
    }
    return sums;
}

static void unpack_triangle(ptrdiff_t n, const double *sums, double *out)
{
    for (ptrdiff_t a = 0, na; a < n; a += na) {
        na = next_tile(n - a, TILE_LEFT);
        for (ptrdiff_t b = a, nb; b < n; b += nb, sums += TILE_SUMS) {
            nb = next_tile(n - b, TILE_RIGHT);
            for (ptrdiff_t i = a; i < a + na; i++) {
                double *row = out + i * n - i * (i - 1) / 2 - i; /* row[j] is (i, j) */
                for (ptrdiff_t j = b > i ? b : i; j < b + nb; j++)
                    row[j] = sums[(i - a) * nb + j - b];
            }
        }
    }
}
#endif

static void NAME(accumulate_full)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                                  const REAL *features, const REAL *resp, double *sums, REAL *work)
{
    const ptrdiff_t n = s->n_features;
    NAME(add_products)(s->n_components, 1 + n, e, resp, features, sums);
    sums += count_product_sums(s->n_components, 1 + n);
    for (ptrdiff_t k = 0; k < s->n_components; k++) {
        const REAL *r = resp + k * e.stride, *weighted = features + e.stride;
        for (ptrdiff_t j = 0; j < n; j++)
            for (ptrdiff_t i = 0; i < e.n; i += LANES)
                NAME(fvb_lanes_store)(work + j * e.stride + i,
                                      NAME(fvb_lanes_load)(r + i)
                                          * NAME(fvb_lanes_load)(weighted + j * e.stride + i));
        for (ptrdiff_t a = 0, na; a < n; a += na) {
            na = next_tile(n - a, TILE_LEFT);
            NAME(add_products)(na, n - a, e, work + a * e.stride, x + a * e.stride, sums);
            sums += count_product_sums(na, n - a);
        }
    }
}
