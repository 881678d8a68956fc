/* The pass over rows, the same for every family; see fvb_mixture.h. */

static void NAME(load)(const fvb_mixture_job *job, NAME(block) *b)
{
    const REAL *origin = job->origin, *weights = job->weights;
    const REAL *x = (const REAL *)job->x + b->first * job->x_row;
    for (ptrdiff_t j = 0; j < NAME(n_dense)(&job->shape); j++) {
        REAL *out = b->x + j * b->e.stride;
        const REAL shift = origin ? origin[j] : 0;
        for (ptrdiff_t i = 0; i < b->size; i++)
            out[i] = x[i * job->x_row + j * job->x_column] - shift;
        for (ptrdiff_t i = b->size; i < b->e.n; i++)
            out[i] = 0;
    }
    for (ptrdiff_t i = 0; i < b->size; i++)
        b->weight[i] = weights ? weights[b->first + i] : 1;
    for (ptrdiff_t i = b->size; i < b->e.n; i++)
        b->weight[i] = 0;
}

static void NAME(add_log_prior)(const fvb_mixture_job *job, const NAME(block) *b)
{
    const REAL *prior = (const REAL *)job->log_prior + b->first * job->log_prior_row;
    for (ptrdiff_t k = 0; k < job->shape.n_components; k++)
        for (ptrdiff_t i = 0; i < b->size; i++)
            b->resp[k * b->e.stride + i] += prior[i * job->log_prior_row + k * job->log_prior_column];
}

/* exp(log_joint - top) in its place, the sum over components, and top as the first part of log_norm.
   A row of -inf has the sum 0. */
static void NAME(exponentiate)(ptrdiff_t n_components, const NAME(block) *b)
{
    const NAME(lanes) lowest = (NAME(lanes)){0} - INFINITY;
    const ptrdiff_t stride = b->e.stride;
    for (ptrdiff_t i = 0; i < b->e.n; i += LANES) {
        REAL *column = b->resp + i;
        NAME(lanes) top = lowest, sum = {0};
        for (ptrdiff_t k = 0; k < n_components; k++)
            top = NAME(fvb_lanes_max)(top, NAME(fvb_lanes_load)(column + k * stride));
        top = (NAME(lanes))((NAME(lanes_mask))top & (top != lowest));
        for (ptrdiff_t k = 0; k < n_components; k++) {
            const NAME(lanes) value = NAME(fvb_lanes_load)(column + k * stride) - top;
            const NAME(lanes) e = NAME(fvb_exp_nonpositive)(value);
            NAME(fvb_lanes_store)(column + k * stride, e);
            sum += e;
        }
        NAME(fvb_lanes_store)(b->log_norm + i, top);
        NAME(fvb_lanes_store)(b->sum + i, sum);
    }
}

static double NAME(take_logs)(const NAME(block) *b)
{
    const REAL *sum = b->sum, *weight = b->weight;
    REAL *log_norm = b->log_norm;
    double total = 0.0;
#pragma omp simd reduction(+ : total)
    for (ptrdiff_t i = 0; i < b->e.n; i++) {
        const REAL value = log_norm[i] + NAME(fvb_log_core)(sum[i]);
        log_norm[i] = sum[i] == 0 ? -INFINITY : value;
        total += weight[i] != 0 ? (double)weight[i] * (double)log_norm[i] : 0.0;
    }
    return total;
}

static void NAME(put_labels)(const fvb_mixture_job *job, const NAME(block) *b)
{
    for (ptrdiff_t i = 0; i < b->size; i++) {
        REAL best = b->resp[i];
        int label = 0;
        for (ptrdiff_t k = 1; k < job->shape.n_components; k++)
            if (b->resp[k * b->e.stride + i] > best) {
                best = b->resp[k * b->e.stride + i];
                label = (int)k;
            }
        job->labels[b->first + i] = label;
    }
}

static void NAME(put_responsibilities)(const fvb_mixture_job *job, const NAME(block) *b)
{
    const ptrdiff_t n = job->shape.n_components;
    REAL *out = (REAL *)job->responsibilities + b->first * n;
    for (ptrdiff_t i = 0; i < b->size; i++)
        for (ptrdiff_t k = 0; k < n; k++)
            out[i * n + k] = b->resp[k * b->e.stride + i] / b->sum[i];
}

