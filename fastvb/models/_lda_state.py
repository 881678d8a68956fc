"""What LDA's four functions pass to one another: q(beta), statistics, warm starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _lda
from fastvb._threads import effective_n_threads
from fastvb.models._lda_local import DirichletTopics

__all__ = ["LDAGlobals", "LDALocal", "LDAStats"]


@dataclass(frozen=True, eq=False)
class LDAGlobals:
    """q(beta): Dirichlet parameters by words, and their sums over words."""

    concentration: NDArray[Any]  # (n_words, stride)
    total: NDArray[np.float64]  # (n_topics,)

    @classmethod
    def from_topics(cls, topic_word: NDArray[Any]) -> LDAGlobals:
        """From lambda of shape (n_topics, n_words)."""
        n_topics, n_words = topic_word.shape
        dtype = topic_word.dtype
        rows = _aligned.empty((n_words, _aligned.padded_length(n_topics, dtype)), dtype)
        rows[:, :n_topics] = topic_word.T
        rows[:, n_topics:] = 0
        return cls._with_totals(rows, n_topics)

    @classmethod
    def _with_totals(cls, rows: NDArray[Any], n_topics: int) -> LDAGlobals:
        return cls(rows, rows.sum(axis=0, dtype=np.float64)[:n_topics])

    @property
    def topic_word(self) -> NDArray[Any]:
        """Lambda of shape (n_topics, n_words), a copy."""
        return np.ascontiguousarray(self.concentration[:, : len(self.total)].T)


@dataclass(frozen=True, eq=False)
class LDAStats:
    """Expected topic counts of the words that a batch has seen."""

    words: NDArray[Any]  # (n_seen,) ascending
    counts: NDArray[Any]  # (n_seen, stride)
    n_jobs: int | None = None  # threads of the kernel

    def __add__(self, other: LDAStats) -> LDAStats:
        if np.array_equal(self.words, other.words):
            return LDAStats(self.words, self.counts + other.counts, self.n_jobs)
        words = np.union1d(self.words, other.words).astype(self.words.dtype, copy=False)
        counts = _aligned.empty((len(words), self.counts.shape[1]), self.counts.dtype)
        counts[:] = 0
        counts[np.searchsorted(words, self.words)] = self.counts
        counts[np.searchsorted(words, other.words)] += other.counts
        return LDAStats(words, counts, self.n_jobs)

    def scale(self, factor: float) -> LDAStats:
        """All counts times `factor`."""
        return LDAStats(self.words, self.counts * self.counts.dtype.type(factor), self.n_jobs)

    def zeros(self) -> LDAStats:
        """The neutral element of ``+``."""
        return LDAStats(self.words[:0], self.counts[:0], self.n_jobs)

    def inner(self, view: DirichletTopics) -> float:
        """<stats, E[log beta]>: the expected log likelihood of the words given q(z)."""
        by_word = np.empty(len(self.words))
        n_threads = effective_n_threads(self.n_jobs)
        work = _aligned.empty((n_threads, self.counts.shape[1]), np.float64)
        _lda.inner_product(
            self.words, self.counts, view.concentration, view.digamma_total, by_word,
            work, n_threads,
        )  # fmt: skip
        return float(by_word.sum())


@dataclass(frozen=True, eq=False)
class LDALocal:
    """What a batch's next local step starts from."""

    gamma: NDArray[Any]  # (n_docs, n_topics)
    n_visits: int
