"""What topics say about words: their most probable, relevant and exclusive ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["effective_words", "exclusivity", "relevance_scores", "top_words"]


def top_words(scores: NDArray[np.float64], n_words: int) -> NDArray[np.intp]:
    """Words of the highest scores of each topic in descending order, of equal ones the first."""
    top = np.empty((len(scores), n_words), dtype=np.intp)
    for row, best in zip(scores, top, strict=True):
        least = np.partition(row, -n_words)[-n_words]
        candidates = np.flatnonzero(row >= least)
        best[:] = candidates[np.argsort(-row[candidates], kind="stable")[:n_words]]
    return top


def relevance_scores(
    topics: NDArray[np.float64],
    weights: NDArray[np.float64],
    seen: NDArray[np.bool_],
    of_probability: float,
) -> NDArray[np.float64]:
    """Relevance of words to topics (Sievert and Shirley 2014, equation 1), in nats.

    ``of_probability * log(topic) + (1 - of_probability) * log(lift)``, where the lift is a word's
    probability in the topic over that in all topics, which have `weights`. A word that was not
    `seen` in data has no lift: 1.
    """
    overall = np.where(seen, weights @ topics, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores: NDArray[np.float64] = np.log(topics)
        scores -= (1 - of_probability) * np.log(overall)
        unseen = of_probability * scores[:, ~seen]  # 0 * log(0) is NaN
    unseen[topics[:, ~seen] == 0] = -np.inf
    scores[:, ~seen] = unseen
    return scores


def exclusivity(topics: NDArray[np.float64], top: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean over each topic's top words of the topic's share of the word (K,).

    The share is ``topics[k, v] / topics[:, v].sum()`` (Bischof and Airoldi 2012, equation 5), from
    1 / K to 1 for a word that one topic has alone; topics count alike, whatever their weights.
    """
    totals = topics.sum(axis=0)[top]
    own = np.take_along_axis(topics, top, axis=1)
    shares = np.divide(own, totals, out=np.zeros_like(own), where=totals > 0)
    mean: NDArray[np.float64] = shares.mean(axis=1)
    return mean


def effective_words(topics: NDArray[np.float64]) -> NDArray[np.float64]:
    """Number of equally probable words of the same entropy: exp(entropy) of each topic (K,)."""
    entropies = [-float(row @ np.log(row, where=row > 0, out=np.zeros_like(row))) for row in topics]
    return np.exp(entropies)
