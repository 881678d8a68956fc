"""Document completion."""

from __future__ import annotations

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp

import fastvb
from fastvb.metrics import completion_score
from fastvb.models._completion import split_tokens


def corpus(n_docs=30, n_words=40, seed=0):
    rng = np.random.default_rng(seed)
    return sp.csr_matrix(rng.poisson(0.5, (n_docs, n_words)).astype(float))


def test_against_plain_numpy():
    X, rng = corpus(), np.random.default_rng(1)
    topics = rng.dirichlet(np.full(40, 0.2), 5)
    prior = np.linspace(0.1, 0.5, 5)
    given, held = split_tokens(X, np.random.RandomState(3))
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


def trained_without_the_last_words():
    X = corpus(60).toarray()
    train, test = X[:40].copy(), X[40:]
    train[:, 30:] = 0
    return fastvb.LatentDirichletAllocation(3, random_state=0).fit(train), train, test


def test_words_that_training_has_not_seen_are_left_out():
    lda, train, test = trained_without_the_last_words()
    score = completion_score(lda, test, doc_topic_prior=0.2)
    smoothed = lda.topic_word_distribution()
    bare = smoothed.copy()
    bare[:, 30:] = 0
    flat = np.hstack([bare[:, :30], np.full((3, 10), 7.0)])  # whatever a library puts there
    seen = train.sum(axis=0) > 0
    for topics, options in (
        (bare, {}),
        (bare, {"seen_words": seen}),
        (smoothed, {"seen_words": seen}),
        (flat, {"seen_words": seen.tolist()}),
        (lda, {"seen_words": sp.csr_matrix(train).sum(axis=0) > 0}),  # of shape (1, 40)
    ):
        again = completion_score(topics, test, doc_topic_prior=0.2, **options)
        assert again == pytest.approx(score, rel=1e-12)
    assert completion_score(smoothed, test, doc_topic_prior=0.2) < score - 0.1
    fewer = seen & (np.arange(40) % 2 == 0)
    assert completion_score(lda, test, seen_words=fewer) != pytest.approx(score, rel=1e-3)


def test_scored_words_by_hand():
    """One topic, so the weights do not matter: the mean of log p(word | it has been seen)."""
    topics, seen = np.array([[0.4, 0.2, 0.1, 0.3]]), np.array([True, True, False, True])
    X = np.array([[30, 20, 50, 0]])
    _, held = split_tokens(sp.csr_matrix(X.astype(float)), np.random.RandomState(0))
    first, second = held[0, 0], held[0, 1]
    expected = (first * np.log(0.4 / 0.9) + second * np.log(0.2 / 0.9)) / (first + second)
    assert completion_score(topics, X, seen_words=seen) == pytest.approx(expected, rel=1e-12)


def test_the_split_is_the_same_for_every_model():
    """Topics that differ at words that do not count have the same score."""
    lda, _, test = trained_without_the_last_words()
    hidden = lda.topic_word_distribution()
    hidden[:, [3, 35]] = 0
    mask = np.ones(40, bool)
    mask[[3, 35]] = False
    mask[30:] = False
    expected = completion_score(lda, test, doc_topic_prior=1.0, seen_words=mask)
    score = completion_score(hidden, test, doc_topic_prior=1.0, seen_words=mask)
    assert score == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("topics", "seen", "message"),
    [
        (np.ones((2, 3)), [True, True], "3 truth values.*dtype=bool and shape="),
        (np.ones((2, 3)), [0, 1, 2], "3 truth values, .*dtype=int"),
        (np.ones((2, 3)), "all", "3 truth values"),
        (np.ones((2, 3)), [False] * 3, "positive sum over the seen words, got topic 0"),
        (np.array([[1.0, 1, 0], [0, 0, 1]]), [True, True, False], "got topic 1 without"),
        (np.array([[1.0, 0, 0], [1, 0, 1]]), [True, True, True], "got word 1 without"),
    ],
)
def test_bad_seen_words(topics, seen, message):
    with pytest.raises(ValueError, match=message):
        completion_score(topics, np.full((4, 3), 5), seen_words=seen)


def test_a_seen_word_that_neither_topics_nor_documents_have():
    topics, X = np.array([[0.5, 0.5, 0], [0.9, 0.1, 0]]), np.array([[8, 3, 0], [1, 9, 0]])
    score = completion_score(topics, X, seen_words=[True] * 3)
    assert score == pytest.approx(completion_score(topics, X), rel=1e-13)


def test_known_topics():
    X, topics = corpus(20), np.random.default_rng(0).dirichlet(np.full(40, 0.2), 3)
    lda = fastvb.LatentDirichletAllocation.from_topics(topics, doc_topic_prior=0.3)
    expected = completion_score(topics, X, doc_topic_prior=0.3)
    assert completion_score(lda, X) == pytest.approx(expected, rel=1e-12)


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
        (np.ones((2, 3)), np.full((1, 3), 2.0**31), "counts of at most 2147483647, got"),
        (np.ones((2, 3)), np.full((1, 3), 2**63, np.uint64), "counts of at most 2147483647"),
        (np.ones((2, 3)), np.full((1, 3), 1e300), "counts of at most 2147483647"),
        (np.ones((2, 3)), np.full((1, 3), np.nan), "finite"),
        (np.ones((0, 3)), np.ones((1, 3)), "matrix"),
    ],
)
def test_bad_input(topics, X, message):
    with pytest.raises(ValueError, match=message):
        completion_score(topics, X)


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"mean_change_tol": np.nan}, ValueError),
        ({"mean_change_tol": -1.0}, ValueError),
        ({"mean_change_tol": "x"}, TypeError),
        ({"max_doc_update_iter": -5}, ValueError),
        ({"max_doc_update_iter": 0}, ValueError),
        ({"max_doc_update_iter": 2.5}, TypeError),
        ({"random_state": "x"}, TypeError),
        ({"random_state": -1}, ValueError),
        ({"doc_topic_prior": np.inf}, ValueError),
        ({"doc_topic_prior": [1.0]}, ValueError),
        ({"doc_topic_prior": "x"}, TypeError),
    ],
)
def test_bad_options(option, error):
    (name,) = option
    with pytest.raises(error, match=f"Expected {name} to be .*, got {name}"):
        completion_score(np.ones((2, 3)), np.ones((4, 3)), **option)


@pytest.mark.parametrize("model", ["x", None, [[1j, 2]], sp.csr_array([[1.0, 2.0]])])
def test_model_of_the_wrong_kind(model):
    with pytest.raises(TypeError, match="Expected model to be an estimator or a matrix"):
        completion_score(model, np.ones((4, 2)))


def test_limits_that_are_allowed():
    topics, X = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]), np.array([[2**31 - 1, 5, 1]])
    score = completion_score(topics, X)
    assert score == completion_score(topics, X, max_doc_update_iter=2**40, random_state=0)
    assert completion_score(topics * 1e308, X) == pytest.approx(score, rel=1e-12)
    generator = np.random.default_rng(0)
    assert np.isfinite(completion_score(topics, X, random_state=generator))


def test_prior_of_the_weights_counts():
    """An estimator brings its own; with the same prior its matrix has the same score."""
    X = corpus(60)
    lda = fastvb.LatentDirichletAllocation(3, doc_topic_prior=5.0, random_state=0).fit(X[:40])
    topics = lda.topic_word_distribution()
    assert completion_score(lda, X[40:]) != completion_score(topics, X[40:])
    assert completion_score(lda, X[40:], doc_topic_prior=0.2) == pytest.approx(
        completion_score(topics, X[40:], doc_topic_prior=0.2), rel=1e-12
    )
