"""Memory for arrays that start on a cache line, used again once nobody refers to it.

The C library gives large blocks back to the system when they are freed, and the next call of a
kernel pays a page fault for every 4 KiB: a fifth of the time of stochastic steps.
"""
cimport cython
from cpython.buffer cimport PyBuffer_FillInfo
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport uintptr_t
from libc.string cimport memmove

cdef enum:
    LINE = 64  # bytes
    LEAST = 1 << 16  # smaller blocks are the C library's business
    MOST = 1 << 25  # all that is kept, in bytes
    PLACES = 32

cdef void *kept[PLACES]  # the longest kept comes first
cdef size_t sizes[PLACES]
cdef int n_kept = 0
cdef size_t bytes_kept = 0
cdef cython.pymutex lock


cdef void *take_out(int i) noexcept nogil:
    global n_kept, bytes_kept
    cdef void *memory = kept[i]
    cdef size_t n_behind = n_kept - i - 1
    bytes_kept -= sizes[i]
    n_kept -= 1
    memmove(&kept[i], &kept[i + 1], n_behind * sizeof(void *))
    memmove(&sizes[i], &sizes[i + 1], n_behind * sizeof(size_t))
    return memory


cdef void *find(size_t least, size_t *size) noexcept:
    """The smallest kept memory that is large enough, unless most of it would lie idle."""
    cdef int i, best = -1
    with lock:
        for i in range(n_kept):
            if least <= sizes[i] <= 2 * least and (best < 0 or sizes[i] < sizes[best]):
                best = i
        if best < 0:
            return NULL
        size[0] = sizes[best]
        return take_out(best)


cdef void keep(void *memory, size_t size) noexcept:
    """Keep memory, in place of what has been kept for longest."""
    global n_kept, bytes_kept
    with lock:
        while n_kept == PLACES or bytes_kept + size > MOST:
            PyMem_RawFree(take_out(0))
        kept[n_kept] = memory
        sizes[n_kept] = size
        bytes_kept += size
        n_kept += 1


@cython.final
cdef class Block:
    """Memory, until nobody refers to it."""

    cdef void *memory
    cdef size_t size  # of it
    cdef Py_ssize_t n_bytes

    def __cinit__(self, Py_ssize_t n_bytes):
        self.n_bytes = n_bytes
        self.size = <size_t>n_bytes + LINE
        if self.size >= LEAST:
            self.memory = find(self.size, &self.size)
        if self.memory is NULL:
            self.memory = PyMem_RawMalloc(self.size)
        if self.memory is NULL:
            raise MemoryError(f"Expected {n_bytes:,} bytes of memory to be free, got none.")

    def __dealloc__(self):
        if self.memory is not NULL and LEAST <= self.size <= MOST:
            keep(self.memory, self.size)
        else:
            PyMem_RawFree(self.memory)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        cdef uintptr_t start = (<uintptr_t>self.memory + LINE - 1) // LINE * LINE
        PyBuffer_FillInfo(buffer, self, <void *>start, self.n_bytes, 0, flags)


def memory(Py_ssize_t n_bytes):
    """Uninitialised bytes that start on a cache line, as an array's buffer."""
    return memoryview(Block(n_bytes))
