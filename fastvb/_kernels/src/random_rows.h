/* Dirichlet columns, a row at a time: g / (the column's sum of g). */

static void NAME(shapes)(ptrdiff_t n_columns, ptrdiff_t stride, const REAL *counts, double scale,
                         const REAL *prior, REAL *row, double *sum)
{
    _Pragma("omp simd")
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const REAL shape = (REAL)scale * counts[k] + prior[k];
        row[k] = shape < (REAL)1e-30 ? (REAL)1e-30 : shape; /* a difference may have left nothing */
        sum[k] += (double)row[k];
    }
    for (ptrdiff_t k = n_columns; k < stride; k++)
        row[k] = 1;
}

static void NAME(draw_rows)(ptrdiff_t n_rows, ptrdiff_t stride, uint64_t seed, uint32_t stream,
                            const uint64_t *numbers, REAL *rows, double *sum)
{
    const ptrdiff_t per_row = stride / NAME(LINE), n_lines = n_rows * per_row;
    for (ptrdiff_t start = 0; start < n_lines; start += CHUNK_LINES) {
        uint64_t lines[CHUNK_LINES];
        ptrdiff_t size = 0;
        for (; size < CHUNK_LINES && start + size < n_lines; size++)
            lines[size] = numbers[(start + size) / per_row] * per_row + (start + size) % per_row;
        NAME(log_gamma)(size, seed, stream, lines, rows + start * NAME(LINE),
                        rows + start * NAME(LINE));
    }
    for (ptrdiff_t i = 0; i < n_rows; i++) {
        _Pragma("omp simd")
        for (ptrdiff_t k = 0; k < stride; k++)
            sum[k] += (double)EXP(rows[i * stride + k]);
    }
}

static double NAME(normalize_row)(ptrdiff_t n_columns, ptrdiff_t stride, const double *log_total,
                                  REAL *row)
{
    double top = -INFINITY;
    _Pragma("omp simd reduction(max : top)")
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const double exponent = (double)row[k] - log_total[k];
        top = exponent > top ? exponent : top;
    }
    _Pragma("omp simd")
    for (ptrdiff_t k = 0; k < n_columns; k++) {
        const REAL exponent = (REAL)((double)row[k] - log_total[k] - top);
        const REAL value = EXP(exponent);
        row[k] = value < REAL_MIN ? exponent : value;
    }
    for (ptrdiff_t k = n_columns; k < stride; k++)
        row[k] = 0;
    return top;
}
