"""What Python needs to know of OpenMP."""


def version():
    """The date of the OpenMP specification (201511 is 4.5), 0 for a serial build."""
    return FVB_OPENMP


def max_threads():
    """Threads that a parallel region would get now; honours OMP_NUM_THREADS and threadpoolctl."""
    return omp_get_max_threads()


def num_procs():
    """CPUs in the affinity mask that the process started with, 1 for a serial build."""
    return omp_get_num_procs()
