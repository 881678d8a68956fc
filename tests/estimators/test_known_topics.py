"""Estimators that are made from given topics instead of documents."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp
from scipy.special import logsumexp

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus, read_corpus

from_topics = LatentDirichletAllocation.from_topics
from_components = LatentDirichletAllocation.from_components


def corpus(n_docs=30, n_words=40):
    made, topics, _ = make_lda_corpus(n_docs, n_words, 4, document_length=30, random_state=0)
    return sp.csr_matrix(made.counts.astype(float)), topics


def test_components_of_a_fit_make_the_same_estimator():
    X, _ = corpus()
    alpha, eta = [0.1, 0.2, 0.3], np.full((3, 40), 0.05)
    fit = LatentDirichletAllocation(
        3, doc_topic_prior=alpha, topic_word_prior=eta, random_state=0
    ).fit(X)
    made = from_components(fit.components_, doc_topic_prior=alpha, topic_word_prior=eta)
    assert made.n_components == 3
    assert made.n_features_in_ == 40
    assert made.get_params()["topic_word_prior"] is eta
    np.testing.assert_array_equal(made.transform(X), fit.transform(X))
    np.testing.assert_array_equal(made.document_bound(X), fit.document_bound(X))
    np.testing.assert_array_equal(made.exp_dirichlet_component_, fit.exp_dirichlet_component_)
    np.testing.assert_array_equal(made.seen_words_, fit.seen_words_)
    assert made.elbo(X) == fit.elbo(X)
    assert made.elbo(X, terms=True) == fit.elbo(X, terms=True)
    assert list(made.get_feature_names_out()) == list(fit.get_feature_names_out())
    assert not hasattr(made, "lower_bound_")


def test_given_topics_are_copied():
    X, topics = corpus()
    for make, matrix in ((from_topics, topics.copy()), (from_components, topics * 100 + 1)):
        lda = make(matrix)
        expected = lda.transform(X)
        matrix[:] = 1 / 40
        np.testing.assert_array_equal(lda.transform(X), expected)
        assert not lda.components_.flags.writeable


@pytest.mark.parametrize("alpha", [0.1, [0.5, 0.1, 2.0, 0.01]])
def test_documents_under_known_topics(alpha):
    X, topics = corpus()
    lda = from_topics(topics, doc_topic_prior=alpha, mean_change_tol=1e-6)
    gamma, bound, _, statistics = twin.local_step(
        X, np.log(topics), np.broadcast_to(alpha, 4), np.ones((30, 4)), 1e-6, 100
    )
    np.testing.assert_allclose(lda.transform(X, normalize=False), gamma, 1e-9)
    np.testing.assert_allclose(lda.document_bound(X), bound, 1e-9)
    assert lda.score(X) == lda.elbo(X) == pytest.approx(bound.sum(), rel=1e-10)
    assert lda.perplexity(X) == pytest.approx(np.exp(-bound.sum() / X.sum()))
    terms = lda.elbo(X, terms=True)
    assert len(terms) == 7
    assert terms["log_p_beta"] == terms["entropy_beta"] == 0.0
    assert terms["log_p_w"] == pytest.approx((statistics * np.log(topics)).sum(), rel=1e-9)
    assert sum(terms.values()) == pytest.approx(bound.sum(), rel=1e-10)
    assert lda.topic_word_prior_ is None
    np.testing.assert_allclose(lda.topic_word_distribution(), topics, 1e-14)


def test_one_known_topic_is_exact():
    X, topics = corpus()
    lda = from_topics(topics[:1])
    np.testing.assert_allclose(lda.document_bound(X), X @ np.log(topics[0]), 1e-12)


def test_bound_is_below_the_exact_log_probability():
    """Documents of one token: p(w) = sum_k E[theta_k] beta_kw."""
    _, topics = corpus()
    alpha = np.array([0.5, 0.1, 2.0, 0.01])
    bounds = from_topics(topics, doc_topic_prior=alpha).document_bound(np.eye(40))
    exact = np.log(alpha / alpha.sum() @ topics)
    assert (bounds <= exact + 1e-12).all()
    assert (bounds > exact - 2.0).all()


def test_many_pseudo_counts_are_known_topics():
    X, topics = corpus()
    topics = (topics + 1e-3) / (topics + 1e-3).sum(axis=1, keepdims=True)
    many = from_components(topics * 1e12, doc_topic_prior=0.3)
    known = from_topics(topics, doc_topic_prior=0.3)
    np.testing.assert_allclose(known.transform(X), many.transform(X), 1e-6)
    np.testing.assert_allclose(known.document_bound(X), many.document_bound(X), 1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("alpha", [1.0, 1e-3])
def test_words_that_some_topics_exclude(alpha, dtype):
    """Each topic has words of its own, so every token's topic is known but for shared words."""
    topics = np.zeros((3, 7), dtype)
    topics[[0, 0, 1, 1, 2, 2], range(6)] = 0.4
    topics[:, 6] = 0.2
    X = np.array([[3, 1, 2, 0, 0, 0, 0], [0, 0, 0, 5, 0, 0, 4], [9, 0, 0, 0, 0, 9, 1]])
    lda = from_topics(topics, doc_topic_prior=alpha, mean_change_tol=0, max_doc_update_iter=500)
    gamma = lda.transform(X, normalize=False).astype(float)
    own = X[:, :6].reshape(3, 3, 2).sum(axis=2)
    rtol = 1e-9 if dtype == np.float64 else 1e-5
    assert (gamma >= (own + alpha) * (1 - rtol)).all()
    np.testing.assert_allclose(gamma.sum(axis=1), X.sum(axis=1) + 3 * alpha, rtol)
    np.testing.assert_allclose(gamma[0], own[0] + alpha, rtol)
    assert np.isfinite(lda.document_bound(X)).all()
    terms = lda.elbo(X, terms=True)
    assert sum(terms.values()) == pytest.approx(lda.elbo(X), rel=1e-6)
    logs = np.log(np.where(topics > 0, topics, 1), dtype=float).max(axis=0, where=topics > 0,
                                                                      initial=-np.inf)  # fmt: skip
    assert terms["log_p_w"] == pytest.approx((X @ logs).sum(), rel=1e-6)