/* The weighted features of the rows; see mixture_families.h. */
static void NAME(weigh)(const fvb_mixture_job *job, const NAME(block) *b)
{
    const NAME(lanes) zero = {0};
    for (ptrdiff_t i = 0; i < b->e.n; i += LANES) {
        NAME(lanes) weight = NAME(fvb_lanes_load)(b->weight + i);
        if (job->parameters) {
            const NAME(lanes) sum = NAME(fvb_lanes_load)(b->sum + i), quotient = weight / sum;
            weight = (NAME(lanes))((NAME(lanes_mask))quotient & (sum != zero));
        }
        NAME(fvb_lanes_store)(b->features + i, weight);
    }
    for (ptrdiff_t j = 0; j < NAME(n_dense)(&job->shape); j++)
        NAME(multiply)(b->e, b->features, b->x + j * b->e.stride,
                       b->features + (1 + j) * b->e.stride);
}

static void NAME(take_given)(const fvb_mixture_job *job, const NAME(block) *b)
{
    const REAL *given = job->given;
    const int *labels = job->given_labels;
    for (ptrdiff_t k = 0; k < job->shape.n_components; k++) {
        REAL *r = b->resp + k * b->e.stride;
        for (ptrdiff_t i = 0; i < b->size; i++) {
            const ptrdiff_t row = b->first + i;
            const REAL member = given ? given[row * job->given_row + k * job->given_column]
                                      : (REAL)(k == (labels ? labels[row] : 0));
            r[i] = member;
        }
        for (ptrdiff_t i = b->size; i < b->e.n; i++)
            r[i] = 0;
    }
}

/* Log-sum-exp of a block, and what the caller wants of its rows. */
static double NAME(normalise)(const fvb_mixture_job *job, const NAME(block) *b)
{
    NAME(exponentiate)(job->shape.n_components, b);
    const double total = NAME(take_logs)(b);
    if (job->log_norm)
        memcpy((REAL *)job->log_norm + b->first, b->log_norm, b->size * sizeof(REAL));
    if (job->labels)
        NAME(put_labels)(job, b);
    if (job->responsibilities)
        NAME(put_responsibilities)(job, b);
    return total;
}

static NAME(block) NAME(lay_out)(const fvb_mixture_shape *s, REAL *scratch)
{
    NAME(block) b = {.e.stride = NAME(block_stride)(s), .x = scratch};
    b.features = b.x + NAME(n_dense)(s) * b.e.stride;
    b.work = b.features + NAME(n_block_features)(s) * b.e.stride;
    b.resp = b.work + NAME(n_work)(s) * b.e.stride;
    b.weight = b.resp + s->n_components * b.e.stride;
    b.sum = b.weight + b.e.stride;
    b.log_norm = b.sum + b.e.stride;
    if (s->family == FVB_MIXTURE_SPARSE)
        b.work = b.log_norm + b.e.stride;
    return b;
}

static void NAME(rows)(const fvb_mixture_job *job, ptrdiff_t start, ptrdiff_t stop, double *sums,
                       double *total, REAL *scratch)
{
    const fvb_mixture_shape *s = &job->shape;
    const NAME(family) family = NAME(family_of)(s);
    const int sparse = s->family == FVB_MIXTURE_SPARSE;
    const ptrdiff_t n_rows = NAME(block_rows)(s), step = TILE_VECTORS * LANES;
    NAME(block) b = NAME(lay_out)(s, scratch);
    for (b.first = start; b.first < stop; b.first += n_rows) {
        b.size = stop - b.first < n_rows ? stop - b.first : n_rows;
        b.e.n = (b.size + step - 1) / step * step;
        NAME(load)(job, &b);
        if (job->parameters) {
            if (sparse)
                NAME(sparse_log_density)(job, &b);
            else
                family.log_density(s, b.e, b.x, job->parameters, b.resp, b.work);
            if (job->log_prior)
                NAME(add_log_prior)(job, &b);
            *total += NAME(normalise)(job, &b);
        } else {
            NAME(take_given)(job, &b);
        }
        if (job->wants_statistics) {
            NAME(weigh)(job, &b);
            if (family.complete)
                family.complete(s, b.e, b.x, b.features);
            if (sparse)
                NAME(sparse_accumulate)(job, &b, sums);
            else
                family.accumulate(s, b.e, b.x, b.features, b.resp, sums, b.work);
        }
    }
}
