"""The fused pass of the mixtures: densities, responsibilities and statistics, block by block.

Rows are cut into fixed blocks, dealt out to a fixed number of partial sums, which are added up
along a fixed tree: neither depends on the number of threads. All locations are relative to
`origin`. Triangles are packed by the rows of their upper half, as ``numpy.triu_indices`` goes.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange
from libc.math cimport isfinite
from libc.string cimport memcpy, memset

from fastvb._kernels._dispatch cimport simd_level
from fastvb._kernels._openmp cimport omp_get_thread_num

cdef const fvb_mixture_table *leaves = fvb_mixture_select(simd_level())

FULL = FVB_MIXTURE_FULL
TIED = FVB_MIXTURE_TIED
DIAG = FVB_MIXTURE_DIAG
SPHERICAL = FVB_MIXTURE_SPHERICAL
LINEAR = FVB_MIXTURE_LINEAR
INCOMPLETE = FVB_MIXTURE_INCOMPLETE
SPARSE = FVB_MIXTURE_SPARSE
OK = FVB_MIXTURE_OK
NOT_FINITE = FVB_MIXTURE_NOT_FINITE

cdef enum:
    LEAST_PARTIALS = 4       # and a multiple of them: equal shares for 2 and for 4 threads
    MOST_PARTIALS = 64
    PARTIAL_BYTES = 1 << 24  # of all of them together, if they are more than the least
    PARTIAL_PRODUCTS = 1000  # of the rows, per number of a partial sum: these then take 5 % of time

# Multiplications per thread between two looks at pending signals, and of a whole call below which
# a second thread costs more than it brings.
cdef double SIGNAL_PRODUCTS = 1e9
cdef double PARALLEL_PRODUCTS = 2e5


cdef inline Py_ssize_t whole_lines(Py_ssize_t n_bytes) noexcept nogil:
    return (n_bytes + 63) // 64 * 64


cdef inline double row_products(
        const fvb_mixture_shape *shape, double n_entries) noexcept nogil:
    """Multiplications per row: densities, statistics, and an exponential of about 20."""
    return shape.n_components * (2 * (1 + n_entries + fvb_mixture_n_squares(shape)) + 20)


cdef Plan plan(
        const fvb_mixture_shape *shape, Py_ssize_t itemsize, Py_ssize_t n_rows,
        Py_ssize_t n_entries, int n_threads) noexcept nogil:
    cdef Plan p
    cdef Py_ssize_t block, n_parameters, n_scratch, n_sums, n_blocks, blocks
    p.is_double = itemsize == sizeof(double)
    if p.is_double:
        block = leaves.f64.block_rows(shape)
        n_parameters = leaves.f64.n_parameters(shape)
        n_scratch = leaves.f64.n_scratch(shape)
        n_sums = leaves.f64.n_sums(shape)
    else:
        block = leaves.f32.block_rows(shape)
        n_parameters = leaves.f32.n_parameters(shape)
        n_scratch = leaves.f32.n_scratch(shape)
        n_sums = leaves.f32.n_sums(shape)
    p.n_sums = whole_lines((n_sums + 1) * sizeof(double)) // <Py_ssize_t>sizeof(double)
    n_blocks = (n_rows + block - 1) // block
    p.row_products = row_products(shape, n_entries / <double>max(1, n_rows))
    p.n_partials = min(MOST_PARTIALS, PARTIAL_BYTES // (p.n_sums * <Py_ssize_t>sizeof(double)))
    p.n_partials = min(
        p.n_partials, <Py_ssize_t>(n_rows * p.row_products / (PARTIAL_PRODUCTS * p.n_sums)))
    p.n_partials = max(LEAST_PARTIALS, p.n_partials // LEAST_PARTIALS * LEAST_PARTIALS)
    p.n_partials = max(1, min(p.n_partials, n_blocks))
    blocks = max(1, <Py_ssize_t>(SIGNAL_PRODUCTS / (block * p.row_products * p.n_partials)))
    p.task_rows = block * min(blocks, (n_blocks + p.n_partials - 1) // p.n_partials)
    p.partials = whole_lines(n_parameters * itemsize)
    p.moments = p.partials + whole_lines(p.n_partials * p.n_sums * sizeof(double))
    p.scratch = p.moments + whole_lines(
        shape.n_components * fvb_mixture_n_moments(shape) * sizeof(double))
    p.scratch_bytes = whole_lines(n_scratch * itemsize)
    p.n_bytes = p.scratch + n_threads * p.scratch_bytes + 64
    return p


def work_size(
        int family, Py_ssize_t n_components, Py_ssize_t n_features, Py_ssize_t itemsize,
        Py_ssize_t n_rows, Py_ssize_t n_entries, int n_threads):
    """Bytes of WORK of a call on `n_rows` rows with `n_entries` values in all, of `itemsize` bytes.

    A sparse matrix has as many entries as it stores.
    """
    cdef fvb_mixture_shape shape = fvb_mixture_shape(family, n_components, n_features)
    return plan(&shape, itemsize, n_rows, n_entries, n_threads).n_bytes


def n_squares(int family, Py_ssize_t n_features):
    """Second moments that a component keeps: columns of `squares`."""
    cdef fvb_mixture_shape shape = fvb_mixture_shape(family, 1, n_features)
    return fvb_mixture_n_squares(&shape)


cdef void one_task(
        const fvb_mixture_job *job, Py_ssize_t start, Py_ssize_t stop, double *sums,
        Py_ssize_t n_sums, char *scratch, bint is_double) noexcept nogil:
    if is_double:
        leaves.f64.rows(job, start, stop, sums, sums + n_sums - 1, <double *>scratch)
    else:
        leaves.f32.rows(job, start, stop, sums, sums + n_sums - 1, <float *>scratch)


cdef void add_up(double *partials, Py_ssize_t n_partials, Py_ssize_t n_sums) noexcept nogil:
    """All partial sums into the first, along a binary tree."""
    cdef Py_ssize_t step = 1, p, i
    while step < n_partials:
        p = 0
        while p + step < n_partials:
            for i in range(n_sums):
                partials[p * n_sums + i] += partials[(p + step) * n_sums + i]
            p += 2 * step
        step *= 2


cdef int run(
        const fvb_mixture_job *job, Py_ssize_t n_rows, const Plan *p, char *work,
        double[::1] counts, double[:, ::1] sums, double[:, ::1] squares, double *total,
        int n_threads) except -1:
    cdef Py_ssize_t n_features = job.shape.n_features
    cdef Py_ssize_t n_moments = fvb_mixture_n_moments(&job.shape)
    cdef Py_ssize_t turn = p.n_partials * p.task_rows, first = 0, i, k
    cdef double *partials = <double *>(work + p.partials)
    cdef double *moments = <double *>(work + p.moments)
    if n_rows * p.row_products < PARALLEL_PRODUCTS:
        n_threads = 1
    memset(partials, 0, p.n_partials * p.n_sums * sizeof(double))
    while first < n_rows:
        for i in prange(
                p.n_partials, schedule="dynamic", num_threads=n_threads, nogil=True):
            if first + i * p.task_rows < n_rows:
                one_task(
                    job, first + i * p.task_rows, min(n_rows, first + (i + 1) * p.task_rows),
                    partials + i * p.n_sums, p.n_sums,
                    work + p.scratch + omp_get_thread_num() * p.scratch_bytes, p.is_double)
        first += turn
        PyErr_CheckSignals()
    add_up(partials, p.n_partials, p.n_sums)
    total[0] = partials[p.n_sums - 1]
    if job.wants_statistics:
        if p.is_double:
            leaves.f64.unpack(&job.shape, partials, moments)
        else:
            leaves.f32.unpack(&job.shape, partials, moments)
        for k in range(job.shape.n_components):
            counts[k] = moments[0]
            memcpy(&sums[k, 0], moments + 1, n_features * sizeof(double))
            if n_moments > 1 + n_features:
                memcpy(&squares[k, 0], moments + 1 + n_features,
                       (n_moments - 1 - n_features) * sizeof(double))
            moments += n_moments
    return FVB_MIXTURE_OK if isfinite(total[0]) else FVB_MIXTURE_NOT_FINITE


cdef char *aligned(char[::1] work) noexcept:
    """Where a cache line of WORK starts."""
    return <char *>whole_lines(<Py_ssize_t>&work[0])


cdef void set_parameters(
        fvb_mixture_job *job, const double *offset, const double *means, const double *factors,
        char *memory, bint is_double) noexcept nogil:
    if is_double:
        leaves.f64.prepare(&job.shape, offset, means, factors, <double *>memory)
    else:
        leaves.f32.prepare(&job.shape, offset, means, factors, <float *>memory)
    job.parameters = memory


def gaussian_pass(
        int family,                            # FULL, TIED, DIAG, SPHERICAL
        const floating[:, :] X,                # IN   (n_rows, n_features) any strides
        const floating[::1] origin,            # IN   (n_features,) what X is taken relative to
        const floating[::1] weights,           # IN   (n_rows,), or empty: 1
        const floating[:, :] log_prior,        # IN   (n_rows, n_components), or no rows: 0
        const double[::1] offset,              # IN   (n_components,) log weight and the constants
                                               #      of the density; -inf shuts a component off
        const double[:, ::1] means,            # IN   (n_components, n_features) less the origin
        const double[:, ::1] factors,          # IN   FULL (n_components, triangle), TIED
                                               #      (1, triangle), DIAG (n_components,
                                               #      n_features), SPHERICAL (n_components, 1)
        double[::1] counts,                    # OUT  (n_components,), or empty: no statistics
        double[:, ::1] sums,                   # OUT  (n_components, n_features) about the origin
        double[:, ::1] squares,                # OUT  FULL (n_components, triangle), DIAG
                                               #      (n_components, n_features), SPHERICAL
                                               #      (n_components, 1), TIED (0, 0)
        floating[::1] log_norm,                # OUT  (n_rows,), or empty: not wanted
        floating[:, ::1] responsibilities,     # OUT  (n_rows, n_components), or no rows
        int[::1] labels,                       # OUT  (n_rows,), or empty; the first of equals
        double[::1] total,                     # OUT  (1,) sum of weight * log_norm
        char[::1] work,                        # WORK work_size()
        int n_threads):
    """One pass of Gaussian components; returns OK, or NOT_FINITE if `total` is not."""
    cdef fvb_mixture_job job = new_job(family, offset.shape[0], origin.shape[0])
    cdef Plan p = plan(
        &job.shape, sizeof(floating), X.shape[0], X.shape[0] * X.shape[1], n_threads)
    cdef char *memory = aligned(work)
    set_rows(&job, X, weights)
    job.origin = &origin[0]
    set_parameters(&job, &offset[0], &means[0, 0], &factors[0, 0], memory, p.is_double)
    set_results(&job, log_prior, log_norm, responsibilities, labels)
    job.wants_statistics = counts.shape[0] > 0
    return run(&job, X.shape[0], &p, memory, counts, sums, squares, &total[0], n_threads)


def gaussian_statistics(
        int family,                            # FULL, TIED, DIAG, SPHERICAL
        const floating[:, :] X,                # IN   (n_rows, n_features) any strides
        const floating[::1] origin,            # IN   (n_features,) what X is taken relative to
        const floating[::1] weights,           # IN   (n_rows,), or empty: 1
        const floating[:, :] responsibilities,  # IN  (n_rows, n_components) any strides, or no rows
        const int[::1] labels,                 # IN   (n_rows,) if there are no responsibilities;
                                               #      negative: no component. Empty: all are 0
        double[::1] counts,                    # OUT  (n_components,) as in gaussian_pass
        double[:, ::1] sums,                   # OUT  (n_components, n_features)
        double[:, ::1] squares,                # OUT
        char[::1] work,                        # WORK work_size()
        int n_threads):
    """Statistics of rows whose components are given."""
    cdef fvb_mixture_job job = new_job(family, counts.shape[0], origin.shape[0])
    cdef Plan p = plan(
        &job.shape, sizeof(floating), X.shape[0], X.shape[0] * X.shape[1], n_threads)
    cdef double total
    set_rows(&job, X, weights)
    job.origin = &origin[0]
    set_given(&job, responsibilities, labels)
    run(&job, X.shape[0], &p, aligned(work), counts, sums, squares, &total, n_threads)


cdef Py_ssize_t column_bytes(const fvb_mixture_shape *shape, const Plan *p) noexcept nogil:
    """Of a thread: parameters, sums, moments, and scratch of the leaves."""
    return p.scratch + p.scratch_bytes


def columns_work_size(Py_ssize_t n_components, Py_ssize_t itemsize, int n_threads):
    """Bytes of WORK of :func:`gaussian_columns`."""
    cdef fvb_mixture_shape shape = fvb_mixture_shape(FVB_MIXTURE_FULL, n_components, 1)
    cdef Plan p = plan(&shape, itemsize, 1, 1, 1)
    return n_threads * column_bytes(&shape, &p) + 64


def gaussian_columns(
        const floating[:, :] X,         # IN   (n_rows, n_all) any strides
        const Py_ssize_t[::1] columns,  # IN   (n_columns,) of X, each a problem of its own
        const floating[::1] origin,     # IN   (n_columns,)
        const floating[::1] weights,    # IN   (n_rows,), or empty: 1
        const double[:, ::1] offset,    # IN   (n_columns, n_components) as in gaussian_pass
        const double[:, ::1] means,     # IN   (n_columns, n_components)
        const double[:, ::1] factors,   # IN   (n_columns, n_components)
        double[:, ::1] counts,          # OUT  (n_columns, n_components)
        double[:, ::1] sums,            # OUT  (n_columns, n_components)
        double[:, ::1] squares,         # OUT  (n_columns, n_components)
        double[::1] total,              # OUT  (n_columns,) sum of weight * log_norm
        char[::1] work,                 # WORK columns_work_size()
        int n_threads):
    """One pass of a mixture of each column; a column is one thread's. Returns OK or NOT_FINITE."""
    cdef Py_ssize_t n_rows = X.shape[0], n_columns = columns.shape[0], first = 0, stop, c
    cdef fvb_mixture_job job = new_job(FVB_MIXTURE_FULL, offset.shape[1], 1)
    cdef Plan p = plan(&job.shape, sizeof(floating), 1, 1, 1)
    cdef Py_ssize_t each = column_bytes(&job.shape, &p), at_once
    cdef char *memory = aligned(work)
    cdef int status = FVB_MIXTURE_OK
    set_rows(&job, X, weights)
    job.wants_statistics = True
    if n_columns * n_rows * p.row_products < PARALLEL_PRODUCTS:
        n_threads = 1
    at_once = n_threads * max(1, <Py_ssize_t>(
        SIGNAL_PRODUCTS / (max(n_rows, 1) * p.row_products)))
    while first < n_columns:
        stop = min(n_columns, first + at_once)
        for c in prange(first, stop, schedule="dynamic", num_threads=n_threads, nogil=True):
            one_column(
                job, n_rows, columns[c] * job.x_column * <Py_ssize_t>sizeof(floating), &origin[c],
                &offset[c, 0], &means[c, 0], &factors[c, 0], &counts[c, 0], &sums[c, 0],
                &squares[c, 0], &total[c], &p, memory + omp_get_thread_num() * each)
        first = stop
        PyErr_CheckSignals()
    for c in range(n_columns):
        if not isfinite(total[c]):
            status = FVB_MIXTURE_NOT_FINITE
    return status


cdef void one_column(
        fvb_mixture_job job, Py_ssize_t n_rows, Py_ssize_t x_bytes, const void *origin,
        const double *offset, const double *means, const double *factors, double *counts,
        double *sums, double *squares, double *total, const Plan *p, char *memory) noexcept nogil:
    cdef double *partial = <double *>(memory + p.partials)
    cdef double *moments = <double *>(memory + p.moments)
    cdef Py_ssize_t k
    job.x = <const char *>job.x + x_bytes
    job.origin = origin
    memset(partial, 0, p.n_sums * sizeof(double))
    set_parameters(&job, offset, means, factors, memory, p.is_double)
    one_task(&job, 0, n_rows, partial, p.n_sums, memory + p.scratch, p.is_double)
    if p.is_double:
        leaves.f64.unpack(&job.shape, partial, moments)
    else:
        leaves.f32.unpack(&job.shape, partial, moments)
    total[0] = partial[p.n_sums - 1]
    for k in range(job.shape.n_components):
        counts[k] = moments[3 * k]
        sums[k] = moments[3 * k + 1]
        squares[k] = moments[3 * k + 2]
