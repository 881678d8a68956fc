"""The fused pass of mixtures whose log densities are linear in x: Bernoulli, Poisson, categorical.

Rows and partial sums as in _mixture.pyx. Dense rows may have nan where they are not observed;
sparse rows are visited where they are not zero.
"""
from cython cimport floating
from libc.stdint cimport int32_t, int64_t

from fastvb._kernels._mixture cimport (
    FVB_MIXTURE_INCOMPLETE, FVB_MIXTURE_LINEAR, FVB_MIXTURE_SPARSE, Plan, aligned, fvb_mixture_job,
    new_job, plan, run, set_given, set_parameters, set_results, set_rows,
)

ctypedef fused index_t:
    int32_t
    int64_t


cdef inline void set_sparse_rows(
        fvb_mixture_job *job, const floating[::1] data, const index_t[::1] indices,
        const index_t[::1] indptr, const floating[::1] weights) noexcept:
    if data.shape[0]:
        job.x = &data[0]
    if indices.shape[0]:
        job.indices = &indices[0]
    job.indptr = &indptr[0]
    job.wide_indices = sizeof(index_t) == sizeof(int64_t)
    if weights.shape[0]:
        job.weights = &weights[0]


def linear_pass(
        const floating[:, :] X,             # IN   (n_rows, n_features) any strides
        const floating[::1] weights,        # IN   (n_rows,), or empty: 1
        const floating[:, :] log_prior,     # IN   (n_rows, n_components), or no rows: 0
        const double[::1] offset,           # IN   (n_components,) log weight, and the sum of the
                                            #      intercepts if they are not given
        const double[:, ::1] slopes,        # IN   (n_components, n_features)
        const double[:, ::1] intercepts,    # IN   (n_components, n_features) if X has nan where
                                            #      it is not observed; or no rows
        double[::1] counts,                 # OUT  (n_components,), or empty: no statistics
        double[:, ::1] sums,                # OUT  (n_components, n_features) of what is observed
        double[:, ::1] observed,            # OUT  (n_components, n_features) counts of observations
                                            #      if intercepts are given
        floating[::1] log_norm,             # OUT  (n_rows,), or empty: not wanted
        floating[:, ::1] responsibilities,  # OUT  (n_rows, n_components), or no rows
        int[::1] labels,                    # OUT  (n_rows,), or empty; the first of equals
        double[::1] total,                  # OUT  (1,) sum of weight * log_norm
        char[::1] work,                     # WORK work_size() of LINEAR or INCOMPLETE
        int n_threads):
    """One pass of components whose log density is linear in x: Bernoulli, Poisson, ..."""
    cdef bint incomplete = intercepts.shape[0] > 0
    cdef fvb_mixture_job job = new_job(
        FVB_MIXTURE_INCOMPLETE if incomplete else FVB_MIXTURE_LINEAR, slopes.shape[0],
        slopes.shape[1])
    cdef Plan p = plan(
        &job.shape, sizeof(floating), X.shape[0], X.shape[0] * X.shape[1], n_threads)
    cdef char *memory = aligned(work)
    set_rows(&job, X, weights)
    set_parameters(
        &job, &offset[0], &slopes[0, 0], &intercepts[0, 0] if incomplete else NULL, memory,
        p.is_double)
    set_results(&job, log_prior, log_norm, responsibilities, labels)
    job.wants_statistics = counts.shape[0] > 0
    return run(&job, X.shape[0], &p, memory, counts, sums, observed, &total[0], n_threads)


