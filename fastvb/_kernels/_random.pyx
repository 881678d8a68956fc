"""Random draws that depend on (seed, stream, number) alone.

Whoever needs draw number i makes draw number i: neither threads nor the way in which a range of
numbers is cut into calls show in the bits.
"""
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport uint32_t, uint64_t

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_random.h" nogil:
    ctypedef struct fvb_random_leaves:
        void log_gamma_range(
            Py_ssize_t, uint64_t, uint32_t, uint64_t, const double *, double *) noexcept nogil
    ctypedef struct fvb_random_leavesf:
        void log_gamma_range(
            Py_ssize_t, uint64_t, uint32_t, uint64_t, const float *, float *) noexcept nogil
    ctypedef struct fvb_random_table:
        void words(
            Py_ssize_t, uint64_t, uint32_t, uint32_t, uint64_t, uint64_t *) noexcept nogil
        fvb_random_leaves f64
        fvb_random_leavesf f32
    const fvb_random_table *fvb_random_select(int level)

cdef const fvb_random_table *leaves = fvb_random_select(simd_level())

cdef enum:
    TASK = 4096              # draws that a thread makes at a time: whole lines
    PARALLEL_DRAWS = 20_000  # below, a second thread costs more than it brings


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
