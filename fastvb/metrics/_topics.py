"""What metrics read of topics: the point estimate of an estimator, or a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb._validation import check_integer

__all__ = ["as_topics", "check_top_words"]


def as_topics(name: str, model: Any) -> NDArray[np.float64]:
    """Topics that sum to 1, from an estimator or a user's matrix, which stays as it is."""
    if hasattr(model, "topic_word_distribution"):
        return np.asarray(model.topic_word_distribution(), dtype=np.float64)
    given = np.asarray(model)
    if given.dtype.kind not in "biuf":
        raise TypeError(
            f"Expected {name} to be an estimator or a matrix of real numbers, "
            f"got {type(model).__name__} of dtype={given.dtype}. Of another library's model, pass "
            "the matrix of its topics."
        )
    topics = given.astype(np.float64)
    bad = topics.ndim != 2 or topics.size == 0
    if bad or not (topics >= 0).all() or not np.isfinite(topics).all():
        raise ValueError(
            f"Expected {name} to be an estimator or a matrix (n_components, n_features) of "
            f"finite non-negative numbers, got shape={topics.shape}."
        )
    largest = topics.max(axis=1, keepdims=True)
    if (largest == 0).any():
        raise ValueError("Expected every topic to have a positive sum, got a row of zeros.")
    topics /= largest  # the sum of large numbers would overflow
    topics /= topics.sum(axis=1, keepdims=True)
    return topics


def check_top_words(n_top_words: Any, least: int, n_words: int) -> int:
    """How many words stand for a topic."""
    number = check_integer("n_top_words", n_top_words, least)
    if number > n_words:
        raise ValueError(
            f"Expected n_top_words to be at most the number of words {n_words}, "
            f"got n_top_words={number}."
        )
    return number
