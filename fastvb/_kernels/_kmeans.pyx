"""Rows of data against centres: nearest centres, sums over clusters, greedy seeding.

Rows are cut into consecutive parts, whose number is the caller's; each has sums of its own. So
threads do not show in the bits.
"""
from cpython.exc cimport PyErr_CheckSignals
from cython cimport floating
from cython.parallel cimport prange
from libc.stdint cimport int32_t, int64_t

from fastvb._kernels._dispatch cimport simd_level
from fastvb._kernels._openmp cimport omp_get_thread_num

cdef extern from "fvb_kmeans.h" nogil:
    Py_ssize_t fvb_kmeans_scratch_bytes(Py_ssize_t)
    ctypedef struct fvb_kmeans_leaves:
        void assign(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t, Py_ssize_t,
            const double *, const double *, const double *, int32_t *, double *, double *,
            double *, double *, int64_t *, void *) noexcept nogil
        void potentials(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t, Py_ssize_t,
            const double *, const double *, const double *, const double *, double *,
            void *) noexcept nogil
        void add(
            Py_ssize_t, Py_ssize_t, const double *, Py_ssize_t, Py_ssize_t, const double *,
            const double *, const double *, double *, double *, void *) noexcept nogil
    ctypedef struct fvb_kmeans_leavesf:
        void assign(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t, Py_ssize_t,
            const float *, const float *, const float *, int32_t *, double *, double *,
            double *, double *, int64_t *, void *) noexcept nogil
        void potentials(
            Py_ssize_t, Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t, Py_ssize_t,
            const float *, const float *, const float *, const float *, double *,
            void *) noexcept nogil
        void add(
            Py_ssize_t, Py_ssize_t, const float *, Py_ssize_t, Py_ssize_t, const float *,
            const float *, const float *, float *, double *, void *) noexcept nogil
    ctypedef struct fvb_kmeans_table:
        fvb_kmeans_leaves f64
        fvb_kmeans_leavesf f32
    const fvb_kmeans_table *fvb_kmeans_select(int level)

cdef const fvb_kmeans_table *leaves = fvb_kmeans_select(simd_level())

# Work per thread between two looks at pending signals, and below which a second thread costs more
# than it brings, in differences of two numbers.
cdef double SIGNAL_DIFFERENCES = 5e8
cdef double PARALLEL_DIFFERENCES = 2e5


def work_size(Py_ssize_t n_features):
    """Bytes of WORK per thread."""
    return (fvb_kmeans_scratch_bytes(n_features) + 63) // 64 * 64


cdef int usable_threads(double differences, Py_ssize_t n_parts, int n_threads):
    return 1 if differences < PARALLEL_DIFFERENCES else min(n_threads, <int>n_parts)


cdef Py_ssize_t parts_at_once(double differences, Py_ssize_t n_parts, int n_threads):
    """Parts between two looks at pending signals: all of them or a multiple of the threads."""
    cdef Py_ssize_t rounds = 1 + <Py_ssize_t>(SIGNAL_DIFFERENCES * n_parts / (differences + 1))
    return rounds * n_threads


def assign(
        const floating[:, :] x,            # IN   (n_rows, n_features) any strides
        const floating[::1] origin,        # IN   (n_features,)
        const floating[::1] weights,       # IN   (n_rows,) or empty for ones
        const floating[:, ::1] centres,    # IN   (n_centres, n_features) about the origin
        int32_t[::1] labels,               # OUT  (n_rows,) or empty if not wanted
        double[:, ::1] counts,             # OUT  (n_parts, n_centres) sums of weights
        double[:, :, ::1] sums,            # OUT  (n_parts, n_centres, n_features) about the origin
        double[::1] inertia,               # OUT  (n_parts,) weighted squared distances
        double[::1] farthest,              # OUT  (n_parts,) the greatest of them
        int64_t[::1] farthest_row,         # OUT  (n_parts,)
        char[:, ::1] work,                 # WORK (n_threads, work_size())
        int n_threads):
    """Assign each row to its nearest centre."""
    cdef Py_ssize_t n_rows = x.shape[0], n_features = x.shape[1], n_centres = centres.shape[0]
    cdef Py_ssize_t row_stride = x.strides[0] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t column_stride = x.strides[1] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t n_parts = inertia.shape[0], begin = 0, end, at_once, p, first, size
    cdef double differences = <double>n_rows * n_features * n_centres
    cdef const floating *weight = &weights[0] if weights.shape[0] else NULL
    cdef int32_t *label = &labels[0] if labels.shape[0] else NULL
    cdef const floating *own_weight
    cdef int32_t *own_label
    n_threads = usable_threads(differences, n_parts, n_threads)
    at_once = parts_at_once(differences, n_parts, n_threads)
    while begin < n_parts:
        end = min(n_parts, begin + at_once)
        for p in prange(
                begin, end, schedule="dynamic", num_threads=n_threads, nogil=True):
            first = n_rows * p // n_parts
            size = n_rows * (p + 1) // n_parts - first
            own_weight = NULL if weight is NULL else weight + first
            own_label = NULL if label is NULL else label + first
            if floating is double:
                leaves.f64.assign(
                    size, n_features, n_centres, &x[0, 0] + first * row_stride, row_stride,
                    column_stride, &origin[0], own_weight, &centres[0, 0], own_label,
                    &counts[p, 0], &sums[p, 0, 0], &inertia[p], &farthest[p], &farthest_row[p],
                    &work[omp_get_thread_num(), 0])
            else:
                leaves.f32.assign(
                    size, n_features, n_centres, &x[0, 0] + first * row_stride, row_stride,
                    column_stride, &origin[0], own_weight, &centres[0, 0], own_label,
                    &counts[p, 0], &sums[p, 0, 0], &inertia[p], &farthest[p], &farthest_row[p],
                    &work[omp_get_thread_num(), 0])
            farthest_row[p] += first
        PyErr_CheckSignals()
        begin = end


