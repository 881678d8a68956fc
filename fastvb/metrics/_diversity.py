"""Topic diversity: whether topics have words of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastvb.metrics._topics import as_topics, check_top_words
from fastvb.models._topic_words import top_words

__all__ = ["topic_diversity"]


def topic_diversity(topics: Any, *, n_top_words: int = 25) -> float:
    """Share of different words among the top words of all topics.

    Parameters
    ----------
    topics : estimator or array-like of shape (n_components, n_features)
        Fitted estimator with ``topic_word_distribution()``, or a matrix of topics.
    n_top_words : int
        Words of a topic that are compared; of equally probable words the first.

    Returns
    -------
    float
        1 where no two topics share a top word, 1 / n_components where all have the same.

    Raises
    ------
    TypeError, ValueError
        If `topics` is neither, or `n_top_words` is below 1 or above the number of words.

    References
    ----------
    A. Dieng, F. Ruiz, D. Blei (2020), Topic modeling in embedding spaces, TACL 8.

    Examples
    --------
    >>> from fastvb.metrics import topic_diversity
    >>> topic_diversity([[0.5, 0.4, 0.1, 0.0], [0.0, 0.4, 0.1, 0.5]], n_top_words=2)
    0.75
    """
    matrix = as_topics("topics", topics)
    top = top_words(matrix, check_top_words(n_top_words, 1, matrix.shape[1]))
    return len(np.unique(top)) / top.size
