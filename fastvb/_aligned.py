"""Arrays that start on a cache line, as the leaf kernels like them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

CACHE_LINE = 64  # bytes; also the widest vector register


def empty(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Uninitialised C-contiguous array whose first element starts a cache line."""
    shape = (shape,) if isinstance(shape, int) else shape
    dtype = np.dtype(dtype)
    n_bytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    memory = np.empty(n_bytes + CACHE_LINE, dtype=np.uint8)
    offset = -memory.ctypes.data % CACHE_LINE
    return memory[offset : offset + n_bytes].view(dtype).reshape(shape)


def padded_length(n: int, dtype: DTypeLike) -> int:
    """Smallest number of elements that is at least `n` and fills whole cache lines."""
    per_line = CACHE_LINE // np.dtype(dtype).itemsize
    return -(-n // per_line) * per_line
