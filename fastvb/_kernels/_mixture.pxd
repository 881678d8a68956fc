"""What the passes of all families share: a job for the leaves, and how it is run."""
from cython cimport floating
from libc.string cimport memset

cdef extern from "fvb_mixture.h" nogil:
    const int FVB_MIXTURE_FULL
    const int FVB_MIXTURE_TIED
    const int FVB_MIXTURE_DIAG
    const int FVB_MIXTURE_SPHERICAL
    const int FVB_MIXTURE_LINEAR
    const int FVB_MIXTURE_INCOMPLETE
    const int FVB_MIXTURE_SPARSE
    const int FVB_MIXTURE_OK
    const int FVB_MIXTURE_NOT_FINITE
    ctypedef struct fvb_mixture_shape:
        int family
        Py_ssize_t n_components
        Py_ssize_t n_features
    ctypedef struct fvb_mixture_job:
        fvb_mixture_shape shape
        const void *x
        Py_ssize_t x_row
        Py_ssize_t x_column
        const void *indices
        const void *indptr
        int wide_indices
        const void *origin
        const void *weights
        const void *log_prior
        Py_ssize_t log_prior_row
        Py_ssize_t log_prior_column
        const void *parameters
        const void *given
        Py_ssize_t given_row
        Py_ssize_t given_column
        const int *given_labels
        int wants_statistics
        void *log_norm
        void *responsibilities
        int *labels
    Py_ssize_t fvb_mixture_n_squares(const fvb_mixture_shape *)
    Py_ssize_t fvb_mixture_n_moments(const fvb_mixture_shape *)
    ctypedef struct fvb_mixture_leaves:
        Py_ssize_t block_rows(const fvb_mixture_shape *) noexcept nogil
        Py_ssize_t n_parameters(const fvb_mixture_shape *) noexcept nogil
        Py_ssize_t n_scratch(const fvb_mixture_shape *) noexcept nogil
        Py_ssize_t n_sums(const fvb_mixture_shape *) noexcept nogil
        void prepare(
            const fvb_mixture_shape *, const double *, const double *, const double *,
            double *) noexcept nogil
        void rows(
            const fvb_mixture_job *, Py_ssize_t, Py_ssize_t, double *, double *,
            double *) noexcept nogil
        void unpack(const fvb_mixture_shape *, const double *, double *) noexcept nogil
    ctypedef struct fvb_mixture_leavesf:
        Py_ssize_t block_rows(const fvb_mixture_shape *) noexcept nogil
        Py_ssize_t n_parameters(const fvb_mixture_shape *) noexcept nogil
        Py_ssize_t n_scratch(const fvb_mixture_shape *) noexcept nogil
        Py_ssize_t n_sums(const fvb_mixture_shape *) noexcept nogil
        void prepare(
            const fvb_mixture_shape *, const double *, const double *, const double *,
            float *) noexcept nogil
        void rows(
            const fvb_mixture_job *, Py_ssize_t, Py_ssize_t, double *, double *,
            float *) noexcept nogil
        void unpack(const fvb_mixture_shape *, const double *, double *) noexcept nogil
    ctypedef struct fvb_mixture_table:
        fvb_mixture_leaves f64
        fvb_mixture_leavesf f32
    const fvb_mixture_table *fvb_mixture_select(int level)


# How the rows of a call are dealt out, and the places in its WORK, in bytes.
cdef struct Plan:
    double row_products    # multiplications per row
    Py_ssize_t n_partials
    Py_ssize_t task_rows   # that a partial sum takes at a time
    Py_ssize_t n_sums      # of a partial, in whole cache lines; the last is the total
    Py_ssize_t partials
    Py_ssize_t moments     # of all rows, unpacked
    Py_ssize_t scratch     # of the first thread
    Py_ssize_t scratch_bytes
    Py_ssize_t n_bytes
    bint is_double


cdef Plan plan(
    const fvb_mixture_shape *shape, Py_ssize_t itemsize, Py_ssize_t n_rows, Py_ssize_t n_entries,
    int n_threads) noexcept nogil
cdef char *aligned(char[::1] work) noexcept
cdef void set_parameters(
    fvb_mixture_job *job, const double *offset, const double *means, const double *factors,
    char *memory, bint is_double) noexcept nogil
cdef int run(
    const fvb_mixture_job *job, Py_ssize_t n_rows, const Plan *p, char *work,
    double[::1] counts, double[:, ::1] sums, double[:, ::1] squares, double *total,
    int n_threads) except -1


cdef inline fvb_mixture_job new_job(
        int family, Py_ssize_t n_components, Py_ssize_t n_features) noexcept:
    cdef fvb_mixture_job job
    memset(&job, 0, sizeof(job))
    job.shape = fvb_mixture_shape(family, n_components, n_features)
    return job


cdef inline void set_rows(
        fvb_mixture_job *job, const floating[:, :] X, const floating[::1] weights) noexcept:
    if X.shape[0]:
        job.x = &X[0, 0]
    job.x_row = X.strides[0] // <Py_ssize_t>sizeof(floating)
    job.x_column = X.strides[1] // <Py_ssize_t>sizeof(floating)
    if weights.shape[0]:
        job.weights = &weights[0]


cdef inline void set_given(
        fvb_mixture_job *job, const floating[:, :] responsibilities,
        const int[::1] labels) noexcept:
    job.wants_statistics = True
    if responsibilities.shape[0]:
        job.given = &responsibilities[0, 0]
        job.given_row = responsibilities.strides[0] // <Py_ssize_t>sizeof(floating)
        job.given_column = responsibilities.strides[1] // <Py_ssize_t>sizeof(floating)
    elif labels.shape[0]:
        job.given_labels = &labels[0]


cdef inline void set_results(
        fvb_mixture_job *job, const floating[:, :] log_prior, floating[::1] log_norm,
        floating[:, ::1] responsibilities, int[::1] labels) noexcept:
    if log_prior.shape[0]:
        job.log_prior = &log_prior[0, 0]
        job.log_prior_row = log_prior.strides[0] // <Py_ssize_t>sizeof(floating)
        job.log_prior_column = log_prior.strides[1] // <Py_ssize_t>sizeof(floating)
    if log_norm.shape[0]:
        job.log_norm = &log_norm[0]
    if responsibilities.shape[0]:
        job.responsibilities = &responsibilities[0, 0]
    if labels.shape[0]:
        job.labels = &labels[0]
