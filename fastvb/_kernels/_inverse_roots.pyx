"""Inverse roots of the covariances of mixture components.

By one thread: a pass over the rows takes as many times longer as there are rows for each feature.
The threads of a BLAS would go on to spin for a while afterwards, and take the processors from the
pass that follows.
"""
from cpython.exc cimport PyErr_CheckSignals

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_inverse_roots.h" nogil:
    enum:
        FVB_INVERSE_ROOT_OK
        FVB_INVERSE_ROOT_SMALL
    ctypedef struct fvb_inverse_roots_table:
        int factor(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const double *,
            double *) noexcept nogil
        void invert(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, double *) noexcept nogil
    const fvb_inverse_roots_table *fvb_inverse_roots_select(int level)

cdef const fvb_inverse_roots_table *leaves = fvb_inverse_roots_select(simd_level())

OK = FVB_INVERSE_ROOT_OK
SMALL = FVB_INVERSE_ROOT_SMALL

cdef double SIGNAL_PRODUCTS = 2e8  # between two looks at pending signals


def inverse_roots(
        const double[:, :, ::1] covariances,  # IN   (n_matrices, n, n) symmetric
        const double[::1] least,              # IN   (n,) of the pivots, at least 0
        double[:, :, ::1] roots,              # OUT  (n_matrices, n, n) upper triangular; not
                                              #      written where the status is SMALL
        signed char[::1] status,              # OUT  (n_matrices,) OK or SMALL
        double[:, ::1] work):                 # WORK (n, n)
    """U with U^T U = S^-1 of each covariance S; SMALL if a pivot of it is, or is no number."""
    cdef Py_ssize_t n_matrices = covariances.shape[0], n = covariances.shape[1]
    cdef Py_ssize_t first, last, at_once, k
    cdef double products = 0
    at_once = max(1, <Py_ssize_t>(SIGNAL_PRODUCTS / (<double>n * n + 1)))
    with nogil:
        for k in range(n_matrices):
            status[k] = FVB_INVERSE_ROOT_OK
            last = n
            while last > 0 and status[k] == FVB_INVERSE_ROOT_OK:
                first = max(0, last - at_once)
                status[k] = leaves.factor(
                    n, first, last, &covariances[k, 0, 0], &least[0], &work[0, 0])
                look(&products, <double>n * n * (last - first))
                last = first
            last = n
            while last > 0 and status[k] == FVB_INVERSE_ROOT_OK:
                first = max(0, last - at_once)
                leaves.invert(n, first, last, &work[0, 0], &roots[k, 0, 0])
                look(&products, <double>n * n * (last - first))
                last = first


cdef inline int look(double *products, double more) except -1 nogil:  # INOUT, IN
    """Look at pending signals after so many products."""
    products[0] += more
    if products[0] >= SIGNAL_PRODUCTS:
        products[0] = 0
        with gil:
            PyErr_CheckSignals()
    return 0
