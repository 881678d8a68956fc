"""The local step of LDA: what the documents are, given the topics."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _lda
from fastvb._threads import effective_n_threads
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_state import LDAGlobals, LDAStats
from fastvb.special import digamma, gammaln

__all__ = ["DirichletTopics", "DocumentPosteriors", "PointTopics", "TopicView"]

_NO_LOGS = np.empty((0, 0))
_MOST_STEPS = np.iinfo(np.intc).max  # the kernel counts them in a C int
_SCRATCH_BYTES = 1 << 24  # documents are taken in parts; the sums are in the order of the parts


class TopicView:
    """What the local step reads of the topics: E[log beta] by words, in a safe scale.

    ``exp(E[log beta[:, v]]) = word_rows[v, :n_topics] * exp(word_log_scale[v])``, where the
    largest entry of each row is 1 and the rest of a row is padding. An entry that would underflow
    is replaced by its logarithm, which is negative.
    """

    n_topics: int
    word_rows: NDArray[Any]  # (n_words, stride)
    word_log_scale: NDArray[np.float64]  # (n_words,)
    log_rows: NDArray[np.float64]  # (n_words, n_topics) log of word_rows; made on first use


class DirichletTopics(TopicView):
    """Expectations under independent Dirichlet topics.

    Parameters
    ----------
    globals_ : LDAGlobals
        q(beta).
    n_jobs : int or None
        Threads of the kernels.
    """

    def __init__(self, globals_: LDAGlobals, n_jobs: int | None) -> None:
        counts = globals_.counts
        self.n_topics = len(globals_.total)
        self.n_jobs = n_jobs  # not a number of threads: a fork may come before their use
        self.word_rows = _aligned.empty(counts.shape, counts.dtype)
        self.word_log_scale = np.empty(len(counts))
        n_threads = effective_n_threads(n_jobs)
        work = _aligned.empty((n_threads, 2 * counts.shape[1]), np.float64)
        _lda.expected_word_rows(
            counts, globals_.prior, digamma(globals_.total), self.word_rows, self.word_log_scale,
            work, n_threads,
        )  # fmt: skip

    @cached_property
    def log_rows(self) -> NDArray[np.float64]:  # type: ignore[override]
        """Logarithms of the rows, also where these underflow."""
        logs: NDArray[np.float64] = self.word_rows[:, : self.n_topics].astype(np.float64)
        np.log(logs, out=logs, where=logs > 0)
        return logs

    def inner(self, words: NDArray[Any], weights: NDArray[Any]) -> float:
        """Inner product of E[log beta] and weights of some words, shape (n_words, stride)."""
        by_word = np.empty(len(words))
        _lda.inner_product(
            words, weights, self.word_rows, self.word_log_scale, self.n_topics, by_word,
            effective_n_threads(self.n_jobs),
        )  # fmt: skip
        return float(by_word.sum())


class PointTopics(TopicView):
    """Topics that are known: log beta itself in place of its expectation.

    Parameters
    ----------
    topics : ndarray of shape (n_topics, n_words)
        Probabilities; every word has a positive one in some topic.
    dtype : dtype
        float32 or float64.
    """

    def __init__(self, topics: NDArray[Any], dtype: Any) -> None:
        self.n_topics, n_words = topics.shape
        self._topics = topics
        self._top = topics.max(axis=0).astype(np.float64)
        stride = _aligned.padded_length(self.n_topics, dtype)
        self.word_rows = _aligned.empty((n_words, stride), dtype)
        self.word_rows[:, : self.n_topics] = (topics / self._top).T
        self.word_rows[:, self.n_topics :] = 0
        self.word_log_scale = np.log(self._top)

    @cached_property
    def log_rows(self) -> NDArray[np.float64]:  # type: ignore[override]
        """Logarithms of the rows, also where these underflow."""
        with np.errstate(divide="ignore"):
            logs = np.log(self._topics.astype(np.float64)) - np.log(self._top)
        return np.ascontiguousarray(logs.T)


class DocumentPosteriors:
    """q(theta) and q(z) of the documents of one batch, iterated by :meth:`run`.

    Parameters
    ----------
    batch : DocumentBatch
        The documents.
    view : TopicView
        The topics.
    prior : ndarray of shape (n_topics,)
        Dirichlet prior of the documents' topic weights.
    gamma : ndarray of shape (n_docs, n_topics)
        Where to start; overwritten.
    n_jobs : int or None
        Threads of the kernels.

    Attributes
    ----------
    gamma : ndarray of shape (n_docs, n_topics)
        Parameters of q(theta).
    bound : ndarray of shape (n_docs,)
        Each document's part of the ELBO at `gamma` and the q(z) that is best for it.
    n_iter : ndarray of shape (n_docs,)
        Inner iterations of the last visit.
    status : ndarray of shape (n_docs,)
        0 converged, 1 stopped at `max_iter`, 2 not finite, ``PENDING`` not visited yet.
    """

    def __init__(
        self,
        batch: DocumentBatch,
        view: TopicView,
        prior: NDArray[Any],
        gamma: NDArray[Any],
        n_jobs: int | None = None,
    ) -> None:
        dtype, stride = view.word_rows.dtype, view.word_rows.shape[1]
        self.batch, self.view, self.gamma, self.n_jobs = batch, view, gamma, n_jobs
        self.prior = prior
        self._prior = np.ones(stride, dtype)
        self._prior[: len(prior)] = prior
        alpha = self._prior[: len(prior)].astype(np.float64)
        self._log_normalizer = float(gammaln(alpha.sum()) - gammaln(alpha).sum())
        self._logs = _NO_LOGS
        self.bound = np.empty(batch.n_docs)
        self.n_iter = np.zeros(batch.n_docs, dtype=np.intc)
        self.status = np.full(batch.n_docs, _lda.PENDING, dtype=np.uint8)

    def run(self, tol: float, max_iter: int) -> None:
        """Coordinate ascent, at most `max_iter` steps per document."""
        self._run(tol, max_iter, None)

    def run_and_count(self, tol: float, max_iter: int) -> LDAStats:
        """:meth:`run`, and the expected topic counts of the words."""
        words, rows = self.batch.stats_words, self.view.word_rows
        stats = LDAStats(words, _aligned.empty((len(words), rows.shape[1]), rows.dtype))
        self._run(tol, max_iter, stats)
        return stats

    def _run(self, tol: float, max_iter: int, stats: LDAStats | None) -> None:
        dtype, stride = self.view.word_rows.dtype, self.view.word_rows.shape[1]
        parts = self.batch.parts(max(1, _SCRATCH_BYTES // (stride * dtype.itemsize)))
        theta = _aligned.empty((max(part.n_docs for part in parts), stride), dtype)
        ratio = np.empty(max(len(part.counts) for part in parts), dtype)
        start = 0
        for part in parts:
            rows = slice(start, start + part.n_docs)
            work = _Scratch(theta[: part.n_docs], ratio[: len(part.counts)])
            self._run_part(part, rows, work, tol, max_iter)
            if stats is not None:
                self._count_words(part, rows, work, stats)
            start = rows.stop

    def _run_part(
        self, part: DocumentBatch, rows: slice, work: _Scratch, tol: float, max_iter: int
    ) -> None:
        status = self.status[rows]
        self._visit(part, rows, work, tol, max_iter)
        if (status == _lda.PENDING).any():  # some word's norm underflows
            self._logs = self.view.log_rows
            self._visit(part, rows, work, tol, max_iter)
        if (status == _lda.NOT_FINITE).any():
            first = rows.start + int(np.flatnonzero(status == _lda.NOT_FINITE)[0])
            raise FloatingPointError(
                f"Expected the topic counts of every document to be finite, got document {first} "
                "without. Are counts or priors near the limits of the data type?"
            )
        self.bound[rows] += self._log_normalizer

    def _visit(
        self, part: DocumentBatch, rows: slice, work: _Scratch, tol: float, max_iter: int
    ) -> None:
        view, n_threads = self.view, effective_n_threads(self.n_jobs)
        dtype, stride = view.word_rows.dtype, view.word_rows.shape[1]
        size = _lda.local_step_work_size(stride, dtype.itemsize, part.longest)
        _lda.local_step(
            part.counts, part.indices, part.indptr, view.word_rows, view.word_log_scale,
            self._logs, self._prior, self.gamma[rows], work.theta, work.ratio, self.bound[rows],
            self.n_iter[rows], self.status[rows], _aligned.empty((n_threads, size), np.int8),
            part.longest, tol, min(max_iter, _MOST_STEPS), n_threads,
        )  # fmt: skip

    def _count_words(
        self, part: DocumentBatch, rows: slice, work: _Scratch, stats: LDAStats
    ) -> None:
        index, n_threads = part.by_words, effective_n_threads(self.n_jobs)
        target = np.searchsorted(stats.words, index.words).astype(index.words.dtype, copy=False)
        adds = rows.start > 0
        if not adds:
            absent = np.ones(len(stats.words), dtype=bool)
            absent[target] = False
            stats.counts[absent] = 0
        _lda.word_statistics(
            *index, target, work.ratio, work.theta, self.gamma[rows], self.view.word_rows,
            self._logs, adds, stats.counts,
            _aligned.empty((n_threads, 2 * work.theta.shape[1]), np.float64), n_threads,
        )  # fmt: skip


class _Scratch(NamedTuple):
    """What the kernels pass to one another for some documents."""

    theta: NDArray[Any]  # (n_docs, stride) scaled exp(E[log theta])
    ratio: NDArray[Any]  # (nnz,) count / norm
