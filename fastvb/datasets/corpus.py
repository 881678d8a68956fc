"""The record that every reader and generator returns: counts with the names of both axes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["BIGGEST", "Corpus", "counts_from_entries", "counts_from_rows"]

BIGGEST = 2**31 - 1  # ids and counts are int32


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """Documents as word counts.

    Attributes
    ----------
    counts : scipy.sparse.csr_array of shape (n_documents, n_words)
        How often each word occurs in each document; canonical (indices sorted, no duplicates, no
        explicit zeros); int32, from a file with fractional values float64.
    vocabulary : ndarray of str (dtype object) of shape (n_words,), or None
        The word of each column; None where the file has none.
    names : ndarray of str (dtype object) of shape (n_documents,), or None
        The name of each document.
    labels : ndarray of shape (n_documents,), or None
        The class of each document.

    Raises
    ------
    ValueError
        If an attribute does not have one entry per document or word.

    Examples
    --------
    >>> from scipy import sparse
    >>> from fastvb.datasets import Corpus
    >>> Corpus(sparse.csr_array([[2, 1, 0], [0, 0, 4]]), ["ant", "bee", "cow"])
    Corpus(2 documents, 3 words, 7 tokens)
    """

    counts: Any
    vocabulary: Any = None
    names: Any = None
    labels: Any = None

    def __post_init__(self) -> None:
        if not sparse.issparse(self.counts) or self.counts.format != "csr":
            raise TypeError(
                f"Expected counts to be a SciPy CSR array, got counts of {type(self.counts)}."
            )
        for name, axis, dtype in (
            ("vocabulary", 1, object),
            ("names", 0, object),
            ("labels", 0, None),
        ):
            value = getattr(self, name)
            if value is None:
                continue
            value = np.asarray(value, dtype=dtype)
            if value.shape != (self.counts.shape[axis],):
                raise ValueError(
                    f"Expected {name} to have shape {(self.counts.shape[axis],)}, "
                    f"got {name}.shape={value.shape}."
                )
            object.__setattr__(self, name, value)

    @property
    def n_documents(self) -> int:
        """Number of documents (rows), empty ones included."""
        return int(self.counts.shape[0])

    @property
    def n_words(self) -> int:
        """Number of words (columns), also those that never occur."""
        return int(self.counts.shape[1])

    @property
    def n_tokens(self) -> int | float:
        """Sum of all counts; a float where they are fractional."""
        if self.counts.dtype.kind == "f":
            with np.errstate(over="ignore"):
                return float(self.counts.sum(dtype=np.float64))
        return int(self.counts.sum(dtype=np.int64))

    def __repr__(self) -> str:
        return f"Corpus({self.n_documents} documents, {self.n_words} words, {self.n_tokens} tokens)"

    def prune(
        self,
        *,
        min_df: float = 1,
        max_df: float = 1.0,
        stop_words: Collection[str] = (),
    ) -> Corpus:
        """Return the corpus without words that are too rare, too common, or stop words.

        Documents stay, even those that have no word left.

        Parameters
        ----------
        min_df, max_df : int or float
            Keep the words that occur in at least `min_df` and at most `max_df` documents; an int
            is a number of documents, a float a proportion of them (scikit-learn's meaning).
        stop_words : collection of str
            Words to leave out; needs a vocabulary.

        Returns
        -------
        Corpus
            A new record; `self` when no word falls away.

        Raises
        ------
        TypeError, ValueError
            If a bound is neither an int >= 0 nor a float in [0, 1], if there are stop words but no
            vocabulary, or if no word is left.

        Examples
        --------
        >>> from fastvb.datasets import load_python_docs
        >>> corpus = load_python_docs()
        >>> corpus.prune(min_df=20).n_words < corpus.n_words
        True
        """
        least = _document_bound("min_df", min_df, self.n_documents)
        most = _document_bound("max_df", max_df, self.n_documents)
        df = np.bincount(self.counts.indices, minlength=self.n_words)
        keep = (df >= least) & (df <= most)
        if len(stop_words) > 0:
            if self.vocabulary is None:
                raise ValueError(
                    f"Expected a corpus with a vocabulary, got {len(stop_words)} stop_words "
                    "and vocabulary=None."
                )
            keep &= [word not in stop_words for word in self.vocabulary]
        if keep.all():
            return self
        if not keep.any():
            raise ValueError(
                f"Expected a word that occurs in {least:g} to {most:g} documents and is no stop "
                f"word, got none among {self.n_words} words: lower min_df or raise max_df."
            )
        vocabulary = None if self.vocabulary is None else self.vocabulary[keep]
        return replace(self, counts=self.counts[:, np.flatnonzero(keep)], vocabulary=vocabulary)


def _document_bound(name: str, value: float, n_documents: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"Expected {name} to be an int or a float, got {name}={value!r}.")
    if isinstance(value, (int, np.integer)):
        if value < 0:
            raise ValueError(f"Expected {name} to be at least 0, got {name}={value}.")
        return float(value)
    if not 0.0 <= value <= 1.0:
        raise ValueError(
            f"Expected {name} to be in [0, 1] (a proportion) or an int, got {name}={value}."
        )
    return float(value) * n_documents


def counts_from_rows(
    lengths: npt.NDArray[Any],
    word_ids: npt.NDArray[Any],
    counts: npt.NDArray[Any],
    n_words: int,
) -> sparse.csr_array:
    """CSR counts from entries that lie document by document, `lengths` of them in each.

    Within a document the entries may be in any order; equal words are summed, zeros dropped. The
    arrays become those of the result where they can.
    """
    indptr = np.zeros(len(lengths) + 1, np.int32 if len(word_ids) <= BIGGEST else np.int64)
    np.cumsum(lengths, out=indptr[1:])
    matrix = sparse.csr_array((counts, word_ids, indptr), shape=(len(lengths), n_words))
    if not matrix.has_canonical_format:
        matrix.data = _wide(matrix.data)
        matrix.sum_duplicates()
        matrix.data = _narrow(matrix, counts.dtype)
    return _without_zeros(matrix)


def counts_from_entries(
    document_ids: npt.NDArray[Any],
    word_ids: npt.NDArray[Any],
    counts: npt.NDArray[Any],
    shape: tuple[int, int],
) -> sparse.csr_array:
    """CSR counts from entries in any order, by a counting sort."""
    matrix = sparse.coo_array((_wide(counts), (document_ids, word_ids)), shape=shape).tocsr()
    matrix.data = _narrow(matrix, counts.dtype)
    return _without_zeros(matrix)


def _wide(counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The counts in a type whose sums do not overflow."""
    if counts.dtype.kind == "i" and counts.sum(dtype=np.int64) > BIGGEST:
        return counts.astype(np.int64)
    return counts


def _narrow(matrix: sparse.csr_array, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """The data in the wanted type, when it holds the sums."""
    data = matrix.data
    if data.dtype != dtype and data.max(initial=0) > BIGGEST:
        document = np.searchsorted(matrix.indptr, data.argmax(), side="right")
        raise OverflowError(
            f"expected counts of a word in a document that sum to at most {BIGGEST}, "
            f"got {data.max()} in document {document}"
        )
    narrow: npt.NDArray[Any] = data.astype(dtype, copy=False)
    return narrow


def _without_zeros(matrix: sparse.csr_array) -> sparse.csr_array:
    if matrix.data.min(initial=1) == 0:
        matrix.eliminate_zeros()
    return matrix
