"""Random draws that depend on (seed, stream, number) alone.

Whoever needs draw number i makes draw number i: neither threads nor the way in which a range of
numbers is cut into calls show in the bits.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_random.h" nogil:
    ctypedef struct fvb_random_leaves:
        void log_gamma_range(
            Py_ssize_t, uint64_t, uint32_t, uint64_t, const double *, double *) noexcept nogil
        void shapes(
            Py_ssize_t, Py_ssize_t, const double *, double, const double *, double *,
            double *) noexcept nogil
        void draw_rows(
            Py_ssize_t, Py_ssize_t, uint64_t, uint32_t, const uint64_t *, double *,
            double *) noexcept nogil
        double normalize_row(
            Py_ssize_t, Py_ssize_t, const double *, double *) noexcept nogil
    ctypedef struct fvb_random_leavesf:
        void log_gamma_range(
            Py_ssize_t, uint64_t, uint32_t, uint64_t, const float *, float *) noexcept nogil
        void shapes(
            Py_ssize_t, Py_ssize_t, const float *, double, const float *, float *,
            double *) noexcept nogil
        void draw_rows(
            Py_ssize_t, Py_ssize_t, uint64_t, uint32_t, const uint64_t *, float *,
            double *) noexcept nogil
        double normalize_row(
            Py_ssize_t, Py_ssize_t, const double *, float *) noexcept nogil
    ctypedef struct fvb_random_table:
        void words(
            Py_ssize_t, uint64_t, uint32_t, uint32_t, uint64_t, uint64_t *) noexcept nogil
        fvb_random_leaves f64
        fvb_random_leavesf f32
    const fvb_random_table *fvb_random_select(int level)

cdef const fvb_random_table *leaves = fvb_random_select(simd_level())

ctypedef fused index_t:
    int32_t
    int64_t

cdef enum:
    TASK = 4096              # draws that a thread makes at a time: whole lines
    PARALLEL_DRAWS = 20_000  # below, a second thread costs more than it brings
    ROWS = 64                # that are drawn at a time
    SIGNAL_DRAWS = 1 << 25   # per thread between two looks at pending signals


def words(
        uint64_t[:, ::1] out,  # OUT (n, 2) four words of 32 bits in a row
        uint64_t seed, uint32_t stream,
        uint32_t step,         # the fourth word of the counter
        uint64_t start):       # the first two words of the first counter
    """Philox4x32-10 of the counters (start + i, stream, step) under the key `seed`."""
    if out.shape[0]:
        leaves.words(out.shape[0], seed, stream, step, start, &out[0, 0])


def log_gamma_draws(
        const floating[::1] shape,  # IN  (n,) positive
        floating[::1] log_g,        # OUT (n,) may be shape
        uint64_t seed, uint32_t stream,
        uint64_t start,             # number of the first draw
        int n_threads):
    """log g, g ~ Gamma(shape, 1)."""
    cdef Py_ssize_t n = shape.shape[0], first = start % TASK, task, begin, end
    if n < PARALLEL_DRAWS:
        n_threads = 1
    for task in prange(
            (first + n + TASK - 1) // TASK, schedule="static", num_threads=n_threads, nogil=True):
        begin = max(0, task * TASK - first)
        end = min(n, (task + 1) * TASK - first)
        if floating is double:
            leaves.f64.log_gamma_range(
                end - begin, seed, stream, start + begin, &shape[begin], &log_g[begin])
        else:
            leaves.f32.log_gamma_range(
                end - begin, seed, stream, start + begin, &shape[begin], &log_g[begin])


cdef void some_rows(
        const floating *counts, double scale, const floating *prior, Py_ssize_t prior_step,
        const index_t *words, Py_ssize_t n_rows, Py_ssize_t n_columns, Py_ssize_t stride,
        uint64_t seed, uint32_t stream, floating *rows, double *shape_sum,
        double *sum) noexcept nogil:
    """Draw the rows of some words, and add up shapes and draws."""
    cdef uint64_t numbers[ROWS]
    cdef Py_ssize_t start = 0, i, size, word
    while start < n_rows:
        size = min(<Py_ssize_t>ROWS, n_rows - start)
        for i in range(size):
            word = words[start + i]
            numbers[i] = word
            if floating is double:
                leaves.f64.shapes(
                    n_columns, stride, counts + word * stride, scale,
                    prior + word * prior_step, rows + (start + i) * stride, shape_sum)
            else:
                leaves.f32.shapes(
                    n_columns, stride, counts + word * stride, scale,
                    prior + word * prior_step, rows + (start + i) * stride, shape_sum)
        if floating is double:
            leaves.f64.draw_rows(
                size, stride, seed, stream, numbers, rows + start * stride, sum)
        else:
            leaves.f32.draw_rows(
                size, stride, seed, stream, numbers, rows + start * stride, sum)
        start += size


def draw_rows(
        const floating[:, ::1] counts,  # IN   (n_words, stride)
        double scale,                   # the shapes are scale * counts + prior
        const floating[:, ::1] prior,   # IN   (n_words, stride), or (1, stride) for all
        const index_t[::1] words,       # IN   (n_seen,) whose rows are wanted
        Py_ssize_t n_columns,           # the rest of a row is padding
        uint64_t seed, uint32_t stream,  # number of a draw: word * stride + column
        floating[:, ::1] rows,          # OUT  (n_seen, stride) log g
        double[:, :, ::1] sums,         # OUT  (n_blocks, 2, stride) of shapes and of g over
                                        # consecutive rows
        int n_threads):
    """log g, g ~ Gamma(scale * counts + prior, 1), of some words."""
    cdef Py_ssize_t n_seen = words.shape[0], stride = rows.shape[1], n_blocks = sums.shape[0]
    cdef Py_ssize_t step = stride if prior.shape[0] > 1 else 0
    cdef Py_ssize_t start = 0, stop, b, first, at_once
    if n_seen * stride < PARALLEL_DRAWS:
        n_threads = 1
    sums[:] = 0.0
    if n_seen == 0:
        return
    at_once = 1 + n_threads * <Py_ssize_t>SIGNAL_DRAWS * n_blocks // (n_seen * stride)
    while start < n_blocks:
        stop = min(n_blocks, start + at_once)
        for b in prange(start, stop, schedule="dynamic", num_threads=n_threads, nogil=True):
            first = n_seen * b // n_blocks
            some_rows(
                &counts[0, 0], scale, &prior[0, 0], step, &words[first],
                n_seen * (b + 1) // n_blocks - first, n_columns, stride, seed, stream,
                &rows[first, 0], &sums[b, 0, 0], &sums[b, 1, 0])
        PyErr_CheckSignals()
        start = stop


def normalize_rows(
        const double[::1] log_total,   # IN    (n_columns,) of each column's sum
        floating[:, ::1] rows,         # INOUT (n_rows, stride) from logarithms to values over the
                                       # row's maximum, or their logarithms where these underflow
        double[::1] log_scale,         # OUT   (n_rows,) log of the maximum
        int n_threads):
    """Divide each column by its total and each row by its maximum."""
    cdef Py_ssize_t n_columns = log_total.shape[0], stride = rows.shape[1], i
    if rows.shape[0] * stride < PARALLEL_DRAWS:
        n_threads = 1
    for i in prange(rows.shape[0], schedule="static", num_threads=n_threads, nogil=True):
        if floating is double:
            log_scale[i] = leaves.f64.normalize_row(
                n_columns, stride, &log_total[0], &rows[i, 0])
        else:
            log_scale[i] = leaves.f32.normalize_row(
                n_columns, stride, &log_total[0], &rows[i, 0])
