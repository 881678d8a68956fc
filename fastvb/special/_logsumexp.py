"""SciPy's logsumexp, in parallel."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastvb._kernels import _responsibilities
from fastvb._threads import effective_n_threads
from fastvb.special._rows import as_rows

__all__ = ["logsumexp"]

# The order of summation is fixed by these alone, so the number of threads does not show.
_LONG_ROW = 1 << 16  # longer rows are cut into pieces
_PIECE = 1 << 14
_WIDE = 64  # narrower columns are put side by side
_SLAB_ROWS = 1 << 10  # rows of columns that one thread adds up, at least
_MOST_SLABS = 64


def logsumexp(
    a: ArrayLike,
    axis: int | tuple[int, ...] | None = None,
    b: ArrayLike | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """Compute the logarithm of the sum of exponentials, as `scipy.special.logsumexp` does.

    Parameters
    ----------
    a : array_like
        Exponents. float32 and float64 keep their type, integers become float64.
    axis : int, tuple of int or None
        The axis or axes to sum over, None for all.
    b : array_like, optional
        Factors of the exponentials, passed on to SciPy.
    keepdims : bool
        Keep the summed axes with length one.
    return_sign : bool
        Return the sign of the sum, too; passed on to SciPy.

    Returns
    -------
    ndarray or scalar
        ``log(sum(exp(a)))`` without overflow; with `return_sign` also the sign.

    Raises
    ------
    ValueError
        If an axis is named twice; `numpy.exceptions.AxisError` if `a` does not have it.

    See Also
    --------
    responsibilities : the normalised exponentials, too.

    Notes
    -----
    Real arrays of up to 64 bits, `b` and `return_sign` apart, are computed here with the threads of
    :func:`fastvb.get_num_threads`; anything else (complex, float16, longdouble, other libraries'
    arrays, ...) is passed on to SciPy. Infinities, nan and empty axes give SciPy's results:
    -inf for an empty sum or for -inf alone, inf when there is a +inf, nan when there is a nan.
    Results near 0 keep their relative accuracy, as in ``logsumexp([0, -40])``.

    Blanchard, Higham and Higham (2021), "Accurately computing the log-sum-exp and softmax
    functions", IMA Journal of Numerical Analysis 41(4), 2311-2330.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.special import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    >>> logsumexp(np.log([[1, 2], [3, 4]]), axis=1)
    array([1.09861229, 1.94591015])
    """
    array = None if b is not None or return_sign else _supported(a)
    if array is None or axis == ():
        from scipy.special import logsumexp as scipy_logsumexp

        return scipy_logsumexp(a, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)
    axes = _normalized(axis, array.ndim)
    result = _sum_axes(array, axes)
    if keepdims:
        result = np.expand_dims(result, axes)
    return result[()]


def _supported(a: Any) -> NDArray[Any] | None:
    """`a` as an array that the kernels take, None when SciPy is to have it."""
    if not (type(a) is np.ndarray or isinstance(a, list | tuple | int | float | np.generic)):
        return None
    array = np.atleast_1d(np.asarray(a))
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind != "f" or array.itemsize not in (4, 8):
        return None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _normalized(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """The axes in ascending order."""
    if axis is None:
        return tuple(range(ndim))
    named = [operator.index(i) for i in (axis if isinstance(axis, tuple) else (axis,))]
    for i in named:
        if not -ndim <= i < ndim:
            raise np.exceptions.AxisError(i, ndim)
    axes = sorted(i % ndim for i in named)
    if len(set(axes)) < len(axes):
        raise ValueError(f"Expected axis to name each axis once, got axis={axis}.")
    return tuple(axes)


def _sum_axes(array: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Log-sum-exp over `axes`, in the order in which the array lies in memory."""
    ndim, flags = array.ndim, array.flags
    if flags.f_contiguous and not flags.c_contiguous:
        return _sum_axes(array.T, tuple(ndim - 1 - i for i in reversed(axes))).T
    kept = tuple(i for i in range(ndim) if i not in axes)
    shape = tuple(array.shape[i] for i in kept)
    n_kept, n_summed = math.prod(shape), math.prod(array.shape[i] for i in axes)
    if not n_kept or not n_summed:
        return np.full(shape, -np.inf, array.dtype)
    first, stop = axes[0], axes[-1] + 1
    if stop < ndim and stop - first == len(axes) and flags.c_contiguous and flags.aligned:
        n_outer = math.prod(array.shape[:first])
        return _sum_columns(array.reshape(n_outer, n_summed, -1)).reshape(shape)
    moved = array.transpose(kept + axes)
    return _sum_rows(as_rows(moved.reshape(n_kept, n_summed))).reshape(shape)


def _sum_rows(rows: NDArray[Any]) -> NDArray[Any]:
    """Of each row; long rows in pieces of fixed size, which threads share."""
    n_rows, n_columns = rows.shape
    if n_columns > _LONG_ROW:
        return np.array([_sum_long_row(row) for row in rows], rows.dtype)
    result = np.empty(n_rows, rows.dtype)
    _responsibilities.logsumexp_rows(rows, result, effective_n_threads())
    return result


def _sum_long_row(row: NDArray[Any]) -> Any:
    cut = len(row) // _PIECE * _PIECE
    parts = _sum_rows(row[:cut].reshape(-1, _PIECE))
    if cut < len(row):
        parts = np.append(parts, _sum_rows(row[np.newaxis, cut:]))
    return _sum_rows(parts[np.newaxis])[0]


def _sum_columns(array: NDArray[Any]) -> NDArray[Any]:
    """Over the second of three axes; slabs of rows first, then their results."""
    n_outer, n_rows, n_columns = array.shape
    side_by_side = _WIDE // n_columns
    few = n_rows < 4 * side_by_side or n_columns == 1
    if side_by_side > 1 and (n_outer > 1 or few):
        return _sum_rows(as_rows(array.swapaxes(1, 2))).reshape(n_outer, n_columns)
    if side_by_side > 1:
        cut = n_rows // side_by_side * side_by_side
        wide = array[:, :cut].reshape(1, cut // side_by_side, side_by_side * n_columns)
        parts = _sum_columns(wide).reshape(1, side_by_side, n_columns)
        return _sum_columns(np.concatenate([parts, array[:, cut:]], axis=1))
    slab_rows = max(_SLAB_ROWS, -(-n_rows // _MOST_SLABS))
    n_slabs = -(-n_rows // slab_rows)
    parts = np.empty((n_outer, n_slabs, n_columns), array.dtype)
    _responsibilities.logsumexp_columns(array, parts, slab_rows, effective_n_threads())
    return _sum_columns(parts) if n_slabs > 1 else parts[:, 0]
