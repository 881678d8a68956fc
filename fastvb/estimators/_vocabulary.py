"""Words as names: of columns to show, of two models, of a batch that has other columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["align_features", "check_vocabulary", "shared_words"]

_SHOWN = 5  # names in a message


def check_vocabulary(estimator: Any, vocabulary: Any) -> Sequence[Any]:
    """Names of a model's words: the given ones, the model's own, or else column numbers."""
    estimator._check_is_fitted()
    n_words = estimator.n_features_in_
    if vocabulary is None:
        vocabulary = getattr(estimator, "feature_names_in_", None)
    if vocabulary is None:
        return range(n_words)
    names = np.asarray(vocabulary, dtype=object)
    if names.shape != (n_words,):
        raise ValueError(
            f"Expected vocabulary to have one word for each of the {n_words} features, "
            f"got vocabulary of shape {names.shape}."
        )
    found: list[Any] = names.tolist()
    return found


def shared_words(a: Any, b: Any) -> tuple[Any, Any]:
    """Columns of two models that have the same word, as indices that pair up."""
    names_a, names_b = (getattr(model, "feature_names_in_", None) for model in (a, b))
    same = slice(None), slice(None)
    if names_a is None or names_b is None:
        if a.n_features_in_ != b.n_features_in_:
            raise ValueError(
                "Expected both models to have the same number of words, or feature_names_in_ by "
                f"which words are matched, got {a.n_features_in_} and {b.n_features_in_} words."
            )
        return same
    if np.array_equal(names_a, names_b):
        return same
    _, mine, theirs = np.intersect1d(
        np.asarray(names_a, dtype=str), np.asarray(names_b, dtype=str), return_indices=True
    )
    if len(mine) == 0:
        raise ValueError(
            "Expected both models to have some word in common, got none: this model's first words "
            f"are {_listed(names_a)}, the other's {_listed(names_b)}."
        )
    return mine, theirs


def align_features(
    X: Any, feature_names: Any, known_names: NDArray[Any], grow: bool
) -> tuple[Any, NDArray[Any]]:
    """Counts of a batch by the numbers that a model has for its words.

    Parameters
    ----------
    X : csr_matrix or csr_array of shape (n_samples, n_columns)
        Counts, canonical; not changed.
    feature_names : array-like of str, shape (n_columns,)
        Words of the columns, in any order; known words may be missing.
    known_names : ndarray of str, shape (n_words,)
        The model's words, all different.
    grow : bool
        Whether there may be words that the model does not know.

    Returns
    -------
    counts : csr_matrix or csr_array of shape (n_samples, n_words + len(new_names))
        Canonical; column ``n_words + i`` is the word ``new_names[i]``. `X` itself, or its data,
        where nothing moves.
    new_names : ndarray of object
        Words that the model does not know, in the order of `feature_names`, also where no document
        of the batch has them.

    Raises
    ------
    TypeError
        If a name is not a string.
    ValueError
        If there is not one name for each column, a name comes twice, or there are new words
        without `grow`.
    """
    names = np.asarray(feature_names, dtype=object)
    if names.shape != (X.shape[1],):
        raise ValueError(
            f"Expected feature_names to have one name for each of the {X.shape[1]} columns of X, "
            f"got feature_names of shape {names.shape}."
        )
    if np.array_equal(names, known_names):
        return X, np.empty(0, dtype=object)
    number = {name: i for i, name in enumerate(known_names)}
    n_known = len(number)
    columns = np.array([number.setdefault(name, len(number)) for name in names], X.indices.dtype)
    new_names = np.array([*number][n_known:], dtype=object)
    _check_names(names, columns, new_names)
    if len(new_names) > 0 and not grow:
        raise ValueError(
            f"Expected feature_names to be words that the model knows, got {len(new_names)} new: "
            f'{_listed(new_names)}. vocabulary="grow" takes them in.'
        )
    return _moved(X, columns, len(number)), new_names


def _check_names(names: NDArray[Any], columns: NDArray[Any], new_names: NDArray[Any]) -> None:
    """Refuse names that are no strings, which the known ones are, or repeat another."""
    for name in new_names:
        if not isinstance(name, str):
            raise TypeError(f"Expected feature_names to be strings, got {name!r}.")
    repeats = np.bincount(columns)[columns] > 1
    if repeats.any():
        repeated = list(dict.fromkeys(names[repeats]))
        raise ValueError(f"Expected feature_names to differ, got {_listed(repeated)} repeated.")


def _moved(X: Any, columns: NDArray[Any], n_words: int) -> Any:
    """`X` with the column ``columns[j]`` for j."""
    in_order = bool((np.diff(columns) > 0).all())
    data = X.data if in_order else X.data.copy()  # sorting moves them
    moved = type(X)((data, columns[X.indices], X.indptr), shape=(X.shape[0], n_words), copy=False)
    moved.has_canonical_format = in_order
    if not in_order:
        moved.sort_indices()
        moved.has_canonical_format = True
    return moved


def _listed(names: Any) -> str:
    """The first few of some names."""
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(repr(str(name)) for name in names[:_SHOWN]) + more
