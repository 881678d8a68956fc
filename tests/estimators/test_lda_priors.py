"""Priors that a fit learns: what it leaves behind, methods, bad input, files."""

from __future__ import annotations

import numpy as np
import pytest

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus
from fastvb.metrics import completion_score

LEARNED = {"doc_topic_prior": "learn", "topic_word_prior": "learn"}


def corpus(dtype=np.float64, seed=0):
    made, _, _ = make_lda_corpus(150, 80, 4, document_length=40, random_state=seed)
    return made.counts.astype(dtype)


def fitted(X, n_components=4, **params):
    params = {"max_iter": 25, "random_state": 0, "tol": 0.0, **params}
    return LatentDirichletAllocation(n_components, **params).fit(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("alpha", "eta", "shapes"),
    [
        ("learn", "learn", ((4,), ())),
        ("learn-symmetric", "learn-vector", ((), (80,))),
        ("learn", 0.1, ((4,), ())),
        (None, "learn", ((), ())),
    ],
)
def test_learned_values_and_a_bound_that_never_falls(alpha, eta, shapes, dtype):
    X = corpus(dtype)
    lda = fitted(X, doc_topic_prior=alpha, topic_word_prior=eta)
    priors = lda.doc_topic_prior_, lda.topic_word_prior_
    assert tuple(np.shape(prior) for prior in priors) == shapes
    for prior, shape, given in zip(priors, shapes, (alpha, eta), strict=True):
        assert isinstance(prior, np.ndarray if shape else float)
        assert np.all(np.asarray(prior) > 0)
        if isinstance(given, str):
            assert np.all(prior != 0.25)
    assert (np.diff(lda.lower_bounds_) > -1e-6 * abs(lda.lower_bound_)).all()
    assert lda.lower_bound_ > fitted(X, topic_word_prior=0.1 if eta == 0.1 else None).lower_bound_
    counts = lda.transform(X, normalize=False) - lda.doc_topic_prior_
    np.testing.assert_allclose(counts.sum(axis=1), np.asarray(X.sum(axis=1)).ravel(), rtol=1e-4)


def test_bound_of_the_fit_is_that_of_the_fitted_attributes():
    X = corpus()
    lda = fitted(X, max_iter=300, mean_change_tol=1e-9, max_doc_update_iter=1000, **LEARNED)
    assert lda.elbo(X) == pytest.approx(lda.lower_bound_, rel=1e-3)
    assert sum(lda.elbo(X, terms=True).values()) == pytest.approx(lda.elbo(X), rel=1e-10)


OTHERS = [
    {"learning_method": "memoized"},
    {"learning_method": "online"},
    {"learning_method": "structured"},
    {"learning_method": "structured", "local_step": "collapsed"},
    {"learning_method": "structured", "local_step": "gibbs"},
    {"learning_method": "structured-full", "batch_size": 200, "max_iter": 60},
    {"learning_method": "collapsed", "max_iter": 40},
    {"learning_method": "collapsed", "memory_budget": 0},
]


@pytest.mark.parametrize("kind", ["learn", "learn-symmetric"])
@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_other_methods(other, kind):
    """All find what generated the documents, a tenth for each topic."""
    corpus, _, _ = make_lda_corpus(
        600, 80, 4, doc_topic_prior=0.1, document_length=40, random_state=0
    )
    X = corpus.counts.astype(np.float64)
    lda = LatentDirichletAllocation(
        4, doc_topic_prior=kind, topic_word_prior=0.1, random_state=0,
        **{"max_iter": 25, "tol": 0.0, "batch_size": 50, **other},
    )  # fmt: skip
    prior = lda.fit(X).doc_topic_prior_
    assert np.shape(prior) == ((4,) if kind == "learn" else ())
    np.testing.assert_allclose(prior, 0.1, rtol=0.35)
    weights = lda.transform(X, normalize=False)
    counts = weights - prior
    np.testing.assert_allclose(counts.sum(axis=1), np.asarray(X.sum(axis=1)).ravel(), rtol=1e-4)


