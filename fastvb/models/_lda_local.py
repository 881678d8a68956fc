"""The local step of LDA: what the documents are, given the topics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _lda
from fastvb._threads import effective_n_threads
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_priors import Priors
from fastvb.models._lda_state import LDAGlobals, LDAStats
from fastvb.special import digamma, gammaln

__all__ = ["DirichletTopics", "DocumentPosteriors", "PointTopics", "TopicView"]

_NO_LOGS = np.empty((0, 0))
_MOST_STEPS = np.iinfo(np.intc).max  # the kernel counts them in a C int
_SCRATCH_BYTES = 1 << 24  # documents are taken in parts; the sums are in the order of the parts


class WordRows:
    """E[log beta] of some words, in a safe scale.

    ``exp(E[log beta[:, words[i]]]) = rows[i, :n_topics] * exp(log_scale[i])``, where the largest
    entry of each row is 1 and the rest of a row is padding. An entry that would underflow is
    replaced by its logarithm, which is negative.
    """

    def __init__(self, rows: NDArray[Any], log_scale: NDArray[np.float64], n_topics: int) -> None:
        self.rows = rows  # (n_seen, stride)
        self.log_scale = log_scale  # (n_seen,)
        self.n_topics = n_topics

    @cached_property
    def log_rows(self) -> NDArray[np.float64]:
        """Logarithms of the rows, also where these underflow."""
        logs: NDArray[np.float64] = self.rows[:, : self.n_topics].astype(np.float64)
        np.log(logs, out=logs, where=logs > 0)
        return logs

    def __getitem__(self, words: NDArray[Any]) -> WordRows:
        """Some of the rows."""
        return WordRows(self.rows[words], self.log_scale[words], self.n_topics)


class TopicView(ABC):
    """What the local step reads of the topics."""

    n_topics: int
    n_words: int
    n_jobs: int | None = None
    priors: Priors | None = None  # where they are learned
    _whole: WordRows | None = None  # once most words were asked for
    _last: tuple[NDArray[Any], WordRows] | None = None

    def at(self, words: NDArray[Any]) -> WordRows:
        """Rows of ascending `words`; the next call with the same array has them at hand."""
        if len(words) == self.n_words:
            if self._whole is None:
                self._whole, self._last = self._rows(words), None
            return self._whole
        if self._last is None or self._last[0] is not words:
            rows = self._rows(words) if self._whole is None else self._whole[words]
            self._last = words, rows
        return self._last[1]

    @abstractmethod
    def _rows(self, words: NDArray[Any]) -> WordRows: ...

    def inner(self, words: NDArray[Any], weights: NDArray[Any]) -> float:
        """Inner product of E[log beta] and weights of some words, shape (n_seen, stride)."""
        at, by_word = self.at(words), np.empty(len(words))
        _lda.inner_product(
            weights, at.rows, at.log_scale, by_word, effective_n_threads(self.n_jobs),
        )  # fmt: skip
        return float(by_word.sum())


class DirichletTopics(TopicView):
    """Expectations under independent Dirichlet topics; each row when it is asked for.

    Parameters
    ----------
    globals_ : LDAGlobals
        q(beta); must not change while the view is in use.
    n_jobs : int or None
        Threads of the kernels.
    mean : bool
        log E[beta] in place of E[log beta].
    """

    def __init__(self, globals_: LDAGlobals, n_jobs: int | None, mean: bool = False) -> None:
        self.n_topics = len(globals_.total)
        self.n_words = len(globals_.counts)
        self.n_jobs = n_jobs  # not a number of threads: a fork may come before their use
        self.priors = globals_.priors
        self._globals: LDAGlobals | None = globals_
        self._mean = mean

    def _rows(self, words: NDArray[Any]) -> WordRows:
        q = self._globals
        assert q is not None
        rows = _aligned.empty((len(words), q.counts.shape[1]), q.counts.dtype)
        log_scale, n_threads = np.empty(len(words)), effective_n_threads(self.n_jobs)
        of_total = 1 / q.total if self._mean else digamma(q.total)
        factors = np.exp(of_total.min() - of_total).astype(rows.dtype)
        factors = np.append(factors, np.full(rows.shape[1] - len(factors), factors[0]))
        _lda.word_rows(
            q.counts, q.scale, q.prior, words, self._mean, of_total, factors, rows, log_scale,
            _aligned.empty((n_threads, 2 * rows.shape[1]), np.float64), n_threads,
        )  # fmt: skip
        if len(words) == self.n_words:
            self._globals = None  # as large as the rows, and not needed again
        return WordRows(rows, log_scale, self.n_topics)


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
        self.n_topics, self.n_words = topics.shape
        self._topics, self._dtype = topics, np.dtype(dtype)

    def _rows(self, words: NDArray[Any]) -> WordRows:
        topics = self._topics if len(words) == self.n_words else self._topics[:, words]
        top = topics.max(axis=0).astype(np.float64)
        stride = _aligned.padded_length(self.n_topics, self._dtype)
        rows = _aligned.empty((len(words), stride), self._dtype)
        rows[:, : self.n_topics] = (topics / top).T
        rows[:, self.n_topics :] = 0
        return _PointRows(rows, np.log(top), topics)


class _PointRows(WordRows):
    """Rows that are zero where a topic excludes a word."""

    def __init__(
        self, rows: NDArray[Any], log_scale: NDArray[np.float64], topics: NDArray[Any]
    ) -> None:
        super().__init__(rows, log_scale, len(topics))
        self._topics = topics

    @cached_property
    def log_rows(self) -> NDArray[np.float64]:
        """Logarithms of the rows, also where these underflow."""
        with np.errstate(divide="ignore"):
            logs = np.log(self._topics.astype(np.float64)) - self.log_scale
        return np.ascontiguousarray(logs.T)

    def __getitem__(self, words: NDArray[Any]) -> WordRows:
        return _PointRows(self.rows[words], self.log_scale[words], self._topics[:, words])


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
    mean : bool
        Read E[theta] in place of exp(E[log theta]); `bound` is then the log probability of the
        words at the means.

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
        mean: bool = False,
    ) -> None:
        self.batch, self.view, self.gamma, self.n_jobs = batch, view, gamma, n_jobs
        self.prior, self.mean = prior, mean
        self._at = view.at(batch.words)
        self._prior = np.ones(self._at.rows.shape[1], self._at.rows.dtype)
        self._prior[: len(prior)] = prior
        alpha = self._prior[: len(prior)].astype(np.float64)
        self._log_normalizer = float(gammaln(alpha.sum()) - gammaln(alpha).sum())
        if mean:
            self._log_normalizer = 0.0
        self._logs = _NO_LOGS
        self.bound = np.empty(batch.n_docs)
        self.n_iter = np.zeros(batch.n_docs, dtype=np.intc)
        self.status = np.full(batch.n_docs, _lda.PENDING, dtype=np.uint8)

    def run(self, tol: float, max_iter: int) -> None:
        """Coordinate ascent, at most `max_iter` steps per document."""
        self._run(tol, max_iter, False, None)

    def run_and_count(self, tol: float, max_iter: int, mixed: bool = False) -> LDAStats:
        """:meth:`run`, and the expected topic counts of the words.

        With `mixed` all steps but the last may be in single precision: gamma is then as precise as
        these where it has not converged, but bound and counts are exact for it.
        """
        rows = self._at.rows
        stats = LDAStats(self.batch.words, _aligned.empty(rows.shape, rows.dtype))
        self._run(tol, max_iter, mixed, stats)
        return stats

    def check_finite(self) -> None:
        """Raise FloatingPointError if gamma, whatever made it, is not finite."""
        _require_finite(np.isfinite(self.gamma).all(axis=1))

    def _run(self, tol: float, max_iter: int, mixed: bool, stats: LDAStats | None) -> None:
        dtype, stride = self._at.rows.dtype, self._at.rows.shape[1]
        parts = self.batch.parts(max(1, _SCRATCH_BYTES // (stride * dtype.itemsize)))
        theta = _aligned.empty((max(part.n_docs for part in parts), stride), dtype)
        ratio = np.empty(max(len(part.counts) for part in parts), dtype)
        start = 0
        for part in parts:
            rows = slice(start, start + part.n_docs)
            work = _Scratch(theta[: part.n_docs], ratio[: len(part.counts)])
            self._run_part(part, rows, work, mixed, tol, max_iter)
            if stats is not None:
                self._count_words(part, rows, work, stats)
            start = rows.stop

    def _run_part(
        self,
        part: DocumentBatch,
        rows: slice,
        work: _Scratch,
        mixed: bool,
        tol: float,
        max_iter: int,
    ) -> None:
        status = self.status[rows]
        self._visit(part, rows, work, mixed, tol, max_iter)
        if (status == _lda.PENDING).any():  # some word's norm underflows
            self._logs = self._at.log_rows
            self._visit(part, rows, work, False, tol, max_iter)
        _require_finite(status != _lda.NOT_FINITE, rows.start)
        self.bound[rows] += self._log_normalizer

    def _visit(
        self,
        part: DocumentBatch,
        rows: slice,
        work: _Scratch,
        mixed: bool,
        tol: float,
        max_iter: int,
    ) -> None:
        at, n_threads = self._at, effective_n_threads(self.n_jobs)
        size = _lda.local_step_work_size(at.rows.shape[1], at.rows.dtype.itemsize, part.longest)
        _lda.local_step(
            part.counts, part.places, part.indptr, at.rows, at.log_scale, self._logs,
            self._prior, self.gamma[rows], work.theta, work.ratio, self.bound[rows],
            self.n_iter[rows], self.status[rows], _aligned.empty((n_threads, size), np.int8),
            part.longest, self.mean, mixed, tol, min(max_iter, _MOST_STEPS), n_threads,
        )  # fmt: skip

    def _count_words(
        self, part: DocumentBatch, rows: slice, work: _Scratch, stats: LDAStats
    ) -> None:
        index, n_threads = part.by_words, effective_n_threads(self.n_jobs)
        adds = rows.start > 0
        if not adds:
            absent = np.ones(len(stats.words), dtype=bool)
            absent[index.words] = False
            stats.counts[absent] = 0
        _lda.word_statistics(
            *index, work.ratio, work.theta, self.gamma[rows], self._at.rows, self._logs,
            self.mean, adds, stats.counts,
            _aligned.empty((n_threads, 2 * work.theta.shape[1]), np.float64), n_threads,
        )  # fmt: skip


def _require_finite(is_finite: NDArray[np.bool_], start: int = 0) -> None:
    if not is_finite.all():
        raise FloatingPointError(
            "Expected the topic counts of every document to be finite, got document "
            f"{start + int(np.argmin(is_finite))} without. Are counts or priors near the limits of "
            "the data type?"
        )


class _Scratch(NamedTuple):
    """What the kernels pass to one another for some documents."""

    theta: NDArray[Any]  # (n_docs, stride) scaled exp(E[log theta])
    ratio: NDArray[Any]  # (nnz,) count / norm
