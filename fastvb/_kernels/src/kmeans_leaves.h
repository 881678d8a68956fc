/* Rows against centres in blocks of a few vectors of rows; see fvb_kmeans.h. */

/* Rows about the origin, features in columns of ROWS_; what is beyond n_rows repeats the last. */
static inline void NAME(load_block)(ptrdiff_t n_rows, ptrdiff_t n_features, const REAL *x,
                                    ptrdiff_t row_stride, ptrdiff_t column_stride,
                                    const REAL *origin, REAL *block)
{
    ptrdiff_t j = 0;
    if (n_rows == ROWS_ && column_stride == 1)
        for (; j + LANES <= n_features; j += LANES)
            for (int v = 0; v < VECTORS; v++) {
                NAME(fvb_lanes) tile[LANES];
                for (int r = 0; r < LANES; r++)
                    tile[r] = NAME(fvb_lanes_load)(x + (v * LANES + r) * row_stride + j)
                              - NAME(fvb_lanes_load)(origin + j);
                NAME(fvb_transpose)(tile);
                for (int i = 0; i < LANES; i++)
                    NAME(fvb_lanes_store)(block + (j + i) * ROWS_ + v * LANES, tile[i]);
            }
    for (; j < n_features; j++)
        for (ptrdiff_t r = 0; r < ROWS_; r++) {
            const ptrdiff_t row = r < n_rows ? r : n_rows - 1;
            block[j * ROWS_ + r] = x[row * row_stride + j * column_stride] - origin[j];
        }
}

/* Squared distances of a block's rows to some centres. */
FVB_INLINE void NAME(distances)(ptrdiff_t n_features, const REAL *block, const REAL *centres,
                                int n_centres, NAME(fvb_lanes) (*distance)[VECTORS])
{
    for (int c = 0; c < n_centres; c++)
        for (int v = 0; v < VECTORS; v++)
            distance[c][v] = (NAME(fvb_lanes)){};
    for (ptrdiff_t j = 0; j < n_features; j++)
        for (int v = 0; v < VECTORS; v++) {
            const NAME(fvb_lanes) x = NAME(fvb_lanes_load)(block + j * ROWS_ + v * LANES);
            for (int c = 0; c < n_centres; c++) {
                const NAME(fvb_lanes) difference = x - centres[c * n_features + j];
                distance[c][v] += difference * difference;
            }
        }
}

FVB_INLINE void NAME(keep_nearer)(int centre, const NAME(fvb_lanes) *distance,
                                  NAME(fvb_lanes) *least, NAME(fvb_lanes_mask) *label)
{
    for (int v = 0; v < VECTORS; v++) {
        const NAME(fvb_lanes_mask) nearer = (NAME(fvb_lanes_mask))(distance[v] < least[v]);
        least[v] = (NAME(fvb_lanes))(((NAME(fvb_lanes_mask))distance[v] & nearer)
                                     | ((NAME(fvb_lanes_mask))least[v] & ~nearer));
        label[v] = (((NAME(fvb_lanes_mask)){} + centre) & nearer) | (label[v] & ~nearer);
    }
}

static void NAME(nearest)(ptrdiff_t n_features, ptrdiff_t n_centres, const REAL *block,
                          const REAL *centres, NAME(fvb_lanes) *least,
                          NAME(fvb_lanes_mask) *label)
{
    NAME(fvb_lanes) distance[TOGETHER][VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        least[v] = (NAME(fvb_lanes)){} + LARGEST;
        label[v] = (NAME(fvb_lanes_mask)){};
    }
    ptrdiff_t k = 0;
    for (; k + TOGETHER <= n_centres; k += TOGETHER) {
        NAME(distances)(n_features, block, centres + k * n_features, TOGETHER, distance);
        for (int c = 0; c < TOGETHER; c++)
            NAME(keep_nearer)((int)k + c, distance[c], least, label);
    }
    for (; k < n_centres; k++) {
        NAME(distances)(n_features, block, centres + k * n_features, 1, distance);
        NAME(keep_nearer)((int)k, distance[0], least, label);
    }
}

