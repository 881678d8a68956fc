"""What the row functions share: arrays brought into the form that the kernels take."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["as_float_array", "as_output", "as_rows"]


def as_float_array(a: ArrayLike, name: str) -> NDArray[Any]:
    """An array of float32 or float64 in native byte order, with at least one axis."""
    if isinstance(a, np.ma.MaskedArray):
        raise TypeError(f"Expected {name} to be an array without a mask, got a MaskedArray.")
    array = np.asarray(a)
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    elif array.dtype.kind != "f" or array.itemsize not in (2, 4, 8):
        raise TypeError(
            f"Expected {name} to hold float32, float64 or integers, got {name}.dtype={array.dtype}."
        )
    elif array.itemsize == 2:
        array = array.astype(np.float32)
    if array.ndim == 0:
        raise ValueError(f"Expected {name} to have at least one axis, got {name}.ndim=0.")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def as_rows(array: NDArray[Any]) -> NDArray[Any]:
    """Two axes, the second one contiguous: a view where the memory allows it."""
    rows = array.reshape(math.prod(array.shape[:-1]), array.shape[-1])
    if rows.flags.aligned and rows.strides[1] == rows.itemsize:
        return rows
    return rows.copy()


def as_output(out: NDArray[Any] | None, array: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Where a kernel writes its rows: `out` itself where it can be, else an array to copy from.

    `array` is the argument, `rows` what :func:`as_rows` made of it.
    """
    if out is None:
        return np.empty(rows.shape, rows.dtype)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"Expected out to be an array, got {type(out).__name__}.")
    if out.shape != array.shape:
        raise ValueError(
            f"Expected out to have the shape {array.shape}, got out.shape={out.shape}."
        )
    if out.dtype.newbyteorder("=") != array.dtype:
        raise TypeError(f"Expected out to hold {array.dtype}, got out.dtype={out.dtype}.")
    if not out.flags.writeable:
        raise ValueError("Expected out to be writeable, got a read-only array.")
    direct = out.flags.c_contiguous and out.flags.aligned and out.dtype.isnative
    if direct and (not np.may_share_memory(out, rows) or is_same_memory(out, rows)):
        return out.reshape(rows.shape)
    return np.empty(rows.shape, rows.dtype)


def is_same_memory(out: NDArray[Any], rows: NDArray[Any]) -> bool:
    """Whether the contiguous `out` holds the same elements at the same places."""
    address = rows.__array_interface__["data"][0]
    return rows.flags.c_contiguous and address == out.__array_interface__["data"][0]