def test_words_that_are_in_no_topic():
    topics = np.array([[0.5, 0.5, 0, 0], [0.1, 0.9, 0, 0]])
    lda = from_topics(topics)
    np.testing.assert_array_equal(lda.seen_words_, [True, True, False, False])
    np.testing.assert_array_equal(lda.topic_word_distribution(), topics)
    possible = np.array([[1.0, 2, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(
        lda.transform(possible), from_topics(topics[:, :2]).transform(possible[:, :2])
    )
    stored = sp.csr_matrix(([1.0, 2, 0], [0, 1, 3], [0, 3, 3]), shape=(2, 4))  # a stored zero
    np.testing.assert_allclose(lda.document_bound(stored), lda.document_bound(possible), 1e-13)
    impossible = np.vstack([possible, [[1, 1, 0, 2]]])
    message = "positive probability in some topic, got word 3 in document 2"
    for method in (lda.transform, lda.score, lda.perplexity, lda.elbo, lda.document_bound):
        with pytest.raises(ValueError, match=message):
            method(impossible)
    again = pickle.loads(pickle.dumps(lda))
    with pytest.raises(ValueError, match=message):
        again.transform(impossible)
    again.components_ = [[0.4, 0.4, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1]]
    assert np.isfinite(again.score(impossible))


def test_rounded_probabilities():
    _, topics = corpus()
    lda = from_topics(topics.astype(np.float32))
    assert lda.components_.dtype == np.float32
    lda = from_topics(np.round(topics, 6))
    np.testing.assert_allclose(lda.topic_word_distribution().sum(axis=1), 1.0, 1e-14)


def test_fit_after_known_topics():
    X, topics = corpus()
    lda = from_topics(topics, random_state=0).fit(X)
    assert lda.topic_word_prior_ == 1 / 4
    fresh = LatentDirichletAllocation(4, random_state=0).fit(X)
    np.testing.assert_array_equal(lda.components_, fresh.components_)
    assert lda.elbo(X) == fresh.elbo(X)


def test_assigned_components_are_probabilities_again():
    X, topics = corpus()
    lda = from_topics(topics)
    lda.components_ = topics[::-1]
    np.testing.assert_allclose(lda.transform(X), from_topics(topics).transform(X)[:, ::-1], 1e-9)
    with pytest.raises(ValueError, match="every row of components_ to sum to 1"):
        lda.components_ = topics * 2


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        ([[0.5, 0.4]], r"sum to 1, got probabilities\[0\].sum\(\)=0.9.*from_components"),
        ([[0.5, 0.5], [3, 7]], r"probabilities\[1\].sum\(\)=10"),
        ([[1.5, -0.5]], r"hold probabilities, got probabilities.min\(\)=-0.5"),
        ([[np.nan, 1.0]], "hold probabilities"),
        ([[np.inf, 1.0]], "sum to 1"),
        ([0.5, 0.5], r"shape \(n_components, n_features\), got probabilities.shape=\(2,\)"),
    ],
)
def test_bad_probabilities(probabilities, message):
    with pytest.raises(ValueError, match=message):
        from_topics(probabilities)


@pytest.mark.parametrize("make", [from_topics, from_components])
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"doc_topic_prior": [1, 2, 3]}, ValueError, r"shape \(2,\)"),
        ({"doc_topic_prior": 0}, ValueError, "doc_topic_prior"),
        ({"mean_change_tol": -1}, ValueError, "mean_change_tol"),
        ({"learning_method": "gibbs"}, ValueError, "learning_method"),
        ({"n_jobs": 0}, ValueError, "n_jobs"),
        ({"n_components": 2}, TypeError, "n_components"),
        ({"alpha": 2}, TypeError, "alpha"),
    ],
)
def test_bad_parameters(make, parameters, error, message):
    with pytest.raises(error, match=message):
        make(np.full((2, 4), 0.25), **parameters)


