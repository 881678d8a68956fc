"""The ELBO of LDA, expectation by expectation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DocumentPosteriors
from fastvb.models._lda_state import LDAGlobals
from fastvb.models.lda import LDAModel
from fastvb.special import digamma, gammaln

__all__ = ["elbo_terms", "seven_terms", "topic_terms"]


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
    documents = model.posteriors(batch, model.expect(globals_), gamma)
    documents.run(0.0, 0)
    return seven_terms(documents, *topic_terms(model, globals_))


def seven_terms(
    documents: DocumentPosteriors, log_p_beta: float, entropy_beta: float
) -> dict[str, float]:
    """The seven expectations, two of which the topics give.

    Parameters
    ----------
    documents : DocumentPosteriors
        q(theta) and q(z), after a run.
    log_p_beta, entropy_beta : float
        Of :func:`topic_terms`; 0 for topics that are known.

    Returns
    -------
    dict of float
        As of :func:`elbo_terms`.
    """
    view, batch = documents.view, documents.batch
    alpha = documents.prior.astype(np.float64)
    after_one_step = DocumentPosteriors(
        batch, view, documents.prior, documents.gamma.copy(), documents.n_jobs
    )
    after_one_step.run(0.0, 1)
    doc_counts = after_one_step.gamma - alpha  # sum over the document's tokens of phi
    g = np.asarray(documents.gamma, dtype=np.float64)
    elog_theta = digamma(g) - digamma(g.sum(axis=1, keepdims=True))
    log_normalizer = float(gammaln(alpha.sum()) - gammaln(alpha).sum())
    log_p_theta = batch.n_docs * log_normalizer + float(((alpha - 1) * elog_theta).sum())
    entropy_theta = float(
        gammaln(g).sum() - gammaln(g.sum(axis=1)).sum() - ((g - 1) * elog_theta).sum()
    )
    log_p_z = float((doc_counts * elog_theta).sum())
    log_p_w = _expected_log_words(documents)
    others = log_p_theta + entropy_theta + log_p_z + log_p_w
    return {
        "log_p_theta": log_p_theta,
        "log_p_beta": log_p_beta,
        "log_p_z": log_p_z,
        "log_p_w": log_p_w,
        "entropy_beta": entropy_beta,
        "entropy_theta": entropy_theta,
        "entropy_z": float(documents.bound.sum()) - others,
    }


def _expected_log_words(documents: DocumentPosteriors) -> float:
    """E[log p(w | z, beta)], of topics that have a distribution or are known."""
    view = documents.view
    again = DocumentPosteriors(
        documents.batch, view, documents.prior, documents.gamma.copy(), documents.n_jobs
    )
    stats = again.run_and_count(0.0, 0)
    words, counts = stats.words, stats.counts[:, : view.n_topics].astype(np.float64)
    at = view.at(words)
    logs = np.where(counts == 0, 0, at.log_rows)  # a known topic may exclude a word
    return float((counts * logs).sum() + counts.sum(axis=1) @ at.log_scale)


def topic_terms(model: LDAModel, globals_: LDAGlobals) -> tuple[float, float]:
    """E[log p(beta)] and the entropy of q(beta)."""
    n_topics, eta = model.n_topics, model.eta(globals_)
    view = model.expect(globals_)
    words = np.arange(model.n_words)
    prior_less_one = np.empty_like(globals_.counts)
    prior_less_one[:] = eta.rows
    prior_less_one[:, :n_topics] -= 1
    log_p_beta = eta.log_normalizer + view.inner(words, prior_less_one)
    return log_p_beta, model.global_bound(globals_) - log_p_beta