def potentials(
        const floating[:, :] x,            # IN   (n_rows, n_features) any strides
        const floating[::1] origin,        # IN   (n_features,)
        const floating[::1] weights,       # IN   (n_rows,) or empty for ones
        const floating[:, ::1] centres,    # IN   (n_centres, n_features) about the origin
        const floating[::1] closest,       # IN   (n_rows,) squared distances
        double[:, ::1] sums,               # OUT  (n_parts, n_centres)
        char[:, ::1] work,                 # WORK (n_threads, work_size())
        int n_threads):
    """Sums of weights times min(closest, squared distance), for each centre by itself."""
    cdef Py_ssize_t n_rows = x.shape[0], n_features = x.shape[1], n_centres = centres.shape[0]
    cdef Py_ssize_t row_stride = x.strides[0] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t column_stride = x.strides[1] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t n_parts = sums.shape[0], begin = 0, end, at_once, p, first, size
    cdef double differences = <double>n_rows * n_features * n_centres
    cdef const floating *weight = &weights[0] if weights.shape[0] else NULL
    cdef const floating *own_weight
    n_threads = usable_threads(differences, n_parts, n_threads)
    at_once = parts_at_once(differences, n_parts, n_threads)
    while begin < n_parts:
        end = min(n_parts, begin + at_once)
        for p in prange(
                begin, end, schedule="dynamic", num_threads=n_threads, nogil=True):
            first = n_rows * p // n_parts
            size = n_rows * (p + 1) // n_parts - first
            own_weight = NULL if weight is NULL else weight + first
            if floating is double:
                leaves.f64.potentials(
                    size, n_features, n_centres, &x[0, 0] + first * row_stride, row_stride,
                    column_stride, &origin[0], own_weight, &centres[0, 0], &closest[0] + first,
                    &sums[p, 0], &work[omp_get_thread_num(), 0])
            else:
                leaves.f32.potentials(
                    size, n_features, n_centres, &x[0, 0] + first * row_stride, row_stride,
                    column_stride, &origin[0], own_weight, &centres[0, 0], &closest[0] + first,
                    &sums[p, 0], &work[omp_get_thread_num(), 0])
        PyErr_CheckSignals()
        begin = end


def add(
        const floating[:, :] x,            # IN    (n_rows, n_features) any strides
        const floating[::1] origin,        # IN    (n_features,)
        const floating[::1] weights,       # IN    (n_rows,) or empty for ones
        const floating[::1] centre,        # IN    (n_features,) about the origin
        floating[::1] closest,             # INOUT (n_rows,) squared distances
        double[::1] sums,                  # OUT   (n_parts,) weighted sums of closest
        char[:, ::1] work,                 # WORK  (n_threads, work_size())
        int n_threads):
    """Make closest = min(closest, squared distance to a further centre)."""
    cdef Py_ssize_t n_rows = x.shape[0], n_features = x.shape[1]
    cdef Py_ssize_t row_stride = x.strides[0] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t column_stride = x.strides[1] // <Py_ssize_t>sizeof(floating)
    cdef Py_ssize_t n_parts = sums.shape[0], p, first, size
    cdef const floating *weight = &weights[0] if weights.shape[0] else NULL
    cdef const floating *own_weight
    n_threads = usable_threads(<double>n_rows * n_features, n_parts, n_threads)
    for p in prange(n_parts, schedule="dynamic", num_threads=n_threads, nogil=True):
        first = n_rows * p // n_parts
        size = n_rows * (p + 1) // n_parts - first
        own_weight = NULL if weight is NULL else weight + first
        if floating is double:
            leaves.f64.add(
                size, n_features, &x[0, 0] + first * row_stride, row_stride, column_stride,
                &origin[0], own_weight, &centre[0], &closest[0] + first, &sums[p],
                &work[omp_get_thread_num(), 0])
        else:
            leaves.f32.add(
                size, n_features, &x[0, 0] + first * row_stride, row_stride, column_stride,
                &origin[0], own_weight, &centre[0], &closest[0] + first, &sums[p],
                &work[omp_get_thread_num(), 0])


