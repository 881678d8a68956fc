"""The local step of LDA: what the documents are, given the topics."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _lda
from fastvb._threads import effective_n_threads
from fastvb.models._documents import DocumentBatch
from fastvb.special import digamma, gammaln

__all__ = ["DirichletTopics", "DocumentPosteriors", "PointTopics", "TopicView"]

_NO_LOGS = np.empty((0, 0))


class TopicView:
    """What the local step reads of the topics: E[log beta] by words, in a safe scale.

    ``exp(E[log beta[:, v]]) = word_rows[v, :n_topics] * exp(word_log_scale[v])``, where the
    largest entry of each row is 1 and the rest of a row is padding.
    """

    n_topics: int
    word_rows: NDArray[Any]  # (n_words, stride)
    word_log_scale: NDArray[np.float64]  # (n_words,)
    log_rows: NDArray[np.float64]  # (n_words, n_topics) log of word_rows; made on first use


class DirichletTopics(TopicView):
    """Expectations under independent Dirichlet topics.

    Parameters
    ----------
    concentration : ndarray of shape (n_words, stride)
        Parameters of q(beta), by words.
    total : ndarray of shape (n_topics,)
        Their sums over words.
    n_jobs : int or None
        Threads of the kernels.
    """

    def __init__(
        self, concentration: NDArray[Any], total: NDArray[np.float64], n_jobs: int | None
    ) -> None:
        n_words, stride = concentration.shape
        self.n_topics = len(total)
        self.concentration = concentration
        self.digamma_total = digamma(total)
        self.n_jobs = n_jobs  # not a number of threads: a fork may come before their use
        self.word_rows = _aligned.empty(concentration.shape, concentration.dtype)
        self.word_log_scale = np.empty(n_words)
        n_threads = effective_n_threads(n_jobs)
        work = _aligned.empty((n_threads, stride), np.float64)
        _lda.expected_word_rows(
            concentration, self.digamma_total, self.word_rows, self.word_log_scale, work, n_threads
        )

    @cached_property
    def log_rows(self) -> NDArray[np.float64]:  # type: ignore[override]
        """Logarithms of the rows, also where these underflow."""
        logs = np.empty((len(self.concentration), self.n_topics))
        n_threads = effective_n_threads(self.n_jobs)
        _lda.expected_log_rows(self.concentration, self.digamma_total, logs, n_threads)
        return logs


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
        self._theta = _aligned.empty((batch.n_docs, stride), dtype)
        self._ratio = np.empty_like(batch.counts)
        self._logs = _NO_LOGS
        self.bound = np.empty(batch.n_docs)
        self.n_iter = np.zeros(batch.n_docs, dtype=np.intc)
        self.status = np.full(batch.n_docs, _lda.PENDING, dtype=np.uint8)

    def run(self, tol: float, max_iter: int) -> None:
        """Coordinate ascent, at most `max_iter` steps per document."""
        self._visit(tol, max_iter)
        if (self.status == _lda.PENDING).any():  # some word's norm underflows
            self._logs = self.view.log_rows
            self._visit(tol, max_iter)
        if (self.status == _lda.NOT_FINITE).any():
            first = int(np.flatnonzero(self.status == _lda.NOT_FINITE)[0])
            raise FloatingPointError(
                f"Expected the topic counts of every document to be finite, got document {first} "
                "without. Are counts or priors near the limits of the data type?"
            )
        self.bound += self._log_normalizer

    def _visit(self, tol: float, max_iter: int) -> None:
        batch, view = self.batch, self.view
        dtype, stride = view.word_rows.dtype, view.word_rows.shape[1]
        n_threads = effective_n_threads(self.n_jobs)
        size = _lda.local_step_work_size(stride, dtype.itemsize, batch.longest)
        work = _aligned.empty((n_threads, size), np.int8)
        _lda.local_step(
            batch.counts, batch.indices, batch.indptr, view.word_rows, view.word_log_scale,
            self._logs, self._prior, self.gamma, self._theta, self._ratio, self.bound, self.n_iter,
            self.status, work, batch.longest, tol, max_iter, n_threads,
        )  # fmt: skip

    def word_counts(self) -> NDArray[Any]:
        """Expected topic counts of the words that occur, shape (n_seen, stride)."""
        index = self.batch.by_words
        stride = self._theta.shape[1]
        out = _aligned.empty((len(index.words), stride), self._theta.dtype)
        n_threads = effective_n_threads(self.n_jobs)
        work = _aligned.empty((n_threads, 2 * stride), np.float64)
        _lda.word_statistics(
            *index, self._ratio, self._theta, self.gamma, self.view.word_rows, self._logs, out,
            work, n_threads,
        )  # fmt: skip
        return out
