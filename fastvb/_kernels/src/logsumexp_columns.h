/* Log-sum-exp of columns for one precision, included after responsibilities_leaves.h.

   A lane is a column. One pass over the rows, in blocks that stay in the L2 cache; the sums follow
   when a block raises the maximum. */

typedef struct {
    NAME(lanes) top;
    double sum[LANES];
} NAME(column);

FVB_INLINE void NAME(add_rows)(NAME(column) *c, ptrdiff_t n_rows, ptrdiff_t stride, const REAL *x)
{
    const NAME(lanes) zero = {0}, lowest = zero - INFINITY;
    NAME(lanes) top = c->top, sum = zero;
    for (ptrdiff_t r = 0; r < n_rows; r++)
        top = NAME(fvb_lanes_max)(top, NAME(fvb_lanes_load)(x + r * stride));
    const NAME(lanes) shift = (NAME(lanes))((NAME(lanes_mask))top & (top != lowest));
    /* from -inf the difference is -inf, or nan and replaced: the former sum is 0 */
    const NAME(lanes_mask) first = (NAME(lanes_mask))(c->top == lowest);
    const NAME(lanes) drop = (NAME(lanes))(((NAME(lanes_mask))lowest & first)
                                           | ((NAME(lanes_mask))(c->top - top) & ~first));
    const NAME(lanes) factor = NAME(fvb_exp_nonpositive)(drop);
    for (ptrdiff_t r = 0; r < n_rows; r++)
        sum += NAME(fvb_exp_nonpositive)(NAME(fvb_lanes_load)(x + r * stride) - shift);
    c->top = top;
    for (int i = 0; i < LANES; i++)
        c->sum[i] = c->sum[i] * factor[i] + sum[i];
}

/* A few columns, or one vector's worth of them: log_norm from what has been added up. */
static void NAME(finish_columns)(ptrdiff_t n_rows, ptrdiff_t n_columns, ptrdiff_t stride,
                                 const REAL *x, const REAL *top, const double *sum, REAL *log_norm)
{
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const int infinite = top[k] == INFINITY;
        const double total = infinite ? NAME(sum_at_infinity)(n_rows, stride, x + k) : sum[k];
        const double shift = top[k] == -INFINITY ? 0.0 : top[k];
        log_norm[k] = (REAL)(shift + fvb_log(total));
        if (NAME(shows_rounding)(log_norm[k], (REAL)total))
            log_norm[k] = (REAL)(top[k] + log1p(NAME(rest_of_sum)(n_rows, stride, x + k, top[k])));
    }
}

static void NAME(narrow_columns)(ptrdiff_t n_rows, ptrdiff_t n_columns, ptrdiff_t stride,
                                 const REAL *x, REAL *log_norm)
{
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        REAL top = -INFINITY;
        for (ptrdiff_t r = 0; r < n_rows; r++)
            top = x[r * stride + k] > top ? x[r * stride + k] : top;
        const double shift = top == -INFINITY ? 0.0 : top;
        double sum = 0.0;
        for (ptrdiff_t r = 0; r < n_rows; r++)
            sum += fvb_exp(x[r * stride + k] - shift);
        NAME(finish_columns)(n_rows, 1, stride, x + k, &top, &sum, log_norm + k);
    }
}

static void NAME(columns)(ptrdiff_t n_rows, ptrdiff_t n_columns, ptrdiff_t stride, const REAL *x,
                          REAL *log_norm)
{
    NAME(column) panel[PANEL];
    if (n_columns < LANES) {
        NAME(narrow_columns)(n_rows, n_columns, stride, x, log_norm);
        return;
    }
    for (ptrdiff_t start = 0; start < n_columns; start += PANEL * LANES) {
        const ptrdiff_t wanted = (n_columns - start + LANES - 1) / LANES;
        const ptrdiff_t n = wanted < PANEL ? wanted : PANEL;
        const ptrdiff_t last = n_columns - LANES; /* the last vector overlaps the one before it */
        for (ptrdiff_t i = 0; i < n; i++)
            panel[i] = (NAME(column)){(NAME(lanes)){0} - INFINITY, {0.0}};
        for (ptrdiff_t r = 0; r < n_rows; r += BLOCK_ROWS)
            for (ptrdiff_t i = 0; i < n; i++) {
                const ptrdiff_t size = n_rows - r < BLOCK_ROWS ? n_rows - r : BLOCK_ROWS;
                const ptrdiff_t k = start + i * LANES < last ? start + i * LANES : last;
                NAME(add_rows)(&panel[i], size, stride, x + r * stride + k);
            }
        for (ptrdiff_t i = 0; i < n; i++) {
            const ptrdiff_t k = start + i * LANES < last ? start + i * LANES : last;
            REAL top[LANES];
            NAME(fvb_lanes_store)(top, panel[i].top);
            NAME(finish_columns)(n_rows, LANES, stride, x + k, top, panel[i].sum, log_norm + k);
        }
    }
}
