#include "fvb_inverse_roots.h"

#include <math.h>
#include <string.h>

enum { ROWS = 4 }; /* at a time: as many sums, so that none waits for its last addition */

/* R of S = R R^T: column by column from the last one, all sums over what lies behind in two
   rows. */
static int factor(ptrdiff_t n, ptrdiff_t first, ptrdiff_t last, const double *s,
                  const double *least, double *r)
{
    for (ptrdiff_t j = last - 1; j >= first; j--) {
        const double *restrict tail = r + j * n + j + 1;
        const ptrdiff_t length = n - 1 - j;
        double squares = 0;
        _Pragma("omp simd reduction(+:squares)")
        for (ptrdiff_t k = 0; k < length; k++)
            squares += tail[k] * tail[k];
        const double pivot = s[j * n + j] - squares;
        if (!(pivot > 0 && pivot >= least[j] && pivot < INFINITY))
            return FVB_INVERSE_ROOT_SMALL;
        const double root = sqrt(pivot);
        r[j * n + j] = root;
        ptrdiff_t i = 0;
        for (; i + ROWS <= j; i += ROWS) {
            const double *restrict a = r + i * n + j + 1, *restrict b = a + n;
            const double *restrict c = b + n, *restrict d = c + n;
            double of_a = 0, of_b = 0, of_c = 0, of_d = 0;
            _Pragma("omp simd reduction(+:of_a, of_b, of_c, of_d)")
            for (ptrdiff_t k = 0; k < length; k++) {
                of_a += a[k] * tail[k];
                of_b += b[k] * tail[k];
                of_c += c[k] * tail[k];
                of_d += d[k] * tail[k];
            }
            const double sums[ROWS] = {of_a, of_b, of_c, of_d};
            for (ptrdiff_t m = 0; m < ROWS; m++)
                r[(i + m) * n + j] = (s[(i + m) * n + j] - sums[m]) / root;
        }
        for (; i < j; i++) {
            const double *restrict a = r + i * n + j + 1;
            double sum = 0;
            _Pragma("omp simd reduction(+:sum)")
            for (ptrdiff_t k = 0; k < length; k++)
                sum += a[k] * tail[k];
            r[i * n + j] = (s[i * n + j] - sum) / root;
        }
    }
    return FVB_INVERSE_ROOT_OK;
}

/* U = R^-1: row by row from the last one, each a sum of the rows below it. */
static void invert(ptrdiff_t n, ptrdiff_t first, ptrdiff_t last, const double *r, double *u)
{
    for (ptrdiff_t i = last - 1; i >= first; i--) {
        double *restrict row = u + i * n;
        memset(row, 0, n * sizeof *row);
        const double diagonal = 1.0 / r[i * n + i];
        for (ptrdiff_t k = i + 1; k < n; k++) {
            const double *restrict below = u + k * n;
            const double factor = -diagonal * r[i * n + k];
            _Pragma("omp simd")
            for (ptrdiff_t j = k; j < n; j++)
                row[j] += factor * below[j];
        }
        row[i] = diagonal;
    }
}

const fvb_inverse_roots_table FVB_TABLE(fvb_inverse_roots) = {factor, invert};
