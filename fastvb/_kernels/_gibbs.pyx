"""Gibbs sampling of topic assignments given the topics.

Documents have one owner, then words have; a document's draws depend on (seed, stream, its number)
alone.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t

from fastvb._kernels._dispatch cimport simd_level
from fastvb._kernels._openmp cimport omp_get_thread_num

cdef extern from "fvb_gibbs.h" nogil:
    Py_ssize_t fvb_gibbs_scratch_bytes(Py_ssize_t, Py_ssize_t, Py_ssize_t)
    ctypedef struct fvb_gibbs_leaves:
        void document(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const int64_t *, const double *const *,
            const double *, uint64_t, uint32_t, uint64_t, int, int, uint16_t *, double *,
            void *) noexcept nogil
    ctypedef struct fvb_gibbs_leavesf:
        void document(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const int64_t *, const float *const *,
            const float *, uint64_t, uint32_t, uint64_t, int, int, uint16_t *, float *,
            void *) noexcept nogil
    ctypedef struct fvb_gibbs_table:
        fvb_gibbs_leaves f64
        fvb_gibbs_leavesf f32
    const fvb_gibbs_table *fvb_gibbs_select(int level)

cdef const fvb_gibbs_table *leaves = fvb_gibbs_select(simd_level())

ctypedef fused index_t:
    int32_t
    int64_t

# Work per thread between two looks at pending signals, and below which a second thread costs more
# than it brings, in multiplications.
cdef double SIGNAL_PRODUCTS = 2e8
cdef double PARALLEL_PRODUCTS = 2.5e5


def work_size(
        Py_ssize_t stride, Py_ssize_t itemsize, Py_ssize_t max_words, Py_ssize_t max_tokens):
    """Bytes of WORK per thread for :func:`local_step`."""
    cdef Py_ssize_t pointers = max_words * sizeof(void *)
    return (fvb_gibbs_scratch_bytes(max_tokens, stride, itemsize) + pointers + 127) // 64 * 64


def local_step(
        const index_t[::1] places,         # IN    (nnz,) rows of the words, CSR by documents
        const index_t[::1] indptr,         # IN    (n_docs + 1,)
        const int64_t[::1] token_ptr,      # IN    (nnz + 1,) where the tokens of entries begin
        const floating[:, ::1] word_rows,  # IN    (n_words, stride) beta / row max, negative: 0
        const floating[::1] prior,         # IN    (stride,) alpha, zeros in the padding
        uint64_t seed, uint32_t stream,
        uint64_t start,                    # number of the first document
        int n_burn_in, int n_kept,         # sweeps; the first counts as one
        uint16_t[:, ::1] topics,           # OUT   (n_tokens, n_kept) of tokens, after each sweep
        floating[:, ::1] gamma,            # OUT   (n_docs, n_topics) alpha + mean counts
        char[:, ::1] work,                 # WORK  (n_threads, work_size())
        Py_ssize_t max_tokens,             # of the longest document
        int n_threads):
    """Sweep over the documents."""
    cdef Py_ssize_t n_docs = gamma.shape[0], n_topics = gamma.shape[1]
    cdef Py_ssize_t stride = word_rows.shape[1], begin = 0, end, d, chunk
    cdef double cost = <double>(n_burn_in + n_kept) * stride, budget
    n_threads = min(n_threads, <int>max(n_docs, 1))
    if token_ptr[token_ptr.shape[0] - 1] * cost < PARALLEL_PRODUCTS:
        n_threads = 1
    budget = SIGNAL_PRODUCTS * n_threads / cost
    chunk = max(1, min(16, n_docs // (16 * n_threads)))
    while begin < n_docs:
        end = begin + 1
        while end < n_docs and token_ptr[indptr[end]] - token_ptr[indptr[begin]] < budget:
            end += 1
        for d in prange(
                begin, end, schedule="dynamic", chunksize=chunk, num_threads=n_threads,
                nogil=True):
            one_document(
                &places[0] + indptr[d], indptr[d + 1] - indptr[d], &token_ptr[0] + indptr[d],
                &word_rows[0, 0], &prior[0], n_topics, stride, seed, stream, start + d, n_burn_in,
                n_kept, &topics[0, 0] + token_ptr[indptr[d]] * n_kept, &gamma[d, 0],
                &work[omp_get_thread_num(), 0], max_tokens)
        PyErr_CheckSignals()
        begin = end


cdef void one_document(
        const index_t *places, Py_ssize_t n_words, const int64_t *token_ptr,
        const floating *word_rows, const floating *prior, Py_ssize_t n_topics, Py_ssize_t stride,
        uint64_t seed, uint32_t stream, uint64_t number, int n_burn_in, int n_kept,
        uint16_t *topics, floating *gamma, char *work, Py_ssize_t max_tokens) noexcept nogil:
    cdef Py_ssize_t i, size = fvb_gibbs_scratch_bytes(max_tokens, stride, sizeof(floating))
    cdef const floating **rows = <const floating **>(work + (size + 63) // 64 * 64)
    for i in range(n_words):
        rows[i] = word_rows + places[i] * stride
    if floating is double:
        leaves.f64.document(
            n_words, n_topics, stride, token_ptr, rows, prior, seed, stream, number, n_burn_in,
            n_kept, topics, gamma, work)
    else:
        leaves.f32.document(
            n_words, n_topics, stride, token_ptr, rows, prior, seed, stream, number, n_burn_in,
            n_kept, topics, gamma, work)


def word_statistics(
        const index_t[::1] words,      # IN    (n_seen,) rows of `out`
        const index_t[::1] word_ptr,   # IN    (n_seen + 1,) CSC by these words
        const index_t[::1] position,   # IN    (nnz,) where the entry is in CSR order
        const int64_t[::1] token_ptr,  # IN    (nnz + 1,) of local_step
        const uint16_t[:, ::1] topics,  # IN   (n_tokens, n_kept) of local_step
        floating[:, ::1] out,          # INOUT (n_rows, stride) += mean counts
        double[:, ::1] work,           # WORK  (n_threads, stride)
        int n_threads):
    """Add each word's mean topic counts."""
    cdef Py_ssize_t n_seen = words.shape[0], stride = out.shape[1], n_kept = topics.shape[1]
    cdef Py_ssize_t i, k
    if topics.shape[0] * n_kept < PARALLEL_PRODUCTS:
        n_threads = 1
    for i in prange(n_seen, schedule="dynamic", chunksize=16, num_threads=n_threads, nogil=True):
        count_topics(
            &position[0] + word_ptr[i], word_ptr[i + 1] - word_ptr[i], &token_ptr[0],
            &topics[0, 0], n_kept, stride, &work[omp_get_thread_num(), 0])
        for k in range(stride):
            out[words[i], k] += <floating>(work[omp_get_thread_num(), k] / n_kept)


cdef void count_topics(
        const index_t *position, Py_ssize_t n_entries, const int64_t *token_ptr,
        const uint16_t *topics, Py_ssize_t n_kept, Py_ssize_t stride,
        double *counts) noexcept nogil:
    cdef Py_ssize_t i, j, k
    for k in range(stride):
        counts[k] = 0.0
    for i in range(n_entries):
        for j in range(token_ptr[position[i]] * n_kept, token_ptr[position[i] + 1] * n_kept):
            counts[topics[j]] += 1.0
