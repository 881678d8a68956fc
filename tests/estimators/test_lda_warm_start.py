"""Fits of LatentDirichletAllocation that start from topics that are there."""

from __future__ import annotations

import numpy as np
import pytest
import reference.lda as twin

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus

PRIORS = {"doc_topic_prior": 0.3, "topic_word_prior": 0.2}
CORPUS = make_lda_corpus(120, 60, 4, random_state=0)[0].counts.astype(float)
METHODS = ("batch", "online", "structured", "structured-full", "memoized", "streaming")


def lda(method, **options):
    settings = {"learning_method": method, "max_iter": 5, "batch_size": 32, "random_state": 0}
    return LatentDirichletAllocation(4, **{**settings, **PRIORS, **options})


def given(rng=0, **options):
    topics = np.random.default_rng(rng).gamma(2.0, 3.0, (4, 60)) + 0.2
    return LatentDirichletAllocation.from_components(topics, **{**PRIORS, **options})


def test_a_pass_from_given_topics_follows_the_equations():
    made = given(warm_start=True, max_iter=1, doc_init="ones", mean_change_tol=0.0)
    elog = twin.elog_topics(made.components_)
    made.fit(CORPUS)
    alpha, ones = np.full(4, 0.3), np.ones((120, 4))
    counts = twin.local_step(CORPUS, elog, alpha, ones, 0.0, 100)[3]
    np.testing.assert_allclose(made.components_, 0.2 + counts, 1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_goes_on_from_topics(method):
    """It keeps their order, which other starts have no reason to find, and leaves them alone."""
    start = lda("batch", max_iter=50, random_state=3).fit(CORPUS)
    topics = start.components_.copy()
    options = {"learning_method": method, "warm_start": True, "learning_offset": 100.0}
    made = LatentDirichletAllocation.from_components(
        start.components_, max_iter=2, **PRIORS, **options
    ).fit(CORPUS)
    assert (made.components_ != topics).any()
    near = np.corrcoef(made.components_, topics)[:4, 4:]
    np.testing.assert_array_equal(near.argmax(axis=1), np.arange(4))
    np.testing.assert_array_equal(start.components_, topics)


@pytest.mark.parametrize("method", METHODS)
def test_without_topics_it_starts_as_always(method):
    cold, warm = lda(method).fit(CORPUS), lda(method, warm_start=True).fit(CORPUS)
    np.testing.assert_array_equal(cold.components_, warm.components_)


def test_the_bound_goes_on_where_another_method_has_ended():
    made = lda("structured", max_iter=20).fit(CORPUS)
    reached = made.elbo(CORPUS)
    made.set_params(learning_method="batch", warm_start=True).fit(CORPUS)
    assert made.lower_bounds_[0] > reached
    assert (np.diff(made.lower_bounds_) > -1e-9 * abs(reached)).all()


def test_learned_priors_start_as_in_any_fit():
    """The bound has all terms from the first pass on: the topics hardly move, and 1/K is given."""
    start = lda("batch", doc_topic_prior=0.25, max_iter=100, tol=0.0).fit(CORPUS)
    made = LatentDirichletAllocation.from_components(start.components_, **PRIORS, warm_start=True)
    made.set_params(doc_topic_prior="learn", max_iter=1).fit(CORPUS)
    assert abs(made.lower_bound_ / start.lower_bound_ - 1) < 0.01
    assert made.doc_topic_prior_.shape == (4,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_topics_take_the_type_of_the_counts(dtype):
    made = given(warm_start=True).fit(CORPUS.astype(dtype))
    assert made.components_.dtype == dtype


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({"n_components": 5}, CORPUS, r"Expected components_ of shape .*\(5, 60\), got .*\(4, 60"),
        ({}, CORPUS[:, :59], r"Expected components_ of shape .*\(4, 59\), got .*\(4, 60"),
        ({"learning_method": "collapsed"}, CORPUS, "Expected another learning_method"),
    ],
)
def test_topics_that_do_not_fit(options, X, message):
    made = given(warm_start=True).set_params(**options)
    topics = made.components_.copy()
    with pytest.raises(ValueError, match=message):
        made.fit(X)
    np.testing.assert_array_equal(made.components_, topics)
    assert not hasattr(made, "lower_bound_")


def test_known_topics_are_no_start():
    made = LatentDirichletAllocation.from_topics(np.full((4, 60), 1 / 60), warm_start=True)
    with pytest.raises(ValueError, match="Expected topics with a distribution to start from"):
        made.fit(CORPUS)


def test_other_columns():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(CORPUS.toarray(), columns=[f"w{i}" for i in range(60)])
    made = lda("batch", warm_start=True).fit(frame)
    with pytest.raises(ValueError, match="Expected the columns of X to be those of the topics"):
        made.fit(frame[frame.columns[::-1]])
    assert made.fit(frame).n_iter_ > 0


def test_it_is_a_truth_value():
    with pytest.raises(TypeError, match="Expected warm_start to be True or False, got"):
        lda("batch", warm_start="yes").fit(CORPUS)
