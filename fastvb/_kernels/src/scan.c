#include "fvb_scan.h"

#include <float.h>
#include "fvb_decimal.h"

#define INLINE static inline __attribute__((always_inline))

INLINE int is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n'); }

INLINE const char *after_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

INLINE const char *after_line(const char *p, const char *stop)
{
    return (const char *)memchr(p, '\n', (size_t)(stop - p)) + 1;
}

/* The columns of `lanes` are counters of their own, which the compiler keeps in a vector. */
static void count(const char *text, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t *counts)
{
    enum { LANES = 64, ROWS = 255 };  /* as many rows as a byte can count */
    const char *p = text + begin, *const stop = text + end;
    ptrdiff_t newlines = 0, colons = 0;
    while (stop - p >= LANES) {
        uint8_t newline[LANES] = {0}, colon[LANES] = {0};
        const ptrdiff_t whole = (stop - p) / LANES, rows = whole < ROWS ? whole : ROWS;
        for (ptrdiff_t i = 0; i < rows; i++, p += LANES)
            for (int j = 0; j < LANES; j++) {
                newline[j] += p[j] == '\n';
                colon[j] += p[j] == ':';
            }
        for (int j = 0; j < LANES; j++) {
            newlines += newline[j];
            colons += colon[j];
        }
    }
    for (; p < stop; p++) {
        newlines += *p == '\n';
        colons += *p == ':';
    }
    counts[0] = newlines;
    counts[1] = colons;
}

/* A number with a point or an exponent, or without; p itself if there is none. */
static const char *real(const char *const begin, fvb_scan_convert convert, double *value)
{
    const char *p = begin + (*begin == '+' || *begin == '-');
    uint64_t w = 0;
    ptrdiff_t n_digits = 0, n_decimals = 0;
    for (int is_fraction = 0;; is_fraction = 1) {
        unsigned n;
        do {
            const uint64_t next = fvb_digits(p, &n);
            w = w * FVB_POWERS_OF_TEN[n] + next;  /* wraps where there are more than 19 digits */
            p += n;
            n_digits += n;
            n_decimals += is_fraction ? n : 0;
        } while (n == 8);
        if (is_fraction || *p != '.')
            break;
        p++;
    }
    if (n_digits == 0)
        return begin;
    uint64_t exponent = 0;
    int is_negative = 0;
    if (*p == 'e' || *p == 'E') {
        p++;
        is_negative = *p == '-';
        p += *p == '-' || *p == '+';
        const char *const digits = p;
        p = fvb_integer(p, &exponent);
        if (p == digits)
            return begin;
    }
    const int64_t ten = (is_negative ? -(int64_t)exponent : (int64_t)exponent) - n_decimals;
    if (n_digits > 19)
        for (const char *zero = begin; zero < p && (*zero < '1' || *zero > '9'); zero++)
            n_digits -= *zero == '0';
    if (n_digits > 19 || ten < -27 || ten > 27)
        *value = convert(begin);
    else
        *value = *begin == '-' ? -fvb_scaled(w, (int)ten) : fvb_scaled(w, (int)ten);
    return p;
}

#define FAULT(what, where)                                       \
    do {                                                         \
        result.status = FVB_SCAN_##what;                         \
        result.position = (where) - text;                        \
        return result;                                           \
    } while (0)

INLINE int is_in(uint64_t id, int64_t first, int64_t n) { return id - (uint64_t)first < (uint64_t)n; }

/* `n_fields` is 2 or 3; the values are integers in `counts`, or else any numbers in `reals`. */
INLINE fvb_scan_result entries(
    FVB_SCAN_PART, int n_fields, fvb_scan_convert convert, int32_t *restrict rows,
    int32_t *restrict columns, int32_t *restrict counts, double *restrict reals)
{
    fvb_scan_result result = {FVB_SCAN_OK, 0, 0, 0};
    const fvb_scan_ids limits = *ids;
    const char *p = text + begin, *const stop = text + end;
    ptrdiff_t n = 0;
    while (p < stop) {
        uint64_t row, column, count = 1;
        double weight = 1.0;
        const char *const line = p;
        const char *const row_field = p = after_blanks(p);
        p = fvb_integer(p, &row);
        if (p == row_field && *p == '\n') {
            p++;
            continue;
        }
        if (p == row_field || !is_blank(*p))
            FAULT(LINE, line);
        const char *const column_field = p = after_blanks(p);
        p = fvb_integer(p, &column);
        if (p == column_field)
            FAULT(LINE, line);
        const char *value_field = p;
        if (n_fields == 3) {
            if (!is_blank(*p))
                FAULT(LINE, line);
            value_field = p = after_blanks(p);
            p = counts ? fvb_integer(p, &count) : real(p, convert, &weight);
            if (p == value_field)
                FAULT(LINE, line);
        }
        p = after_blanks(p);
        if (*p != '\n')
            FAULT(LINE, line);
        p++;
        if (!is_in(row, limits.first_id, limits.n_rows))
            FAULT(ROW, row_field);
        if (!is_in(column, limits.first_id, limits.n_columns))
            FAULT(COLUMN, column_field);
        if (count > INT32_MAX || !(weight >= 0.0 && weight <= DBL_MAX))
            FAULT(VALUE, value_field);
        rows[n] = (int32_t)(row - (uint64_t)limits.first_id);
        columns[n] = (int32_t)(column - (uint64_t)limits.first_id);
        if (counts)
            counts[n] = (int32_t)count;
        else if (reals)
            reals[n] = weight;
        n++;
        result.n_entries = result.n_lines = n;
    }
    return result;
}

