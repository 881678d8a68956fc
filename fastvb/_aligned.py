"""Arrays that start on a cache line, as the leaf kernels like them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastvb._kernels._memory import memory

CACHE_LINE = 64  # bytes; also the widest vector register


def empty(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Uninitialised C-contiguous array whose first element starts a cache line."""
    shape = (shape,) if isinstance(shape, int) else shape
    dtype = np.dtype(dtype)
    return np.ndarray(shape, dtype, memory(math.prod(shape) * dtype.itemsize))


def padded_length(n: int, dtype: DTypeLike) -> int:
    """Smallest number of elements that is at least `n` and fills whole cache lines."""
    per_line = CACHE_LINE // np.dtype(dtype).itemsize
    return -(-n // per_line) * per_line
