"""Column names of data frames, as scikit-learn treats them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["check_feature_names", "feature_names"]


def feature_names(X: Any) -> NDArray[Any] | None:
    """Column names of a data frame, None if there are none or they are not all strings."""
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = np.asarray(columns, dtype=object)
    n_strings = sum(isinstance(name, str) for name in names)
    if 0 < n_strings < len(names):
        raise TypeError(
            "Feature names are only supported if all input features have string names, "
            f"got {n_strings} strings among {len(names)} names."
        )
    return names if n_strings else None


def check_feature_names(estimator: Any, X: Any) -> None:
    """Compare the column names of `X` with those of fit."""
    fitted = getattr(estimator, "feature_names_in_", None)
    found = feature_names(X)
    name = type(estimator).__name__
    if fitted is None and found is not None:
        warnings.warn(
            f"X has feature names, but {name} was fitted without feature names",
            UserWarning,
            stacklevel=4,
        )
    elif fitted is not None and found is None:
        if sp.issparse(X):  # which has no place for them
            return
        warnings.warn(
            f"X does not have valid feature names, but {name} was fitted with feature names",
            UserWarning,
            stacklevel=4,
        )
    elif fitted is not None and found is not None and not np.array_equal(fitted, found):
        raise ValueError(_names_message(list(fitted), list(found)))


def _names_message(fitted: list[str], found: list[str]) -> str:
    unseen = sorted(set(found) - set(fitted))
    missing = sorted(set(fitted) - set(found))
    lines = ["The feature names should match those that were passed during fit."]
    for title, names in (
        ("Feature names unseen at fit time:", unseen),
        ("Feature names seen at fit time, yet now missing:", missing),
    ):
        if names:
            lines += [title, *(f"- {name}" for name in names[:5])]
            lines += ["- ..."] if len(names) > 5 else []
    if not unseen and not missing:
        lines.append("Feature names must be in the same order as they were in fit.")
    return "\n".join(lines) + "\n"
