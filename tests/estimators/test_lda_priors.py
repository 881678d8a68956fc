"""Priors that a fit learns: what it leaves behind, methods, bad input, files."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus
from fastvb.inference import RobbinsMonro, svi_step
from fastvb.metrics import completion_score
from fastvb.models import DocumentBatch, LDAModel

LEARNED = {"doc_topic_prior": "learn", "topic_word_prior": "learn"}


def corpus(dtype=np.float64, seed=0):
    made, _, _ = make_lda_corpus(150, 80, 4, document_length=40, random_state=seed)
    return made.counts.astype(dtype)


def fitted(X, n_components=4, **params):
    params = {"max_iter": 25, "random_state": 0, "tol": 0.0, **params}
    return LatentDirichletAllocation(n_components, **params).fit(X)


def test_a_fitted_prior_is_not_the_parameter():
    alpha, eta = np.full(4, 0.5), np.full(80, 0.1)
    lda = fitted(corpus(), doc_topic_prior=alpha, topic_word_prior=eta, max_iter=2)
    lda.doc_topic_prior_[:], lda.topic_word_prior_[:] = 9.0, 9.0
    assert (alpha == 0.5).all()
    assert (eta == 0.1).all()


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
    {"learning_method": "streaming"},
    {"learning_method": "streaming", "forgetting": 0.1},
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


@pytest.mark.parametrize("other", [{}, *OTHERS[:-2]], ids=str)
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


@pytest.mark.parametrize("other", OTHERS[-2:], ids=str)
def test_stream_resumed_with_the_same_bits(other, tmp_path):
    X, params = corpus(), {**LEARNED, **other, "batch_size": 40}
    whole = fitted(X, **params)

    def switch_off(state):
        if state.n_iter == 2:
            raise KeyboardInterrupt

    rest = LatentDirichletAllocation(
        4, max_iter=25, random_state=0, tol=0.0, callback=switch_off, **params
    )
    with pytest.raises(KeyboardInterrupt):
        rest.fit(X, checkpoint=tmp_path / "fit")
    rest.set_params(callback=None).fit(X, checkpoint=tmp_path / "fit", resume=True)
    assert_same_state(rest, whole)
    np.testing.assert_array_equal(rest.lower_bounds_, whole.lower_bounds_)


LEARNERS = [
    {"learning_method": "online"},
    {"learning_method": "collapsed"},
    {"learning_method": "structured"},
    {"learning_method": "structured", "local_step": "gibbs"},
    {"learning_method": "structured-full", "batch_size": 150},
    {"learning_method": "streaming", "max_iter": 20},
    {"learning_method": "streaming", "max_iter": 20, "forgetting": 0.1},
]


def learner(**params):
    defaults = {"batch_size": 50, "total_samples": 150, "random_state": 0}
    return LatentDirichletAllocation(4, **{**LEARNED, **defaults, **params})


def assert_same_state(one, two):
    np.testing.assert_array_equal(one.doc_topic_prior_, two.doc_topic_prior_)
    np.testing.assert_array_equal(one.topic_word_prior_, two.topic_word_prior_)
    np.testing.assert_array_equal(one.components_, two.components_)


@pytest.mark.parametrize("other", LEARNERS, ids=str)
@pytest.mark.parametrize("kind", ["learn", "learn-vector"])
def test_partial_fit_learns(other, kind):
    corpus, _, _ = make_lda_corpus(
        400, 80, 4, doc_topic_prior=0.1, topic_word_prior=0.03, document_length=40, random_state=0
    )
    lda = learner(topic_word_prior=kind, total_samples=400, **other)
    seen = []
    for _ in range(24):
        lda.partial_fit(corpus.counts.astype(np.float64))
        seen.append((lda.doc_topic_prior_, lda.topic_word_prior_))
    assert np.shape(lda.doc_topic_prior_) == (4,)
    assert np.shape(lda.topic_word_prior_) == (() if kind == "learn" else (80,))
    assert all((np.asarray(prior) > 0).all() for priors in seen for prior in priors)
    assert 0.015 < np.mean(lda.topic_word_prior_) < 0.15
    assert 0.05 < np.mean(lda.doc_topic_prior_) < 0.2
    if kind == "learn-vector":
        assert np.ptp(lda.topic_word_prior_) > 0.01


def test_partial_fit_makes_the_steps_of_the_driver():
    """Stochastic inference over the same mini-batches, the prior of the topics once per epoch."""
    X = corpus()
    lda = learner(doc_init="ones")
    lda.partial_fit(X[:60]).partial_fit(X[60:])  # 50, 10, 50 and 40 documents
    for _ in range(2):
        lda.partial_fit(X)
    model = LDAModel(
        np.full(4, 0.25), 0.25, 80, doc_init="ones", learn_doc_topic_prior="vector",
        learn_topic_word_prior="symmetric", tunes=True,
    )  # fmt: skip
    topics = model.init_globals(None, np.random.RandomState(0))
    schedule, update = RobbinsMonro(0.7, 10.0), 0
    for ends in ((0, 50, 60, 110, 150), (0, 50, 100, 150), (0, 50, 100, 150)):
        for begin, end in pairwise(ends):
            update += 1
            batch = DocumentBatch(sp.csr_matrix(X[begin:end]))
            rate = schedule.rate(update)
            topics = svi_step(model, batch, topics, rate=rate, n_total=150)
        before = float(model.eta(topics).eta)
        topics = model.tune(topics)
        assert float(model.eta(topics).eta) != before
    np.testing.assert_array_equal(lda.doc_topic_prior_, topics.priors.alpha)
    assert lda.topic_word_prior_ == float(topics.priors.eta.eta)
    np.testing.assert_array_equal(lda.components_, topics.topic_word)


@pytest.mark.parametrize("other", LEARNERS, ids=str)
@pytest.mark.parametrize("learned", [{}, {"topic_word_prior": "learn-vector"}, None], ids=str)
def test_partial_fit_goes_on_with_the_same_bits(other, learned, tmp_path):
    """After reading, after saving and loading, after pickling; with any number of threads."""
    priors = {"doc_topic_prior": 0.1, "topic_word_prior": 0.2} if learned is None else learned
    runs = [learner(**{**other, **priors, "n_jobs": n_jobs}) for n_jobs in (1, 1, 1, 2, 3)]
    for call in range(26 if learned else 4):
        X = corpus(seed=call % 5)
        for lda in runs:
            lda.partial_fit(X)
        reader, loaded, pickled = runs[:3]
        reader.components_, reader.score(X), reader.elbo(X), reader.transform(X)
        reader.save(tmp_path / "reader")
        loaded.save(tmp_path / "loaded")
        runs[1] = LatentDirichletAllocation.load(tmp_path / "loaded")
        runs[2] = pickle.loads(pickle.dumps(pickled))
    for lda in runs[:-1]:
        assert_same_state(lda, runs[-1])
        assert lda.score(X) == runs[-1].score(X)


@pytest.mark.parametrize("method", ["batch", "online", "collapsed", "structured", "memoized"])
def test_partial_fit_goes_on_after_fit(method, tmp_path):
    X = corpus()
    lda = learner(learning_method=method, max_iter=5).fit(X)
    if method == "memoized":
        lda.set_params(learning_method="collapsed")  # which learns from other statistics
    fitted_alpha, fitted_eta = lda.doc_topic_prior_, lda.topic_word_prior_
    lda.save(tmp_path / "lda")
    loaded = LatentDirichletAllocation.load(tmp_path / "lda")
    for _ in range(3):
        lda.partial_fit(X)
        loaded.partial_fit(X)
    assert_same_state(lda, loaded)
    assert (lda.doc_topic_prior_ != fitted_alpha).all()
    assert lda.topic_word_prior_ != fitted_eta
    # what is known of the documents' weights is not forgotten in the first step
    np.testing.assert_allclose(lda.doc_topic_prior_, fitted_alpha, rtol=0.7)


@pytest.mark.filterwarnings("ignore:Expected total_samples")
def test_prior_of_the_topics_without_a_number_of_documents():
    """It is learned when the documents have doubled."""
    lda, changes, last = learner(total_samples=None, batch_size=10), [], 0.25
    for start in range(0, 150, 10):
        lda.partial_fit(corpus()[start : start + 10])
        if lda.topic_word_prior_ != last:
            changes.append(start + 10)
        last = lda.topic_word_prior_
    assert changes == [10, 20, 40, 70, 130]  # the first with 1, 16, 32, 64 and 128


def test_priors_that_were_changed_between_calls():
    lda = learner().partial_fit(corpus())
    lda.topic_word_prior_ = 3.0
    lda.partial_fit(corpus()[:50])
    assert lda.topic_word_prior_ == 3.0  # until the next epoch
    lda.partial_fit(corpus()[50:])
    assert lda.topic_word_prior_ < 3.0
    lda.set_params(doc_topic_prior=None, topic_word_prior=None)
    alpha, eta = lda.doc_topic_prior_, lda.topic_word_prior_
    lda.partial_fit(corpus())
    np.testing.assert_array_equal(lda.doc_topic_prior_, alpha)
    assert lda.topic_word_prior_ == eta


def test_prior_that_cannot_be_learned_further():
    lda = learner().partial_fit(corpus())
    before = lda.components_
    lda.topic_word_prior_ = np.full(80, 0.1)
    with pytest.raises(ValueError, match=r"Expected topic_word_prior_ to be a number .*=\(80,\)"):
        lda.partial_fit(corpus())
    lda.set_params(topic_word_prior="auto")
    with pytest.raises(ValueError, match="Expected topic_word_prior to be a number"):
        lda.partial_fit(corpus())
    assert lda.components_ is before


def test_learned_priors_of_a_growing_vocabulary():
    X, words = corpus(), np.array([f"w{i}" for i in range(80)])
    lda = learner(vocabulary="grow").partial_fit(X, feature_names=words)
    lda.partial_fit(X, feature_names=np.roll(words, 1))
    lda.partial_fit(X[:, :30], feature_names=[f"new{i}" for i in range(30)])
    assert lda.components_.shape == (4, 110)
    assert 0 < lda.topic_word_prior_ != 0.25


@pytest.mark.parametrize("damage", ["counts", "prior", "total", "words"])
def test_damaged_topics_are_refused(damage):
    lda = learner().partial_fit(corpus())
    state = lda.__getstate__()
    wrong = {"counts": np.ones((80, 3)), "prior": np.ones((3, 8)), "words": np.arange(3)}
    value = wrong.get(damage, np.full(4, np.nan))
    state["_topics"] = replace(state["_topics"], **{damage: value})
    with pytest.raises(ValueError, match="do not fit together"):
        LatentDirichletAllocation.__new__(LatentDirichletAllocation).__setstate__(state)


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
def test_topics_that_are_given_have_given_priors(name):
    with pytest.raises(ValueError, match=rf"Expected {name} .* Only fit and partial_fit learn it"):
        LatentDirichletAllocation.from_components(np.ones((2, 3)), **{name: "learn"})


def test_prior_of_each_word_takes_passes():
    with pytest.raises(ValueError, match=r"Expected topic_word_prior='learn' with .*'memoized'"):
        fitted(corpus(), learning_method="memoized", topic_word_prior="learn-vector")
