"""Mixtures whose rows have normal components of their own: losses and their gradients.

Rows are taken in blocks that do not depend on the number of threads; a block is one thread's.
"""
from cython.parallel cimport prange

from fastvb._kernels._dispatch cimport simd_level
from fastvb._kernels._openmp cimport omp_get_thread_num

cdef extern from "fvb_local_mixture.h" nogil:
    ctypedef struct fvb_local_rows:
        Py_ssize_t n_rows, n_components
        const double *x
        const double *means
        const double *scales
        const double *concentration
        const double *responsibilities
        const double *posterior
        const double *log_weights
        const double *prior_log_weights
    ctypedef struct fvb_local_gradients:
        double *x
        double *means
        double *scales
        double *concentration
        double *responsibilities
        double *posterior
    ctypedef struct fvb_local_mixture_table:
        void losses(
            const fvb_local_rows *, double, double *, const fvb_local_gradients *,
            double *) noexcept nogil
    const fvb_local_mixture_table *fvb_local_mixture_select(int level)

cdef const fvb_local_mixture_table *leaves = fvb_local_mixture_select(simd_level())

cdef enum:
    BLOCK = 1024              # elements: what is computed of them stays in the first-level cache
    PARALLEL_VALUES = 20_000  # below, a second thread costs more than it brings


cpdef Py_ssize_t block_rows(Py_ssize_t n_components):
    """Rows of a block."""
    return max(1, BLOCK // n_components)


def losses(
        const double[::1] x,                      # IN   (n_rows,), at least one
        const double[:, ::1] means,               # IN   (n_rows, n_components)
        const double[:, ::1] scales,              # IN   (n_rows, n_components)
        const double[:, ::1] concentration,       # IN   (n_rows, n_components)
        const double[:, ::1] responsibilities,    # IN   (n_rows, n_components)
        const double[:, ::1] posterior,           # IN   (n_rows, n_components)
        const double[:, ::1] log_weights,         # IN   (n_rows, n_components) E[log w], posterior
        const double[:, ::1] prior_log_weights,   # IN   (n_rows, n_components) and concentration
        double factor,
        double[:, ::1] sums,                      # OUT  (n_blocks, 2)
        double[::1] of_x,                         # OUT  (n_rows,), or all six empty
        double[:, ::1] of_means,                  # OUT  (n_rows, n_components)
        double[:, ::1] of_scales,                 # OUT  (n_rows, n_components)
        double[:, ::1] of_concentration,          # OUT  (n_rows, n_components)
        double[:, ::1] of_responsibilities,       # OUT  (n_rows, n_components)
        double[:, ::1] of_posterior,              # OUT  (n_rows, n_components)
        double[:, ::1] work,                      # WORK (n_threads, block_rows * n_components)
        int n_threads):
    """Sums by blocks of -r log N(x | mean, scale) and of r (log r - log_weights); gradients of
    `factor` times these and the divergence of the posterior from its prior, if wanted.
    """
    cdef Py_ssize_t n_rows = x.shape[0], n = means.shape[1], size = block_rows(n), b
    cdef bint wants_gradients = of_x.shape[0] > 0
    cdef fvb_local_rows rows
    cdef fvb_local_gradients out
    rows.n_components, rows.x, rows.means, rows.scales = n, &x[0], &means[0, 0], &scales[0, 0]
    rows.concentration, rows.posterior = &concentration[0, 0], &posterior[0, 0]
    rows.responsibilities = &responsibilities[0, 0]
    rows.log_weights, rows.prior_log_weights = &log_weights[0, 0], &prior_log_weights[0, 0]
    if wants_gradients:
        out.x, out.means, out.scales = &of_x[0], &of_means[0, 0], &of_scales[0, 0]
        out.concentration, out.posterior = &of_concentration[0, 0], &of_posterior[0, 0]
        out.responsibilities = &of_responsibilities[0, 0]
    if n_rows * n < PARALLEL_VALUES:
        n_threads = 1
    for b in prange(sums.shape[0], schedule="static", num_threads=n_threads, nogil=True):
        one_block(
            rows, out, wants_gradients, b * size, min(size, n_rows - b * size), factor, &sums[b, 0],
            &work[omp_get_thread_num(), 0])


cdef void one_block(
        fvb_local_rows rows, fvb_local_gradients out, bint wants_gradients, Py_ssize_t first,
        Py_ssize_t n_rows, double factor, double *sums, double *work) noexcept nogil:
    cdef Py_ssize_t at = first * rows.n_components
    rows.n_rows, rows.x, rows.means = n_rows, rows.x + first, rows.means + at
    rows.scales, rows.concentration = rows.scales + at, rows.concentration + at
    rows.responsibilities, rows.posterior = rows.responsibilities + at, rows.posterior + at
    rows.log_weights = rows.log_weights + at
    rows.prior_log_weights = rows.prior_log_weights + at
    if not wants_gradients:
        leaves.losses(&rows, factor, sums, NULL, work)
        return
    out.x, out.means, out.scales = out.x + first, out.means + at, out.scales + at
    out.concentration, out.posterior = out.concentration + at, out.posterior + at
    out.responsibilities = out.responsibilities + at
    leaves.losses(&rows, factor, sums, &out, work)
