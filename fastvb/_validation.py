"""Checks of what users pass, done once and before any work."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = [
    "check_choice",
    "check_counts",
    "check_dense",
    "check_integer",
    "check_prior",
    "check_random_state",
    "check_real",
    "check_whole_counts",
    "real_array",
]

_MOST_TOKENS = 2**31 - 1  # of one word in one document: the binomial draws of every platform


def check_integer(name: str, value: Any, least: int) -> int:
    """An integer that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"Expected {name} to be an integer, got {name}={value!r}.")
    if value < least:
        raise ValueError(f"Expected {name} to be at least {least}, got {name}={value}.")
    return int(value)


def check_real(
    name: str, value: Any, least: float, most: float = np.inf, *, above: bool = False
) -> float:
    """A finite number in [least, most], or in (least, most] with `above`."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"Expected {name} to be a number, got {name}={value!r}.")
    number = float(value)
    inside = number > least if above else number >= least
    if not (inside and number <= most and np.isfinite(number)):
        bound = "above" if above else "at least"
        limit = "" if most == np.inf else f" and at most {most:g}"
        raise ValueError(
            f"Expected {name} to be finite, {bound} {least:g}{limit}, got {name}={value}."
        )
    return number


def real_array(name: str, value: Any) -> NDArray[np.float64]:
    """Numbers as an array of float64, a copy: later changes of the given one do not show."""
    try:
        array = np.asarray(value)
    except ValueError:  # lists of several lengths
        raise ValueError(f"Expected {name} to be an array, got {name}={value!r}.") from None
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"Expected {name} to be an array without a mask, got a MaskedArray.")
    wrong = TypeError(f"Expected {name} to hold real numbers, got dtype={array.dtype}.")
    if array.dtype.kind == "O":
        good = all(isinstance(x, Real) and not isinstance(x, bool) for x in array.flat)
    else:
        good = array.dtype.kind in "iuf"
    if not good:
        raise wrong
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """One of some strings."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"Expected {name} to be one of {choices}, got {name}={value!r}.")
    return value


def check_prior(
    name: str,
    value: Any,
    default: float,
    shapes: tuple[tuple[int, ...], ...],
    dtype: Any = np.float64,
) -> float | NDArray[np.float64]:
    """A positive number, or an array of positive numbers with one of the shapes.

    They, and their sum over the last axis, must be positive and finite in `dtype` too.
    """
    if value is None:
        return default
    if isinstance(value, str) or not np.iterable(value):
        value = check_real(name, value, 0.0, above=True)
    array = real_array(name, value)
    if array.ndim > 0 and array.shape not in shapes:
        expected = " or ".join(str(shape) for shape in shapes)
        raise ValueError(
            f"Expected {name} to be a number or an array of shape {expected}, "
            f"got {name}.shape={array.shape}."
        )
    with np.errstate(over="ignore", under="ignore"):
        used = array.astype(dtype)
        total = np.broadcast_to(used, (*array.shape[:-1], shapes[0][-1])).sum(axis=-1)
    kind = np.dtype(dtype).name
    if not (np.isfinite(used).all() and (used > 0).all()):
        raise ValueError(
            f"Expected {name} to be positive and finite in {kind}, got {name}={value!r}."
        )
    if not np.isfinite(total).all():
        raise ValueError(
            f"Expected the sum of {name} to be finite in {kind}, got {name}={value!r}."
        )
    return array if array.ndim > 0 else float(array)


def check_random_state(value: Any) -> np.random.RandomState | np.random.Generator:
    """A source of random numbers. An int gives RandomState, whose stream never changes."""
    if value is None:
        return np.random.RandomState()
    if isinstance(value, (np.random.RandomState, np.random.Generator)):
        return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        seed = int(value)
        if not 0 <= seed < 2**32:
            raise ValueError(
                f"Expected random_state to be in [0, 2**32), got random_state={value}."
            )
        return np.random.RandomState(seed)
    raise TypeError(
        "Expected random_state to be an int, RandomState, Generator or None, "
        f"got random_state={value!r}."
    )


