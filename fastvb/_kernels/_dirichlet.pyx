"""Row functions of Dirichlet concentrations, rows in parallel.

Every row is computed on its own, so the bits depend neither on the number of threads nor on
which rows come together.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_dirichlet.h" nogil:
    ctypedef Py_ssize_t (*fvb_dirichlet_rows)(
        Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t, Py_ssize_t, double *) noexcept nogil
    ctypedef Py_ssize_t (*fvb_dirichlet_rowsf)(
        Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t, Py_ssize_t, float *) noexcept nogil
    ctypedef struct fvb_dirichlet_leaves:
        fvb_dirichlet_rows expectation, exp_expectation, log_normalizer, entropy
        Py_ssize_t kl(
            Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t, Py_ssize_t, const double *,
            Py_ssize_t, Py_ssize_t, double *, Py_ssize_t *) noexcept nogil
    ctypedef struct fvb_dirichlet_leavesf:
        fvb_dirichlet_rowsf expectation, exp_expectation, log_normalizer, entropy
        Py_ssize_t kl(
            Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t, Py_ssize_t, const float *,
            Py_ssize_t, Py_ssize_t, float *, Py_ssize_t *) noexcept nogil
    ctypedef struct fvb_dirichlet_table:
        fvb_dirichlet_leaves f64
        fvb_dirichlet_leavesf f32
    const fvb_dirichlet_table *fvb_dirichlet_select(int level)

cdef const fvb_dirichlet_table *leaves = fvb_dirichlet_select(simd_level())

# Elements of a task, and of all tasks between two looks at pending signals: a tenth of a second, or
# four tenths where divergences of near neighbours are integrated.
cdef Py_ssize_t TASK = 16_384
cdef Py_ssize_t SIGNAL = 4_000_000


cdef inline Py_ssize_t rows_of_task(Py_ssize_t n_columns) noexcept nogil:
    return max(1, TASK // max(1, n_columns))


def n_tasks(Py_ssize_t n_rows, Py_ssize_t n_columns):
    """Entries of the `bad` arrays below."""
    cdef Py_ssize_t rows = rows_of_task(n_columns)
    return (n_rows + rows - 1) // rows


cdef int run(
        fvb_dirichlet_rows leaf, fvb_dirichlet_rowsf leaff, const floating[:, :] a,
        floating[:, :] out, Py_ssize_t[::1] bad, int n_threads) except -1:
    cdef Py_ssize_t n_rows = a.shape[0], n_columns = a.shape[1], rows = rows_of_task(n_columns)
    cdef Py_ssize_t row = a.strides[0] // <Py_ssize_t>sizeof(floating), tasks = bad.shape[0]
    cdef Py_ssize_t column = a.strides[1] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t first = 0, last, task, start, size, found
    if tasks < 4:
        n_threads = 1
    while first < tasks:
        last = min(tasks, first + SIGNAL // (rows * max(1, n_columns)) + 1)
        for task in prange(first, last, schedule="static", num_threads=n_threads, nogil=True):
            start = task * rows
            size = min(rows, n_rows - start)
            if floating is double:
                found = leaf(size, n_columns, &a[start, 0], row, column, &out[start, 0])
            else:
                found = leaff(size, n_columns, &a[start, 0], row, column, &out[start, 0])
            bad[task] = found + start * n_columns if found >= 0 else -1
        PyErr_CheckSignals()
        first = last
    return 0


def expectation(
        const floating[:, :] alpha,          # IN   (n_rows, n_columns), any strides
        floating[:, :] out,                  # OUT  (n_rows, n_columns), C order; may be alpha
        Py_ssize_t[::1] bad,                 # OUT  (n_tasks,) flat index of a bad entry, or -1
        int n_threads):
    """psi(alpha_k) - psi(sum alpha) by rows."""
    run(leaves.f64.expectation, leaves.f32.expectation, alpha, out, bad, n_threads)


def exp_expectation(
        const floating[:, :] alpha,          # IN   (n_rows, n_columns), any strides
        floating[:, :] out,                  # OUT  (n_rows, n_columns), C order; may be alpha
        Py_ssize_t[::1] bad,                 # OUT  (n_tasks,) flat index of a bad entry, or -1
        int n_threads):
    """exp(psi(alpha_k) - psi(sum alpha)) by rows."""
    run(leaves.f64.exp_expectation, leaves.f32.exp_expectation, alpha, out, bad, n_threads)


def log_normalizer(
        const floating[:, :] a,              # IN   (n_rows, n_columns), any strides
        floating[:, :] out,                  # OUT  (n_rows, 1)
        Py_ssize_t[::1] bad,                 # OUT  (n_tasks,) flat index of a bad entry, or -1
        int n_threads):
    """log Gamma(sum a) - sum log Gamma(a_k) by rows."""
    run(leaves.f64.log_normalizer, leaves.f32.log_normalizer, a, out, bad, n_threads)


def entropy(
        const floating[:, :] a,              # IN   (n_rows, n_columns), any strides
        floating[:, :] out,                  # OUT  (n_rows, 1)
        Py_ssize_t[::1] bad,                 # OUT  (n_tasks,) flat index of a bad entry, or -1
        int n_threads):
    """Differential entropy by rows."""
    run(leaves.f64.entropy, leaves.f32.entropy, a, out, bad, n_threads)


def kl(
        const floating[:, :] a,              # IN   (n_rows, n_columns), any strides
        const floating[:, :] b,              # IN   (n_rows, n_columns), any strides
        floating[:, :] out,                  # OUT  (n_rows, 1)
        Py_ssize_t[::1] bad,                 # OUT  (n_tasks,) flat index of a bad a, or -1
        Py_ssize_t[::1] bad_b,               # OUT  (n_tasks,) the same of b
        int n_threads):
    """KL(Dirichlet(a) || Dirichlet(b)) by rows."""
    cdef Py_ssize_t n_rows = a.shape[0], n_columns = a.shape[1], rows = rows_of_task(n_columns)
    cdef Py_ssize_t a_row = a.strides[0] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t b_row = b.strides[0] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t a_column = a.strides[1] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t b_column = b.strides[1] // <Py_ssize_t>sizeof(floating), tasks = bad.shape[0]
    cdef Py_ssize_t first = 0, last, task, start, size, found
    if tasks < 4:
        n_threads = 1
    while first < tasks:
        last = min(tasks, first + SIGNAL // (rows * max(1, n_columns)) + 1)
        for task in prange(first, last, schedule="static", num_threads=n_threads, nogil=True):
            start = task * rows
            size = min(rows, n_rows - start)
            if floating is double:
                found = leaves.f64.kl(
                    size, n_columns, &a[start, 0], a_row, a_column, &b[start, 0], b_row,
                    b_column, &out[start, 0], &bad_b[task])
            else:
                found = leaves.f32.kl(
                    size, n_columns, &a[start, 0], a_row, a_column, &b[start, 0], b_row,
                    b_column, &out[start, 0], &bad_b[task])
            bad[task] = found + start * n_columns if found >= 0 else -1
            if bad_b[task] >= 0:
                bad_b[task] += start * n_columns
        PyErr_CheckSignals()
        first = last
