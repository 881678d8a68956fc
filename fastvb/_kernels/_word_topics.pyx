"""Which topics the words of documents come from. Threads own documents."""
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_word_topics.h" nogil:
    ctypedef struct fvb_word_topics_leaves:
        int probabilities(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const Py_ssize_t *, const double *,
            const double *, double, double *) noexcept nogil
        int most_probable(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const Py_ssize_t *, const double *,
            const double *, double, int32_t *) noexcept nogil
    ctypedef struct fvb_word_topics_leavesf:
        int probabilities(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const Py_ssize_t *, const float *,
            const float *, float, float *) noexcept nogil
        int most_probable(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const Py_ssize_t *, const float *,
            const float *, float, int32_t *) noexcept nogil
    ctypedef struct fvb_word_topics_table:
        fvb_word_topics_leaves f64
        fvb_word_topics_leavesf f32
    const fvb_word_topics_table *fvb_word_topics_select(int level)

cdef const fvb_word_topics_table *leaves = fvb_word_topics_select(simd_level())

ctypedef fused index_t:
    int32_t
    int64_t

cdef enum:
    BLOCK = 64                # entries that a leaf takes at a time
    CHUNK = 16                # documents that a thread takes at a time
    PARALLEL_VALUES = 50_000  # below, a second thread costs more than it brings


cdef inline bint one_block(
        Py_ssize_t n_entries, Py_ssize_t n_topics, Py_ssize_t stride, const Py_ssize_t *places,
        const floating *rows, const floating *theta, floating tiny, floating *phi,
        int32_t *topics) noexcept nogil:
    if floating is double:
        if phi is NULL:
            return leaves.f64.most_probable(
                n_entries, n_topics, stride, places, rows, theta, tiny, topics)
        return leaves.f64.probabilities(
            n_entries, n_topics, stride, places, rows, theta, tiny, phi)
    else:
        if phi is NULL:
            return leaves.f32.most_probable(
                n_entries, n_topics, stride, places, rows, theta, tiny, topics)
        return leaves.f32.probabilities(
            n_entries, n_topics, stride, places, rows, theta, tiny, phi)


cdef bint one_document(
        Py_ssize_t start, Py_ssize_t stop, Py_ssize_t n_topics, Py_ssize_t stride,
        const index_t *places, const floating *rows, const floating *theta, floating tiny,
        floating *phi, int32_t *topics) noexcept nogil:
    cdef Py_ssize_t at[BLOCK]
    cdef Py_ssize_t i, n
    while start < stop:
        n = min(<Py_ssize_t>BLOCK, stop - start)
        for i in range(n):
            at[i] = places[start + i]
        if one_block(
                n, n_topics, stride, at, rows, theta, tiny,
                NULL if phi is NULL else phi + start * n_topics,
                NULL if topics is NULL else topics + start):
            return True
        start += n
    return False


cdef void all_documents(
        const index_t[::1] places, const index_t[::1] indptr, const floating[:, ::1] rows,
        const floating[:, ::1] theta, Py_ssize_t n_topics, floating tiny, floating *phi,
        int32_t *topics, unsigned char[::1] underflows, int n_threads) noexcept nogil:
    cdef Py_ssize_t d, n_docs = theta.shape[0], stride = theta.shape[1]
    if places.shape[0] * stride < PARALLEL_VALUES:
        n_threads = 1
    for d in prange(n_docs, schedule="dynamic", chunksize=CHUNK, num_threads=n_threads):
        underflows[d] = indptr[d] < indptr[d + 1] and one_document(
            indptr[d], indptr[d + 1], n_topics, stride, &places[0], &rows[0, 0], &theta[d, 0],
            tiny, phi, topics)


def probabilities(
        const index_t[::1] places,        # IN  (nnz,) rows of the entries' words
        const index_t[::1] indptr,        # IN  (n_docs + 1,)
        const floating[:, ::1] rows,      # IN  (n_words, stride), padded by zeros
        const floating[:, ::1] theta,     # IN  (n_docs, stride), padded by zeros
        double tiny,                      # least sum of weights that underflow cannot spoil
        floating[:, ::1] phi,             # OUT (nnz, n_topics)
        unsigned char[::1] underflows,    # OUT (n_docs,) 1: not done, some sum is below `tiny`
        int n_threads):
    if phi.shape[0] == 0:
        underflows[:] = 0
        return
    with nogil:
        all_documents(
            places, indptr, rows, theta, phi.shape[1], <floating>tiny, &phi[0, 0], NULL,
            underflows, n_threads)


def most_probable(
        const index_t[::1] places,        # IN  (nnz,) rows of the entries' words
        const index_t[::1] indptr,        # IN  (n_docs + 1,)
        const floating[:, ::1] rows,      # IN  (n_words, stride), padded by zeros
        const floating[:, ::1] theta,     # IN  (n_docs, stride), padded by zeros
        Py_ssize_t n_topics,
        double tiny,                      # least weight that underflow cannot spoil
        int32_t[::1] topics,              # OUT (nnz,)
        unsigned char[::1] underflows,    # OUT (n_docs,) 1: not done, a largest one is below `tiny`
        int n_threads):
    if topics.shape[0] == 0:
        underflows[:] = 0
        return
    with nogil:
        all_documents(
            places, indptr, rows, theta, n_topics, <floating>tiny, <floating *>NULL, &topics[0],
            underflows, n_threads)
