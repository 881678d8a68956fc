"""Log partition functions and divergences of Normal-Gamma distributions.

Each is computed on its own, so the bits depend neither on the number of threads nor on what else is
in the batch. A Gamma distribution is one with a constant mean and strength.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython.parallel cimport prange

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_normal_gamma.h" nogil:
    ctypedef struct fvb_parameter:
        const double *first
        Py_ssize_t step
    ctypedef struct fvb_normal_gamma:
        fvb_parameter mean, strength, shape, rate
    ctypedef struct fvb_normal_gamma_table:
        void log_partition(
            Py_ssize_t, Py_ssize_t, const fvb_normal_gamma *, double *) noexcept nogil
        void kl(
            Py_ssize_t, Py_ssize_t, const fvb_normal_gamma *, const fvb_normal_gamma *,
            double *) noexcept nogil
    const fvb_normal_gamma_table *fvb_normal_gamma_select(int level)

cdef const fvb_normal_gamma_table *leaves = fvb_normal_gamma_select(simd_level())

cdef enum:
    TASK = 1 << 13        # distributions that a thread takes at a time
    SIGNAL = 1 << 22      # between two looks at pending signals
    PARALLEL = 1 << 13    # below, a second thread costs more than it brings


cdef fvb_parameter parameter(const double[::1] values) noexcept nogil:
    """One number stands for all."""
    cdef fvb_parameter result
    result.first = &values[0]
    result.step = 0 if values.shape[0] == 1 else 1
    return result


cdef fvb_normal_gamma parameters(
        const double[::1] mean, const double[::1] strength, const double[::1] shape,
        const double[::1] rate) noexcept nogil:
    cdef fvb_normal_gamma result
    result.mean, result.strength = parameter(mean), parameter(strength)
    result.shape, result.rate = parameter(shape), parameter(rate)
    return result


cdef int run(const fvb_normal_gamma *q, const fvb_normal_gamma *p, double[::1] out,
             int n_threads) except -1:
    cdef Py_ssize_t n = out.shape[0], first = 0, last, start, task
    if n < PARALLEL:
        n_threads = 1
    while first < n:
        last = min(n, first + SIGNAL)
        for task in prange(
                (last - first + TASK - 1) // TASK, schedule="static", num_threads=n_threads,
                nogil=True):
            start = first + task * TASK
            if p is NULL:
                leaves.log_partition(start, min(TASK, last - start), q, &out[start])
            else:
                leaves.kl(start, min(TASK, last - start), q, p, &out[start])
        PyErr_CheckSignals()
        first = last
    return 0


def log_partition(
        const double[::1] strength,          # IN   (n,) or (1,)
        const double[::1] shape,             # IN   (n,) or (1,)
        const double[::1] rate,              # IN   (n,) or (1,)
        double[::1] out,                     # OUT  (n,)
        int n_threads):
    """log Gamma(shape) - shape log(rate) - log(strength) / 2."""
    cdef fvb_normal_gamma q = parameters(strength, strength, shape, rate)
    run(&q, NULL, out, n_threads)


def kl(
        const double[::1] mean,              # IN   (n,) or (1,), as all that follow
        const double[::1] strength,          # IN   the first distribution ...
        const double[::1] shape,             # IN
        const double[::1] rate,              # IN
        const double[::1] other_mean,        # IN   ... and the second one
        const double[::1] other_strength,    # IN
        const double[::1] other_shape,       # IN
        const double[::1] other_rate,        # IN
        double[::1] out,                     # OUT  (n,)
        int n_threads):
    """KL(first || second) in nats."""
    cdef fvb_normal_gamma q = parameters(mean, strength, shape, rate)
    cdef fvb_normal_gamma p = parameters(other_mean, other_strength, other_shape, other_rate)
    run(&q, &p, out, n_threads)
