"""Plain NumPy twins of the word-topic kernels: one document at a time."""

from __future__ import annotations

import numpy as np


def word_topics(places, indptr, rows, theta, n_topics, tiny):
    """Normalised weights, topics of the largest weights, and which documents have tiny ones.

    The last two are (by sum, by largest): what the one and the other kernel say. Entries of
    documents with tiny ones are not defined.
    """
    phi = np.zeros((len(places), n_topics))
    top = np.zeros(len(places), dtype=int)
    by_sum, by_largest = np.zeros(len(theta), bool), np.zeros(len(theta), bool)
    for d in range(len(theta)):
        for i in range(indptr[d], indptr[d + 1]):
            weights = np.maximum(rows[places[i]], 0) * theta[d]
            by_sum[d] |= weights.astype(float).sum() < tiny
            by_largest[d] |= weights.max() < tiny
            top[i] = weights.argmax()
            phi[i] = weights[:n_topics] / max(weights.astype(float).sum(), 1e-300)
    return phi, top, by_sum, by_largest
