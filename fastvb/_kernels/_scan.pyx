"""Numbers from blocks of whole lines of text.

A block is cut at newlines into parts that do not depend on the threads. A part is read by one
thread into its own stretch of the outputs, which starts at the number of newlines or colons
before the part: no fewer than the entries that they can hold.
"""
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memchr

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "Python.h" nogil:
    ctypedef struct PyObject
    double PyOS_string_to_double(const char *, char **, PyObject *) noexcept
    void PyErr_Clear() noexcept

cdef extern from "fvb_scan.h" nogil:
    enum:
        FVB_SCAN_OK
        FVB_SCAN_BLANK
        FVB_SCAN_LINE
        FVB_SCAN_HEAD
        FVB_SCAN_PAIR
        FVB_SCAN_ROW
        FVB_SCAN_COLUMN
        FVB_SCAN_VALUE
        FVB_SCAN_LENGTH
    ctypedef struct fvb_scan_ids:
        int64_t first_id, n_rows, n_columns
    ctypedef struct fvb_scan_result:
        Py_ssize_t status, position, n_lines, n_entries
    ctypedef double (*fvb_scan_convert)(const char *) noexcept nogil
    ctypedef struct fvb_scan_table:
        void count(const char *, Py_ssize_t, Py_ssize_t, Py_ssize_t *) noexcept nogil
        fvb_scan_result triples(
            const char *, Py_ssize_t, Py_ssize_t, const fvb_scan_ids *, int32_t *, int32_t *,
            int32_t *) noexcept nogil
        fvb_scan_result real_triples(
            const char *, Py_ssize_t, Py_ssize_t, const fvb_scan_ids *, fvb_scan_convert,
            int32_t *, int32_t *, double *) noexcept nogil
        fvb_scan_result couples(
            const char *, Py_ssize_t, Py_ssize_t, const fvb_scan_ids *, int32_t *,
            int32_t *) noexcept nogil
        fvb_scan_result counted_pairs(
            const char *, Py_ssize_t, Py_ssize_t, const fvb_scan_ids *, int32_t *, int32_t *,
            int32_t *) noexcept nogil
        fvb_scan_result labelled_pairs(
            const char *, Py_ssize_t, Py_ssize_t, const fvb_scan_ids *, fvb_scan_convert,
            double *, int32_t *, int32_t *, double *) noexcept nogil
    const fvb_scan_table *fvb_scan_select(int level)

cdef const fvb_scan_table *leaves = fvb_scan_select(simd_level())

OK, BLANK, LINE = FVB_SCAN_OK, FVB_SCAN_BLANK, FVB_SCAN_LINE
HEAD, PAIR, LENGTH = FVB_SCAN_HEAD, FVB_SCAN_PAIR, FVB_SCAN_LENGTH
ROW, COLUMN, VALUE = FVB_SCAN_ROW, FVB_SCAN_COLUMN, FVB_SCAN_VALUE


cdef double convert(const char *number) noexcept nogil:
    """Correctly rounded, whatever the locale; inf on overflow."""
    cdef char *end
    cdef double value
    with gil:
        value = PyOS_string_to_double(number, &end, NULL)
        PyErr_Clear()
    return value


cdef inline const char *bytes_of(const unsigned char[::1] text) noexcept nogil:
    return <const char *>&text[0]


def cut_lines(
        const unsigned char[::1] text,  # IN  (end + 8 or more,) whole lines up to `end`
        Py_ssize_t end,
        Py_ssize_t[::1] starts,         # OUT (n_parts + 1,) the first byte of each part, and `end`
        Py_ssize_t[:, ::1] counts,      # OUT (n_parts, 2) newlines and colons in it
        int n_threads):
    cdef Py_ssize_t part, n_parts = counts.shape[0], size = (end + n_parts - 1) // n_parts
    cdef const char *p = bytes_of(text)
    starts[0] = 0
    for part in range(1, n_parts):
        starts[part] = starts[part - 1]
        if starts[part] < part * size < end:
            starts[part] = 1 + <const char *>memchr(p + part * size, c"\n", end - part * size) - p
    starts[n_parts] = end
    for part in prange(n_parts, schedule="dynamic", num_threads=n_threads, nogil=True):
        leaves.count(p, starts[part], starts[part + 1], &counts[part, 0])


cdef inline void report(Py_ssize_t[::1] row, fvb_scan_result result) noexcept nogil:
    row[0] = result.status
    row[1] = result.position
    row[2] = result.n_lines
    row[3] = result.n_entries


ctypedef fused value_t:
    int32_t
    double


