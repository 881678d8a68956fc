"""A batch of documents as word counts, by documents and by words."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb._kernels import _word_index

__all__ = ["DocumentBatch", "WordIndex"]

_ENTRIES_PER_ABSENT_WORD = 16  # that can be given new numbers in the time of a row of topics


class WordIndex(NamedTuple):
    """The entries of a batch by words, and by documents within a word."""

    words: NDArray[Any]  # (n_seen,) their places among the batch's `words`, ascending
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
        self.n_docs: int = X.shape[0]
        self.n_words: int = X.shape[1]
        self.counts: NDArray[Any] = X.data
        self.indices: NDArray[Any] = X.indices
        self.indptr: NDArray[Any] = X.indptr
        self._part_size, self._parts = 0, list[DocumentBatch]()

    def __len__(self) -> int:
        return self.n_docs

    @cached_property
    def n_tokens(self) -> float:
        """Sum of all counts."""
        with np.errstate(over="ignore"):
            return float(self.counts.sum(dtype=np.float64))

    @cached_property
    def longest(self) -> int:
        """Largest number of distinct words of a document."""
        return int(np.diff(self.indptr).max(initial=0))

    @property
    def words(self) -> NDArray[Any]:
        """Words whose topics and statistics are of interest, ascending.

        These are the words that occur; or all, if that costs less than to number them anew.
        """
        return self._words_and_places[0]

    @property
    def places(self) -> NDArray[Any]:
        """Of each entry's word in :attr:`words`."""
        return self._words_and_places[1]

    @cached_property
    def _words_and_places(self) -> tuple[NDArray[Any], NDArray[Any]]:
        kind, nnz = self.indices.dtype, len(self.indices)
        if nnz >= self.n_words:
            seen = np.zeros(self.n_words, dtype=bool)
            seen[self.indices] = True
            words = np.flatnonzero(seen).astype(kind, copy=False)
            if nnz > _ENTRIES_PER_ABSENT_WORD * (self.n_words - len(words)):
                return np.arange(self.n_words, dtype=kind), self.indices
            rank = np.cumsum(seen, dtype=kind) - kind.type(1)
            return words, rank[self.indices]
        found, places = np.empty(nnz, kind), np.empty(nnz, kind)
        table = np.empty(1 << (2 * nnz).bit_length(), kind)
        n_found = _word_index.distinct_words(self.indices, found, places, table)
        order = np.argsort(found[:n_found])
        rank = np.empty(n_found, kind)
        rank[order] = np.arange(n_found, dtype=kind)
        return found[order], rank[places]

    @cached_property
    def by_words(self) -> WordIndex:
        """The transposed order; computed once, on first use."""
        kind, nnz = self.indices.dtype, len(self.indices)
        pointer = np.empty(len(self.words) + 1, kind)
        docs, position = np.empty(nnz, kind), np.empty(nnz, kind)
        _word_index.index_by_words(self.places, self.indptr, pointer, docs, position)
        words = np.flatnonzero(np.diff(pointer))
        word_ptr = np.append(pointer[words], pointer[-1])
        return WordIndex(words.astype(kind, copy=False), word_ptr, docs, position)

    def parts(self, n_docs: int) -> list[DocumentBatch]:
        """Consecutive documents, kept for the next call.

        Parameters
        ----------
        n_docs : int
            Documents in each part at most.

        Returns
        -------
        list of DocumentBatch
            The batch itself if it is small enough.
        """
        if n_docs >= self.n_docs:
            return [self]
        if self._part_size != n_docs:
            starts = range(0, self.n_docs, n_docs)
            self._parts = [self._part(start, min(start + n_docs, self.n_docs)) for start in starts]
            self._part_size = n_docs
        return self._parts

    def _part(self, start: int, stop: int) -> DocumentBatch:
        part = object.__new__(DocumentBatch)
        entries = slice(int(self.indptr[start]), int(self.indptr[stop]))
        part.__dict__.update(n_docs=stop - start, n_words=self.n_words, _part_size=0)
        part.counts, part.indices = self.counts[entries], self.indices[entries]
        part._words_and_places = (self.words, self.places[entries])
        part.indptr = self.indptr[start : stop + 1] - self.indptr[start]
        return part