static void NAME(assign)(ptrdiff_t n_rows, ptrdiff_t n_features, ptrdiff_t n_centres,
                         const REAL *x, ptrdiff_t row_stride, ptrdiff_t column_stride,
                         const REAL *origin, const REAL *weights, const REAL *centres,
                         int32_t *labels, double *counts, double *sums, double *inertia,
                         double *farthest, int64_t *farthest_row, void *work)
{
    REAL *block = work;
    double total = 0.0;
    *farthest = -1.0;
    *farthest_row = 0;
    memset(counts, 0, (size_t)n_centres * sizeof *counts);
    memset(sums, 0, (size_t)(n_centres * n_features) * sizeof *sums);
    for (ptrdiff_t start = 0; start < n_rows; start += ROWS_) {
        const ptrdiff_t n = n_rows - start < ROWS_ ? n_rows - start : ROWS_;
        NAME(fvb_lanes) least[VECTORS];
        NAME(fvb_lanes_mask) label[VECTORS];
        NAME(load_block)(n, n_features, x + start * row_stride, row_stride, column_stride, origin,
                         block);
        NAME(nearest)(n_features, n_centres, block, centres, least, label);
        for (ptrdiff_t r = 0; r < n; r++) {
            const ptrdiff_t k = (ptrdiff_t)label[r / LANES][r % LANES];
            const double weight = weights ? (double)weights[start + r] : 1.0;
            const double distance = weight * (double)least[r / LANES][r % LANES];
            if (labels)
                labels[start + r] = (int32_t)k;
            if (distance > *farthest) {
                *farthest = distance;
                *farthest_row = start + r;
            }
            total += distance;
            counts[k] += weight;
            for (ptrdiff_t j = 0; j < n_features; j++)
                sums[k * n_features + j] += weight * (double)block[j * ROWS_ + r];
        }
    }
    *inertia = total;
}

FVB_INLINE double NAME(potential)(const REAL *weight, const REAL *known,
                                  const NAME(fvb_lanes) *vectors)
{
    REAL distance[ROWS_];
    double sum = 0.0;
    memcpy(distance, vectors, sizeof distance);
    _Pragma("omp simd reduction(+ : sum)")
    for (ptrdiff_t r = 0; r < ROWS_; r++)
        sum += (double)weight[r] * (double)(distance[r] < known[r] ? distance[r] : known[r]);
    return sum;
}

static void NAME(potentials)(ptrdiff_t n_rows, ptrdiff_t n_features, ptrdiff_t n_centres,
                             const REAL *x, ptrdiff_t row_stride, ptrdiff_t column_stride,
                             const REAL *origin, const REAL *weights, const REAL *centres,
                             const REAL *closest, double *sums, void *work)
{
    REAL *block = work;
    memset(sums, 0, (size_t)n_centres * sizeof *sums);
    for (ptrdiff_t start = 0; start < n_rows; start += ROWS_) {
        const ptrdiff_t n = n_rows - start < ROWS_ ? n_rows - start : ROWS_;
        NAME(fvb_lanes) distance[TOGETHER][VECTORS];
        REAL known[ROWS_], weight[ROWS_];
        for (ptrdiff_t r = 0; r < ROWS_; r++) {
            known[r] = r < n ? closest[start + r] : 0;
            weight[r] = weights && r < n ? weights[start + r] : 1; /* known is 0 beyond */
        }
        NAME(load_block)(n, n_features, x + start * row_stride, row_stride, column_stride, origin,
                         block);
        ptrdiff_t c = 0;
        for (; c + TOGETHER <= n_centres; c += TOGETHER) {
            NAME(distances)(n_features, block, centres + c * n_features, TOGETHER, distance);
            for (int i = 0; i < TOGETHER; i++)
                sums[c + i] += NAME(potential)(weight, known, distance[i]);
        }
        for (; c < n_centres; c++) {
            NAME(distances)(n_features, block, centres + c * n_features, 1, distance);
            sums[c] += NAME(potential)(weight, known, distance[0]);
        }
    }
}

static void NAME(add)(ptrdiff_t n_rows, ptrdiff_t n_features, const REAL *x, ptrdiff_t row_stride,
                      ptrdiff_t column_stride, const REAL *origin, const REAL *weights,
                      const REAL *centre, REAL *closest, double *sum, void *work)
{
    REAL *block = work;
    double total = 0.0;
    for (ptrdiff_t start = 0; start < n_rows; start += ROWS_) {
        const ptrdiff_t n = n_rows - start < ROWS_ ? n_rows - start : ROWS_;
        NAME(fvb_lanes) vectors[1][VECTORS];
        REAL distance[ROWS_];
        NAME(load_block)(n, n_features, x + start * row_stride, row_stride, column_stride, origin,
                         block);
        NAME(distances)(n_features, block, centre, 1, vectors);
        memcpy(distance, vectors, sizeof distance);
        for (ptrdiff_t r = 0; r < n; r++) {
            if (distance[r] < closest[start + r])
                closest[start + r] = distance[r];
            total += (weights ? (double)weights[start + r] : 1.0) * (double)closest[start + r];
        }
    }
    *sum = total;
}
