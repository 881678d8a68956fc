"""Zeros and ones as mixtures of Bernoullis take them: dense with NaN, or sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._mixture_data import check_shape, in_whole_items

__all__ = ["check_bits"]

_BLOCK_VALUES = 1 << 18  # looked at at a time, so that what is compared stays in the cache


def check_bits(
    X: Any,
    user: str,
    *,
    threshold: float | None = None,
    dtype: Any = None,
    n_features: int | None = None,
    least_rows: int = 1,
) -> Any:
    """Zeros and ones in floating point, without a copy where they are.

    Parameters
    ----------
    X : array-like or sparse, shape (n_samples, n_features)
        0 and 1, or with a `threshold` any numbers, where sparse not negative; in an array also NaN.
    user : str
        Name of the method, for the messages.
    threshold : float or None
        Numbers above it become 1, others 0.
    dtype : dtype or None
        Wanted type; None keeps float32 and turns everything else into float64.
    n_features : int or None
        Required number of columns.
    least_rows : int
        Required number of rows.

    Returns
    -------
    ndarray or canonical csr_matrix or csr_array of shape (n_samples, n_features)
        `X` itself where it can be.
    """
    if not sp.issparse(X):
        array = check.check_dense(X, dtype)
        check_shape(array.shape, user, n_features, least_rows)
        if threshold is not None:
            return np.where(np.isnan(array), array, array > threshold).astype(array.dtype)
        _check_values(array, user)
        return in_whole_items(array)
    if threshold is not None and threshold < 0:
        raise ValueError(
            "Expected binarize to be at least 0 with sparse X, whose absent values are 0, "
            f"got binarize={threshold:g}."
        )
    matrix = check.check_counts(X, user, dtype=dtype)
    check_shape(matrix.shape, user, n_features, least_rows)
    if threshold is not None:
        ones = (matrix.data > threshold).astype(matrix.dtype)
        return type(matrix)((ones, matrix.indices, matrix.indptr), shape=matrix.shape, copy=False)
    _check_values(matrix.data[:, np.newaxis], user, matrix)
    return matrix


def _check_values(values: NDArray[Any], user: str, matrix: Any = None) -> None:
    """Refuse what is neither 0 nor 1 nor NaN; `values` may be those that `matrix` stores."""
    n_rows = max(1, _BLOCK_VALUES // values.shape[1])
    for first in range(0, len(values), n_rows):
        block = values[first : first + n_rows]
        wrong = (block != 0) & (block != 1) & ~np.isnan(block)
        if not wrong.any():
            continue
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        value, row = block[row, column], first + row
        if matrix is not None:
            row, column = (
                int(np.searchsorted(matrix.indptr, row, "right")) - 1,
                int(matrix.indices[row]),
            )
        raise ValueError(
            f"Expected X to hold zeros and ones, got X[{row}, {column}]={value:g} in the input X "
            f"of {user}. With binarize=t, values above t are ones."
        )
