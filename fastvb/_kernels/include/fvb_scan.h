/* The table of leaf functions that read numbers from whole lines of text.

   Every line ends with \n, and eight bytes after the last line may be read. Blanks are space, tab,
   \r, \v and \f. A leaf stops at the first fault and says what it is and where. */
#ifndef FVB_SCAN_H
#define FVB_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include "fvb_level.h"

/* Status of a part, with the byte that `position` points to. */
enum {
    FVB_SCAN_OK,
    FVB_SCAN_BLANK,  /* a blank line where none may be: the line */
    FVB_SCAN_LINE,   /* not the fields that a line has: the line */
    FVB_SCAN_HEAD,   /* no number where a line of pairs begins: the line's first field */
    FVB_SCAN_PAIR,   /* not id:value: the field */
    FVB_SCAN_ROW,    /* a row id out of range: the field */
    FVB_SCAN_COLUMN, /* a column id out of range: the field */
    FVB_SCAN_VALUE,  /* a value that is negative, too large or not finite: the field */
    FVB_SCAN_LENGTH, /* not as many pairs as the line says: the line's first field */
};

/* Ids go from first_id to first_id + n - 1. */
typedef struct {
    int64_t first_id, n_rows, n_columns;
} fvb_scan_ids;

/* What became of a part: lines and entries written, and the fault, if any. */
typedef struct {
    ptrdiff_t status, position, n_lines, n_entries;
} fvb_scan_result;

/* A decimal number that is too long for exact arithmetic in 64 bits; never fails, may be inf. */
typedef double (*fvb_scan_convert)(const char *number);

#define FVB_SCAN_PART const char *text, ptrdiff_t begin, ptrdiff_t end, const fvb_scan_ids *ids

typedef struct {
    /* Newlines and colons. */
    void (*count)(
        const char *text, ptrdiff_t begin, ptrdiff_t end,
        ptrdiff_t *counts);  /* OUT (2,) */
    /* "row column value" lines. Blank lines are skipped. */
    fvb_scan_result (*triples)(
        FVB_SCAN_PART,
        int32_t *rows, int32_t *columns, int32_t *values);  /* OUT */
    fvb_scan_result (*real_triples)(
        FVB_SCAN_PART, fvb_scan_convert convert,
        int32_t *rows, int32_t *columns, double *values);  /* OUT */
    /* "row column" lines. */
    fvb_scan_result (*couples)(
        FVB_SCAN_PART,
        int32_t *rows, int32_t *columns);  /* OUT */
    /* "n id:value id:value ..." lines with n pairs. */
    fvb_scan_result (*counted_pairs)(
        FVB_SCAN_PART,
        int32_t *lengths, int32_t *columns, int32_t *values);  /* OUT */
    /* "label id:value id:value ... # comment" lines; lines without a label are skipped. */
    fvb_scan_result (*labelled_pairs)(
        FVB_SCAN_PART, fvb_scan_convert convert,
        double *labels, int32_t *lengths, int32_t *columns, double *values);  /* OUT */
} fvb_scan_table;

FVB_SELECT(fvb_scan)

#endif
