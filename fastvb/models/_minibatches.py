"""Documents in mini-batches, in an order that depends on a seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastvb.models._documents import DocumentBatch

__all__ = ["MatrixMinibatches"]


class MatrixMinibatches:
    """Mini-batches of the rows of a matrix in memory.

    Parameters
    ----------
    X : csr_matrix or csr_array of shape (n_docs, n_words)
        Counts, float32 or float64, canonical.
    batch_size : int
        Documents in each mini-batch but the last of an epoch, which may have fewer.
    seed : int or None
        Of the order of the documents; None keeps that of the rows.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from fastvb.models import MatrixMinibatches
    >>> minibatches = MatrixMinibatches(sp.csr_matrix([[2.0, 1], [0, 3], [1, 1]]), 2, seed=0)
    >>> [len(batch) for batch in minibatches.epoch(0)]
    [2, 1]
    """

    def __init__(self, X: Any, batch_size: int, seed: int | None) -> None:
        self._X, self._batch_size, self._seed = X, batch_size, seed

    @property
    def n_total(self) -> int:
        """Number of documents."""
        return int(self._X.shape[0])

    def epoch(self, number: int, start: int = 0) -> Iterator[DocumentBatch]:
        """Yield the mini-batches of one epoch.

        Parameters
        ----------
        number : int
            Of the epoch, from 0.
        start : int
            Mini-batches to leave out.

        Yields
        ------
        DocumentBatch
            The same at each call with the same numbers.
        """
        first = start * self._batch_size
        if self._seed is None:
            for at in range(first, self.n_total, self._batch_size):
                yield DocumentBatch(self._X[at : at + self._batch_size])
            return
        rng = np.random.Generator(np.random.Philox(key=self._seed, counter=number << 128))
        order = rng.permutation(self.n_total)
        for at in range(first, self.n_total, self._batch_size):
            yield DocumentBatch(self._X[order[at : at + self._batch_size]])