static fvb_scan_result triples(
    FVB_SCAN_PART, int32_t *rows, int32_t *columns, int32_t *values)
{
    return entries(text, begin, end, ids, 3, NULL, rows, columns, values, NULL);
}

static fvb_scan_result real_triples(
    FVB_SCAN_PART, fvb_scan_convert convert, int32_t *rows, int32_t *columns, double *values)
{
    return entries(text, begin, end, ids, 3, convert, rows, columns, NULL, values);
}

static fvb_scan_result couples(FVB_SCAN_PART, int32_t *rows, int32_t *columns)
{
    return entries(text, begin, end, ids, 2, NULL, rows, columns, NULL, NULL);
}

static fvb_scan_result counted_pairs(
    FVB_SCAN_PART, int32_t *restrict lengths, int32_t *restrict columns, int32_t *restrict values)
{
    fvb_scan_result result = {FVB_SCAN_OK, 0, 0, 0};
    const fvb_scan_ids limits = *ids;
    const char *p = text + begin, *const stop = text + end;
    ptrdiff_t n = 0;
    while (p < stop) {
        uint64_t length;
        const ptrdiff_t first = n;
        const char *const line = p;
        const char *const head = p = after_blanks(p);
        if (*p == '\n')
            FAULT(BLANK, line);
        p = fvb_integer(p, &length);
        if (p == head || !(is_blank(*p) || *p == '\n'))
            FAULT(HEAD, head);
        for (p = after_blanks(p); *p != '\n'; p = after_blanks(p)) {
            uint64_t column, value;
            const char *const field = p;
            p = fvb_integer(p, &column);
            if (p == field || *p != ':')
                FAULT(PAIR, field);
            const char *const digits = ++p;
            p = fvb_integer(p, &value);
            if (p == digits || !(is_blank(*p) || *p == '\n'))
                FAULT(PAIR, field);
            if (!is_in(column, limits.first_id, limits.n_columns))
                FAULT(COLUMN, field);
            if (value > INT32_MAX)
                FAULT(VALUE, field);
            columns[n] = (int32_t)(column - (uint64_t)limits.first_id);
            values[n++] = (int32_t)value;
        }
        p++;
        if ((uint64_t)(n - first) != length)
            FAULT(LENGTH, head);
        lengths[result.n_lines++] = (int32_t)length;
        result.n_entries = n;
    }
    return result;
}

/* Behind a label: "qid:5 ", which ranks are learned from and counts are not. */
INLINE const char *after_query(const char *p)
{
    uint64_t query;
    if (memcmp(p, "qid:", 4) != 0)
        return p;
    const char *const digits = p + 4;
    const char *const behind = fvb_integer(digits, &query);
    const int ends = is_blank(*behind) || *behind == '\n' || *behind == '#';
    return behind == digits || !ends ? p : after_blanks(behind);
}

static fvb_scan_result labelled_pairs(
    FVB_SCAN_PART, fvb_scan_convert convert, double *restrict labels, int32_t *restrict lengths,
    int32_t *restrict columns, double *restrict values)
{
    fvb_scan_result result = {FVB_SCAN_OK, 0, 0, 0};
    const fvb_scan_ids limits = *ids;
    const char *p = text + begin, *const stop = text + end;
    ptrdiff_t n = 0;
    while (p < stop) {
        double label;
        const ptrdiff_t first = n;
        const char *const head = p = after_blanks(p);
        if (*p == '\n' || *p == '#') {
            p = after_line(p, stop);
            continue;
        }
        p = real(p, convert, &label);
        if (p == head || !(is_blank(*p) || *p == '\n' || *p == '#')
            || !(label >= -DBL_MAX && label <= DBL_MAX))
            FAULT(HEAD, head);
        for (p = after_query(after_blanks(p)); *p != '\n' && *p != '#'; p = after_blanks(p)) {
            uint64_t column;
            double value;
            const char *const field = p;
            p = fvb_integer(p, &column);
            if (p == field || *p != ':')
                FAULT(PAIR, field);
            const char *const number = ++p;
            p = real(p, convert, &value);
            if (p == number || !(is_blank(*p) || *p == '\n' || *p == '#'))
                FAULT(PAIR, field);
            if (!is_in(column, limits.first_id, limits.n_columns))
                FAULT(COLUMN, field);
            if (!(value >= 0.0 && value <= DBL_MAX))
                FAULT(VALUE, field);
            columns[n] = (int32_t)(column - (uint64_t)limits.first_id);
            values[n++] = value;
        }
        p = after_line(p, stop);
        labels[result.n_lines] = label;
        lengths[result.n_lines++] = (int32_t)(n - first);
        result.n_entries = n;
    }
    return result;
}

const fvb_scan_table FVB_TABLE(fvb_scan) = {
    count, triples, real_triples, couples, counted_pairs, labelled_pairs,
};
