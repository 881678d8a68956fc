"""What a batch of collapsed LDA is between two local steps: its entries, phi and topic counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _collapsed
from fastvb._threads import effective_n_threads
from fastvb.models._documents import DocumentBatch

__all__ = ["CollapsedLocal", "Entries", "phi_bytes"]

_MOST_BLOCKS, _ENTRIES_PER_BLOCK = 16, 1 << 10


def phi_bytes(nnz: int, n_topics: int) -> int:
    """Memory that phi of collapsed inference takes.

    Parameters
    ----------
    nnz : int
        Non-zero counts of the corpus.
    n_topics : int
        Number of topics.

    Returns
    -------
    int
        Bytes: two for each non-zero and topic, where topics are rounded up to a multiple of 16.

    Examples
    --------
    >>> from fastvb.models import phi_bytes
    >>> phi_bytes(nnz=1_000_000, n_topics=100)
    224000000
    """
    return nnz * _aligned.padded_length(n_topics, np.float32) * np.dtype(np.float16).itemsize


@dataclass(frozen=True, eq=False)
class Entries:
    """The non-zero counts of a batch in the order in which sweeps visit them.

    Documents are cut into consecutive blocks of about as many entries, words are dealt to as many
    blocks by falling frequency. The entries of a document block and a word block are a task.
    """

    starts: NDArray[np.int64]  # (n_blocks**2 + 1,) of the tasks, word blocks within doc blocks
    docs: NDArray[np.int32]  # (nnz,)
    words: NDArray[np.int32]  # (nnz,) places in batch.words
    counts: NDArray[np.float32]  # (nnz,)
    position: NDArray[np.int64]  # (nnz,) index of the entry in CSR order
    doc_starts: NDArray[np.int32]  # (n_blocks + 1,)

    @property
    def n_blocks(self) -> int:
        """Blocks of documents, and of words."""
        return len(self.doc_starts) - 1

    @property
    def of_tasks(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        """What every kernel begins with."""
        return self.starts, self.docs, self.words, self.counts

    @classmethod
    def of_batch(cls, batch: DocumentBatch, n_blocks: int | None = None) -> Entries:
        """Put a batch in order; the number of blocks follows from its size."""
        nnz, n_words = len(batch.indices), len(batch.words)
        if max(batch.n_docs, n_words) > np.iinfo(np.int32).max:
            raise ValueError(
                "Expected documents and words of a batch to be at most 2**31 - 1, "
                f"got {batch.n_docs} documents of {n_words} words."
            )
        if n_blocks is None:
            n_blocks = min(_MOST_BLOCKS, 1 + nnz // _ENTRIES_PER_BLOCK)
        cuts = np.searchsorted(batch.indptr, np.linspace(0, nnz, n_blocks + 1)[1:-1])
        doc_starts = np.concatenate(([0], cuts, [batch.n_docs])).astype(np.int32)
        starts = np.empty(n_blocks**2 + 1, np.int64)
        docs, words = np.empty(nnz, np.int32), np.empty(nnz, np.int32)
        position = np.empty(nnz, np.int64)
        _collapsed.arrange(
            batch.places, batch.indptr, doc_starts, _deal(batch.places, n_words, n_blocks), starts,
            docs, words, position, np.empty((_collapsed.ROWS_OF_WORK, n_blocks), np.int64),
        )  # fmt: skip
        counts = batch.counts[position].astype(np.float32, copy=False)
        return cls(starts, docs, words, counts, position, doc_starts)


def _deal(places: NDArray[Any], n_words: int, n_blocks: int) -> NDArray[np.int32]:
    """Block of each word: dealt like cards by falling frequency, back and forth."""
    by_frequency = np.argsort(-np.bincount(places, minlength=n_words), kind="stable")
    turn = np.arange(n_words, dtype=np.int32) % (2 * n_blocks)
    blocks = np.empty(n_words, np.int32)
    blocks[by_frequency] = np.minimum(turn, 2 * n_blocks - 1 - turn)
    return blocks


@dataclass(eq=False)
class CollapsedLocal:
    """q(z) of a batch and its expected topic counts.

    phi is kept in half precision (relative rounding 2^-11), in the order of `entries`.
    """

    entries: Entries
    phi: NDArray[np.float16]  # (nnz, stride)
    doc_counts: NDArray[np.float32]  # (n_docs, stride) expected counts of topics, without prior
    n_sweeps: int = 0

    @classmethod
    def random(
        cls, batch: DocumentBatch, n_topics: int, seed: int, n_jobs: int | None
    ) -> CollapsedLocal:
        """Draw phi of every entry; :attr:`doc_counts` is for :meth:`recount` to fill."""
        entries = Entries.of_batch(batch)
        stride = _aligned.padded_length(n_topics, np.float32)
        phi = _aligned.empty((len(entries.docs), stride), np.float16)
        n_threads = effective_n_threads(n_jobs)
        work = _aligned.empty((n_threads, 3 * stride), np.float32)
        _collapsed.draw(
            *entries.of_tasks, phi.view(np.uint16), n_topics, seed, work, n_threads
        )  # fmt: skip
        return cls(entries, phi, _aligned.empty((batch.n_docs, stride), np.float32))

    def recount(self, n_words: int, n_jobs: int | None) -> NDArray[np.float32]:
        """Sum up phi by documents and by words, which are returned, shape (n_words, stride)."""
        word_counts = _aligned.empty((n_words, self.phi.shape[1]), np.float32)
        word_counts[:] = 0
        self.doc_counts[:] = 0
        _collapsed.add_counts(
            *self.entries.of_tasks, self.phi.view(np.uint16), self.doc_counts, word_counts,
            self.entries.n_blocks, effective_n_threads(n_jobs),
        )  # fmt: skip
        return word_counts

    def topic_proba(self, n_topics: int) -> NDArray[np.float32]:
        """Phi by non-zero counts in their CSR order, shape (nnz, n_topics); rows sum to 1."""
        proba = np.empty((len(self.phi), n_topics), np.float32)
        proba[self.entries.position] = self.phi[:, :n_topics]
        proba /= proba.sum(axis=1, keepdims=True)
        return proba
