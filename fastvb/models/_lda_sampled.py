"""One draw of LDA's topics from q(beta), for structured stochastic inference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _random, _structured
from fastvb._threads import effective_n_threads
from fastvb.models._lda_local import TopicView, WordRows
from fastvb.models._lda_state import LDAGlobals, LDAStats, column_sums
from fastvb.special import trigamma

__all__ = ["SampledTopics", "natural_stats"]

_OF_WORDS, _OF_THE_REST = 0, 1  # streams of random numbers
_MOST_BLOCKS, _ROWS_PER_BLOCK = 256, 64


class SampledTopics(TopicView):
    """Topics drawn from q(beta): log beta itself in place of its expectation.

    ``beta_wk = g_wk / sum_v g_vk`` with ``g_wk ~ Gamma(lambda_wk, 1)``. Words that are not asked
    for enter by the sum of their g, which is one more Gamma draw per topic: the cost does not
    depend on the size of the vocabulary. Two sets of words, neither of them all, share their
    g but not this sum, so that a view is meant for the words of one batch.

    Parameters
    ----------
    globals_ : LDAGlobals
        q(beta) with a row for each word; must not change while the view is in use.
    seed : int
        Of 64 bits. The g of a word and a topic depends on it and on these two alone.
    n_jobs : int or None
        Threads of the kernels.

    References
    ----------
    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS, algorithm 1.
    """

    def __init__(self, globals_: LDAGlobals, seed: int, n_jobs: int | None = None) -> None:
        self.n_topics, self.n_words = len(globals_.total), len(globals_.counts)
        self.n_jobs, self.priors = n_jobs, globals_.priors
        self.globals_, self._seed = globals_, seed

    def _rows(self, words: NDArray[Any]) -> WordRows:
        rows, shape, g = self._draw(words)
        self._words, self._log_rest = words, self._draw_rest(self.globals_.total - shape, words)
        self.log_total = _log_totals(rows, g, self._log_rest)
        log_scale = np.empty(len(words))
        _random.normalize_rows(self.log_total, rows, log_scale, effective_n_threads(self.n_jobs))
        return WordRows(rows, log_scale, self.n_topics)

    def _draw(self, words: NDArray[Any]) -> tuple[NDArray[Any], Any, Any]:
        """Rows of log g, and the sums of shapes and of g over them."""
        q = self.globals_
        rows = _aligned.empty((len(words), q.counts.shape[1]), q.counts.dtype)
        n_blocks = max(1, min(_MOST_BLOCKS, len(words) // _ROWS_PER_BLOCK))
        sums = np.empty((n_blocks, 2, rows.shape[1]))
        _random.draw_rows(
            q.counts, q.scale, q.prior, words, self.n_topics, self._seed, _OF_WORDS, rows, sums,
            effective_n_threads(self.n_jobs),
        )  # fmt: skip
        shape, g = sums.sum(axis=0)[:, : self.n_topics]
        return rows, shape, g

    def _draw_rest(self, shape: NDArray[np.float64], words: NDArray[Any]) -> NDArray[np.float64]:
        """Logarithm of what all other words have of the sum of g."""
        log_rest = np.full(self.n_topics, -np.inf)
        if len(words) < self.n_words:
            some = shape > 0  # the difference of sums that agree may be anything small
            _random.log_gamma_draws(
                np.where(some, shape, 1.0), log_rest, self._seed, _OF_THE_REST, 0, 1
            )
            log_rest[~some] = -np.inf
        return log_rest

    def log_draws(self) -> NDArray[Any]:
        """Log g of all words, shape (n_words, stride), that agree with the last rows.

        The words that were not asked for share out their sum, which has been drawn before, in the
        proportions of draws of their own: sum and proportions of Gamma draws are independent.
        """
        drawn, _, _ = self._draw(self._words)
        if len(self._words) == self.n_words:
            return drawn
        others = np.ones(self.n_words, dtype=bool)
        others[self._words] = False
        rows, _, g = self._draw(np.flatnonzero(others))
        shift = self._log_rest - _log_totals(rows, g, np.full(self.n_topics, -np.inf))
        shift[np.isneginf(self._log_rest)] = 0.0
        rows[:, : self.n_topics] += shift.astype(rows.dtype)
        everything = _aligned.empty((self.n_words, rows.shape[1]), rows.dtype)
        everything[self._words], everything[others] = drawn, rows
        return everything


def natural_stats(stats: LDAStats, view: SampledTopics) -> LDAStats:
    """V times statistics, for the draw that they were made with: rows of all words.

    V = (Fisher information)^-1 (d log beta / d lambda)^T has the mean 1, so these are statistics
    as good as the others on average; but they follow the whole gradient of the structured
    bound. Parameters are taken as 1e-6 at least.

    References
    ----------
    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS, equation 11.
    """
    q, n_threads = view.globals_, effective_n_threads(view.n_jobs)
    n_words, n_topics = view.n_words, view.n_topics
    if n_words == 1:  # its probability is 1, and there is no gradient to follow
        return stats
    log_g, out = view.log_draws(), _aligned.empty(q.counts.shape, q.counts.dtype)
    place = np.full(n_words, -1, dtype=np.int64)
    place[stats.words] = np.arange(len(stats.words))
    share = column_sums(stats.counts)[:n_topics] * np.exp(-view.log_total)
    sums = np.empty((max(1, min(_MOST_BLOCKS, n_words // _ROWS_PER_BLOCK)), 2, n_topics))
    _structured.scaled_gradient(
        q.counts, q.scale, q.prior, log_g, place, stats.counts, share, out, sums, n_threads
    )
    y, inverse = sums.sum(axis=0)
    c = trigamma(q.total)
    factor = c * y / (1 - c * inverse)
    _structured.add_inverse_trigamma(q.counts, q.scale, q.prior, factor, out, n_threads)
    return replace(stats, words=np.arange(n_words, dtype=stats.words.dtype), counts=out)


def _log_totals(
    log_g: NDArray[Any], sums: NDArray[np.float64], log_rest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logarithm of each topic's sum of g, also where every g underflows."""
    with np.errstate(divide="ignore"):
        totals: NDArray[np.float64] = np.logaddexp(np.log(sums), log_rest)
    lowest = np.log(np.finfo(log_g.dtype).tiny / np.finfo(log_g.dtype).eps)
    for k in np.flatnonzero(totals < lowest):
        column = np.append(log_g[:, k].astype(np.float64), log_rest[k])
        totals[k] = np.logaddexp.reduce(column)
    return totals
