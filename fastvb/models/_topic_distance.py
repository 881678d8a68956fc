"""How far topics, which are distributions over the same words, are from one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastvb.models._topic_words import top_words

__all__ = ["topic_distances"]

_BLOCK = 1 << 12  # words that are compared at a time and stay in the cache


def topic_distances(
    a: NDArray[np.float64], b: NDArray[np.float64], metric: str, n_top_words: int
) -> NDArray[np.float64]:
    """Distance of each topic of `a` to each of `b`, shape (n_components_a, n_components_b).

    `metric` is "hellinger", "jensen-shannon", "kl" or "jaccard"; only the last reads `n_top_words`.
    """
    if metric == "hellinger":
        return _hellinger(a, b)
    if metric == "jensen-shannon":
        return _jensen_shannon(a, b)
    if metric == "kl":
        return _kullback_leibler(a, b)
    return _jaccard(top_words(a, n_top_words), top_words(b, n_top_words), a.shape[1])


def _hellinger(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distance of the roots over sqrt(2), from 0 to 1."""
    from scipy.spatial.distance import cdist  # slow to import, and nothing else needs it

    distances: NDArray[np.float64] = cdist(np.sqrt(a), np.sqrt(b)) / np.sqrt(2)
    return np.minimum(distances, 1.0)


def _jensen_shannon(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root of the divergence in bits, from 0 to 1: the entropy of the mean less the mean one."""
    nats = np.zeros((len(a), len(b)))
    for start in range(0, a.shape[1], _BLOCK):
        words = slice(start, start + _BLOCK)
        first, second = a[:, words], np.ascontiguousarray(b[:, words])
        alone = _entropy_terms(second)
        for row, divergences in zip(first, nats, strict=True):
            divergences += _entropy_terms((row + second) / 2)
            divergences -= (_entropy_terms(row[np.newaxis]) + alone) / 2
    distances: NDArray[np.float64] = np.sqrt(np.clip(nats / np.log(2), 0, 1))
    return distances


def _entropy_terms(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of -p log p over the rows, 0 where p is 0."""
    logs = np.log(np.maximum(rows, np.finfo(np.float64).tiny))
    logs *= rows
    total: NDArray[np.float64] = -logs.sum(axis=1)
    return total


def _kullback_leibler(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """KL(a || b) in nats, infinite where `a` has a word that `b` has not."""
    absent = b == 0
    log_b = np.log(np.where(absent, 1.0, b))
    divergences = np.maximum(-_entropy_terms(a)[:, np.newaxis] - a @ log_b.T, 0.0)
    if absent.any():
        divergences[(a > 0).astype(np.float64) @ absent.T > 0] = np.inf
    return divergences


def _jaccard(a: NDArray[np.intp], b: NDArray[np.intp], n_words: int) -> NDArray[np.float64]:
    """One less the share that both have of the words that either has."""
    first, second = (np.zeros((len(top), n_words)) for top in (a, b))
    np.put_along_axis(first, a, 1, axis=1)
    np.put_along_axis(second, b, 1, axis=1)
    both = first @ second.T
    distances: NDArray[np.float64] = 1 - both / (a.shape[1] + b.shape[1] - both)
    return distances
