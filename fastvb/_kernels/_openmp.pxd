"""OpenMP, or nothing at all where the compiler has none."""

cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    #define FVB_OPENMP _OPENMP
    #else
    #define FVB_OPENMP 0
    #define omp_get_max_threads() 1
    #define omp_get_num_procs() 1
    #define omp_get_thread_num() 0
    #endif
    """
    const int FVB_OPENMP
    int omp_get_max_threads() noexcept nogil
    int omp_get_num_procs() noexcept nogil
    int omp_get_thread_num() noexcept nogil