def test_priors_of_topics():
    with pytest.raises(TypeError, match="Expected no topic_word_prior"):
        from_topics(np.full((2, 4), 0.25), topic_word_prior=0.1)
    with pytest.raises(ValueError, match=r"\(4,\) or \(2, 4\)"):
        from_components(np.ones((2, 4)), topic_word_prior=np.ones(3))


@pytest.mark.real_data
def test_reuters_under_the_topics_of_a_reference_implementation(shared_data):
    X = read_corpus(shared_data("reuters395/reuters.ldac")).counts
    folder = shared_data("reuters395/lda-c_k10")
    topics = np.exp(np.loadtxt(folder / "final.beta.gz"))
    lda = from_topics(topics, doc_topic_prior=0.1, mean_change_tol=1e-9, max_doc_update_iter=10_000)
    bounds = lda.document_bound(X)
    assert bounds.sum() == pytest.approx(-589971.930, abs=0.01)
    np.testing.assert_allclose(bounds, np.loadtxt(folder / "inf-lda-lhood.dat"), rtol=0, atol=2e-5)
    error = np.abs(lda.transform(X, normalize=False) - np.loadtxt(folder / "inf-gamma.dat"))
    assert error.max() < 0.03  # some documents are flat along a direction
    assert np.median(error) < 1e-8
    single = from_topics(
        topics.astype(np.float32), doc_topic_prior=0.1, mean_change_tol=1e-4,
        max_doc_update_iter=10_000,
    )  # fmt: skip
    assert single.score(X) == pytest.approx(-589971.930, abs=0.5)
    assert logsumexp(bounds) < 0
