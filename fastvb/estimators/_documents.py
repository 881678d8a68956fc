"""Documents as a learning method wants them, whatever the user's own form of them is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.datasets import CorpusFile
from fastvb.estimators._feature_names import feature_names
from fastvb.models import BatchMinibatches, DocumentBatch, FileMinibatches, MatrixMinibatches
from fastvb.models._minibatch_sources import is_streamed

__all__ = ["Documents", "MatrixDocuments", "as_documents"]


class Documents(ABC):
    """What all forms of documents offer.

    Attributes
    ----------
    n_documents : int or None
        Their number, where known beforehand.
    n_words : int
        Columns.
    dtype : dtype
        Of the counts, and so of the topics.
    names : ndarray of str or None
        Words.
    """

    n_documents: int | None
    n_words: int
    dtype: Any
    names: NDArray[Any] | None

    @abstractmethod
    def minibatches(self, size: int, seed: int | None) -> Any:
        """Mini-batches in random order (where that is possible), or with None in their own."""

    @abstractmethod
    def whole(self) -> Iterable[DocumentBatch]:
        """Batches for passes over all documents, as large as memory allows."""

    @abstractmethod
    def batches(self, size: int) -> Sequence[DocumentBatch]:
        """Batches of consecutive documents that can be had in any order."""

    def in_memory(self, most_entries: float) -> DocumentBatch | None:
        """All documents as one batch, if they are known to have no more non-zero counts."""
        return None

    def fingerprint(self) -> dict[str, Any]:
        """What tells them from others."""
        return {"n_documents": self.n_documents, "n_features": self.n_words, "dtype": self.dtype}

    def seen_words(self) -> NDArray[np.bool_]:
        """Words that occur; costs a pass over the documents."""
        seen = np.zeros(self.n_words, dtype=bool)
        for batch in self.whole():
            seen[batch.indices[batch.counts > 0]] = True
        return seen

    def count(self) -> int:
        """Their number; where it is not known, that costs a pass over the documents."""
        if self.n_documents is not None:
            return self.n_documents
        return sum(len(batch) for batch in self.whole())

    def n_tokens(self) -> float:
        """Sum of all counts; costs a pass over the documents."""
        return float(sum(batch.n_tokens for batch in self.whole()))


class MatrixDocuments(Documents):
    """Documents in memory."""

    def __init__(self, X: Any, user: str) -> None:
        self.names = feature_names(X)
        self.counts = check.check_counts(X, user)
        self.n_documents, self.n_words = self.counts.shape
        self.dtype = self.counts.dtype

    def minibatches(self, size: int, seed: int | None) -> MatrixMinibatches:
        return MatrixMinibatches(self.counts, size, seed)

    def whole(self) -> list[DocumentBatch]:
        return [DocumentBatch(self.counts)]

    def batches(self, size: int) -> list[DocumentBatch]:
        return list(self.minibatches(size, None).epoch(0))

    def in_memory(self, most_entries: float) -> DocumentBatch | None:
        return DocumentBatch(self.counts) if self.counts.nnz <= most_entries else None

    def fingerprint(self) -> dict[str, Any]:
        arrays = {name: getattr(self.counts, name) for name in ("data", "indices", "indptr")}
        return super().fingerprint() | {f"X.{name}": array for name, array in arrays.items()}


class FileDocuments(Documents):
    """Documents of a corpus file."""

    def __init__(self, corpus: CorpusFile) -> None:
        self._corpus = corpus
        self.n_documents, self.n_words = corpus.n_documents, corpus.n_words
        self.dtype, self.names = corpus.dtype, corpus.vocabulary

    def minibatches(self, size: int, seed: int | None) -> FileMinibatches:
        return FileMinibatches(self._corpus, size, seed)

    def whole(self) -> _Passes:
        return _Passes(FileMinibatches(self._corpus, _PASS_SIZE, None))

    def batches(self, size: int) -> _FileBatches:
        return _FileBatches(self._corpus, size)

    def fingerprint(self) -> dict[str, Any]:
        return super().fingerprint() | {"X.checksum": self._corpus.checksum}

    def in_memory(self, most_entries: float) -> DocumentBatch | None:
        corpus = self._corpus
        if corpus.nnz > most_entries:
            return None
        return DocumentBatch(corpus.rows(0, corpus.n_documents))


class BatchDocuments(Documents):
    """Documents in matrices that the user's own code provides."""

    n_documents: int | None

    def __init__(self, matrices: Any, user: str) -> None:
        first = BatchMinibatches(matrices, 1, user=user)
        self._matrices, self._user = matrices, user
        self.n_documents, self.n_words, self.names = first.n_total, first.n_words, None
        self.dtype = next(first.epoch(0)).counts.dtype

    def minibatches(self, size: int, seed: int | None) -> BatchMinibatches:
        return BatchMinibatches(
            self._matrices, size, user=self._user, dtype=self.dtype, n_words=self.n_words
        )

    def whole(self) -> _Passes:
        return _Passes(self.minibatches(_PASS_SIZE, None))

    def batches(self, size: int) -> Sequence[DocumentBatch]:
        raise ValueError(
            "Expected X to be a matrix or a CorpusFile for learning_method='memoized', which "
            f"visits batches in any order, got X of type {type(self._matrices).__name__}."
        )


_PASS_SIZE = 1 << 16  # documents at a time where they are not in memory


class _Passes:
    """Mini-batches as an iterable that starts anew each time."""

    def __init__(self, minibatches: Any) -> None:
        self._minibatches = minibatches

    def __iter__(self) -> Iterator[DocumentBatch]:
        batches: Iterator[DocumentBatch] = self._minibatches.epoch(0)
        return batches


class _FileBatches(Sequence[DocumentBatch]):
    """Consecutive documents of a corpus file, read when they are asked for."""

    def __init__(self, corpus: CorpusFile, size: int) -> None:
        self._corpus, self._size = corpus, size

    def __len__(self) -> int:
        return -(-self._corpus.n_documents // self._size)

    def __getitem__(self, number: Any) -> Any:
        start = number * self._size
        stop = min(start + self._size, self._corpus.n_documents)
        return DocumentBatch(self._corpus.rows(start, stop))


def as_documents(X: Any, user: str) -> Documents:
    """Documents of a matrix, a corpus file or matrices one after the other."""
    if isinstance(X, CorpusFile):
        return FileDocuments(X)
    if is_streamed(X):
        return BatchDocuments(X, user)
    return MatrixDocuments(X, user)