def sorted_kmeans(
        const double[:, ::1] values,   # IN   (n_problems, n_values) ascending
        const double[:, ::1] weights,  # IN   (n_problems, n_values), or no rows: 1
        double[:, ::1] counts,         # OUT  (n_problems, n_clusters) sums of weights; 0 where
                                       #      there are fewer different values
        double[:, ::1] means,          # OUT  (n_problems, n_clusters)
        double[:, ::1] scatter,        # OUT  (n_problems, n_clusters) about the means
        double[:, :, ::1] sums,        # WORK (n_threads, 2, n_values + 1)
        Py_ssize_t[:, :, ::1] cuts,    # WORK (n_threads, 2, n_clusters + 1)
        int max_iter, int n_threads):
    """k-means in one dimension: the best cuts one after the other, then Lloyd's iteration."""
    cdef Py_ssize_t n_problems = values.shape[0], n_clusters = counts.shape[1], p
    cdef bint weighted = weights.shape[0] > 0
    cdef int thread
    if <double>values.shape[1] * n_problems * n_clusters < PARALLEL_DIFFERENCES:
        n_threads = 1
    for p in prange(n_problems, schedule="dynamic", num_threads=n_threads, nogil=True):
        thread = omp_get_thread_num()
        cluster_sorted(
            values.shape[1], n_clusters, &values[p, 0], &weights[p, 0] if weighted else NULL,
            &counts[p, 0], &means[p, 0], &scatter[p, 0], &sums[thread, 0, 0],
            &sums[thread, 1, 0], &cuts[thread, 0, 0], &cuts[thread, 1, 0], max_iter)


cdef void cluster_sorted(
        Py_ssize_t n, Py_ssize_t n_clusters, const double *x, const double *w, double *counts,
        double *means, double *scatter, double *of_weights, double *of_values, Py_ssize_t *cuts,
        Py_ssize_t *within, int max_iter) noexcept nogil:
    """Cluster k has the values from cuts[k] to cuts[k + 1]."""
    cdef Py_ssize_t i, k, n_found = 1, widest
    cdef double weight
    cdef int n_iter = 0
    of_weights[0] = of_values[0] = 0
    for i in range(n):
        weight = w[i] if w is not NULL else 1
        of_weights[i + 1] = of_weights[i] + weight
        of_values[i + 1] = of_values[i] + weight * x[i]
    cuts[0], cuts[1] = 0, n
    # until the last step, `scatter` holds what the best cut of a cluster gains
    scatter[0] = best_cut(x, of_weights, of_values, 0, n, within)
    while n_found < n_clusters:
        widest = 0
        for k in range(1, n_found):
            if scatter[k] > scatter[widest]:
                widest = k
        if not scatter[widest] > 0:
            break
        for k in range(n_found, widest, -1):
            cuts[k + 1] = cuts[k]
            scatter[k], within[k] = scatter[k - 1], within[k - 1]
        cuts[widest + 1] = within[widest]
        n_found += 1
        for k in range(widest, widest + 2):
            scatter[k] = best_cut(x, of_weights, of_values, cuts[k], cuts[k + 1], within + k)
    for k in range(n_clusters):
        counts[k] = means[k] = scatter[k] = 0
    while True:
        for k in range(n_found):
            counts[k] = of_weights[cuts[k + 1]] - of_weights[cuts[k]]
            if counts[k] > 0:
                means[k] = (of_values[cuts[k + 1]] - of_values[cuts[k]]) / counts[k]
        if n_iter == max_iter or not move_cuts(n, n_found, x, means, cuts):
            break
        n_iter += 1
    for k in range(n_found):
        for i in range(cuts[k], cuts[k + 1]):
            weight = w[i] if w is not NULL else 1
            scatter[k] += weight * (x[i] - means[k]) * (x[i] - means[k])


cdef double best_cut(
        const double *x, const double *of_weights, const double *of_values, Py_ssize_t first,
        Py_ssize_t last, Py_ssize_t *cut) noexcept nogil:
    """What the best cut between different values takes off their scatter; 0 if there is none."""
    cdef Py_ssize_t i
    cdef double left, right, gap, gain, most = 0
    for i in range(first + 1, last):
        left, right = of_weights[i] - of_weights[first], of_weights[last] - of_weights[i]
        if x[i] > x[i - 1] and left > 0 and right > 0:
            gap = (of_values[i] - of_values[first]) / left
            gap = gap - (of_values[last] - of_values[i]) / right
            gain = left * right / (left + right) * gap * gap
            if gain > most:
                most, cut[0] = gain, i
    return most


cdef bint move_cuts(
        Py_ssize_t n, Py_ssize_t n_clusters, const double *x, const double *means,
        Py_ssize_t *cuts) noexcept nogil:
    """Give each value to the nearest mean; whether any has moved."""
    cdef Py_ssize_t k, low, high, middle
    cdef double border
    cdef bint moved = False
    for k in range(1, n_clusters):
        border = 0.5 * (means[k - 1] + means[k])
        low, high = cuts[k - 1], n
        while low < high:
            middle = (low + high) // 2
            if x[middle] <= border:
                low = middle + 1
            else:
                high = middle
        moved = moved or low != cuts[k]
        cuts[k] = low
    return moved