def check_counts(X: Any, user: str, *, dtype: Any = None, n_features: int | None = None) -> Any:
    """Word counts as a canonical CSR matrix, without a copy where it is one already.

    Parameters
    ----------
    X : array-like or sparse, shape (n_samples, n_features)
        Non-negative finite counts; they need not be whole numbers.
    user : str
        Name of the method, for the messages.
    dtype : dtype or None
        Wanted type; None keeps float32 and turns everything else into float64.
    n_features : int or None
        Required number of columns.

    Returns
    -------
    csr_matrix or csr_array
        Of int32 or int64 indices, sorted and without duplicates.
    """
    if sp.issparse(X):
        if X.ndim != 2:
            raise ValueError(f"Expected X to have 2 dimensions, got X.ndim={X.ndim}.")
        _check_structure(X)
        X = X.tocsr()
        data = _real_numbers(X.data, dtype)
        if data is not X.data:  # X.astype would copy the indices too
            X = type(X)((data, X.indices, X.indptr), shape=X.shape, copy=False)
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
    else:
        X = check_dense(X, dtype)
    n_samples, n_columns = X.shape
    for number, what in ((n_samples, "sample"), (n_columns, "feature")):
        if number == 0:
            raise ValueError(
                f"Expected X to have at least one {what}, got 0 {what}(s) (shape={X.shape}) "
                "while a minimum of 1 is required."
            )
    if n_features is not None and n_columns != n_features:
        name = user.partition(".")[0]
        raise ValueError(
            f"X has {n_columns} features, but {name} is expecting {n_features} features as input."
        )
    values = X.data if sp.issparse(X) else X
    _check_values(values, user)
    if not sp.issparse(X):
        X = sp.csr_matrix(X)
    return _uniform_indices(X)


def check_whole_counts(X: Any, user: str, n_features: int) -> Any:
    """:func:`check_counts` of documents whose tokens are to be split."""
    counts = check_counts(X, user, dtype=np.float64, n_features=n_features)
    if (counts.data != np.floor(counts.data)).any():
        raise ValueError("Expected X to hold whole numbers (tokens are split), got fractions.")
    largest = counts.data.max(initial=0.0)
    if largest > _MOST_TOKENS:
        raise ValueError(
            f"Expected X to hold counts of at most {_MOST_TOKENS}, got X.max()={largest:g}."
        )
    return counts


def _check_structure(X: Any) -> None:
    """Refuse indices that a conversion or a kernel would follow out of bounds."""
    axes = {"csr": {"indices": 1}, "csc": {"indices": 0}, "coo": {"row": 0, "col": 1}}
    for name, axis in axes.get(X.format, {}).items():
        indices, length = getattr(X, name), X.shape[axis]
        least, most = indices.min(initial=0), indices.max(initial=0)
        if indices.size > 0 and (least < 0 or most >= length):
            wrong = f"min()={least}" if least < 0 else f"max()={most}"
            raise ValueError(
                f"Expected X.{name} to be from 0 to {length - 1} (X.shape={X.shape}), "
                f"got X.{name}.{wrong}."
            )
    if X.format in ("csr", "csc", "bsr"):
        try:
            X.check_format(full_check=True)
        except ValueError as error:
            raise ValueError(
                f"Expected X to be a valid {X.format} matrix, got one that is not: {error}."
            ) from None


def _real_numbers(values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Values of the wanted type, the same array where they are."""
    if values.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: expected real counts, got dtype={values.dtype}."
        )
    if dtype is None:
        dtype = np.float32 if values.dtype == np.float32 else np.float64
    try:
        with np.errstate(over="ignore"):  # inf is told of by those who check the values
            return values.astype(np.dtype(dtype), copy=False)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"Expected X to hold numbers, got dtype={values.dtype}: {error}."
        ) from None


def check_dense(X: Any, dtype: Any) -> NDArray[Any]:
    """A matrix of float32 or float64 numbers, not copied where it is one."""
    array = np.asarray(X)
    if array.ndim == 0:
        raise ValueError(
            "Expected X to be an array or a sparse matrix of shape (n_samples, n_features), "
            f"got X of type {type(X).__name__}."
        )
    if array.ndim != 2:
        raise ValueError(
            f"Expected 2D array of shape (n_samples, n_features), got {array.ndim}D array "
            "instead. Reshape your data with X.reshape(-1, 1) for one feature or "
            "X.reshape(1, -1) for one sample."
        )
    return _real_numbers(array, dtype)


def _check_values(values: NDArray[Any], user: str) -> None:
    if values.size == 0:
        return
    least, most = values.min(), values.max()  # NaN shows in both
    if not (np.isfinite(least) and np.isfinite(most)):
        what = "NaN" if np.isnan(least) else "inf"
        raise ValueError(f"Expected X to be finite, got {what} in the input X of {user}.")
    if least < 0:
        raise ValueError(
            f"Negative values in data passed to {user}: expected X >= 0, got X.min()={least:g}."
        )


def _uniform_indices(X: Any) -> Any:
    """Indices and indptr of one type, int32 or int64, and contiguous."""
    kind = np.promote_types(np.promote_types(X.indices.dtype, X.indptr.dtype), np.int32)
    parts = (np.ascontiguousarray(part) for part in (X.data, X.indices, X.indptr))
    data, indices, indptr = parts
    if kind == X.indices.dtype == X.indptr.dtype and data is X.data and indices is X.indices:
        return X
    return type(X)(
        (data, indices.astype(kind, copy=False), indptr.astype(kind, copy=False)), shape=X.shape
    )
