"""Plain NumPy twins of the LDA kernels: one document, one word at a time, all in log space."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln, logsumexp


def elog_topics(concentration):
    """E[log beta] of shape (n_topics, n_words)."""
    return digamma(concentration) - digamma(concentration.sum(axis=1, keepdims=True))


def log_phi(gamma, elog_beta):
    """Responsibilities (words, topics) in logs, and the log of what normalises them."""
    joint = digamma(gamma) + elog_beta.T
    norm = logsumexp(joint, axis=1)
    return joint - norm[:, None], norm


def document_bound(counts, elog_beta, prior, gamma):
    """E[log p(theta)] + E[log p(z)] + E[log p(w)] + H(theta) + H(z) at the best phi."""
    _, norm = log_phi(gamma, elog_beta)
    elog_theta = digamma(gamma) - digamma(gamma.sum())
    return (
        counts @ (norm - digamma(gamma.sum()))
        + ((prior - gamma) * elog_theta).sum()
        + gammaln(prior.sum())
        - gammaln(prior).sum()
        - gammaln(gamma.sum())
        + gammaln(gamma).sum()
    )


def local_step(X, elog_beta, prior, gamma, tol, max_iter, mixed=False):
    """gamma, bound and iterations of every document, and the statistics (n_topics, n_words).

    With `mixed` all steps but the last are rounded to single precision, and an early stop comes
    one step later.
    """
    gamma = gamma.copy()
    bounds, iterations = np.zeros(X.shape[0]), np.zeros(X.shape[0], int)
    statistics = np.zeros(elog_beta.shape)
    for d in range(X.shape[0]):
        words = X.indices[X.indptr[d] : X.indptr[d + 1]]
        counts = X.data[X.indptr[d] : X.indptr[d + 1]]
        elog = elog_beta[:, words]
        for steps_left in range(max_iter)[::-1]:
            iterations[d] += 1
            phi, _ = log_phi(gamma[d], elog)
            updated = prior + counts @ np.exp(phi)
            change = np.abs(updated - gamma[d]).mean()
            gamma[d] = updated.astype(np.float32) if mixed and steps_left else updated
            if change < tol:
                break
        if mixed and steps_left:
            iterations[d] += 1
            gamma[d] = prior + counts @ np.exp(log_phi(gamma[d], elog)[0])
        bounds[d] = document_bound(counts, elog, prior, gamma[d])
        phi, _ = log_phi(gamma[d], elog)
        np.add.at(statistics, (slice(None), words), (counts[:, None] * np.exp(phi)).T)
    return gamma, bounds, iterations, statistics


def topics_bound(prior, concentration):
    """-KL(Dirichlet(concentration) || Dirichlet(prior)), summed over topics (rows)."""
    prior = np.broadcast_to(prior, concentration.shape)
    elog = elog_topics(concentration)
    return (
        ((prior - concentration) * elog).sum()
        + gammaln(prior.sum(axis=1)).sum()
        - gammaln(prior).sum()
        - gammaln(concentration.sum(axis=1)).sum()
        + gammaln(concentration).sum()
    )


def collapsed_local_step(X, topics, prior, gamma, tol, max_iter):
    """The same at the means: gamma for exp(E[log theta]), topics for exp(E[log beta])."""
    gamma = gamma.copy()
    likelihood, statistics = np.zeros(X.shape[0]), np.zeros(topics.shape)
    for d in range(X.shape[0]):
        words = X.indices[X.indptr[d] : X.indptr[d + 1]]
        counts = X.data[X.indptr[d] : X.indptr[d + 1]]
        for _ in range(max_iter):
            joint = gamma[d] * topics[:, words].T
            updated = prior + counts @ (joint / joint.sum(axis=1, keepdims=True))
            change = np.abs(updated - gamma[d]).mean()
            gamma[d] = updated
            if change < tol:
                break
        joint = gamma[d] * topics[:, words].T
        norm = joint.sum(axis=1)
        likelihood[d] = counts @ np.log(norm / gamma[d].sum())
        np.add.at(statistics, (slice(None), words), (counts / norm * joint.T))
    return gamma, likelihood, statistics
