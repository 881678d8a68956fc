"""Collapsed LDA (CVB0): sweeps over a corpus whose counts are fresh, parallel and reproducible.

Documents are cut into P blocks and words into P blocks. A sweep has P rounds; in round r the tasks
(document block p, word block (p + r) mod P) share no row of documents or words, so each updates
its rows at once. What all of them share, the totals of the topics, changes between rounds. So the
bits do not depend on the number of threads.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t, uint16_t, uint64_t

from fastvb._kernels._dispatch cimport simd_level
from fastvb._kernels._openmp cimport omp_get_thread_num

cdef extern from "fvb_collapsed.h" nogil:
    ctypedef struct fvb_collapsed_entries:
        Py_ssize_t n
        Py_ssize_t stride
        const int32_t *docs
        const int32_t *words
        const float *counts
        uint16_t *phi
    ctypedef struct fvb_collapsed_table:
        void sweep(
            const fvb_collapsed_entries *, float *, float *, const float *, float,
            float *) noexcept nogil
        void draw(
            const fvb_collapsed_entries *, Py_ssize_t, uint64_t, uint64_t,
            float *) noexcept nogil
        void add_counts(const fvb_collapsed_entries *, float *, float *) noexcept nogil
        void sum_rows(Py_ssize_t, Py_ssize_t, const float *, double *) noexcept nogil
        double log_likelihood(
            const fvb_collapsed_entries *, const float *, const float *, const float *,
            float *) noexcept nogil
    const fvb_collapsed_table *fvb_collapsed_select(int level)

cdef const fvb_collapsed_table *leaves = fvb_collapsed_select(simd_level())

ctypedef fused index_t:
    int32_t
    int64_t

cdef enum:
    # Documents whose entries take turns: one entry's end and the next one's beginning overlap,
    # which they cannot when both read and write the same row.
    TURNS = 8

ROWS_OF_WORK = TURNS + 2  # of arrange()

# non-zeros x topics, below which a second thread costs more than it brings
cdef double PARALLEL_PRODUCTS = 2.5e5


cdef void take_turns(
        const index_t *indices, const index_t *indptr, Py_ssize_t first, Py_ssize_t last,
        const int32_t *word_blocks, Py_ssize_t n_blocks, int32_t *docs, int32_t *words,
        int64_t *position, int64_t *work) noexcept nogil:
    """Each document's entry 0, then each one's entry 1, ..., separately for every word block."""
    cdef int64_t *ends = work + TURNS * n_blocks
    cdef int64_t *rank = ends + n_blocks
    cdef Py_ssize_t n = last - first, d, e, i, q
    cdef int64_t to
    for i in range(n * n_blocks):
        work[i] = 0
    for d in range(n):
        for i in range(indptr[first + d], indptr[first + d + 1]):
            work[d * n_blocks + word_blocks[indices[i]]] += 1
    for d in range(n):
        for q in range(n_blocks):
            rank[q] = 0
        for i in range(indptr[first + d], indptr[first + d + 1]):
            q = word_blocks[indices[i]]
            to = ends[q]
            for e in range(n):  # earlier documents have had one turn more
                to += min(work[e * n_blocks + q], rank[q] + (1 if e < d else 0))
            rank[q] += 1
            docs[to] = <int32_t>(first + d)
            words[to] = <int32_t>indices[i]
            position[to] = i
    for d in range(n):
        for q in range(n_blocks):
            ends[q] += work[d * n_blocks + q]


def arrange(
        const index_t[::1] indices,          # IN   (nnz,) words of the entries, CSR by documents
        const index_t[::1] indptr,           # IN   (n_docs + 1,)
        const int32_t[::1] doc_starts,       # IN   (n_blocks + 1,) blocks of documents
        const int32_t[::1] word_blocks,      # IN   (n_words,) block of each word
        int64_t[::1] starts,                 # OUT  (n_blocks**2 + 1,) of the tasks' entries
        int32_t[::1] docs,                   # OUT  (nnz,) document of an entry
        int32_t[::1] words,                  # OUT  (nnz,) word of an entry
        int64_t[::1] position,               # OUT  (nnz,) where the entry is in CSR order
        int64_t[:, ::1] work,                # WORK (ROWS_OF_WORK, n_blocks)
        ):
    """The entries by document block, word block and, within these, in turn by documents."""
    cdef Py_ssize_t n_blocks = doc_starts.shape[0] - 1, p, q, i, first, last
    with nogil:
        starts[0] = 0
        for p in range(n_blocks):
            for q in range(n_blocks):
                starts[p * n_blocks + q + 1] = 0
            for i in range(indptr[doc_starts[p]], indptr[doc_starts[p + 1]]):
                starts[p * n_blocks + word_blocks[indices[i]] + 1] += 1
        for i in range(n_blocks * n_blocks):
            starts[i + 1] += starts[i]
        for p in range(n_blocks):
            for q in range(n_blocks):
                work[TURNS, q] = starts[p * n_blocks + q]
            first = doc_starts[p]
            while first < doc_starts[p + 1]:
                last = min(first + TURNS, <Py_ssize_t>doc_starts[p + 1])
                take_turns(
                    &indices[0], &indptr[0], first, last, &word_blocks[0], n_blocks, &docs[0],
                    &words[0], &position[0], &work[0, 0])
                first = last


cdef inline fvb_collapsed_entries task(
        const int64_t *starts, Py_ssize_t number, const int32_t *docs, const int32_t *words,
        const float *counts, uint16_t *phi, Py_ssize_t stride) noexcept nogil:
    """Entries of a task."""
    cdef fvb_collapsed_entries entries
    cdef int64_t start = starts[number]
    entries.n = starts[number + 1] - start
    entries.stride = stride
    entries.docs = docs + start
    entries.words = words + start
    entries.counts = counts + start
    entries.phi = phi + start * stride
    return entries


cdef int useful_threads(int n_threads, Py_ssize_t n_blocks, double products) noexcept:
    """No more than there are tasks in a round, and one for little work."""
    return 1 if products < PARALLEL_PRODUCTS * n_blocks else min(n_threads, <int>n_blocks)


cdef void set_totals(
        const double *doc_block_totals, Py_ssize_t n_blocks, const double *offset,
        Py_ssize_t stride, float *totals) noexcept nogil:
    cdef Py_ssize_t k, p
    cdef double total
    for k in range(stride):
        total = offset[k]
        for p in range(n_blocks):
            total += doc_block_totals[p * stride + k]
        totals[k] = <float>total


def draw(
        const int64_t[::1] starts,           # IN    (n_blocks**2 + 1,) of the tasks' entries
        const int32_t[::1] docs,             # IN    (nnz,) document of an entry
        const int32_t[::1] words,            # IN    (nnz,) word of an entry
        const float[::1] counts,             # IN    (nnz,)
        uint16_t[:, ::1] phi,                # OUT   (nnz, stride) halves
        Py_ssize_t n_topics, uint64_t seed,
        float[:, ::1] work,                  # WORK  (n_threads, 3 * stride)
        int n_threads):
    """Random phi to start from; a draw depends on the seed, the entry and the topic alone."""
    cdef Py_ssize_t stride = phi.shape[1], n_tasks = starts.shape[0] - 1, i
    cdef fvb_collapsed_entries entries
    n_threads = useful_threads(n_threads, n_tasks, docs.shape[0] * <double>stride * n_tasks)
    if docs.shape[0] == 0:
        return
    for i in prange(n_tasks, schedule="dynamic", num_threads=n_threads, nogil=True):
        entries = task(&starts[0], i, &docs[0], &words[0], &counts[0], &phi[0, 0], stride)
        leaves.draw(&entries, n_topics, seed, starts[i], &work[omp_get_thread_num(), 0])


def add_counts(
        const int64_t[::1] starts,           # IN    (n_blocks**2 + 1,) of the tasks' entries
        const int32_t[::1] docs,             # IN    (nnz,) document of an entry
        const int32_t[::1] words,            # IN    (nnz,) word of an entry
        const float[::1] counts,             # IN    (nnz,)
        uint16_t[:, ::1] phi,                # IN    (nnz, stride) halves
        float[:, ::1] doc_rows,              # INOUT (n_docs, stride)
        float[:, ::1] word_rows,             # INOUT (n_words, stride)
        Py_ssize_t n_blocks, int n_threads):
    """Add count * phi of every entry to the rows of its document and of its word."""
    cdef Py_ssize_t stride = phi.shape[1], r, p
    cdef fvb_collapsed_entries entries
    if docs.shape[0] == 0:
        return
    n_threads = useful_threads(n_threads, n_blocks, docs.shape[0] * <double>stride)
    for r in range(n_blocks):
        for p in prange(n_blocks, schedule="dynamic", num_threads=n_threads, nogil=True):
            entries = task(
                &starts[0], p * n_blocks + (p + r) % n_blocks, &docs[0], &words[0], &counts[0],
                &phi[0, 0], stride)
            leaves.add_counts(&entries, &doc_rows[0, 0], &word_rows[0, 0])
        PyErr_CheckSignals()


def sum_docs(
        const int32_t[::1] doc_starts,       # IN    (n_blocks + 1,) blocks of documents
        const float[:, ::1] doc_rows,        # IN    (n_docs, stride)
        double[:, ::1] totals,               # OUT   (n_blocks, stride)
        int n_threads):
    """Sum of the rows of each block of documents."""
    cdef Py_ssize_t stride = doc_rows.shape[1], n_blocks = totals.shape[0], p
    n_threads = useful_threads(n_threads, n_blocks, doc_rows.shape[0] * <double>stride * n_blocks)
    for p in prange(n_blocks, schedule="dynamic", num_threads=n_threads, nogil=True):
        leaves.sum_rows(
            doc_starts[p + 1] - doc_starts[p], stride, &doc_rows[0, 0] + doc_starts[p] * stride,
            &totals[p, 0])


def sweep(
        const int64_t[::1] starts,           # IN    (n_blocks**2 + 1,) of the tasks' entries
        const int32_t[::1] docs,             # IN    (nnz,) document of an entry
        const int32_t[::1] words,            # IN    (nnz,) word of an entry
        const float[::1] counts,             # IN    (nnz,)
        uint16_t[:, ::1] phi,                # INOUT (nnz, stride) halves
        const int32_t[::1] doc_starts,       # IN    (n_blocks + 1,) blocks of documents
        float[:, ::1] doc_rows,              # INOUT (n_docs, stride) counts + prior
        float[:, ::1] word_rows,             # INOUT (n_words, stride) counts + prior
        double[:, ::1] doc_block_totals,     # INOUT (n_blocks, stride) of sum_docs
        const double[::1] offset,            # IN    (stride,) word_rows' totals are this plus
                                             # the sum of doc_block_totals; 1 in the padding
        float[:, ::1] work,                  # WORK  (n_threads + 1, 3 * stride)
        float relaxation, int n_threads):
    """Visit every entry once; 0 is CVB0, and more goes further in the same direction."""
    cdef Py_ssize_t stride = phi.shape[1], n_blocks = doc_block_totals.shape[0], r, p
    cdef float *totals = &work[n_threads, 0]
    cdef fvb_collapsed_entries entries
    if docs.shape[0] == 0:
        return
    n_threads = useful_threads(n_threads, n_blocks, docs.shape[0] * <double>stride)
    for r in range(n_blocks):
        set_totals(&doc_block_totals[0, 0], n_blocks, &offset[0], stride, totals)
        for p in prange(n_blocks, schedule="dynamic", num_threads=n_threads, nogil=True):
            entries = task(
                &starts[0], p * n_blocks + (p + r) % n_blocks, &docs[0], &words[0], &counts[0],
                &phi[0, 0], stride)
            leaves.sweep(
                &entries, &doc_rows[0, 0], &word_rows[0, 0], totals, relaxation,
                &work[omp_get_thread_num(), 0])
            leaves.sum_rows(
                doc_starts[p + 1] - doc_starts[p], stride,
                &doc_rows[0, 0] + doc_starts[p] * stride, &doc_block_totals[p, 0])
        PyErr_CheckSignals()


def log_likelihood(
        const int64_t[::1] starts,           # IN    (n_blocks**2 + 1,) of the tasks' entries
        const int32_t[::1] docs,             # IN    (nnz,) document of an entry
        const int32_t[::1] words,            # IN    (nnz,) word of an entry
        const float[::1] counts,             # IN    (nnz,)
        uint16_t[:, ::1] phi,                # not looked at
        const float[:, ::1] doc_rows,        # IN    (n_docs, stride) counts + prior
        const float[:, ::1] word_rows,       # IN    (n_words, stride) counts + prior
        const float[::1] totals,             # IN    (stride,) of word_rows; 1 in the padding
        double[::1] out,                     # OUT   (n_blocks**2,) by tasks
        float[:, ::1] work,                  # WORK  (n_threads, stride)
        int n_threads):
    """Sum over a task's entries of count * log sum_k doc_row[k] word_row[k] / total[k]."""
    cdef Py_ssize_t stride = phi.shape[1], n_tasks = starts.shape[0] - 1, i
    cdef fvb_collapsed_entries entries
    if docs.shape[0] == 0:
        return
    n_threads = useful_threads(n_threads, n_tasks, docs.shape[0] * <double>stride * n_tasks)
    for i in prange(n_tasks, schedule="dynamic", num_threads=n_threads, nogil=True):
        entries = task(&starts[0], i, &docs[0], &words[0], &counts[0], &phi[0, 0], stride)
        out[i] = leaves.log_likelihood(
            &entries, &doc_rows[0, 0], &word_rows[0, 0], &totals[0], &work[omp_get_thread_num(), 0])
