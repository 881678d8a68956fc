/* The leaves of the responsibilities for one precision, included after row_sums.h: the including
   file defines REAL, NAME(), LANES and PART.

   exp(x - top) / sum with top the largest value of a row, so that nothing overflows. A row
   of -inf is shifted by 0: its sum 0 then gives log_norm = -inf and resp = nan. A row's
   result depends on that row alone: its reductions run in an order fixed by n_columns. */

typedef NAME(fvb_lanes) NAME(lanes);
typedef NAME(fvb_lanes_mask) NAME(lanes_mask);

/* Rare cases, value by value. */

/* The sum of a row with a +inf: inf, or nan when the row has a nan, too. */
static REAL NAME(sum_at_infinity)(ptrdiff_t n, ptrdiff_t stride, const REAL *x)
{
    for (ptrdiff_t i = 0; i < n; i++)
        if (isnan(x[i * stride]))
            return NAN;
    return INFINITY;
}

/* Where log_norm = top + log(sum) is near 0 and the sum near 1, the rounding of the sum shows: the
   logarithm is then taken of 1 + rest, the rest being the sum without its only largest term. */
FVB_INLINE int NAME(shows_rounding)(REAL log_norm, REAL sum)
{
    return sum < (REAL)1.5 && log_norm < (REAL)0.0625 && log_norm > (REAL)-0.0625;
}

static double NAME(rest_of_sum)(ptrdiff_t n, ptrdiff_t stride, const REAL *x, REAL top)
{
    double rest = 0.0;
    for (ptrdiff_t i = 0; i < n; i++)
        rest += x[i * stride] < top ? fvb_exp((double)x[i * stride] - top) : 0.0;
    return rest;
}

/* log_norm of n rows; whether any of them shows the rounding of its sum. */
static int NAME(take_logs)(ptrdiff_t n, const REAL *top, const REAL *sum, REAL *log_norm)
{
    int any = 0;
#pragma omp simd reduction(| : any)
    for (ptrdiff_t r = 0; r < n; r++) {
        log_norm[r] = top[r] + NAME(fvb_log)(sum[r]);
        any |= NAME(shows_rounding)(log_norm[r], sum[r]);
    }
    return any;
}

/* Short rows: flat vectors hold parts of several rows. */

typedef struct {
    ptrdiff_t n_columns, n_rows; /* of a full block */
    NAME(fvb_pattern) row_of[SHORT_ROW]; /* the row, of LANES rows, of each lane */
} NAME(layout);

static void NAME(lay_out)(NAME(layout) *l, ptrdiff_t n_columns)
{
    l->n_columns = n_columns;
    l->n_rows = BLOCK_VALUES / n_columns / LANES * LANES;
    l->n_rows = l->n_rows > LANES ? l->n_rows : LANES;
    ptrdiff_t column = 0, row = 0;
    for (ptrdiff_t i = 0; i < n_columns; i++)
        for (int lane = 0; lane < LANES; lane++) {
            NAME(fvb_pattern_set)(&l->row_of[i], lane, (int)row);
            if (++column == n_columns) {
                column = 0;
                row++;
            }
        }
}

FVB_INLINE void NAME(maxima_of)(const ptrdiff_t n, ptrdiff_t n_rows, const REAL *x, REAL *top)
{
    for (ptrdiff_t r = 0; r < n_rows; r++) {
        REAL t = x[r * n];
        for (ptrdiff_t k = 1; k < n; k++)
            t = x[r * n + k] > t ? x[r * n + k] : t;
        top[r] = t;
    }
}

ROW_LENGTHS(NAME(narrow_maxima), NAME(maxima_of))

/* Maxima of rows, 0 for those of -inf alone. */
FVB_INLINE void NAME(row_maxima)(const NAME(layout) *l, ptrdiff_t n_rows, const REAL *x, REAL *top)
{
    const ptrdiff_t n = l->n_columns;
    if (n < PART) {
        NAME(narrow_maxima)(n, n_rows, x, top);
    } else {
        for (ptrdiff_t r = 0; r < n_rows; r += PART) {
            NAME(part) v[PART];
            for (ptrdiff_t j = 0; j < PART; j++) {
                const REAL *row = x + (r + j) * n;
                v[j] = NAME(fvb_part_load)(row + n - PART);
                for (ptrdiff_t k = 0; k < n - PART; k += PART)
                    v[j] = NAME(fvb_part_max)(v[j], NAME(fvb_part_load)(row + k));
            }
            NAME(fvb_part_store)(top + r, NAME(fvb_reduce_max)(v));
        }
    }
    for (ptrdiff_t r = 0; r < n_rows; r++)
        top[r] = top[r] == -INFINITY ? 0 : top[r];
}

