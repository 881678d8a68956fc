"""What LDA's four functions pass to one another: q(beta), statistics, warm starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _lda
from fastvb._threads import effective_n_threads

if TYPE_CHECKING:
    from fastvb.models._lda_local import TopicView
    from fastvb.models._lda_priors import Priors, TableStats, WeightStats

__all__ = ["LDAGlobals", "LDALocal", "LDAStats"]

_MOST_PARTIAL_SUMS, _ROWS_PER_PARTIAL_SUM = 64, 512
_SMALLEST_SCALE = 1e-20  # counts / scale must stay clear of float32's limits


@dataclass(eq=False)
class LDAGlobals:
    """q(beta) by words: Dirichlet parameters scale * counts + prior, and their sums over words.

    Statistics become globals without a copy. Globals of a mini-batch hold the rows of its words;
    every other word is at its prior. What :meth:`blend` changes, it changes in place.
    """

    counts: NDArray[Any]  # (n_words, stride), or (len(words), stride)
    prior: NDArray[Any]  # (n_words, stride), or (1, stride) for all words
    total: NDArray[np.float64]  # (n_topics,)
    scale: float = 1.0
    words: NDArray[Any] | None = None  # of the rows; None: all
    priors: Priors | None = None  # where these are learned

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
        return cls(rows, _no_prior(rows), column_sums(rows)[:n_topics])

    @property
    def topic_word(self) -> NDArray[Any]:
        """Lambda of shape (n_topics, n_words), a copy."""
        n_topics = len(self.total)
        counts = self.counts[:, :n_topics].T
        if self.scale != 1:
            counts = counts * counts.dtype.type(self.scale)
        sums: NDArray[Any] = np.add(counts, self.prior[:, :n_topics].T, order="C")
        return sums

    def parameters(self, words: slice) -> NDArray[np.float64]:
        """Lambda of some words, shape (n_seen, n_topics), of globals that have all."""
        n_topics = len(self.total)
        rows = self.scale * self.counts[words, :n_topics].astype(np.float64)
        rows += (self.prior if len(self.prior) == 1 else self.prior[words])[:, :n_topics]
        return rows

    def beyond(self, prior: NDArray[Any]) -> NDArray[Any]:
        """Parameters less another prior, of globals that have all words: a copy."""
        counts = _aligned.empty(self.counts.shape, self.counts.dtype)
        np.multiply(self.counts, counts.dtype.type(self.scale), out=counts)
        if not np.array_equal(prior, self.prior):
            counts += self.prior
            counts -= prior
        return counts

    def with_all_words(self, n_words: int) -> LDAGlobals:
        """The same with a row for each word."""
        if self.words is None:
            return self
        counts = _aligned.empty((n_words, self.counts.shape[1]), self.counts.dtype)
        counts[:] = 0
        counts[self.words] = self.counts
        return replace(self, counts=counts, words=None)

    def blend(self, other: LDAGlobals, rho: float, n_threads: int) -> None:
        """Move a fraction `rho` < 1 of the way to globals of the same prior.

        Costs a visit of the words of `other`.
        """
        self.scale *= 1 - rho
        if self.scale < _SMALLEST_SCALE:
            self.fold()
        words = other.words
        if words is None:
            words = np.arange(len(self.counts))
        _lda.add_rows(words, rho * other.scale / self.scale, other.counts, self.counts, n_threads)
        self.total = (1 - rho) * self.total + rho * other.total

    def fold(self) -> None:
        """Multiply the counts by the scale, which becomes 1."""
        if self.scale != 1:
            self.counts *= self.counts.dtype.type(self.scale)
            self.scale = 1.0

    def raise_to_prior(self) -> None:
        """Make every parameter at least its prior, and the sums theirs."""
        n_topics, n_words = len(self.total), len(self.counts)
        np.maximum(self.counts, 0, out=self.counts)
        of_prior = self.prior[:, :n_topics].sum(axis=0, dtype=np.float64)
        of_prior *= n_words // len(self.prior)
        self.total = self.scale * column_sums(self.counts)[:n_topics] + of_prior

    def is_proper(self) -> bool:
        """Whether every parameter is positive."""
        counts, prior = (rows[:, : len(self.total)] for rows in (self.counts, self.prior))
        return bool((counts * counts.dtype.type(self.scale) > -prior).all())

    @property
    def is_settled(self) -> bool:
        """Whether the counts are the parameters."""
        return self.scale == 1 and not self.prior.any()

    def settled(self) -> LDAGlobals:
        """The same, settled: a copy, unless they are so already."""
        if self.is_settled:
            return self
        counts = _aligned.empty(self.counts.shape, self.counts.dtype)
        counts[:] = self.counts
        copy = replace(self, counts=counts)
        copy.settle()
        return copy

    def settle(self) -> None:
        """Have the counts be the parameters, and the sums theirs to the last bit."""
        if not self.is_settled:
            self.rebase(_no_prior(self.counts))
            self.total = column_sums(self.counts)[: len(self.total)]

    def rebase(self, prior: NDArray[Any]) -> None:
        """Have the same parameters with another prior."""
        if prior is self.prior:
            return
        if not np.array_equal(prior, self.prior):
            self.fold()
            for of_all, sign in ((self.prior, 1), (prior, -1)):
                if of_all.any():
                    self.counts += sign * of_all
        self.prior = prior


@dataclass(frozen=True, eq=False)
class LDAStats:
    """Expected topic counts of the words that a batch has seen: factor * counts."""

    words: NDArray[Any]  # (n_seen,) ascending
    counts: NDArray[Any]  # (n_seen, stride)
    factor: float = 1.0
    weights: WeightStats | TableStats | None = None  # where their prior is learned
    priors: Priors | None = None  # in use in the local step

    def __add__(self, other: LDAStats) -> LDAStats:
        return self._plus(other, 1.0)

    def __sub__(self, other: LDAStats) -> LDAStats:
        return self._plus(other, -1.0)

    def _plus(self, other: LDAStats, sign: float) -> LDAStats:
        words, n_threads = self.words, effective_n_threads(None)
        if len(words) != len(other.words) or not np.array_equal(words, other.words):
            words = np.union1d(self.words, other.words).astype(self.words.dtype, copy=False)
        counts = _aligned.empty((len(words), self.counts.shape[1]), self.counts.dtype)
        if len(words) == len(self.words):
            np.multiply(self.counts, counts.dtype.type(self.factor), out=counts)
        else:
            counts[:] = 0
            place = np.searchsorted(words, self.words)
            _lda.add_rows(place, self.factor, self.counts, counts, n_threads)
        place = np.searchsorted(words, other.words)
        _lda.add_rows(place, sign * other.factor, other.counts, counts, n_threads)
        if sign < 0:
            np.maximum(counts, 0, out=counts)  # what should be 0 may be less by rounding
        weights = self.weights
        if weights is not None and other.weights is not None:
            weights = weights.plus(other.weights, sign)  # type: ignore[arg-type]
        return LDAStats(words, counts, 1.0, weights, self.priors)

    def scale(self, factor: float) -> LDAStats:
        """All statistics times `factor`; shares the counts' memory."""
        weights = None if self.weights is None else self.weights.scale(factor)
        return replace(self, factor=self.factor * factor, weights=weights)

    def zeros(self) -> LDAStats:
        """The neutral element of ``+``."""
        return replace(self.scale(0.0), words=self.words[:0], counts=self.counts[:0], factor=1.0)

    def inner(self, view: TopicView) -> float:
        """<stats, E[log beta]>: the expected log likelihood of the words given q(z).

        Where the prior of the weights is learned, E[log p(theta)] as well.
        """
        words = self.factor * view.inner(self.words, self.counts)
        if self.weights is None or view.priors is None:
            return words
        return words + self.weights.inner(view.priors.alpha)


@dataclass(frozen=True, eq=False)
class LDALocal:
    """What a batch's next local step starts from."""

    gamma: NDArray[Any]  # (n_docs, n_topics)
    n_visits: int


def _no_prior(rows: NDArray[Any]) -> NDArray[Any]:
    prior = _aligned.empty((1, rows.shape[1]), rows.dtype)
    prior[:] = 0
    return prior


def column_sums(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Sums over rows in double precision, the same bits for any number of threads."""
    n_blocks = max(1, min(_MOST_PARTIAL_SUMS, len(rows) // _ROWS_PER_PARTIAL_SUM))
    partial = np.empty((n_blocks, rows.shape[1]))
    _lda.column_sums(rows, partial, effective_n_threads(None))
    sums: NDArray[np.float64] = partial.sum(axis=0)
    return sums
