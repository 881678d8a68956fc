"""A batch of documents as word counts, by documents and by words."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["DocumentBatch", "WordIndex"]


class WordIndex(NamedTuple):
    """The entries of a batch by words, and by documents within a word."""

    words: NDArray[Any]  # (n_seen,) words that occur, ascending
    word_ptr: NDArray[Any]  # (n_seen + 1,)
    docs: NDArray[Any]  # (nnz,)
    position: NDArray[Any]  # (nnz,) index of the entry in CSR order


class DocumentBatch:
    """Word counts of some documents.

    Parameters
    ----------
    X : csr_matrix or csr_array of shape (n_docs, n_words)
        Counts, float32 or float64, canonical (sorted indices, no duplicates). Not copied.

    Attributes
    ----------
    n_docs, n_words : int
        Its shape.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from fastvb.models import DocumentBatch
    >>> batch = DocumentBatch(sp.csr_matrix([[2.0, 1, 0], [0, 1, 3]]))
    >>> batch.n_docs, batch.n_tokens, batch.longest
    (2, 7.0, 2)
    """

    def __init__(self, X: Any) -> None:
        self.n_docs, self.n_words = X.shape
        self.counts: NDArray[Any] = X.data
        self.indices: NDArray[Any] = X.indices
        self.indptr: NDArray[Any] = X.indptr

    @cached_property
    def n_tokens(self) -> float:
        """Sum of all counts."""
        return float(self.counts.sum(dtype=np.float64))

    @cached_property
    def longest(self) -> int:
        """Largest number of distinct words of a document."""
        return int(np.diff(self.indptr).max(initial=0))

    @cached_property
    def by_words(self) -> WordIndex:
        """The transposed order; computed once, on first use."""
        kind = self.indices.dtype
        entries = sp.csr_matrix(
            (np.arange(len(self.indices)), self.indices, self.indptr),
            shape=(self.n_docs, self.n_words),
        ).tocsc()
        words = np.flatnonzero(np.diff(entries.indptr))
        word_ptr = np.append(entries.indptr[words], entries.indptr[-1])
        parts = (words, word_ptr, entries.indices, entries.data)
        return WordIndex(*(part.astype(kind, copy=False) for part in parts))
