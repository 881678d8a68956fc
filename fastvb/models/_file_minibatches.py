"""Mini-batches of a corpus file, shuffled some blocks at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fastvb.datasets import CorpusFile
from fastvb.models._documents import DocumentBatch
from fastvb.models._prefetching import prefetched

__all__ = ["FileMinibatches"]


class FileMinibatches:
    """Mini-batches of the documents of a corpus file, read ahead by a thread.

    An epoch goes through the blocks of the file (of about a million entries) in random order and
    takes `window` of them into memory at a time, with their documents in random order. So documents
    that lie within a block meet in a window of the same epoch, which harms where a file is sorted
    by subject: shuffle it once when it is written, or take a wider window.

    Parameters
    ----------
    corpus : CorpusFile
        The documents.
    batch_size : int
        Documents in each mini-batch but the last of an epoch, which may have fewer.
    seed : int or None
        Of the order of the documents; None keeps that of the file.
    dtype : dtype or None
        Type of the counts; None keeps that of the file.
    window : int
        Blocks in memory at the same time, each 8 MB (12 MB with float64 counts).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from fastvb.datasets import CorpusFile
    >>> from fastvb.models import FileMinibatches
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     corpus = CorpusFile.write(pathlib.Path(folder, "x.fvb"), np.eye(5))
    ...     minibatches = FileMinibatches(corpus, 2, seed=0)
    ...     sizes = [len(batch) for batch in minibatches.epoch(0)]
    ...     corpus.close()
    >>> sizes
    [2, 2, 1]
    """

    def __init__(
        self,
        corpus: CorpusFile,
        batch_size: int,
        seed: int | None,
        *,
        dtype: Any = None,
        window: int = 4,
    ) -> None:
        self._corpus, self._batch_size, self._seed = corpus, batch_size, seed
        self._dtype, self._window = dtype, window

    @property
    def n_total(self) -> int:
        """Number of documents."""
        return self._corpus.n_documents

    def epoch(self, number: int, start: int = 0) -> Iterator[DocumentBatch]:
        """Go through the mini-batches of one epoch.

        Parameters
        ----------
        number : int
            Of the epoch, from 0.
        start : int
            Mini-batches to leave out; windows that hold no others are not read.

        Returns
        -------
        iterator of DocumentBatch
            The same at each call with the same numbers.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        return prefetched(self._epoch(number, start))

    def _epoch(self, number: int, start: int) -> Iterator[DocumentBatch]:
        rest: Any = None  # documents that do not fill a mini-batch
        for documents in self._windows(number, start * self._batch_size):
            at = 0
            while at < documents.shape[0]:
                n_missing = self._batch_size - (0 if rest is None else rest.shape[0])
                batch = documents[at : at + n_missing]
                at += batch.shape[0]
                if rest is not None:
                    batch = sparse.vstack([rest, batch], format="csr")
                rest = batch if batch.shape[0] < self._batch_size else None
                if rest is None:
                    yield self._batch(batch)
        if rest is not None:
            yield self._batch(rest)

    def _windows(self, number: int, n_left_out: int) -> Iterator[Any]:
        """Yield the documents of some blocks after the other, but the first `n_left_out`."""
        starts = self._corpus.block_starts
        blocks = self._order(number, 0, len(starts) - 1)
        for first in range(0, len(blocks), self._window):
            chosen = blocks[first : first + self._window]
            n_documents = int((starts[chosen + 1] - starts[chosen]).sum())
            if n_left_out < n_documents:
                parts = [self._corpus.rows(starts[b], starts[b + 1]) for b in chosen]
                documents = sparse.vstack(parts, format="csr") if len(parts) > 1 else parts[0]
                del parts
                yield documents[self._order(number, first + 1, n_documents)[n_left_out:]]
            n_left_out = max(0, n_left_out - n_documents)

    def _order(self, number: int, stream: int, n: int) -> NDArray[np.intp]:
        if self._seed is None:
            return np.arange(n)
        place = (number << 128) + (stream << 64)
        return np.random.Generator(np.random.Philox(key=self._seed, counter=place)).permutation(n)

    def _batch(self, counts: Any) -> DocumentBatch:
        if self._dtype is not None:
            counts.data = counts.data.astype(self._dtype, copy=False)
        return DocumentBatch(counts)
