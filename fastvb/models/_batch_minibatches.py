"""Mini-batches out of batches that the user's own code provides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from fastvb._validation import check_counts
from fastvb.models._documents import DocumentBatch

__all__ = ["BatchMinibatches"]


class BatchMinibatches:
    """Mini-batches of matrices that come one after the other, in their order.

    Each matrix is checked when it comes and cut into mini-batches of consecutive documents; what is
    left of one is a smaller mini-batch, never joined with the next. Shuffling is up to whoever
    provides the matrices.

    Parameters
    ----------
    matrices : iterable of sparse matrices or arrays, each of shape (n_docs, n_words)
        Counts. It is gone through once per epoch, so an iterator, such as a generator, will not do.
    batch_size : int
        Documents in each mini-batch at most.
    user : str
        Name of the method that was given the matrices, for error messages.
    dtype : dtype or None
        Type of the counts; None keeps float32 and turns everything else into float64.
    n_words : int or None
        Number of columns that all matrices must have; None takes that of the first one.

    Raises
    ------
    TypeError
        If `matrices` can be gone through once only.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from fastvb.models import BatchMinibatches
    >>> days = [sp.csr_array([[2, 1], [0, 3], [1, 1]]), sp.csr_array([[0, 1]])]
    >>> minibatches = BatchMinibatches(days, 2, user="fit")
    >>> [len(batch) for batch in minibatches.epoch(0)]
    [2, 1, 1]
    """

    def __init__(
        self,
        matrices: Iterable[Any],
        batch_size: int,
        *,
        user: str,
        dtype: Any = None,
        n_words: int | None = None,
    ) -> None:
        if isinstance(matrices, Iterator):
            raise TypeError(
                "Expected batches that can be gone through once per epoch, got an iterator, "
                f"{type(matrices).__name__}: pass a list or an object with __iter__ that starts "
                "anew each time, or use partial_fit."
            )
        self._matrices, self._batch_size = matrices, batch_size
        self._user, self._dtype, self._n_words = user, dtype, n_words

    @property
    def n_total(self) -> int | None:
        """Number of documents, known where the matrices are in a list or a tuple."""
        if not isinstance(self._matrices, (list, tuple)):
            return None
        return sum(X.shape[0] if hasattr(X, "shape") else len(X) for X in self._matrices)

    @cached_property
    def n_words(self) -> int:
        """Number of words; where it was not given, the first matrix is asked for it."""
        if self._n_words is not None:
            return self._n_words
        return int(self._checked(0, next(iter(self._started(0))), None).shape[1])

    def epoch(self, number: int, start: int = 0) -> Iterator[DocumentBatch]:
        """Yield the mini-batches of one epoch.

        Parameters
        ----------
        number : int
            Of the epoch, from 0; the order does not depend on it.
        start : int
            Mini-batches to leave out.

        Yields
        ------
        DocumentBatch
            The same at each call, if the matrices are.

        Raises
        ------
        TypeError, ValueError
            If a matrix does not hold counts, has another number of words than the first, or there
            is none; the message has its number, from 0.
        """
        n_left_out, n_words = start, self._n_words
        for i, matrix in enumerate(self._started(number)):
            counts = self._checked(i, matrix, n_words)
            n_words = counts.shape[1]
            n_batches = -(-counts.shape[0] // self._batch_size)
            for b in range(n_left_out, n_batches):
                first = b * self._batch_size
                whole = n_batches == 1
                yield DocumentBatch(counts if whole else counts[first : first + self._batch_size])
            n_left_out = max(0, n_left_out - n_batches)

    def _started(self, number: int) -> Iterator[Any]:
        """The matrices from the first on; an error where there is none."""
        is_empty = True
        for matrix in self._matrices:
            is_empty = False
            yield matrix
        if is_empty:
            raise ValueError(
                f"Expected at least one batch of documents in epoch {number}, got none: each "
                "iteration over X must start anew."
            )

    def _checked(self, i: int, matrix: Any, n_words: int | None) -> Any:
        try:
            return check_counts(matrix, self._user, dtype=self._dtype, n_features=n_words)
        except (TypeError, ValueError) as error:
            raise type(error)(f"In batch {i}: {error}") from None