def scan_triples(
        const unsigned char[::1] text,     # IN  (n_bytes + 8 or more,) "row column value" lines
        const Py_ssize_t[::1] starts,      # IN  (n_parts + 1,) from cut_lines
        const Py_ssize_t[:, ::1] offsets,  # IN  (n_parts, 2) line and entry at which a part starts
        int64_t first_id, int64_t n_rows, int64_t n_columns,
        int32_t[::1] rows,                 # OUT (n_entries,) from 0
        int32_t[::1] columns,              # OUT (n_entries,) from 0
        value_t[::1] values,               # OUT (n_entries,)
        Py_ssize_t[:, ::1] results,        # OUT (n_parts, 4) status, position, lines, entries
        int n_threads):
    cdef fvb_scan_ids ids = fvb_scan_ids(first_id, n_rows, n_columns)
    cdef const char *p = bytes_of(text)
    cdef Py_ssize_t part, i
    for part in prange(offsets.shape[0], schedule="dynamic", num_threads=n_threads, nogil=True):
        i = offsets[part, 1]
        if value_t is int32_t:
            report(results[part], leaves.triples(
                p, starts[part], starts[part + 1], &ids, &rows[i], &columns[i], &values[i]))
        else:
            report(results[part], leaves.real_triples(
                p, starts[part], starts[part + 1], &ids, convert, &rows[i], &columns[i],
                &values[i]))


def scan_couples(
        const unsigned char[::1] text,     # IN  (n_bytes + 8 or more,) "row column" lines
        const Py_ssize_t[::1] starts,      # IN  (n_parts + 1,) from cut_lines
        const Py_ssize_t[:, ::1] offsets,  # IN  (n_parts, 2) line and entry at which a part starts
        int64_t first_id, int64_t n_rows, int64_t n_columns,
        int32_t[::1] rows,                 # OUT (n_entries,) from 0
        int32_t[::1] columns,              # OUT (n_entries,) from 0
        Py_ssize_t[:, ::1] results,        # OUT (n_parts, 4) status, position, lines, entries
        int n_threads):
    cdef fvb_scan_ids ids = fvb_scan_ids(first_id, n_rows, n_columns)
    cdef const char *p = bytes_of(text)
    cdef Py_ssize_t part, i
    for part in prange(offsets.shape[0], schedule="dynamic", num_threads=n_threads, nogil=True):
        i = offsets[part, 1]
        report(results[part], leaves.couples(
            p, starts[part], starts[part + 1], &ids, &rows[i], &columns[i]))


def scan_counted_pairs(
        const unsigned char[::1] text,     # IN  (n_bytes + 8 or more,) "n id:value ..." lines
        const Py_ssize_t[::1] starts,      # IN  (n_parts + 1,) from cut_lines
        const Py_ssize_t[:, ::1] offsets,  # IN  (n_parts, 2) line and entry at which a part starts
        int64_t first_id, int64_t n_columns,
        int32_t[::1] lengths,              # OUT (n_lines,) entries of a line
        int32_t[::1] columns,              # OUT (n_entries,) from 0
        int32_t[::1] values,               # OUT (n_entries,)
        Py_ssize_t[:, ::1] results,        # OUT (n_parts, 4) status, position, lines, entries
        int n_threads):
    cdef fvb_scan_ids ids = fvb_scan_ids(first_id, 0, n_columns)
    cdef const char *p = bytes_of(text)
    cdef Py_ssize_t part, i, k
    for part in prange(offsets.shape[0], schedule="dynamic", num_threads=n_threads, nogil=True):
        k = offsets[part, 0]
        i = offsets[part, 1]
        report(results[part], leaves.counted_pairs(
            p, starts[part], starts[part + 1], &ids, &lengths[k], &columns[i], &values[i]))


def scan_labelled_pairs(
        const unsigned char[::1] text,     # IN  (n_bytes + 8 or more,) "label id:value ..." lines
        const Py_ssize_t[::1] starts,      # IN  (n_parts + 1,) from cut_lines
        const Py_ssize_t[:, ::1] offsets,  # IN  (n_parts, 2) line and entry at which a part starts
        int64_t first_id, int64_t n_columns,
        double[::1] labels,                # OUT (n_lines,)
        int32_t[::1] lengths,              # OUT (n_lines,) entries of a line
        int32_t[::1] columns,              # OUT (n_entries,) from 0
        double[::1] values,                # OUT (n_entries,)
        Py_ssize_t[:, ::1] results,        # OUT (n_parts, 4) status, position, lines, entries
        int n_threads):
    cdef fvb_scan_ids ids = fvb_scan_ids(first_id, 0, n_columns)
    cdef const char *p = bytes_of(text)
    cdef Py_ssize_t part, i, k
    for part in prange(offsets.shape[0], schedule="dynamic", num_threads=n_threads, nogil=True):
        k = offsets[part, 0]
        i = offsets[part, 1]
        report(results[part], leaves.labelled_pairs(
            p, starts[part], starts[part + 1], &ids, convert, &labels[k], &lengths[k],
            &columns[i], &values[i]))