/* n_rows, a multiple of LANES, of contiguous short rows. Fetches the block that follows. */
static void NAME(short_block)(const NAME(layout) *l, ptrdiff_t n_rows, const REAL *x, REAL *resp,
                              REAL *log_norm)
{
    const ptrdiff_t n = l->n_columns;
    REAL e[SHORT_ROW * LANES + BLOCK_VALUES], top[BLOCK_VALUES], sum[BLOCK_VALUES];
    NAME(row_maxima)(l, n_rows, x, top);
    for (ptrdiff_t r = 0; r < n_rows; r += LANES) {
        const NAME(lanes) shift = NAME(fvb_lanes_load)(top + r);
        for (ptrdiff_t i = 0, j = r * n; i < n; i++, j += LANES) {
            __builtin_prefetch(x + n_rows * n + j);
            if (resp)
                __builtin_prefetch(resp + j, 1);
            const NAME(lanes) v = NAME(fvb_lanes_load)(x + j);
            NAME(fvb_lanes_store)(e + j, NAME(fvb_exp_nonpositive)(
                v - NAME(fvb_lanes_expand)(shift, &l->row_of[i])));
        }
    }
    NAME(row_sums)(n, n_rows, e, sum);
    int infinite = 0;
    for (ptrdiff_t r = 0; r < n_rows; r++)
        infinite |= top[r] == INFINITY;
    if (infinite)
        for (ptrdiff_t r = 0; r < n_rows; r++)
            if (top[r] == INFINITY)
                sum[r] = NAME(sum_at_infinity)(n, 1, x + r * n);
    if (NAME(take_logs)(n_rows, top, sum, log_norm) && n > 1)
        for (ptrdiff_t r = 0; r < n_rows; r++)
            if (NAME(shows_rounding)(log_norm[r], sum[r]))
                log_norm[r] = (REAL)(top[r] + log1p(NAME(rest_of_sum)(n, 1, x + r * n, top[r])));
    if (!resp)
        return;
    for (ptrdiff_t r = 0; r < n_rows; r++)
        sum[r] = sum[r] < INFINITY ? 1 / sum[r] : NAN;
    for (ptrdiff_t r = 0; r < n_rows; r += LANES) {
        const NAME(lanes) scale = NAME(fvb_lanes_load)(sum + r);
        for (ptrdiff_t i = 0, j = r * n; i < n; i++, j += LANES)
            NAME(fvb_lanes_store)(resp + j, NAME(fvb_lanes_load)(e + j)
                                                * NAME(fvb_lanes_expand)(scale, &l->row_of[i]));
    }
}

/* A block that is not contiguous, or not full: by way of a copy. */
static void NAME(copied_block)(const NAME(layout) *l, ptrdiff_t n_rows, ptrdiff_t stride,
                               const REAL *x, REAL *resp, REAL *log_norm)
{
    const ptrdiff_t n = l->n_columns, whole = (n_rows + LANES - 1) / LANES * LANES;
    REAL copy[SHORT_ROW * LANES + BLOCK_VALUES], norms[BLOCK_VALUES];
    for (ptrdiff_t r = 0; r < n_rows; r++)
        memcpy(copy + r * n, x + r * stride, n * sizeof *x);
    memset(copy + n_rows * n, 0, (whole - n_rows) * n * sizeof *x);
    NAME(short_block)(l, whole, copy, resp ? copy : NULL, norms);
    memcpy(log_norm, norms, n_rows * sizeof *norms);
    if (resp)
        memcpy(resp, copy, n_rows * n * sizeof *resp);
}

static void NAME(short_rows)(ptrdiff_t n_rows, ptrdiff_t n_columns, ptrdiff_t stride,
                             const REAL *x, REAL *resp, REAL *log_norm)
{
    NAME(layout) l;
    NAME(lay_out)(&l, n_columns);
    for (ptrdiff_t r = 0; r < n_rows; r += l.n_rows) {
        const ptrdiff_t size = n_rows - r < l.n_rows ? n_rows - r : l.n_rows;
        REAL *out = resp ? resp + r * n_columns : NULL;
        if (size == l.n_rows && stride == n_columns)
            NAME(short_block)(&l, size, x + r * stride, out, log_norm + r);
        else
            NAME(copied_block)(&l, size, stride, x + r * stride, out, log_norm + r);
    }
}

/* Long rows: at least one vector per row. What is left of the last vector is read from the row's
   end, before anything is written there. */

static double NAME(lane_sum)(NAME(lanes) v)
{
    REAL t[LANES];
    NAME(fvb_lanes_store)(t, v);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] += t[i + half];
    return t[0];
}

