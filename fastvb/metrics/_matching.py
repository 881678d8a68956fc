"""Topics have no order: find which topic of one model is which of another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fastvb.metrics._topics import as_topics

__all__ = ["match_topics"]


def match_topics(a: Any, b: Any) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Pair the topics of two models one to one so that they are as similar as possible.

    The similarity of two topics p and q is the Bhattacharyya coefficient ``sum_v sqrt(p_v q_v)``:
    1 for equal topics, 0 for topics without a common word; one minus it is the square of their
    Hellinger distance. The pairs have the largest sum of similarities.

    Parameters
    ----------
    a, b : estimator or array-like of shape (n_components_a or n_components_b, n_features)
        Fitted estimators with ``topic_word_distribution()``, or matrices of topics. They must have
        the same words, but not the same number of topics.

    Returns
    -------
    permutation : ndarray of int, shape (n_components_a,)
        Topic of `b` for each topic of `a`: ``b_topics[permutation]`` are in the order of `a`.
        Where `a` has more topics than `b`, some are left without one and have -1.
    similarity : ndarray of shape (n_components_a,)
        Of the pairs, from 0 to 1; NaN where there is none.

    Raises
    ------
    TypeError, ValueError
        If `a` or `b` is neither, or if they do not have the same number of words.

    References
    ----------
    H. Kuhn (1955), The Hungarian method for the assignment problem, Naval Research Logistics
    Quarterly 2.

    Examples
    --------
    >>> from fastvb.metrics import match_topics
    >>> permutation, similarity = match_topics([[0.9, 0.1], [0.2, 0.8]], [[0.2, 0.8], [0.9, 0.1]])
    >>> permutation
    array([1, 0])
    >>> similarity.round(6)
    array([1., 1.])
    """
    first, second = as_topics("a", a), as_topics("b", b)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            "Expected a and b to have the same number of words, "
            f"got a.shape={first.shape}, b.shape={second.shape}."
        )
    every = np.minimum(np.sqrt(first) @ np.sqrt(second).T, 1.0)  # rounding exceeds 1
    rows, columns = linear_sum_assignment(every, maximize=True)
    permutation = np.full(len(first), -1)
    similarity = np.full(len(first), np.nan)
    permutation[rows], similarity[rows] = columns, every[rows, columns]
    return permutation, similarity
