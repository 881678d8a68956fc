"""Document completion."""

from __future__ import annotations

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp

import fastvb
from fastvb.metrics import completion_score
from fastvb.metrics._completion import _split


def corpus(n_docs=30, n_words=40, seed=0):
    rng = np.random.default_rng(seed)
    return sp.csr_matrix(rng.poisson(0.5, (n_docs, n_words)).astype(float))


def test_against_plain_numpy():
    X, rng = corpus(), np.random.default_rng(1)
    topics = rng.dirichlet(np.full(40, 0.2), 5)
    prior = np.linspace(0.1, 0.5, 5)
    given, held = _split(X, np.random.RandomState(3))
    assert ((given + held) != X).nnz == 0
    gamma, _, _, _ = twin.local_step(given, np.log(topics), prior, np.ones((30, 5)), 1e-6, 1000)
    probability = (gamma / gamma.sum(axis=1, keepdims=True)) @ topics
    dense = held.toarray()
    expected = (dense * np.log(probability)).sum() / dense.sum()
    score = completion_score(
        topics, X, doc_topic_prior=prior, random_state=3, mean_change_tol=1e-6,
        max_doc_update_iter=1000,
    )  # fmt: skip
    assert score == pytest.approx(expected, rel=1e-10)


def test_estimator_and_its_matrix_agree():
    X = corpus(60)
    lda = fastvb.LatentDirichletAllocation(3, random_state=0).fit(X[:40])
    score = completion_score(lda, X[40:])
    topics = lda.topic_word_distribution()
    for matrix, prior in ((topics, 1 / 3), (topics * 7, [1 / 3] * 3)):  # rows are normalised
        again = completion_score(matrix, X[40:].toarray(), doc_topic_prior=prior)
        assert again == pytest.approx(score, rel=1e-9)
    assert score != completion_score(lda, X[40:], random_state=1)
    with fastvb.threads(3):
        assert score == completion_score(lda, X[40:])


def test_words_that_training_has_not_seen_are_left_out():
    X = corpus(60).toarray()
    train, test = X[:40].copy(), X[40:]
    train[:, 30:] = 0
    lda = fastvb.LatentDirichletAllocation(3, random_state=0).fit(train)
    hidden = test.copy()
    hidden[:, 30:] = 0
    topics = lda.topic_word_distribution()
    topics[:, 30:] = 0
    for held_out in (lda, topics):
        alpha = {} if held_out is lda else {"doc_topic_prior": 1 / 3}
        assert np.isfinite(completion_score(held_out, test, **alpha))
    # the split draws entry by entry: only the words that count are split
    assert completion_score(lda, test) == pytest.approx(completion_score(lda, hidden), rel=1e-12)


def test_better_topics_score_higher():
    corpus_, topics, _ = fastvb.datasets.make_lda_corpus(
        200, 100, 4, document_length=60, random_state=0
    )
    X, truth = corpus_.counts, np.asarray(topics)
    uniform = np.ones_like(truth)
    wrong = np.random.default_rng(0).permuted(truth, axis=1)
    scores = [completion_score(t, X) for t in (truth, uniform, wrong)]
    assert scores[0] > scores[1] > scores[2]
    assert scores[1] == pytest.approx(-np.log(100))


@pytest.mark.parametrize(
    ("topics", "X", "message"),
    [
        (np.ones((2, 3)), np.full((1, 3), 0.5), "whole numbers"),
        (np.ones((2, 3)), np.ones((1, 4)), "4 features"),
        (np.ones((2, 3)), np.zeros((2, 3)), "at least one token"),
        (-np.ones((2, 3)), np.ones((1, 3)), "non-negative"),
        (np.ones(3), np.ones((1, 3)), "matrix"),
        (np.array([[1.0, 1], [0, 0]]), np.ones((1, 2)), "row of zeros"),
        (np.ones((2, 3)), -np.ones((1, 3)), "Negative"),
    ],
)
def test_bad_input(topics, X, message):
    with pytest.raises(ValueError, match=message):
        completion_score(topics, X)