def linear_statistics(
        const floating[:, :] X,                # IN   (n_rows, n_features) any strides
        const floating[::1] weights,           # IN   (n_rows,), or empty: 1
        const floating[:, :] responsibilities,  # IN  (n_rows, n_components) any strides, or no rows
        const int[::1] labels,                 # IN   (n_rows,) as in gaussian_statistics
        double[::1] counts,                    # OUT  (n_components,) as in linear_pass
        double[:, ::1] sums,                   # OUT  (n_components, n_features)
        double[:, ::1] observed,               # OUT  (n_components, n_features) if X may have nan,
                                               #      or no rows
        char[::1] work,                        # WORK work_size() of LINEAR or INCOMPLETE
        int n_threads):
    """Statistics of rows whose components are given."""
    cdef fvb_mixture_job job = new_job(
        FVB_MIXTURE_INCOMPLETE if observed.shape[0] else FVB_MIXTURE_LINEAR, sums.shape[0],
        sums.shape[1])
    cdef Plan p = plan(
        &job.shape, sizeof(floating), X.shape[0], X.shape[0] * X.shape[1], n_threads)
    cdef double total
    set_rows(&job, X, weights)
    set_given(&job, responsibilities, labels)
    run(&job, X.shape[0], &p, aligned(work), counts, sums, observed, &total, n_threads)


def sparse_pass(
        const floating[::1] data,           # IN   (nnz,) of a CSR matrix, or empty: 1. With one
                                            #      entry for each feature, its index that of a
                                            #      category, components are categorical
        const index_t[::1] indices,         # IN   (nnz,)
        const index_t[::1] indptr,          # IN   (n_rows + 1,)
        const floating[::1] weights,        # IN   as in linear_pass, and so on
        const floating[:, :] log_prior,     # IN
        const double[::1] offset,           # IN   (n_components,)
        const double[:, ::1] slopes,        # IN   (n_components, n_features)
        double[::1] counts,                 # OUT
        double[:, ::1] sums,                # OUT
        floating[::1] log_norm,             # OUT
        floating[:, ::1] responsibilities,  # OUT
        int[::1] labels,                    # OUT
        double[::1] total,                  # OUT
        char[::1] work,                     # WORK work_size() of SPARSE
        int n_threads):
    """`linear_pass` of a sparse matrix; what is not stored is 0."""
    cdef Py_ssize_t n_rows = indptr.shape[0] - 1
    cdef fvb_mixture_job job = new_job(FVB_MIXTURE_SPARSE, slopes.shape[0], slopes.shape[1])
    cdef Plan p = plan(
        &job.shape, sizeof(floating), n_rows, <Py_ssize_t>indptr[n_rows], n_threads)
    cdef char *memory = aligned(work)
    set_sparse_rows(&job, data, indices, indptr, weights)
    set_parameters(&job, &offset[0], &slopes[0, 0], NULL, memory, p.is_double)
    set_results(&job, log_prior, log_norm, responsibilities, labels)
    job.wants_statistics = counts.shape[0] > 0
    return run(&job, n_rows, &p, memory, counts, sums, None, &total[0], n_threads)


def sparse_statistics(
        const floating[::1] data,              # IN   (nnz,) of a CSR matrix, or empty: 1
        const index_t[::1] indices,            # IN   (nnz,)
        const index_t[::1] indptr,             # IN   (n_rows + 1,)
        const floating[::1] weights,           # IN   (n_rows,), or empty: 1
        const floating[:, :] responsibilities,  # IN  (n_rows, n_components) any strides, or no rows
        const int[::1] labels,                 # IN   (n_rows,) as in gaussian_statistics
        double[::1] counts,                    # OUT  (n_components,)
        double[:, ::1] sums,                   # OUT  (n_components, n_features)
        char[::1] work,                        # WORK work_size() of SPARSE
        int n_threads):
    """Statistics of sparse rows whose components are given."""
    cdef Py_ssize_t n_rows = indptr.shape[0] - 1
    cdef fvb_mixture_job job = new_job(FVB_MIXTURE_SPARSE, sums.shape[0], sums.shape[1])
    cdef Plan p = plan(
        &job.shape, sizeof(floating), n_rows, <Py_ssize_t>indptr[n_rows], n_threads)
    cdef double total
    set_sparse_rows(&job, data, indices, indptr, weights)
    set_given(&job, responsibilities, labels)
    run(&job, n_rows, &p, aligned(work), counts, sums, None, &total, n_threads)
