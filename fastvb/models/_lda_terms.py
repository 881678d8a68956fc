"""The ELBO of LDA, expectation by expectation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_state import LDAGlobals, LDAStats
from fastvb.models.lda import LDAModel
from fastvb.special import digamma, gammaln

__all__ = ["elbo_terms"]


def elbo_terms(
    model: LDAModel, batch: DocumentBatch, globals_: LDAGlobals, gamma: NDArray[Any]
) -> dict[str, float]:
    """The seven expectations whose sum is the ELBO, with q(z) optimal given the rest.

    Parameters
    ----------
    model : LDAModel
        The priors.
    batch : DocumentBatch
        All documents.
    globals_ : LDAGlobals
        q(beta).
    gamma : ndarray of shape (n_docs, n_topics)
        q(theta).

    Returns
    -------
    dict of float
        In nats: ``log_p_theta``, ``log_p_beta``, ``log_p_z``, ``log_p_w`` (expected log
        densities) and ``entropy_beta``, ``entropy_theta``, ``entropy_z``.
    """
    view = model.expect(globals_)
    documents = model.posteriors(batch, view, gamma)
    documents.run(0.0, 0)
    stats = LDAStats(batch.by_words.words, documents.word_counts(), documents.n_jobs)
    after_one_step = model.posteriors(batch, view, gamma)
    after_one_step.run(0.0, 1)
    alpha = model.doc_topic_prior.astype(np.float64)
    doc_counts = after_one_step.gamma - alpha  # sum over the document's tokens of phi
    g = np.asarray(documents.gamma, dtype=np.float64)
    elog_theta = digamma(g) - digamma(g.sum(axis=1, keepdims=True))
    log_normalizer = float(gammaln(alpha.sum()) - gammaln(alpha).sum())
    log_p_theta = batch.n_docs * log_normalizer + float(((alpha - 1) * elog_theta).sum())
    entropy_theta = float(
        gammaln(g).sum() - gammaln(g.sum(axis=1)).sum() - ((g - 1) * elog_theta).sum()
    )
    log_p_z = float((doc_counts * elog_theta).sum())
    log_p_w = stats.inner(view)
    local = float(documents.bound.sum())
    log_p_beta, entropy_beta = _topic_terms(model, globals_)
    return {
        "log_p_theta": log_p_theta,
        "log_p_beta": log_p_beta,
        "log_p_z": log_p_z,
        "log_p_w": log_p_w,
        "entropy_beta": entropy_beta,
        "entropy_theta": entropy_theta,
        "entropy_z": local - log_p_theta - entropy_theta - log_p_z - log_p_w,
    }


def _topic_terms(model: LDAModel, globals_: LDAGlobals) -> tuple[float, float]:
    """E[log p(beta)] and the entropy of q(beta)."""
    n_topics = model.n_topics
    view = model.expect(globals_)
    words = np.arange(model.n_words)
    prior = np.broadcast_to(model._prior_rows, globals_.concentration.shape)
    prior_less_one = np.array(prior, order="C")
    prior_less_one[:, :n_topics] -= 1
    stats = LDAStats(words, prior_less_one, model.n_jobs)
    log_p_beta = model._prior_log_normalizer + stats.inner(view)
    return log_p_beta, model.global_bound(globals_) - log_p_beta
