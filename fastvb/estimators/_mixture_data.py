"""What a mixture is fitted to: rows, their weights, and their own weights of the components."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.models import Observations

__all__ = [
    "check_prior_weights",
    "check_rows",
    "check_sample_weight",
    "check_shape",
    "in_whole_items",
    "observations",
]

_SUM_TOLERANCE = 1e-4  # of probabilities in single precision, or printed with a few digits


def observations(
    rows: Any, sample_weight: Any, prior_weights: Any, n_components: int
) -> Observations:
    """Checked rows with what else is known of them, none of it copied where its type is right."""
    n_rows, dtype = rows.shape[0], rows.dtype
    weights = check_sample_weight(sample_weight, n_rows, dtype)
    return Observations(
        rows, weights, check_prior_weights(prior_weights, n_rows, n_components, dtype)
    )


def check_rows(
    X: Any, user: str, *, dtype: Any = None, n_features: int | None = None, least_rows: int = 1
) -> NDArray[Any]:
    """A dense matrix of finite numbers, float32 or float64, in whatever memory order it has.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The rows.
    user : str
        Name of the method, for the messages.
    dtype : dtype or None
        Wanted type; None keeps float32 and turns everything else into float64.
    n_features : int or None
        Required number of columns.
    least_rows : int
        Required number of rows.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        `X` itself where it can be.
    """
    if sp.issparse(X):
        raise TypeError(
            f"Expected X to be dense, got a sparse {X.format} matrix. Use X.toarray() if it fits."
        )
    array = check.check_dense(X, dtype)
    check_shape(array.shape, user, n_features, least_rows)
    least_value, most = array.min(), array.max()  # NaN shows in both
    if not (np.isfinite(least_value) and np.isfinite(most)):
        what = "NaN" if np.isnan(least_value) else "inf"
        raise ValueError(f"Expected X to be finite, got {what} in the input X of {user}.")
    return in_whole_items(array)


def in_whole_items(array: NDArray[Any]) -> NDArray[Any]:
    """The array, or a copy where its strides are no multiples of its items (fields of records)."""
    if not array.flags.aligned or any(stride % array.itemsize for stride in array.strides):
        return array.copy()
    return array


def check_shape(shape: tuple[int, int], user: str, n_features: int | None, least_rows: int) -> None:
    """Enough rows, and the number of columns that is required."""
    n_rows, n_columns = shape
    for number, least, what in ((n_rows, least_rows, "sample"), (n_columns, 1, "feature")):
        if number < least:
            raise ValueError(
                f"Expected X to have more {what}s, got n_{what}s={number}: {number} {what}(s) "
                f"(shape={shape}) while a minimum of {least} is required."
            )
    if n_features is not None and n_columns != n_features:
        name = user.partition(".")[0]
        raise ValueError(
            f"X has {n_columns} features, but {name} is expecting {n_features} features as input."
        )


def check_sample_weight(value: Any, n_rows: int, dtype: Any) -> NDArray[Any] | None:
    """How often each row counts, None where each counts once."""
    if value is None:
        return None
    weights = np.asarray(value)
    if weights.dtype.kind not in "biuf":
        raise TypeError(f"Expected sample_weight to hold numbers, got dtype={weights.dtype}.")
    if weights.ndim == 0:
        weights = np.full(n_rows, weights)
    if weights.shape != (n_rows,):
        raise ValueError(
            f"Expected sample_weight to have shape ({n_rows},), "
            f"got sample_weight.shape={weights.shape}."
        )
    weights = np.ascontiguousarray(weights, dtype)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError(
            "Expected sample_weight to be finite, not negative, and not all zero, got weights with "
            f"sample_weight.min()={weights.min():g}, sample_weight.max()={weights.max():g}."
        )
    return weights


def check_prior_weights(
    value: Any, n_rows: int, n_components: int, dtype: Any
) -> NDArray[Any] | None:
    """Logarithms of each row's own weights of the components, None where it has none."""
    if value is None:
        return None
    given = np.asarray(value)
    if given.dtype.kind not in "biuf":
        raise TypeError(f"Expected prior_weights to hold numbers, got dtype={given.dtype}.")
    if given.shape != (n_rows, n_components):
        raise ValueError(
            f"Expected prior_weights to have shape ({n_rows}, {n_components}), "
            f"got prior_weights.shape={given.shape}."
        )
    if not (given >= 0).all():
        raise ValueError(
            "Expected prior_weights to hold probabilities, "
            f"got prior_weights.min()={given.min():g}."
        )
    totals = given.sum(axis=1, dtype=np.float64)
    wrong = np.flatnonzero(~(np.abs(totals - 1) <= _SUM_TOLERANCE))
    if len(wrong):
        raise ValueError(
            "Expected every row of prior_weights to sum to 1, got "
            f"prior_weights[{wrong[0]}].sum()={totals[wrong[0]]:g}."
        )
    with np.errstate(divide="ignore"):
        log_weights: NDArray[Any] = np.log(given / totals[:, np.newaxis], dtype=dtype)
    return log_weights
