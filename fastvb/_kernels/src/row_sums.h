/* Sums of short contiguous rows for one precision: the including file defines REAL, NAME() and
   PART. Several rows are reduced at a time; the order of a row's sum is that of its length. */

typedef NAME(fvb_part) NAME(part);
typedef NAME(fvb_part_mask) NAME(part_mask);

/* Rows shorter than a part: the compiler makes strided loads of a stride that it knows. */
#ifndef ROW_LENGTHS
#define ROW_LENGTHS(name, reduce)                                                            \
    static void name(ptrdiff_t n, ptrdiff_t n_rows, const REAL *x, REAL *reduced)            \
    {                                                                                        \
        switch (n) {                                                                         \
        case 1: reduce(1, n_rows, x, reduced); break;                                        \
        case 2: reduce(2, n_rows, x, reduced); break;                                        \
        case 3: reduce(3, n_rows, x, reduced); break;                                        \
        case 4: reduce(4, n_rows, x, reduced); break;                                        \
        case 5: reduce(5, n_rows, x, reduced); break;                                        \
        case 6: reduce(6, n_rows, x, reduced); break;                                        \
        default: reduce(7, n_rows, x, reduced);                                              \
        }                                                                                    \
    }
#endif

FVB_INLINE void NAME(sums_of)(const ptrdiff_t n, ptrdiff_t n_rows, const REAL *x, REAL *sum)
{
    for (ptrdiff_t r = 0; r < n_rows; r++) {
        REAL t = x[r * n];
        for (ptrdiff_t k = 1; k < n; k++)
            t += x[r * n + k];
        sum[r] = t;
    }
}

ROW_LENGTHS(NAME(narrow_sums), NAME(sums_of))

/* Of n_rows rows, a multiple of PART, of n columns. */
FVB_INLINE void NAME(row_sums)(ptrdiff_t n, ptrdiff_t n_rows, const REAL *x, REAL *sum)
{
    if (n < PART) {
        NAME(narrow_sums)(n, n_rows, x, sum);
        return;
    }
    NAME(part_mask) keep; /* lanes of a row's last part that its other parts do not have */
    for (ptrdiff_t i = 0; i < PART; i++)
        keep[i] = i >= (n - 1) / PART * PART - (n - PART) ? -1 : 0;
    for (ptrdiff_t r = 0; r < n_rows; r += PART) {
        NAME(part) v[PART];
        for (ptrdiff_t j = 0; j < PART; j++) {
            const REAL *row = x + (r + j) * n;
            v[j] = (NAME(part))((NAME(part_mask))NAME(fvb_part_load)(row + n - PART) & keep);
            for (ptrdiff_t k = 0; k < n - PART; k += PART)
                v[j] += NAME(fvb_part_load)(row + k);
        }
        NAME(fvb_part_store)(sum + r, NAME(fvb_reduce_add)(v));
    }
}
