"""The entries of a batch of documents by words."""
from libc.stdint cimport int32_t, int64_t, uint64_t

ctypedef fused index_t:
    int32_t
    int64_t


def distinct_words(
        const index_t[::1] indices,          # IN   (nnz,) words of the entries
        index_t[::1] words,                  # OUT  (nnz,) those that occur, by first occurrence
        index_t[::1] place,                  # OUT  (nnz,) of each entry's word in `words`
        index_t[::1] table,                  # WORK a power of two, at least 2 * nnz
        ):
    """Number of distinct words, found by hashing: the cost does not depend on the vocabulary."""
    cdef Py_ssize_t nnz = indices.shape[0], n_words = 0, i
    cdef uint64_t mask = <uint64_t>table.shape[0] - 1, slot
    with nogil:
        table[:] = -1
        for i in range(nnz):
            slot = (<uint64_t>indices[i] * 0x9E3779B97F4A7C15u >> 20) & mask
            while table[slot] >= 0 and words[table[slot]] != indices[i]:
                slot = (slot + 1) & mask
            if table[slot] < 0:
                table[slot] = <index_t>n_words
                words[n_words] = indices[i]
                n_words += 1
            place[i] = table[slot]
    return n_words


def index_by_words(
        const index_t[::1] indices,          # IN   (nnz,) words of the entries, CSR by documents
        const index_t[::1] indptr,           # IN   (n_docs + 1,)
        index_t[::1] word_ptr,               # OUT  (n_words + 1,) CSC
        index_t[::1] docs,                   # OUT  (nnz,) document of an entry
        index_t[::1] position,               # OUT  (nnz,) where the entry is in CSR order
        ):
    """The entries in the order of their words, within a word by documents (a counting sort)."""
    cdef Py_ssize_t n_docs = indptr.shape[0] - 1, n_words = word_ptr.shape[0] - 1
    cdef Py_ssize_t nnz = indices.shape[0], i, d, v
    cdef index_t start = 0, to
    with nogil:
        for v in range(n_words + 1):
            word_ptr[v] = 0
        for i in range(nnz):
            word_ptr[indices[i] + 1] += 1
        for v in range(n_words):
            word_ptr[v + 1] += word_ptr[v]
        for d in range(n_docs):
            for i in range(indptr[d], indptr[d + 1]):
                to = word_ptr[indices[i]]
                docs[to] = <index_t>d
                position[to] = <index_t>i
                word_ptr[indices[i]] = to + 1
        for v in range(n_words):  # each has moved to where the next word starts
            to = word_ptr[v]
            word_ptr[v] = start
            start = to
