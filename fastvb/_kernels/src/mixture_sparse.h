/* Linear log densities of sparse rows: only what is not zero is visited, all components of it at a
   time. Parameters: offsets and slopes as rows of components, of whole vectors. */

static ptrdiff_t NAME(sparse_length)(ptrdiff_t n_components)
{
    return whole(n_components, LANES);
}

static void NAME(prepare_sparse)(const fvb_mixture_shape *s, const double *offset,
                                 const double *slopes, const double *unused, REAL *p)
{
    const ptrdiff_t length = NAME(sparse_length)(s->n_components);
    (void)unused;
    for (ptrdiff_t j = -1; j < s->n_features; j++, p += length)
        for (ptrdiff_t k = 0; k < length; k++)
            p[k] = k >= s->n_components ? 0
                   : (REAL)(j < 0 ? offset[k] : slopes[k * s->n_features + j]);
}

static inline ptrdiff_t NAME(index_at)(const void *indices, int wide, ptrdiff_t i)
{
    return wide ? (ptrdiff_t)((const int64_t *)indices)[i] : ((const int32_t *)indices)[i];
}

/* Offsets + the slopes of entries start to stop, of `n` vectors of components kept in registers. */
FVB_INLINE void NAME(sparse_strip)(const fvb_mixture_job *job, ptrdiff_t start, ptrdiff_t stop,
                                   const REAL *p, ptrdiff_t length, int n, REAL *out)
{
    const REAL *data = job->x;
    NAME(lanes) sum[4];
    for (int v = 0; v < n; v++)
        sum[v] = NAME(fvb_lanes_load)(p + v * LANES);
    for (ptrdiff_t i = start; i < stop; i++) {
        const REAL *slopes = p + (1 + NAME(index_at)(job->indices, job->wide_indices, i)) * length;
        const NAME(lanes) value = (NAME(lanes)){0} + (data ? data[i] : 1);
        for (int v = 0; v < n; v++)
            sum[v] += value * NAME(fvb_lanes_load)(slopes + v * LANES);
    }
    for (int v = 0; v < n; v++)
        NAME(fvb_lanes_store)(out + v * LANES, sum[v]);
}

/* The same of all components for the entries of one row. */
static void NAME(sparse_row)(const fvb_mixture_job *job, ptrdiff_t row, ptrdiff_t length, REAL *out)
{
    const REAL *p = job->parameters;
    const ptrdiff_t start = NAME(index_at)(job->indptr, job->wide_indices, row);
    const ptrdiff_t stop = NAME(index_at)(job->indptr, job->wide_indices, row + 1);
    ptrdiff_t k = 0;
    for (; k + 4 * LANES <= length; k += 4 * LANES)
        NAME(sparse_strip)(job, start, stop, p + k, length, 4, out + k);
    for (; k + 2 * LANES <= length; k += 2 * LANES)
        NAME(sparse_strip)(job, start, stop, p + k, length, 2, out + k);
    for (; k < length; k += LANES)
        NAME(sparse_strip)(job, start, stop, p + k, length, 1, out + k);
}

static void NAME(sparse_log_density)(const fvb_mixture_job *job, const NAME(block) *b)
{
    const ptrdiff_t n = job->shape.n_components, length = NAME(sparse_length)(n);
    for (ptrdiff_t i = 0; i < b->size; i++) {
        NAME(sparse_row)(job, b->first + i, length, b->work);
        for (ptrdiff_t k = 0; k < n; k++)
            b->resp[k * b->e.stride + i] = b->work[k];
    }
    for (ptrdiff_t k = 0; k < n; k++)
        for (ptrdiff_t i = b->size; i < b->e.n; i++)
            b->resp[k * b->e.stride + i] = 0;
}

/* sums: counts, then for each feature a row of components. */
static void NAME(sparse_accumulate)(const fvb_mixture_job *job, const NAME(block) *b, double *sums)
{
    const ptrdiff_t n = job->shape.n_components, length = NAME(sparse_length)(n);
    const int wide = job->wide_indices;
    const REAL *data = job->x;
    for (ptrdiff_t i = 0; i < b->size; i++) {
        const ptrdiff_t row = b->first + i, stop = NAME(index_at)(job->indptr, wide, row + 1);
        for (ptrdiff_t k = 0; k < n; k++)
            b->work[k] = b->resp[k * b->e.stride + i] * b->features[i];
        for (ptrdiff_t k = 0; k < n; k++)
            sums[k] += (double)b->work[k];
        for (ptrdiff_t j = NAME(index_at)(job->indptr, wide, row); j < stop; j++) {
            double *out = sums + (1 + NAME(index_at)(job->indices, wide, j)) * length;
            const REAL value = data ? data[j] : 1;
#pragma omp simd
            for (ptrdiff_t k = 0; k < n; k++)
                out[k] += (double)(value * b->work[k]);
        }
    }
}

static void NAME(unpack_sparse)(const fvb_mixture_shape *s, const double *sums, double *moments)
{
    const ptrdiff_t length = NAME(sparse_length)(s->n_components);
    for (ptrdiff_t k = 0; k < s->n_components; k++)
        for (ptrdiff_t j = 0; j < 1 + s->n_features; j++)
            *moments++ = sums[j * length + k];
}
