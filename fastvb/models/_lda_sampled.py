"""One draw of LDA's topics from q(beta), for structured stochastic inference."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _random
from fastvb._threads import effective_n_threads
from fastvb.models._lda_local import TopicView, WordRows
from fastvb.models._lda_state import LDAGlobals

__all__ = ["SampledTopics"]

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

    Attributes
    ----------
    log_total : ndarray of shape (n_topics,)
        log sum_v g_vk of the last draw.

    References
    ----------
    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS, algorithm 1.
    """

    log_total: NDArray[np.float64]

    def __init__(self, globals_: LDAGlobals, seed: int, n_jobs: int | None = None) -> None:
        self.n_topics, self.n_words = len(globals_.total), len(globals_.counts)
        self.n_jobs, self.priors = n_jobs, globals_.priors
        self.globals_, self._seed = globals_, seed

    def _rows(self, words: NDArray[Any]) -> WordRows:
        q, n_threads = self.globals_, effective_n_threads(self.n_jobs)
        rows = _aligned.empty((len(words), q.counts.shape[1]), q.counts.dtype)
        n_blocks = max(1, min(_MOST_BLOCKS, len(words) // _ROWS_PER_BLOCK))
        sums, log_scale = np.empty((n_blocks, 2, rows.shape[1])), np.empty(len(words))
        _random.draw_rows(
            q.counts, q.scale, q.prior, words, self.n_topics, self._seed, _OF_WORDS, rows, sums,
            n_threads,
        )  # fmt: skip
        shape, g = sums.sum(axis=0)[:, : self.n_topics]
        log_rest = self._log_rest(q.total - shape, len(words))
        self.log_total = _log_totals(rows, g, log_rest)
        _random.normalize_rows(self.log_total, rows, log_scale, n_threads)
        return WordRows(rows, log_scale, self.n_topics)

    def _log_rest(self, shape: NDArray[np.float64], n_seen: int) -> NDArray[np.float64]:
        """Logarithm of what the other words have of the sum of g."""
        log_rest = np.full(self.n_topics, -np.inf)
        if n_seen < self.n_words:
            some = shape > 0  # the difference of sums that agree may be anything small
            _random.log_gamma_draws(
                np.where(some, shape, 1.0), log_rest, self._seed, _OF_THE_REST, 0, 1
            )
            log_rest[~some] = -np.inf
        return log_rest


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