static REAL NAME(long_row_maximum)(ptrdiff_t n, const REAL *x)
{
    NAME(lanes) a = NAME(fvb_lanes_load)(x + n - LANES), b = a;
    ptrdiff_t k = 0;
    for (; k + 2 * LANES <= n; k += 2 * LANES) {
        a = NAME(fvb_lanes_max)(a, NAME(fvb_lanes_load)(x + k));
        b = NAME(fvb_lanes_max)(b, NAME(fvb_lanes_load)(x + k + LANES));
    }
    if (k + LANES <= n)
        a = NAME(fvb_lanes_max)(a, NAME(fvb_lanes_load)(x + k));
    REAL t[LANES];
    NAME(fvb_lanes_store)(t, NAME(fvb_lanes_max)(a, b));
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] = t[i] > t[i + half] ? t[i] : t[i + half];
    return t[0] == -INFINITY ? 0 : t[0];
}

/* exp(x - top) to e unless it is NULL; returns the sum, and in *rest the sum of what is below 1. */
static double NAME(long_row_exp)(ptrdiff_t n, const REAL *x, REAL top, REAL *e, double *rest)
{
    const NAME(lanes) tail = NAME(fvb_lanes_load)(x + n - LANES), zero = {0}, shift = zero + top;
    const ptrdiff_t covered = n / LANES * LANES;
    double sum = 0.0;
    *rest = 0.0;
    for (ptrdiff_t start = 0; start < n; start += CHUNK) {
        const ptrdiff_t stop = covered - start < CHUNK ? covered : start + CHUNK;
        NAME(lanes) all = zero, below = zero;
        for (ptrdiff_t k = start; k < stop; k += LANES) {
            const NAME(lanes) v = NAME(fvb_exp_nonpositive)(NAME(fvb_lanes_load)(x + k) - shift);
            if (e)
                NAME(fvb_lanes_store)(e + k, v);
            all += v;
            below += (NAME(lanes))((NAME(lanes_mask))v & (v < 1));
        }
        if (n - start <= CHUNK && covered < n) {
            const NAME(lanes) v = NAME(fvb_exp_nonpositive)(tail - shift);
            NAME(lanes_mask) keep;
            for (int i = 0; i < LANES; i++)
                keep[i] = i >= covered - (n - LANES) ? -1 : 0;
            if (e)
                NAME(fvb_lanes_store)(e + n - LANES, v);
            all += (NAME(lanes))((NAME(lanes_mask))v & keep);
            below += (NAME(lanes))((NAME(lanes_mask))v & keep & (v < 1));
        }
        sum += NAME(lane_sum)(all);
        *rest += NAME(lane_sum)(below);
    }
    return sum;
}

static void NAME(scale_row)(ptrdiff_t n, REAL factor, REAL *e)
{
    const NAME(lanes) tail = NAME(fvb_lanes_load)(e + n - LANES) * factor;
    for (ptrdiff_t k = 0; k + LANES <= n; k += LANES)
        NAME(fvb_lanes_store)(e + k, NAME(fvb_lanes_load)(e + k) * factor);
    NAME(fvb_lanes_store)(e + n - LANES, tail);
}

static void NAME(long_rows)(ptrdiff_t n_rows, ptrdiff_t n, ptrdiff_t stride, const REAL *x,
                            REAL *resp, REAL *log_norm)
{
    REAL top[BLOCK_ROWS], sum[BLOCK_ROWS];
    double rest[BLOCK_ROWS];
    for (ptrdiff_t start = 0; start < n_rows; start += BLOCK_ROWS) {
        const ptrdiff_t size = n_rows - start < BLOCK_ROWS ? n_rows - start : BLOCK_ROWS;
        for (ptrdiff_t r = 0; r < size; r++) {
            const REAL *row = x + (start + r) * stride;
            REAL *e = resp ? resp + (start + r) * n : NULL;
            top[r] = NAME(long_row_maximum)(n, row);
            const int infinite = top[r] == INFINITY;
            const REAL at_infinity = infinite ? NAME(sum_at_infinity)(n, 1, row) : 0;
            sum[r] = (REAL)NAME(long_row_exp)(n, row, top[r], e, &rest[r]);
            sum[r] = infinite ? at_infinity : sum[r];
            if (resp)
                NAME(scale_row)(n, sum[r] < INFINITY ? 1 / sum[r] : NAN, e);
        }
        if (NAME(take_logs)(size, top, sum, log_norm + start))
            for (ptrdiff_t r = 0; r < size; r++)
                if (NAME(shows_rounding)(log_norm[start + r], sum[r]))
                    log_norm[start + r] = (REAL)(top[r] + log1p(rest[r]));
    }
}

static void NAME(rows)(ptrdiff_t n_rows, ptrdiff_t n_columns, ptrdiff_t stride, const REAL *x,
                       REAL *resp, REAL *log_norm)
{
    if (n_columns > SHORT_ROW)
        NAME(long_rows)(n_rows, n_columns, stride, x, resp, log_norm);
    else if (n_columns > 0)
        NAME(short_rows)(n_rows, n_columns, stride, x, resp, log_norm);
    else
        for (ptrdiff_t r = 0; r < n_rows; r++)
            log_norm[r] = -INFINITY;
}
