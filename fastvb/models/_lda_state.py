"""What LDA's four functions pass to one another: q(beta), statistics, warm starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned

if TYPE_CHECKING:
    from fastvb.models._lda_local import DirichletTopics

__all__ = ["LDAGlobals", "LDALocal", "LDAStats"]


@dataclass(frozen=True, eq=False)
class LDAGlobals:
    """q(beta) by words: Dirichlet parameters counts + prior, and their sums over words.

    Statistics become globals without a copy.
    """

    counts: NDArray[Any]  # (n_words, stride)
    prior: NDArray[Any]  # (n_words, stride), or (1, stride) for all words
    total: NDArray[np.float64]  # (n_topics,)

    @classmethod
    def from_topics(cls, topic_word: NDArray[Any]) -> LDAGlobals:
        """From lambda of shape (n_topics, n_words)."""
        n_topics, n_words = topic_word.shape
        dtype = topic_word.dtype
        rows = _aligned.empty((n_words, _aligned.padded_length(n_topics, dtype)), dtype)
        rows[:, :n_topics] = topic_word.T
        rows[:, n_topics:] = 0
        return cls.of_rows(rows, n_topics)

    @classmethod
    def of_rows(cls, rows: NDArray[Any], n_topics: int) -> LDAGlobals:
        """From lambda by words, shape (n_words, stride), not copied."""
        prior = _aligned.empty((1, rows.shape[1]), rows.dtype)
        prior[:] = 0
        return cls.with_totals(rows, prior, n_topics)

    @classmethod
    def with_totals(cls, counts: NDArray[Any], prior: NDArray[Any], n_topics: int) -> LDAGlobals:
        """Compute the sums."""
        repeats = len(counts) // len(prior)
        total = counts.sum(axis=0, dtype=np.float64)
        total += repeats * prior.sum(axis=0, dtype=np.float64)
        return cls(counts, prior, total[:n_topics])

    @property
    def topic_word(self) -> NDArray[Any]:
        """Lambda of shape (n_topics, n_words), a copy."""
        n_topics = len(self.total)
        sums: NDArray[Any] = np.add(
            self.counts[:, :n_topics].T, self.prior[:, :n_topics].T, order="C"
        )
        return sums


@dataclass(frozen=True, eq=False)
class LDAStats:
    """Expected topic counts of the words that a batch has seen."""

    words: NDArray[Any]  # (n_seen,) ascending
    counts: NDArray[Any]  # (n_seen, stride)

    def __add__(self, other: LDAStats) -> LDAStats:
        if np.array_equal(self.words, other.words):
            return LDAStats(self.words, self.counts + other.counts)
        words = np.union1d(self.words, other.words).astype(self.words.dtype, copy=False)
        counts = _aligned.empty((len(words), self.counts.shape[1]), self.counts.dtype)
        counts[:] = 0
        counts[np.searchsorted(words, self.words)] = self.counts
        counts[np.searchsorted(words, other.words)] += other.counts
        return LDAStats(words, counts)

    def scale(self, factor: float) -> LDAStats:
        """All counts times `factor`."""
        return LDAStats(self.words, self.counts * self.counts.dtype.type(factor))

    def zeros(self) -> LDAStats:
        """The neutral element of ``+``."""
        return LDAStats(self.words[:0], self.counts[:0])

    def inner(self, view: DirichletTopics) -> float:
        """<stats, E[log beta]>: the expected log likelihood of the words given q(z)."""
        return view.inner(self.words, self.counts)


@dataclass(frozen=True, eq=False)
class LDALocal:
    """What a batch's next local step starts from."""

    gamma: NDArray[Any]  # (n_docs, n_topics)
    n_visits: int
