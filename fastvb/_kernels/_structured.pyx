"""The natural gradient of structured inference: statistics times V, for Dirichlet columns.

Rows have one owner; sums over rows go by blocks that do not depend on the number of threads.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int64_t

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_structured.h" nogil:
    ctypedef struct fvb_structured_leaves:
        void row(
            Py_ssize_t, const double *, double, const double *, const double *, const double *,
            const double *, double *, double *, double *) noexcept nogil
        void add_inverse(
            Py_ssize_t, const double *, double, const double *, const double *,
            double *) noexcept nogil
    ctypedef struct fvb_structured_leavesf:
        void row(
            Py_ssize_t, const float *, double, const float *, const float *, const float *,
            const double *, float *, double *, double *) noexcept nogil
        void add_inverse(
            Py_ssize_t, const float *, double, const float *, const double *,
            float *) noexcept nogil
    ctypedef struct fvb_structured_table:
        fvb_structured_leaves f64
        fvb_structured_leavesf f32
        void slopes(Py_ssize_t, const double *, const double *, double *) noexcept nogil
    const fvb_structured_table *fvb_structured_select(int level)

cdef const fvb_structured_table *leaves = fvb_structured_select(simd_level())

cdef enum:
    PARALLEL_ENTRIES = 2000    # below, a second thread costs more than it brings
    SIGNAL_ENTRIES = 1 << 20   # per thread between two looks at pending signals


def log_gamma_slopes(
        const double[::1] shape,  # IN  (n,)
        const double[::1] log_g,  # IN  (n,)
        double[::1] slope):       # OUT (n,)
    """d log g / d shape of g ~ Gamma(shape, 1) at the same quantile."""
    if shape.shape[0]:
        leaves.slopes(shape.shape[0], &shape[0], &log_g[0], &slope[0])


def scaled_gradient(
        const floating[:, ::1] counts,      # IN  (n_rows, stride)
        double scale,                       # the parameters are scale * counts + prior
        const floating[:, ::1] prior,       # IN  (n_rows, stride), or (1, stride) for all
        const floating[:, ::1] log_g,       # IN  (n_rows, stride) draws
        const int64_t[::1] place,           # IN  (n_rows,) row of the statistics, or -1 for zeros
        const floating[:, ::1] statistics,  # IN  (n_seen, stride) G
        const double[::1] share,            # IN  (n_columns,) sum of G / sum of g
        floating[:, ::1] out,               # OUT (n_rows, stride) y / q, zeros in the padding
        double[:, :, ::1] sums,             # OUT (n_blocks, 2, n_columns) of y / q and of 1 / q
                                            # over consecutive rows
        int n_threads):
    """The gradient by the parameters over the diagonal of the Fisher information."""
    cdef Py_ssize_t n_rows = out.shape[0], stride = out.shape[1], n_columns = share.shape[0]
    cdef Py_ssize_t n_blocks = sums.shape[0], step = 1 if prior.shape[0] > 1 else 0
    cdef Py_ssize_t start = 0, stop, at_once, b, v, k
    cdef const floating *own
    if n_rows * n_columns < PARALLEL_ENTRIES:
        n_threads = 1
    sums[:] = 0.0
    at_once = 1 + n_threads * <Py_ssize_t>SIGNAL_ENTRIES * n_blocks // (n_rows * n_columns)
    while start < n_blocks:
        stop = min(n_blocks, start + at_once)
        for b in prange(start, stop, schedule="dynamic", num_threads=n_threads, nogil=True):
            for v in range(n_rows * b // n_blocks, n_rows * (b + 1) // n_blocks):
                own = NULL
                if place[v] >= 0:
                    own = &statistics[place[v], 0]
                if floating is double:
                    leaves.f64.row(
                        n_columns, &counts[v, 0], scale, &prior[v * step, 0], &log_g[v, 0], own,
                        &share[0], &out[v, 0], &sums[b, 0, 0], &sums[b, 1, 0])
                else:
                    leaves.f32.row(
                        n_columns, &counts[v, 0], scale, &prior[v * step, 0], &log_g[v, 0], own,
                        &share[0], &out[v, 0], &sums[b, 0, 0], &sums[b, 1, 0])
                for k in range(n_columns, stride):
                    out[v, k] = 0
        PyErr_CheckSignals()
        start = stop


def add_inverse_trigamma(
        const floating[:, ::1] counts,  # IN    (n_rows, stride)
        double scale,                   # the parameters are scale * counts + prior
        const floating[:, ::1] prior,   # IN    (n_rows, stride), or (1, stride) for all
        const double[::1] factor,       # IN    (n_columns,)
        floating[:, ::1] out,           # INOUT (n_rows, stride)
        int n_threads):
    """out += factor / psi'(parameters)."""
    cdef Py_ssize_t n_rows = out.shape[0], n_columns = factor.shape[0], v
    cdef Py_ssize_t step = 1 if prior.shape[0] > 1 else 0
    if n_rows * n_columns < 10 * PARALLEL_ENTRIES:
        n_threads = 1
    for v in prange(n_rows, schedule="static", num_threads=n_threads, nogil=True):
        if floating is double:
            leaves.f64.add_inverse(
                n_columns, &counts[v, 0], scale, &prior[v * step, 0], &factor[0], &out[v, 0])
        else:
            leaves.f32.add_inverse(
                n_columns, &counts[v, 0], scale, &prior[v * step, 0], &factor[0], &out[v, 0])
