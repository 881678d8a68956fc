"""A corpus on disk, of which only the documents in use are in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain, pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb._validation import check_counts, check_integer
from fastvb.datasets.corpus import BIGGEST, Corpus
from fastvb.datasets.corpus_reader import CorpusReader
from fastvb.datasets.corpus_writer import write_pieces

__all__ = ["CorpusFile"]

_NEAR = 32  # documents so close together are read in one go


class CorpusFile:
    """A corpus in a file of fastvb's own format, read part by part.

    It takes the place of a matrix of counts where the corpus does not fit in memory. Opening reads
    the header only; every method reads what it returns and keeps nothing, so that the memory in use
    does not depend on the size of the file. Files are made by :meth:`write`, by
    :func:`convert_corpus` and on the command line by ``fastvb convert``.

    Parameters
    ----------
    path : str or path-like
        The file. It stays open as long as the object lives, and must not be changed meanwhile.
    stop : int, optional
        Take the documents before this number only, as if the file held no others: those behind are
        for another purpose, such as a score. They are counted once, block by block.

    Attributes
    ----------
    shape : tuple of int
        Numbers of documents and words.
    nnz : int
        Number of entries: pairs of a document and a word in it.
    n_tokens : int or float
        Sum of all counts; a float where they are fractional.
    dtype : dtype
        float32 where it represents every count exactly, float64 otherwise.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is no corpus file, is not complete, or its header is damaged, or `stop` is not from 0
        to its number of documents.

    Notes
    -----
    Documents lie in blocks of about a million entries as CSR arrays: canonical (sorted words, no
    duplicates, no zeros), with float32 counts where these are exact. Header, blocks, vocabulary,
    names and labels carry CRC-32 checksums. That of a block is compared when it is read for the
    first time since the file was opened, those of the rest whenever they are read:
    what is damaged ends in an error that names it, before a number of it is handed out.
    :meth:`verify` compares all of them.

    Parts are copied out of the file (and out of the operating system's cache) into ordinary arrays,
    not mapped: pages of the file never count as memory of the process, and a file on a failing disk
    ends in an error, not in a crash. Several threads may read at the same time.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fastvb.datasets import CorpusFile, load_python_docs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "docs.fvb")
    ...     corpus = CorpusFile.write(path, load_python_docs())
    ...     first = corpus.rows(0, 100)
    ...     n_tokens = sum(counts.sum() for counts in corpus.blocks(1000))
    ...     corpus.close()
    >>> first.shape == (100, corpus.n_words), bool(n_tokens == corpus.n_tokens)
    (True, True)
    """

    def __init__(self, path: str | os.PathLike[str], *, stop: int | None = None) -> None:
        self.path = os.fspath(path)
        self._reader = CorpusReader(self.path)
        layout = self._reader.layout
        self.shape = (layout.n_documents, layout.n_words)
        self.nnz = layout.n_entries
        self.n_tokens = layout.n_tokens
        self.dtype = self._reader.dtype
        if stop is not None:
            self._leave_out_from(check_integer("stop", stop, 0))

    @classmethod
    def write(
        cls,
        path: str | os.PathLike[str],
        documents: Any,
        *,
        vocabulary: Iterable[str] | None = None,
    ) -> Self:
        """Write a corpus, or a stream of its parts, in bounded memory.

        Parameters
        ----------
        path : str or path-like
            Where to. What was there is replaced when all is written, and left as it is otherwise.
        documents : Corpus, CorpusFile, array or sparse, or iterable of them
            Counts, of finite numbers not below 0, with documents in rows; or parts of the corpus
            one after the other (any number of documents in each, the same words in all), also from
            a generator. Names and labels are those of :class:`Corpus` objects; all parts have them
            or none.
        vocabulary : iterable of str, optional
            The word of each column; by default that of the first part.

        Returns
        -------
        CorpusFile
            The file, opened.

        Raises
        ------
        TypeError, ValueError
            If a part is no matrix of counts, or does not go with the first one; the message has its
            number, from 0.
        OSError
            If the file cannot be written.

        Notes
        -----
        In memory are the part at hand, at most two million entries more, and the vocabulary. Names
        and labels wait in temporary files beside `path`.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from scipy import sparse
        >>> from fastvb.datasets import CorpusFile
        >>> parts = (sparse.random_array((100, 50), density=0.1, rng=i) for i in range(3))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     corpus = CorpusFile.write(pathlib.Path(folder, "corpus.fvb"), parts)
        ...     corpus.close()
        >>> corpus.shape, corpus.nnz
        ((300, 50), 1500)
        """
        parts = _checked(_parts(documents))
        first = next(parts, None)
        if first is None:
            raise ValueError("Expected at least one part of a corpus, got none.")
        words = first.vocabulary if vocabulary is None else np.array([*vocabulary], dtype=object)
        if words is not None and len(words) != first.n_words:
            raise ValueError(
                f"Expected vocabulary to have {first.n_words} words, got len(vocabulary)="
                f"{len(words)}."
            )
        pieces = chain([first], parts)
        write_pieces(path, pieces, "documents", n_words=first.n_words, vocabulary=words)
        return cls(path)

    def _leave_out_from(self, stop: int) -> None:
        if stop > self.n_documents:
            raise ValueError(f"Expected stop to be at most {self.n_documents}, got stop={stop}.")
        starts = [stop, *self.block_starts[self.block_starts > stop]]
        for first, last in pairwise(starts):
            counts = self.rows(first, last)
            self.nnz -= counts.nnz
            self.n_tokens -= type(self.n_tokens)(counts.data.sum(dtype=np.float64))
        self.shape = (stop, self.n_words)

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        stop = self.n_documents if self.n_documents < self._reader.layout.n_documents else None
        return partial(type(self), stop=stop), (os.path.abspath(self.path),)

    def __repr__(self) -> str:
        return (
            f"CorpusFile({self.path!r}: {self.n_documents} documents, {self.n_words} words, "
            f"{self.n_tokens} tokens)"
        )

    @property
    def n_documents(self) -> int:
        """Number of documents, empty ones included."""
        return self.shape[0]

    @property
    def n_words(self) -> int:
        """Number of words, also those that never occur."""
        return self.shape[1]

    @cached_property
    def vocabulary(self) -> npt.NDArray[np.object_] | None:
        """The word of each column, an array of shape (n_words,); None where there is none."""
        return self._reader.strings("vocabulary", self.n_words)

    @property
    def names(self) -> npt.NDArray[np.object_] | None:
        """The name of each document, an array of shape (n_documents,); None without names."""
        names = self._reader.strings("names", self._reader.layout.n_documents)
        return None if names is None else names[: self.n_documents]

    @property
    def labels(self) -> npt.NDArray[Any] | None:
        """The class of each document, an array of shape (n_documents,); None without labels."""
        kind = self._reader.layout.label_type
        if kind == "str":
            strings = self._reader.strings("labels", self._reader.layout.n_documents)
            return np.array(strings, dtype=str)[: self.n_documents]
        if kind is None:
            return None
        return np.frombuffer(self._reader.section("labels"), kind)[: self.n_documents]

    @property
    def block_starts(self) -> npt.NDArray[np.int64]:
        """Number of the first document of each block of the file, and that behind the last."""
        starts: npt.NDArray[np.int64] = self._reader.layout.blocks["document"]
        if self.n_documents < starts[-1]:
            return np.append(starts[starts < self.n_documents], self.n_documents)
        return starts

    def rows(self, start: int, stop: int) -> sparse.csr_array:
        """Consecutive documents.

        Parameters
        ----------
        start, stop : int
            Numbers of the first document and of the one behind the last.

        Returns
        -------
        csr_array of shape (stop - start, n_words)
            Their counts, of type `dtype`, canonical.

        Raises
        ------
        ValueError
            If ``0 <= start <= stop <= n_documents`` does not hold, or the file is damaged.
        """
        start, stop = check_integer("start", start, 0), check_integer("stop", stop, 0)
        if not start <= stop <= self.n_documents:
            raise ValueError(
                f"Expected start <= stop <= {self.n_documents}, got start={start}, stop={stop}."
            )
        return self._reader.rows(start, stop)

    def take(self, documents: npt.ArrayLike) -> sparse.csr_array:
        """Chosen documents.

        Parameters
        ----------
        documents : array-like of int, shape (n,)
            Their numbers, in any order, also repeatedly. Neighbours are read together.

        Returns
        -------
        csr_array of shape (n, n_words)
            Their counts, of type `dtype`, canonical, in the order of `documents`.

        Raises
        ------
        ValueError
            If a number is not from 0 to ``n_documents - 1``, or the file is damaged.
        """
        numbers = np.asarray(documents)
        if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
            raise ValueError(
                "Expected documents to be a sequence of integers, got "
                f"documents.shape={numbers.shape}, documents.dtype={numbers.dtype}."
            )
        if numbers.size == 0:
            return self.rows(0, 0)
        least, most = int(numbers.min()), int(numbers.max())
        if least < 0 or most >= self.n_documents:
            wrong = least if least < 0 else most
            raise ValueError(
                f"Expected documents to be from 0 to {self.n_documents - 1}, got {wrong}."
            )
        wanted, position = np.unique(numbers, return_inverse=True)
        runs = np.split(wanted, np.flatnonzero(np.diff(wanted) > _NEAR) + 1)
        parts = [self.rows(run[0], run[-1] + 1)[run - run[0]] for run in runs]
        return sparse.vstack(parts, format="csr")[position]

    def blocks(self, n_documents: int) -> Iterator[sparse.csr_array]:
        """Go through the documents in their order.

        Parameters
        ----------
        n_documents : int
            Documents in each block; the last one may have fewer.

        Yields
        ------
        csr_array of shape (n_documents, n_words)
            What :meth:`rows` returns.

        Raises
        ------
        TypeError, ValueError
            If `n_documents` is no positive integer, or the file is damaged.
        """
        check_integer("n_documents", n_documents, 1)
        for start in range(0, self.n_documents, n_documents):
            yield self.rows(start, min(start + n_documents, self.n_documents))

    def to_corpus(self) -> Corpus:
        """Read everything.

        Returns
        -------
        Corpus
            With int32 counts where all are whole numbers of that range, as from
            :func:`read_corpus`.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        counts = self.rows(0, self.n_documents)
        if isinstance(self.n_tokens, int) and counts.data.max(initial=0) <= BIGGEST:
            counts.data = counts.data.astype(np.int32)
        return Corpus(counts, self.vocabulary, self.names, self.labels)

    def _pieces(self) -> Iterator[Corpus]:
        """The blocks of the file, with all that belongs to them."""
        names, labels, words = self.names, self.labels, self.vocabulary
        starts = self.block_starts
        for start, stop in zip(starts, starts[1:], strict=False):
            part = slice(start, stop)
            yield Corpus(
                self.rows(start, stop),
                words,
                None if names is None else names[part],
                None if labels is None else labels[part],
            )

    @property
    def checksum(self) -> int:
        """A number that tells this file's counts from others', without a look at them."""
        return self._reader.layout.sections["blocks"].checksum

    def verify(self) -> None:
        """Compare all checksums.

        Raises
        ------
        ValueError
            If one differs; the message says which documents, or what else, are damaged.
        """
        self._reader.verify()


def _parts(documents: Any) -> Iterator[Any]:
    """The parts of a corpus, which may be one."""
    if isinstance(documents, CorpusFile):
        return documents._pieces()
    if isinstance(documents, Corpus) or _is_matrix(documents):
        return iter([documents])
    return iter(documents)


def _is_matrix(documents: Any) -> bool:
    return sparse.issparse(documents) or hasattr(documents, "__array__")


def _checked(parts: Iterator[Any]) -> Iterator[Corpus]:
    """Parts as corpora with canonical counts; an error says which part is none."""
    n_words = None
    for number, part in enumerate(parts):
        counts = part.counts if isinstance(part, Corpus) else part
        try:
            counts = check_counts(counts, "CorpusFile.write", n_features=n_words)
        except (TypeError, ValueError) as error:
            raise type(error)(f"In part {number}: {error}") from None
        n_words = counts.shape[1]
        if isinstance(part, Corpus):
            yield replace(part, counts=counts)
        else:
            yield Corpus(counts)
