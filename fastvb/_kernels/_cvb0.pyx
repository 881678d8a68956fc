"""Collapsed variational inference of topic assignments (CVB0) given the topics.

Documents have one owner, then words have.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t

from fastvb._kernels._dispatch cimport simd_level
from fastvb._kernels._openmp cimport omp_get_thread_num

cdef extern from "fvb_cvb0.h" nogil:
    Py_ssize_t fvb_cvb0_scratch_bytes(Py_ssize_t, Py_ssize_t)
    ctypedef struct fvb_cvb0_leaves:
        void document(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const double *const *,
            const double *, double, int, double *, double *, void *) noexcept nogil
        void add_row(Py_ssize_t, const double *, double *) noexcept nogil
    ctypedef struct fvb_cvb0_leavesf:
        void document(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, const float *const *,
            const float *, double, int, float *, float *, void *) noexcept nogil
        void add_row(Py_ssize_t, const float *, double *) noexcept nogil
    ctypedef struct fvb_cvb0_table:
        fvb_cvb0_leaves f64
        fvb_cvb0_leavesf f32
    const fvb_cvb0_table *fvb_cvb0_select(int level)

cdef const fvb_cvb0_table *leaves = fvb_cvb0_select(simd_level())

ctypedef fused index_t:
    int32_t
    int64_t

# Work per thread between two looks at pending signals, and below which a second thread costs more
# than it brings, in multiplications.
cdef double SIGNAL_PRODUCTS = 2e8
cdef double PARALLEL_PRODUCTS = 2.5e5


def work_size(Py_ssize_t stride, Py_ssize_t itemsize, Py_ssize_t max_words):
    """Bytes of WORK per thread for :func:`local_step` on documents of at most `max_words`."""
    cdef Py_ssize_t pointers = max_words * sizeof(void *)
    return (fvb_cvb0_scratch_bytes(stride, itemsize) + pointers + 63) // 64 * 64


def local_step(
        const floating[::1] counts,        # IN    (nnz,) CSR by documents
        const index_t[::1] places,         # IN    (nnz,) rows of the words
        const index_t[::1] indptr,         # IN    (n_docs + 1,)
        const floating[:, ::1] word_rows,  # IN    (n_words, stride) beta / row max, negative: log
        const floating[::1] prior,         # IN    (stride,) alpha, zeros in the padding
        floating[:, ::1] expected,         # OUT   (nnz, stride) topic counts of entries
        floating[:, ::1] gamma,            # OUT   (n_docs, n_topics) alpha + topic counts
        char[:, ::1] work,                 # WORK  (n_threads, work_size())
        double tol, int max_iter, int n_threads):
    """Sweep over the words of each document until its topic counts change no more.

    That is when their mean absolute change falls below `tol`, at the latest after `max_iter`
    sweeps.
    """
    cdef Py_ssize_t n_docs = gamma.shape[0], n_topics = gamma.shape[1]
    cdef Py_ssize_t stride = word_rows.shape[1], begin = 0, end, d, chunk
    cdef double cost = 2.0 * (max_iter + 1.0) * stride, budget
    n_threads = min(n_threads, <int>max(n_docs, 1))
    if places.shape[0] * cost < PARALLEL_PRODUCTS:
        n_threads = 1
    budget = SIGNAL_PRODUCTS * n_threads / cost
    chunk = max(1, min(16, n_docs // (16 * n_threads)))
    while begin < n_docs:
        end = begin + 1
        while end < n_docs and indptr[end] - indptr[begin] + end - begin < budget:
            end += 1
        for d in prange(
                begin, end, schedule="dynamic", chunksize=chunk, num_threads=n_threads,
                nogil=True):
            one_document(
                &counts[0] + indptr[d], &places[0] + indptr[d], indptr[d + 1] - indptr[d],
                &word_rows[0, 0], &prior[0], n_topics, stride, tol, max_iter,
                &expected[0, 0] + indptr[d] * stride, &gamma[d, 0],
                &work[omp_get_thread_num(), 0])
        PyErr_CheckSignals()
        begin = end


cdef void one_document(
        const floating *counts, const index_t *places, Py_ssize_t n_words,
        const floating *word_rows, const floating *prior, Py_ssize_t n_topics, Py_ssize_t stride,
        double tol, int max_iter, floating *expected, floating *gamma, char *work) noexcept nogil:
    cdef const floating **rows = <const floating **>(
        work + fvb_cvb0_scratch_bytes(stride, sizeof(floating)))
    cdef Py_ssize_t i
    for i in range(n_words):
        rows[i] = word_rows + places[i] * stride
    if floating is double:
        leaves.f64.document(
            n_words, n_topics, stride, counts, rows, prior, tol, max_iter, expected, gamma, work)
    else:
        leaves.f32.document(
            n_words, n_topics, stride, counts, rows, prior, tol, max_iter, expected, gamma, work)


def word_statistics(
        const index_t[::1] words,          # IN    (n_seen,) rows of `out`
        const index_t[::1] word_ptr,       # IN    (n_seen + 1,) CSC by these words
        const index_t[::1] position,       # IN    (nnz,) where the entry is in CSR order
        const floating[:, ::1] expected,   # IN    (nnz, stride) of local_step
        floating[:, ::1] out,              # INOUT (n_rows, stride) += topic counts
        double[:, ::1] work,               # WORK  (n_threads, stride)
        int n_threads):
    """Add each word's topic counts, over documents in their order."""
    cdef Py_ssize_t n_seen = words.shape[0], stride = out.shape[1], i
    if position.shape[0] * stride < PARALLEL_PRODUCTS:
        n_threads = 1
    for i in prange(n_seen, schedule="dynamic", chunksize=16, num_threads=n_threads, nogil=True):
        one_word(
            &position[0] + word_ptr[i], word_ptr[i + 1] - word_ptr[i], &expected[0, 0], stride,
            &out[words[i], 0], &work[omp_get_thread_num(), 0])


cdef void one_word(
        const index_t *position, Py_ssize_t n_entries, const floating *expected,
        Py_ssize_t stride, floating *out, double *sum) noexcept nogil:
    cdef Py_ssize_t i, k
    for k in range(stride):
        sum[k] = 0.0
    for i in range(n_entries):
        if floating is double:
            leaves.f64.add_row(stride, expected + position[i] * stride, sum)
        else:
            leaves.f32.add_row(stride, expected + position[i] * stride, sum)
    for k in range(stride):
        out[k] += <floating>sum[k]
