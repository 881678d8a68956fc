"""Responsibilities and their norms: exp and log-sum-exp along rows or columns.

The result of a row depends on that row alone, that of a column on the column and the slabs of rows,
so tasks and threads do not show in the bits.
"""
from cython cimport floating
from cython.parallel cimport prange

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_responsibilities.h" nogil:
    ctypedef struct fvb_responsibilities_leaves:
        void rows(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, double *,
            double *) noexcept nogil
        void columns(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, double *) noexcept nogil
    ctypedef struct fvb_responsibilities_leavesf:
        void rows(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, float *, float *) noexcept nogil
        void columns(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, float *) noexcept nogil
    ctypedef struct fvb_responsibilities_table:
        fvb_responsibilities_leaves f64
        fvb_responsibilities_leavesf f32
    const fvb_responsibilities_table *fvb_responsibilities_select(int level)

cdef const fvb_responsibilities_table *leaves = fvb_responsibilities_select(simd_level())

cdef enum:
    TASK_VALUES = 1 << 16     # of rows that a thread takes at a time
    TASK_COLUMNS = 512        # that a thread takes at a time
    PARALLEL_VALUES = 50_000  # below, a second thread costs more than it brings


cdef inline void one_task(
        Py_ssize_t n_rows, Py_ssize_t n_columns, Py_ssize_t stride, const floating *x,
        floating *resp, floating *log_norm) noexcept nogil:
    if floating is double:
        leaves.f64.rows(n_rows, n_columns, stride, x, resp, log_norm)
    else:
        leaves.f32.rows(n_rows, n_columns, stride, x, resp, log_norm)


cdef void all_rows(
        const floating[:, :] x, floating *resp, floating *log_norm, int n_threads) noexcept nogil:
    cdef Py_ssize_t n_rows = x.shape[0], n_columns = x.shape[1]
    cdef Py_ssize_t stride = x.strides[0] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t rows = max(1, TASK_VALUES // max(n_columns, 1))
    cdef Py_ssize_t task, start, n_tasks = (n_rows + rows - 1) // rows
    cdef const floating *values = &x[0, 0]
    if n_rows * n_columns < PARALLEL_VALUES:
        n_threads = 1
    for task in prange(n_tasks, schedule="static", num_threads=n_threads):
        start = task * rows
        one_task(
            min(rows, n_rows - start), n_columns, stride, values + start * stride,
            NULL if resp is NULL else resp + start * n_columns, log_norm + start)


def responsibilities(
        const floating[:, :] log_joint,  # IN  (n_rows, n_columns) rows contiguous
        floating[:, ::1] resp,           # OUT (n_rows, n_columns) may be log_joint
        floating[::1] log_norm,          # OUT (n_rows,)
        int n_threads):
    if log_joint.shape[0] and log_joint.shape[1]:
        with nogil:
            all_rows(log_joint, &resp[0, 0], &log_norm[0], n_threads)


def logsumexp_rows(
        const floating[:, :] x,  # IN  (n_rows, n_columns) rows contiguous
        floating[::1] log_norm,  # OUT (n_rows,)
        int n_threads):
    if x.shape[0] and x.shape[1]:
        with nogil:
            all_rows(x, NULL, &log_norm[0], n_threads)


def logsumexp_columns(
        const floating[:, :, ::1] x,    # IN  (n_outer, n_rows, n_columns)
        floating[:, :, ::1] log_norm,   # OUT (n_outer, n_slabs, n_columns) of each slab of rows
        Py_ssize_t slab_rows,           # rows of a slab; the last may have fewer
        int n_threads):
    cdef Py_ssize_t n_rows = x.shape[1], n_columns = x.shape[2], n_slabs = log_norm.shape[1]
    cdef Py_ssize_t n_chunks = max(1, n_columns // TASK_COLUMNS)  # the last takes the rest
    cdef Py_ssize_t task, outer, row, column, rows, columns
    if not (x.shape[0] and n_rows and n_columns):
        return
    if x.shape[0] * n_rows * n_columns < PARALLEL_VALUES:
        n_threads = 1
    for task in prange(
            x.shape[0] * n_slabs * n_chunks, schedule="static", num_threads=n_threads,
            nogil=True):
        outer = task // (n_slabs * n_chunks)
        row = task // n_chunks % n_slabs * slab_rows
        column = task % n_chunks * TASK_COLUMNS
        rows = min(slab_rows, n_rows - row)
        columns = (n_columns if column // TASK_COLUMNS + 1 == n_chunks
                   else column + TASK_COLUMNS) - column
        if floating is double:
            leaves.f64.columns(
                rows, columns, n_columns, &x[outer, row, column],
                &log_norm[outer, row // slab_rows, column])
        else:
            leaves.f32.columns(
                rows, columns, n_columns, &x[outer, row, column],
                &log_norm[outer, row // slab_rows, column])
