"""Latent Dirichlet allocation: the local step by documents, statistics and bounds by words.

Owner-computes throughout: a document's outputs are written by the thread that has the
document, a word's by the thread that has the word, and sums run in the order of the data. So
the bits do not depend on the number of threads. Rows of topics are padded with zeros to
`stride` entries, a whole number of cache lines.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t

from fastvb._kernels._dispatch cimport simd_level
from fastvb._kernels._openmp cimport omp_get_thread_num

cdef extern from "fvb_lda.h" nogil:
    const int FVB_LDA_NOT_FINITE
    const int FVB_LDA_PENDING
    Py_ssize_t fvb_lda_padded_words(Py_ssize_t, Py_ssize_t)
    Py_ssize_t fvb_lda_tile_bytes(Py_ssize_t, Py_ssize_t, Py_ssize_t)
    Py_ssize_t fvb_lda_scratch_bytes(Py_ssize_t, Py_ssize_t, Py_ssize_t)
    ctypedef struct fvb_lda_leaves:
        int document(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const double **,
            const double *const *, const double *, int, double, int, double *, double *, double *,
            int *, double *, void *, Py_ssize_t) noexcept nogil
        void accumulate(
            Py_ssize_t, Py_ssize_t, const double *, const double *const *, double *) noexcept nogil
        void add_product(
            Py_ssize_t, const double *, const double *, double *) noexcept nogil
        void add_log_phi(
            Py_ssize_t, Py_ssize_t, double, const double *, int, const double *, double *,
            double *) noexcept nogil
        void add_scaled(Py_ssize_t, double, const double *, double *) noexcept nogil
        void add_row(Py_ssize_t, const double *, double *) noexcept nogil
        double word_row(
            Py_ssize_t, Py_ssize_t, const double *, double, const double *, const double *, double,
            const double *, double *, double *) noexcept nogil
        double mean_row(
            Py_ssize_t, Py_ssize_t, const double *, double, const double *, const double *,
            double *, double *) noexcept nogil
        double inner(Py_ssize_t, const double *, const double *, double) noexcept nogil
        double dirichlet_terms(
            Py_ssize_t, Py_ssize_t, const double *, const double *, const double *, const double *,
            double *) noexcept nogil
        double gammaln_terms(Py_ssize_t, const double *, const double *, double *) noexcept nogil
    ctypedef struct fvb_lda_leavesf:
        int document(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, const float **,
            const double *const *, const float *, int, double, int, float *, float *, float *,
            int *, double *, void *, Py_ssize_t) noexcept nogil
        void accumulate(
            Py_ssize_t, Py_ssize_t, const float *, const float *const *, double *) noexcept nogil
        void add_product(
            Py_ssize_t, const double *, const float *, float *) noexcept nogil
        void add_log_phi(
            Py_ssize_t, Py_ssize_t, float, const float *, int, const double *, float *,
            double *) noexcept nogil
        void add_scaled(Py_ssize_t, double, const float *, float *) noexcept nogil
        void add_row(Py_ssize_t, const float *, double *) noexcept nogil
        double word_row(
            Py_ssize_t, Py_ssize_t, const float *, double, const float *, const double *, double,
            const float *, float *, double *) noexcept nogil
        double mean_row(
            Py_ssize_t, Py_ssize_t, const float *, double, const float *, const double *, float *,
            double *) noexcept nogil
        double inner(Py_ssize_t, const float *, const float *, double) noexcept nogil
        double dirichlet_terms(
            Py_ssize_t, Py_ssize_t, const float *, const float *, const float *, const double *,
            double *) noexcept nogil
        double gammaln_terms(Py_ssize_t, const float *, const float *, double *) noexcept nogil
    ctypedef struct fvb_lda_table:
        fvb_lda_leaves f64
        fvb_lda_leavesf f32
        int document_mixed(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, const double **,
            const double *const *, const double *, int, double, int, double *, double *, double *,
            int *, double *, void *, Py_ssize_t) noexcept nogil
    const fvb_lda_table *fvb_lda_select(int level)

cdef const fvb_lda_table *leaves = fvb_lda_select(simd_level())

ctypedef fused index_t:
    int32_t
    int64_t

NOT_FINITE = FVB_LDA_NOT_FINITE
PENDING = FVB_LDA_PENDING

cdef enum:
    # a longer document's further rows are transposed anew in every step
    MOST_TILE_BYTES = 1 << 22
    # documents of one word that are handed to a leaf at a time
    BLOCK = 64

# Work per thread between two looks at pending signals (some tenths of a second at worst), and
# below which a second thread costs more than it brings (about 50 microseconds): in
# multiplications, and in special functions.
cdef double SIGNAL_PRODUCTS = 2e8
cdef double SIGNAL_FUNCTIONS = 1e7
cdef double PARALLEL_PRODUCTS = 2.5e5
cdef double PARALLEL_FUNCTIONS = 3e4


cdef inline Py_ssize_t whole_lines(Py_ssize_t n_bytes) noexcept nogil:
    return (n_bytes + 63) // 64 * 64


cdef inline Py_ssize_t tile_bytes(
        Py_ssize_t stride, Py_ssize_t itemsize, Py_ssize_t max_words) noexcept nogil:
    return min(<Py_ssize_t>MOST_TILE_BYTES, fvb_lda_tile_bytes(max_words, stride, itemsize))


def local_step_work_size(Py_ssize_t stride, Py_ssize_t itemsize, Py_ssize_t max_words):
    """Bytes of WORK per thread for :func:`local_step` on documents of at most `max_words`."""
    return whole_lines(
        fvb_lda_scratch_bytes(max_words, stride, itemsize)
        + tile_bytes(stride, itemsize, max_words)
        + (fvb_lda_padded_words(max_words, sizeof(float)) + max_words) * sizeof(void *)
    )


cdef int one_document(
        const floating *counts, const index_t *indices, Py_ssize_t n_words,
        const floating *word_rows, const double *word_log_scale, const double *log_rows,
        const floating *prior, Py_ssize_t n_topics, Py_ssize_t stride, bint mean, bint mixed,
        double tol, int max_iter,
        floating *gamma, floating *theta, floating *ratio, int *n_iter, double *bound,
        char *work, Py_ssize_t max_words) noexcept nogil:
    cdef Py_ssize_t i, for_tile = tile_bytes(stride, sizeof(floating), max_words)
    cdef char *pointers = (
        work + fvb_lda_scratch_bytes(max_words, stride, sizeof(floating)) + for_tile)
    cdef const floating **rows = <const floating **>pointers
    cdef const double **logs = <const double **>(
        pointers + fvb_lda_padded_words(max_words, sizeof(float)) * sizeof(void *))
    cdef double offset = 0.0
    cdef int status
    for i in range(n_words):
        offset += counts[i] * word_log_scale[indices[i]]
        rows[i] = word_rows + indices[i] * stride
        if log_rows is not NULL:
            logs[i] = log_rows + indices[i] * n_topics
    logs = logs if log_rows is not NULL else NULL
    if floating is double:
        document = leaves.document_mixed if mixed else leaves.f64.document
        status = document(
            n_words, n_topics, stride, counts, rows, logs, prior, mean, tol, max_iter, gamma,
            theta, ratio, n_iter, bound, work, for_tile)
    else:
        status = leaves.f32.document(
            n_words, n_topics, stride, counts, rows, logs, prior, mean, tol, max_iter, gamma,
            theta, ratio, n_iter, bound, work, for_tile)
    bound[0] += offset
    return status


def local_step(
        const floating[::1] counts,          # IN    (nnz,) CSR by documents
        const index_t[::1] indices,          # IN    (nnz,)
        const index_t[::1] indptr,           # IN    (n_docs + 1,)
        const floating[:, ::1] word_rows,    # IN    (n_words, stride) exp(E[log beta]) / row max
        const double[::1] word_log_scale,    # IN    (n_words,) log of the row max
        const double[:, ::1] log_rows,       # IN    (n_words, n_topics) log of word_rows, or empty
        const floating[::1] doc_topic_prior,  # IN   (stride,) zeros in the padding
        floating[:, ::1] gamma,              # INOUT (n_docs, n_topics) from where it starts
        floating[:, ::1] theta,              # OUT   (n_docs, stride) scaled exp(E[log theta])
        floating[::1] ratio,                 # OUT   (nnz,) count / norm, < 0: see log_rows
        double[::1] bound,                   # OUT   (n_docs,) less the prior's normaliser
        int[::1] n_iter,                     # OUT   (n_docs,)
        unsigned char[::1] status,           # INOUT (n_docs,) only PENDING documents are visited
        char[:, ::1] work,                   # WORK  (n_threads, local_step_work_size())
        Py_ssize_t max_words,                # longest document
        bint mean,                           # whether theta is gamma, not exp(E[log theta])
        bint mixed,                          # whether all steps but the last may be in float32
        double tol, int max_iter, int n_threads):
    """Coordinate ascent on phi and gamma of every pending document.

    A document stops when the mean absolute change of gamma falls below `tol`, at the latest
    after `max_iter` steps; with ``max_iter=0`` its bound at the given gamma is computed. A
    document stays pending, its gamma as it was, if it has a word whose scaled norm underflows and
    `log_rows` is empty.
    """
    cdef Py_ssize_t n_docs = gamma.shape[0], n_topics = gamma.shape[1]
    cdef Py_ssize_t stride = theta.shape[1], start = 0, stop, d, words
    cdef double cost = (max_iter + 2.0) * stride, budget, value
    cdef const double *logs = NULL
    cdef int iters, outcome, chunk
    n_threads = min(n_threads, <int>max(n_docs, 1))
    if indices.shape[0] * cost < PARALLEL_PRODUCTS:
        n_threads = 1
    budget = SIGNAL_PRODUCTS * n_threads / cost
    # neighbours share cache lines of the outputs, but too many at a time leave threads idle
    chunk = max(1, min(16, n_docs // (64 * n_threads)))
    if log_rows.shape[0] > 0:
        logs = &log_rows[0, 0]
    while start < n_docs:
        stop = start + 1
        while stop < n_docs and indptr[stop] - indptr[start] + stop - start < budget:
            stop += 1
        with nogil:
            for d in prange(
                    start, stop, schedule="dynamic", chunksize=chunk, num_threads=n_threads):
                if status[d] != FVB_LDA_PENDING:
                    continue
                words = indptr[d + 1] - indptr[d]
                value = 0.0
                iters = 0
                outcome = one_document(
                    &counts[0] + indptr[d], &indices[0] + indptr[d], words,
                    &word_rows[0, 0], &word_log_scale[0], logs, &doc_topic_prior[0],
                    n_topics, stride, mean, mixed, tol, max_iter, &gamma[d, 0], &theta[d, 0],
                    &ratio[0] + indptr[d], &iters, &value,
                    &work[omp_get_thread_num(), 0], max_words)
                if outcome != FVB_LDA_PENDING:
                    bound[d] = value
                    n_iter[d] = iters
                    status[d] = outcome
        PyErr_CheckSignals()
        start = stop


cdef void one_word(
        const index_t *docs, const index_t *position, Py_ssize_t n_docs, const floating *ratio,
        const floating *theta, const floating *gamma, const floating *row, const double *log_row,
        Py_ssize_t n_topics, Py_ssize_t stride, bint mean, bint adds, floating *out,
        double *scratch) noexcept nogil:
    cdef const floating *rows[BLOCK]
    cdef floating weights[BLOCK], weight
    cdef Py_ssize_t i, k, size = 0, n_in_log_space = 0
    for k in range(stride):
        scratch[k] = 0.0
    for i in range(n_docs):
        weight = ratio[position[i]]
        if weight < 0:
            n_in_log_space += 1
        else:
            weights[size] = weight
            rows[size] = theta + docs[i] * stride
            size += 1
        if size == BLOCK or i == n_docs - 1:
            if floating is double:
                leaves.f64.accumulate(size, stride, weights, rows, scratch)
            else:
                leaves.f32.accumulate(size, stride, weights, rows, scratch)
            size = 0
    if not adds:
        for k in range(stride):
            out[k] = 0
    if floating is double:
        leaves.f64.add_product(stride, scratch, row, out)
    else:
        leaves.f32.add_product(stride, scratch, row, out)
    if n_in_log_space == 0:
        return
    for i in range(n_docs):
        weight = ratio[position[i]]
        if weight < 0:
            if floating is double:
                leaves.f64.add_log_phi(
                    n_topics, stride, -weight, gamma + docs[i] * n_topics, mean, log_row, out,
                    scratch)
            else:
                leaves.f32.add_log_phi(
                    n_topics, stride, -weight, gamma + docs[i] * n_topics, mean, log_row, out,
                    scratch)


def word_statistics(
        const index_t[::1] words,            # IN    (n_seen,) words of the batch, ascending
        const index_t[::1] word_ptr,         # IN    (n_seen + 1,) CSC by these words
        const index_t[::1] docs,             # IN    (nnz,) document of an entry
        const index_t[::1] position,         # IN    (nnz,) where the entry is in CSR order
        const floating[::1] ratio,           # IN    (nnz,) of local_step
        const floating[:, ::1] theta,        # IN    (n_docs, stride) of local_step
        const floating[:, ::1] gamma,        # IN    (n_docs, n_topics)
        const floating[:, ::1] word_rows,    # IN    (n_words, stride)
        const double[:, ::1] log_rows,       # IN    (n_words, n_topics) if some ratio < 0, or empty
        bint mean,                           # as in local_step
        bint adds,                           # whether to add to what is in `out`
        floating[:, ::1] out,                # INOUT (n_rows, stride) expected counts
        double[:, ::1] work,                 # WORK  (n_threads, 2 * stride)
        int n_threads):
    """Expected topic counts of every word, summed over documents in their order."""
    cdef Py_ssize_t n_topics = gamma.shape[1], stride = theta.shape[1]
    cdef Py_ssize_t n_seen = words.shape[0], start = 0, stop, i
    cdef const double *log_row
    if docs.shape[0] * stride < PARALLEL_PRODUCTS:
        n_threads = 1
    cdef double budget = SIGNAL_PRODUCTS * n_threads / stride
    while start < n_seen:
        stop = start + 1
        while stop < n_seen and word_ptr[stop] - word_ptr[start] < budget:
            stop += 1
        with nogil:
            for i in prange(start, stop, schedule="dynamic", chunksize=16, num_threads=n_threads):
                log_row = &log_rows[words[i], 0] if log_rows.shape[0] > 0 else NULL
                one_word(
                    &docs[0] + word_ptr[i], &position[0] + word_ptr[i],
                    word_ptr[i + 1] - word_ptr[i], &ratio[0], &theta[0, 0], &gamma[0, 0],
                    &word_rows[words[i], 0], log_row, n_topics, stride, mean, adds,
                    &out[words[i], 0],
                    &work[omp_get_thread_num(), 0])
        PyErr_CheckSignals()
        start = stop


cdef Py_ssize_t rows_between_signals(Py_ssize_t n_topics, int n_threads) noexcept:
    return 1 + <Py_ssize_t>(SIGNAL_FUNCTIONS * n_threads / n_topics)


def word_rows(
        const floating[:, ::1] counts,       # IN   (n_words, stride)
        double scale,                        # q(beta) is scale * counts + prior
        const floating[:, ::1] prior,        # IN   (n_words, stride), or (1, stride) for all
        const index_t[::1] words,            # IN   (n_seen,) whose rows are wanted
        bint mean,                           # whether E[beta] is, in place of exp(E[log beta])
        const double[::1] of_total,          # IN   (n_topics,) psi of q's sum over words; its
                                             # inverse for the mean
        const floating[::1] factors,         # IN   (stride,) exp(least of of_total - of_total), in
                                             # the padding the first; not read for the mean
        floating[:, ::1] rows,               # OUT  (n_seen, stride) each divided by its maximum;
                                             # the logarithm where that underflows
        double[::1] log_scale,               # OUT  (n_seen,) log of the maximum
        double[:, ::1] work,                 # WORK (n_threads, 2 * stride)
        int n_threads):
    """exp(E[log beta]) or E[beta] of some words, each row divided by its maximum."""
    cdef Py_ssize_t n_seen = words.shape[0], stride = counts.shape[1]
    cdef Py_ssize_t n_topics = of_total.shape[0], i, k, v, start = 0, stop
    cdef Py_ssize_t step = 1 if prior.shape[0] > 1 else 0
    cdef double *scratch
    cdef double least_total = INFINITY
    for k in range(n_topics):
        least_total = min(least_total, of_total[k])
    if n_seen * n_topics < PARALLEL_FUNCTIONS:
        n_threads = 1
    while start < n_seen:
        stop = min(n_seen, start + rows_between_signals(n_topics, n_threads))
        for i in prange(start, stop, schedule="static", num_threads=n_threads, nogil=True):
            v = words[i]
            scratch = &work[omp_get_thread_num(), 0]
            if floating is double:
                if mean:
                    log_scale[i] = leaves.f64.mean_row(
                        n_topics, stride, &counts[v, 0], scale, &prior[v * step, 0],
                        &of_total[0], &rows[i, 0], scratch)
                else:
                    log_scale[i] = leaves.f64.word_row(
                        n_topics, stride, &counts[v, 0], scale, &prior[v * step, 0],
                        &of_total[0], least_total, &factors[0], &rows[i, 0], scratch)
            elif mean:
                log_scale[i] = leaves.f32.mean_row(
                    n_topics, stride, &counts[v, 0], scale, &prior[v * step, 0],
                    &of_total[0], &rows[i, 0], scratch)
            else:
                log_scale[i] = leaves.f32.word_row(
                    n_topics, stride, &counts[v, 0], scale, &prior[v * step, 0],
                    &of_total[0], least_total, &factors[0], &rows[i, 0], scratch)
        PyErr_CheckSignals()
        start = stop


def add_rows(
        const index_t[::1] words,            # IN    (n_seen,) each word once
        double factor,
        const floating[:, ::1] rows,         # IN    (n_seen, stride)
        floating[:, ::1] out,                # INOUT (n_words, stride)
        int n_threads):
    """out[words] += factor * rows."""
    cdef Py_ssize_t n_seen = words.shape[0], stride = rows.shape[1], i
    if n_seen * stride < PARALLEL_PRODUCTS:
        n_threads = 1
    for i in prange(n_seen, schedule="static", num_threads=n_threads, nogil=True):
        if floating is double:
            leaves.f64.add_scaled(stride, factor, &rows[i, 0], &out[words[i], 0])
        else:
            leaves.f32.add_scaled(stride, factor, &rows[i, 0], &out[words[i], 0])


def column_sums(
        const floating[:, ::1] rows,         # IN   (n_rows, stride)
        double[:, ::1] partial,              # OUT  (n_blocks, stride) of consecutive rows each
        int n_threads):
    """Sums over rows, in blocks that do not depend on the number of threads."""
    cdef Py_ssize_t n_rows = rows.shape[0], stride = rows.shape[1], n_blocks = partial.shape[0]
    cdef Py_ssize_t b, i, k
    if n_rows * stride < PARALLEL_PRODUCTS:
        n_threads = 1
    for b in prange(n_blocks, schedule="static", num_threads=n_threads, nogil=True):
        for k in range(stride):
            partial[b, k] = 0.0
        for i in range(n_rows * b // n_blocks, n_rows * (b + 1) // n_blocks):
            if floating is double:
                leaves.f64.add_row(stride, &rows[i, 0], &partial[b, 0])
            else:
                leaves.f32.add_row(stride, &rows[i, 0], &partial[b, 0])


def inner_product(
        const floating[:, ::1] weights,      # IN   (n_seen, stride)
        const floating[:, ::1] word_rows,    # IN   (n_seen, stride)
        const double[::1] word_log_scale,    # IN   (n_seen,)
        double[::1] out,                     # OUT  (n_seen,) <weights, E[log beta]> by words
        int n_threads):
    """Inner product of weights and E[log beta], word by word."""
    cdef Py_ssize_t n_seen = weights.shape[0], stride = weights.shape[1], i, start = 0, stop
    if n_seen * stride < PARALLEL_FUNCTIONS:
        n_threads = 1
    while start < n_seen:
        stop = min(n_seen, start + rows_between_signals(stride, n_threads))
        for i in prange(start, stop, schedule="static", num_threads=n_threads, nogil=True):
            if floating is double:
                out[i] = leaves.f64.inner(
                    stride, &weights[i, 0], &word_rows[i, 0], word_log_scale[i])
            else:
                out[i] = leaves.f32.inner(
                    stride, &weights[i, 0], &word_rows[i, 0], word_log_scale[i])
        PyErr_CheckSignals()
        start = stop


def dirichlet_terms(
        const floating[:, ::1] model_prior,  # IN   (n_words, stride), or (1, stride) for all
        const floating[:, ::1] counts,       # IN   (n_words, stride) q(beta) is counts + prior
        const floating[:, ::1] prior,        # IN   (n_words, stride), or (1, stride) for all
        const double[::1] digamma_total,     # IN   (n_topics,) psi of q's sum over words
        double[::1] out,                     # OUT  (n_words,)
        double[:, ::1] work,                 # WORK (n_threads, 2 * stride)
        int n_threads):
    """sum over topics of (model prior - q) E[log beta] + log Gamma(q), word by word."""
    cdef Py_ssize_t n_words = counts.shape[0], stride = counts.shape[1]
    cdef Py_ssize_t n_topics = digamma_total.shape[0], v, start = 0, stop
    cdef Py_ssize_t model_step = 1 if model_prior.shape[0] > 1 else 0
    cdef Py_ssize_t step = 1 if prior.shape[0] > 1 else 0
    if n_words * n_topics < PARALLEL_FUNCTIONS:
        n_threads = 1
    while start < n_words:
        stop = min(n_words, start + rows_between_signals(n_topics, n_threads))
        for v in prange(start, stop, schedule="static", num_threads=n_threads, nogil=True):
            if floating is double:
                out[v] = leaves.f64.dirichlet_terms(
                    n_topics, stride, &model_prior[v * model_step, 0], &counts[v, 0],
                    &prior[v * step, 0], &digamma_total[0], &work[omp_get_thread_num(), 0])
            else:
                out[v] = leaves.f32.dirichlet_terms(
                    n_topics, stride, &model_prior[v * model_step, 0], &counts[v, 0],
                    &prior[v * step, 0], &digamma_total[0], &work[omp_get_thread_num(), 0])
        PyErr_CheckSignals()
        start = stop


def gammaln_terms(
        const floating[:, ::1] counts,       # IN   (n_words, stride) q(beta) is counts + prior
        const floating[:, ::1] prior,        # IN   (n_words, stride), or (1, stride) for all
        Py_ssize_t n_topics,
        double[::1] out,                     # OUT  (n_words,)
        double[:, ::1] work,                 # WORK (n_threads, 2 * stride)
        int n_threads):
    """sum over topics of log Gamma(q), word by word."""
    cdef Py_ssize_t n_words = counts.shape[0], v, start = 0, stop
    cdef Py_ssize_t step = 1 if prior.shape[0] > 1 else 0
    if n_words * n_topics < PARALLEL_FUNCTIONS:
        n_threads = 1
    while start < n_words:
        stop = min(n_words, start + rows_between_signals(n_topics, n_threads))
        for v in prange(start, stop, schedule="static", num_threads=n_threads, nogil=True):
            if floating is double:
                out[v] = leaves.f64.gammaln_terms(
                    n_topics, &counts[v, 0], &prior[v * step, 0], &work[omp_get_thread_num(), 0])
            else:
                out[v] = leaves.f32.gammaln_terms(
                    n_topics, &counts[v, 0], &prior[v * step, 0], &work[omp_get_thread_num(), 0])
        PyErr_CheckSignals()
        start = stop
