"""Which mini-batches belong to what a user passes as X."""

from __future__ import annotations

from typing import Any

import scipy.sparse as sp

from fastvb._validation import check_counts
from fastvb.datasets import CorpusFile
from fastvb.models._batch_minibatches import BatchMinibatches
from fastvb.models._file_minibatches import FileMinibatches
from fastvb.models._minibatches import MatrixMinibatches

__all__ = ["is_streamed", "minibatches_of"]


def is_streamed(X: Any) -> bool:
    """Whether X is more than one matrix in memory: a corpus file, or an iterable of matrices.

    Parameters
    ----------
    X : object
        What a user passes as documents.

    Returns
    -------
    bool
        False for a sparse matrix, an array, a data frame, and nested lists of numbers.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from fastvb.models import is_streamed
    >>> is_streamed([[2, 1], [0, 3]]), is_streamed([sp.csr_array([[2, 1]]), sp.csr_array([[0, 3]])])
    (False, True)
    """
    if isinstance(X, CorpusFile):
        return True
    if sp.issparse(X) or hasattr(X, "shape") or hasattr(X, "__array__"):
        return False
    if isinstance(X, (list, tuple)):
        return len(X) > 0 and (sp.issparse(X[0]) or getattr(X[0], "ndim", 0) == 2)
    return hasattr(X, "__iter__") and not isinstance(X, (str, bytes, dict))


def minibatches_of(
    X: Any,
    batch_size: int,
    seed: int | None,
    *,
    user: str,
    dtype: Any = None,
    n_words: int | None = None,
) -> MatrixMinibatches | FileMinibatches | BatchMinibatches:
    """Mini-batches of a matrix, of a corpus file, or of an iterable of matrices.

    Parameters
    ----------
    X : array-like or sparse, CorpusFile, or iterable of matrices
        Counts; a matrix is checked here, matrices of an iterable when they come.
    batch_size : int
        Documents in each mini-batch at most.
    seed : int or None
        Of the order of the documents; None keeps theirs. Iterables always keep their order.
    user : str
        Name of the method that was given X, for error messages.
    dtype : dtype or None
        Type of the counts; None keeps float32 and turns everything else into float64.
    n_words : int or None
        Required number of columns.

    Returns
    -------
    MatrixMinibatches, FileMinibatches or BatchMinibatches
        They meet the protocol of :mod:`fastvb.inference`.

    Raises
    ------
    TypeError, ValueError
        If X does not hold counts, or can be gone through once only.

    Examples
    --------
    >>> from fastvb.models import minibatches_of
    >>> minibatches = minibatches_of([[2, 1], [0, 3], [1, 1]], 2, seed=0, user="fit")
    >>> [len(batch) for batch in minibatches.epoch(0)]
    [2, 1]
    """
    if isinstance(X, CorpusFile):
        if n_words not in (None, X.n_words):
            raise ValueError(
                f"X has {X.n_words} features, but {user.partition('.')[0]} is expecting "
                f"{n_words} features as input."
            )
        return FileMinibatches(X, batch_size, seed, dtype=dtype)
    if is_streamed(X):
        return BatchMinibatches(X, batch_size, user=user, dtype=dtype, n_words=n_words)
    counts = check_counts(X, user, dtype=dtype, n_features=n_words)
    return MatrixMinibatches(counts, batch_size, seed)