@pytest.mark.parametrize("kind", ["learn", "learn-vector"])
@pytest.mark.parametrize("other", OTHERS[1:], ids=str)
def test_prior_of_the_topics_by_stochastic_methods(other, kind):
    """From 1/4 towards the 0.03 of the topics, once per epoch; slower than coordinate ascent."""
    corpus, _, _ = make_lda_corpus(
        400, 80, 4, doc_topic_prior=0.1, topic_word_prior=0.03, document_length=40, random_state=0
    )
    X, params = corpus.counts.astype(np.float64), {"doc_topic_prior": 0.1, "topic_word_prior": kind}
    other = {**other, "max_iter": 40}
    eta = fitted(X, **{**params, "batch_size": 100, **other}).topic_word_prior_
    assert np.shape(eta) == (() if kind == "learn" else (80,))
    assert 0.02 < np.mean(eta) < 0.15
    if kind == "learn-vector":
        assert np.corrcoef(eta, np.asarray(X.sum(axis=0)).ravel())[0, 1] > 0.4


def test_saved_and_loaded(tmp_path):
    X = corpus()
    lda = fitted(X, **LEARNED)
    lda.save(tmp_path / "lda.npz")
    loaded = LatentDirichletAllocation.load(tmp_path / "lda.npz")
    np.testing.assert_array_equal(loaded.transform(X), lda.transform(X))
    assert loaded.topic_word_prior_ == lda.topic_word_prior_
    assert loaded.get_params()["doc_topic_prior"] == "learn"
    assert loaded.elbo(X) == lda.elbo(X)


@pytest.mark.parametrize("other", [{}, *OTHERS], ids=str)
def test_resumed_with_the_same_bits(other, tmp_path):
    X, params = corpus(), {**LEARNED, **other, "batch_size": 50}
    params.pop("max_iter", None)
    whole = fitted(X, max_iter=24, **params)
    first = LatentDirichletAllocation(4, max_iter=11, random_state=0, tol=0.0, **params)
    first.fit(X, checkpoint=tmp_path / "fit", checkpoint_every=1)
    rest = first.set_params(max_iter=24).fit(X, checkpoint=tmp_path / "fit", resume=True)
    np.testing.assert_array_equal(rest.doc_topic_prior_, whole.doc_topic_prior_)
    assert rest.topic_word_prior_ == whole.topic_word_prior_
    np.testing.assert_array_equal(rest.components_, whole.components_)


def test_partial_fit_goes_on_with_what_was_learned():
    lda = fitted(corpus(), **LEARNED, total_samples=1000)
    alpha, eta = lda.doc_topic_prior_, lda.topic_word_prior_
    lda.partial_fit(corpus(seed=1))
    np.testing.assert_array_equal(lda.doc_topic_prior_, alpha)
    assert lda.topic_word_prior_ == eta


def test_prior_may_be_changed_after_the_fit():
    X = corpus()
    lda = fitted(X, **LEARNED)
    before = lda.transform(X)
    lda.doc_topic_prior_ = 5.0
    assert np.abs(lda.transform(X) - before).max() > 0.1


def test_validation_reads_the_learned_prior():
    X, held_out = corpus(), corpus(seed=1)
    lda = LatentDirichletAllocation(4, max_iter=5, random_state=0, **LEARNED)
    lda.fit(X, validation=held_out)
    score = completion_score(lda, held_out)
    assert lda.validation_scores_[-1] == pytest.approx(score, rel=1e-6)


@pytest.mark.parametrize("name", ["doc_topic_prior", "topic_word_prior"])
def test_unknown_word(name):
    with pytest.raises(ValueError, match=rf"Expected {name} to be a number, an array, 'learn' or"):
        fitted(corpus(), **{name: "auto"})


@pytest.mark.parametrize("name", ["doc_topic_prior", "topic_word_prior"])
def test_methods_that_cannot_learn(name):
    with pytest.raises(ValueError, match=rf"Expected learning_method .* with {name}='learn'"):
        fitted(corpus(), learning_method="streaming", **{name: "learn"})
    with pytest.raises(ValueError, match=rf"Expected {name} .* Only fit learns it"):
        LatentDirichletAllocation(4, **{name: "learn"}).partial_fit(corpus())
    with pytest.raises(ValueError, match=rf"Expected {name} .* Only fit learns it"):
        LatentDirichletAllocation.from_components(np.ones((2, 3)), **{name: "learn"})


def test_methods_that_cannot_learn_the_topics_prior():
    with pytest.raises(ValueError, match="with topic_word_prior='learn', got learning_method"):
        fitted(corpus(), learning_method="streaming", topic_word_prior="learn")
    with pytest.raises(ValueError, match=r"one of \('batch', .* with topic_word_prior='learn-vec"):
        fitted(corpus(), learning_method="memoized", topic_word_prior="learn-vector")
