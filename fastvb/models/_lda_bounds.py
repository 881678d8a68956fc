"""What the topics contribute to LDA's bound, and where their parameters may be."""

from __future__ import annotations

import numpy as np

from fastvb import _aligned
from fastvb._kernels import _lda
from fastvb._threads import effective_n_threads
from fastvb.models._lda_priors import TopicPrior
from fastvb.models._lda_state import LDAGlobals
from fastvb.special import digamma, gammaln

__all__ = ["keep_above_prior", "topics_bound", "topics_evidence"]


def topics_evidence(globals_: LDAGlobals, eta: TopicPrior, n_jobs: int | None) -> float:
    """sum_k [log B(lambda_k) - log B(eta_k)], B the multivariate beta function."""
    globals_.fold()
    by_word, n_threads = np.empty(eta.n_words), effective_n_threads(n_jobs)
    work = _aligned.empty((n_threads, 2 * globals_.counts.shape[1]), np.float64)
    _lda.gammaln_terms(globals_.counts, globals_.prior, eta.n_topics, by_word, work, n_threads)
    return eta.log_normalizer + float(by_word.sum()) - float(gammaln(globals_.total).sum())


def topics_bound(globals_: LDAGlobals, eta: TopicPrior, n_jobs: int | None) -> float:
    """-sum_k KL(q(beta_k) || p(beta_k))."""
    globals_.fold()
    by_word, n_threads = np.empty(eta.n_words), effective_n_threads(n_jobs)
    work = _aligned.empty((n_threads, 2 * globals_.counts.shape[1]), np.float64)
    _lda.dirichlet_terms(
        eta.rows, globals_.counts, globals_.prior, digamma(globals_.total), by_word, work,
        n_threads,
    )  # fmt: skip
    return eta.log_normalizer + float(by_word.sum()) - float(gammaln(globals_.total).sum())


def keep_above_prior(globals_: LDAGlobals, target: LDAGlobals) -> None:
    """Undo what a step of statistics times V (structured inference) did beyond what data can do.

    V is not positive definite: a noisy step may lead to parameters below the prior, and from there
    on to topics without words.
    """
    if target.words is None and (target.counts < 0).any():
        globals_.raise_to_prior()
