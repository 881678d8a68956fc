"""Which topic is which."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import fastvb
from fastvb.metrics import match_topics


def topics(n_topics, seed):
    return np.random.default_rng(seed).dirichlet(np.full(30, 0.1), n_topics)


def test_a_permutation_is_found():
    a = topics(6, 0)
    order = np.array([3, 0, 5, 1, 4, 2])
    permutation, similarity = match_topics(a, a[order] * 7.0)  # rows are normalised
    np.testing.assert_array_equal(a[order][permutation], a)
    np.testing.assert_allclose(similarity, 1.0, rtol=1e-12)
    assert similarity.max() <= 1.0


def test_best_of_all_permutations():
    a, b = topics(5, 0), topics(5, 1)
    permutation, similarity = match_topics(a, b)
    every = np.sqrt(a) @ np.sqrt(b).T
    best = max(permutations(range(5)), key=lambda p: every[np.arange(5), p].sum())
    np.testing.assert_array_equal(permutation, best)
    np.testing.assert_allclose(similarity, every[np.arange(5), permutation], 1e-14)
    hellinger = np.linalg.norm(np.sqrt(a) - np.sqrt(b[permutation]), axis=1) / np.sqrt(2)
    np.testing.assert_allclose(1 - similarity, hellinger**2, 1e-9)


def test_different_numbers_of_topics():
    a = topics(6, 0)
    permutation, similarity = match_topics(a[[4, 1]], a)
    np.testing.assert_array_equal(permutation, [4, 1])
    permutation, similarity = match_topics(a, a[[4, 1]])
    np.testing.assert_array_equal(permutation, [-1, 1, -1, -1, 0, -1])
    np.testing.assert_array_equal(np.isnan(similarity), permutation == -1)
    np.testing.assert_allclose(similarity[[1, 4]], 1.0)


def test_estimators():
    X = np.random.default_rng(0).poisson(1.0, (20, 30))
    lda = fastvb.LatentDirichletAllocation(3, random_state=0, max_iter=2).fit(X)
    permutation, _ = match_topics(lda, lda.topic_word_distribution()[::-1])
    np.testing.assert_array_equal(permutation, [2, 1, 0])


def test_bad_input():
    with pytest.raises(ValueError, match=r"same number of words, got a.shape=\(2, 3\)"):
        match_topics(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(TypeError, match="Expected b to be an estimator or a matrix"):
        match_topics(np.ones((2, 3)), "b")
