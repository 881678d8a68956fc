# cython: language_level=3, boundscheck=False, wraparound=False
"""A loop that inlines fastvb's scalar functions and releases the GIL."""

import numpy as np

from fastvb.special cimport digamma, gammaln


cdef double dirichlet_entropy(const double[::1] alpha) noexcept nogil:
    cdef double total = 0.0, log_beta = 0.0, weighted = 0.0
    cdef Py_ssize_t k
    for k in range(alpha.shape[0]):
        total += alpha[k]
        log_beta += gammaln(alpha[k])
        weighted += (alpha[k] - 1.0) * digamma(alpha[k])
    return log_beta - gammaln(total) + (total - alpha.shape[0]) * digamma(total) - weighted


def entropy(alpha):
    """Return the entropy of the Dirichlet distribution with parameters `alpha`, shape (K,)."""
    cdef const double[::1] view = np.ascontiguousarray(alpha, dtype=np.float64)
    cdef double result
    with nogil:
        result = dirichlet_entropy(view)
    return result
