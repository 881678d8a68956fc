"""Documents whose steps but the last are in single precision: close to those in double, and what
is read off them exact."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp

from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_local import DirichletTopics, DocumentPosteriors, PointTopics
from fastvb.models._lda_state import LDAGlobals

MIXED, DOUBLE = True, False


def topics(n_topics, n_words, seed=1):
    return np.random.default_rng(seed).gamma(0.3, 3.0, (n_topics, n_words)) + 0.05


def corpus(n_docs, n_words, length, seed=0):
    """Documents of various lengths (the third one empty), among them fractional counts."""
    rng = np.random.default_rng(seed)
    X = rng.poisson(length / n_words, (n_docs, n_words)) * rng.choice([1.0, 2.5], (n_docs, n_words))
    X[2 % n_docs] = 0
    return sp.csr_matrix(X)


def run(X, view, prior, gamma, max_iter, mixed, tol=0.0, mean=False, n_jobs=1):
    """The documents, and the statistics of all words."""
    documents = DocumentPosteriors(DocumentBatch(X), view, prior, gamma.copy(), n_jobs, mean)
    stats = documents.run_and_count(tol, max_iter, mixed)
    counts = np.zeros((X.shape[1], len(prior)))
    counts[stats.words] = stats.counts[:, : len(prior)]
    return documents, counts.T


def view_of(concentration, mean=False):
    return DirichletTopics(LDAGlobals.from_topics(concentration), 1, mean)


def check_exactness(X, elog, prior, documents, statistics):
    """Bound and statistics are those of a float64 computation at gamma; every token counts."""
    gamma, length = documents.gamma, np.asarray(X.sum(axis=1)).ravel()
    _, bound, _, expected = twin.local_step(X, elog, prior, gamma, 0.0, 0)
    np.testing.assert_allclose(documents.bound, bound, 1e-11, 1e-11)
    np.testing.assert_allclose(statistics, expected, 1e-9, 1e-13)
    np.testing.assert_allclose((gamma - prior).sum(axis=1), length, 1e-12, 1e-13)


def check_equal(one, other):
    """The same bits."""
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(getattr(a, "gamma", a), getattr(b, "gamma", b))
        np.testing.assert_array_equal(getattr(a, "bound", a), getattr(b, "bound", b))
        np.testing.assert_array_equal(getattr(a, "n_iter", a), getattr(b, "n_iter", b))


@pytest.mark.parametrize("n_topics", [1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65])
def test_documents(n_topics):
    X, concentration = corpus(11, 40, 15), topics(n_topics, 40)
    prior, gamma = np.linspace(0.05, 0.4, n_topics), np.ones((11, n_topics))
    documents, statistics = run(X, view_of(concentration), prior, gamma, 12, MIXED)
    elog = twin.elog_topics(concentration)
    expected, _, _, _ = twin.local_step(X, elog, prior, gamma, 0.0, 12, mixed=True)
    np.testing.assert_allclose(documents.gamma, expected, 2e-5)
    assert (documents.n_iter == 12).all()
    check_exactness(X, elog, prior, documents, statistics)
    if n_topics > 1:  # the steps before the last were rounded
        in_double, _ = run(X, view_of(concentration), prior, gamma, 12, DOUBLE)
        assert (documents.gamma != in_double.gamma).any()


@pytest.mark.parametrize(
    ("length", "n_topics"),
    [*itertools.product([1, 3, 4, 5, 15, 16, 17, 33, 64, 65, 150], [5, 60, 200]), (1000, 700)],
)
def test_document_lengths(length, n_topics):
    """Blocks of every size and number; the last case has a tile in single precision only."""
    X = sp.csr_matrix(np.random.default_rng(0).integers(1, 4, (2, length)).astype(float))
    prior, gamma = np.full(n_topics, 0.1), np.ones((2, n_topics))
    concentration = topics(n_topics, length)
    documents, statistics = run(X, view_of(concentration), prior, gamma, 30, MIXED, tol=1e-3)
    elog = twin.elog_topics(concentration)
    expected, _, iterations, _ = twin.local_step(X, elog, prior, gamma, 1e-3, 30, mixed=True)
    np.testing.assert_allclose(documents.gamma, expected, 1e-4, 1e-4)
    np.testing.assert_array_equal(documents.n_iter, iterations)
    check_exactness(X, elog, prior, documents, statistics)


@pytest.mark.parametrize("max_iter", [0, 1])
def test_the_last_step_is_in_double(max_iter):
    X, prior, gamma = corpus(9, 30, 10), np.full(6, 0.2), np.ones((9, 6))
    view = view_of(topics(6, 30))
    check_equal(run(X, view, prior, gamma, max_iter, MIXED),
                run(X, view, prior, gamma, max_iter, DOUBLE))  # fmt: skip


@pytest.mark.parametrize("mean", [False, True])
def test_topics_leave(mean):
    """With a prior of 0.01 many do within a few steps, earlier than in double."""
    rng = np.random.default_rng(0)
    concentration = 0.05 + 50 * (rng.random((40, 300)) < 0.05)
    X, prior, gamma = corpus(20, 300, 80), np.full(40, 0.01), np.ones((20, 40))
    documents, statistics = run(X, view_of(concentration, mean), prior, gamma, 60, MIXED, mean=mean)
    if mean:
        share = concentration / concentration.sum(axis=1, keepdims=True)
        expected, _, _ = twin.collapsed_local_step(X, share, prior, gamma, 0.0, 60)
        _, likelihood, counts = twin.collapsed_local_step(X, share, prior, documents.gamma, 0.0, 0)
        np.testing.assert_allclose(documents.bound, likelihood, 1e-11)
        np.testing.assert_allclose(statistics, counts, 1e-9, 1e-13)
    else:
        elog = twin.elog_topics(concentration)
        expected, _, _, _ = twin.local_step(X, elog, prior, gamma, 0.0, 60)
        check_exactness(X, elog, prior, documents, statistics)
    np.testing.assert_allclose(documents.gamma, expected, 2e-3, 2e-3)


def test_a_topic_that_should_not_have_left():
    """Topic 1 is the only one for the rare last word, but at first topic 0 is strong enough for it:
    topic 1 leaves. Then topic 2 takes everything else away from topic 0."""
    rows = np.full((12, 9), 1e-14)
    rows[:8, 0], rows[:8, 2] = 0.5, 1.0
    rows[8, :2] = 0.01, 1.0
    rows[9:, 3:] = 1.0
    view = PointTopics(np.ascontiguousarray(rows.T), np.float64)
    X = sp.csr_matrix(np.array([[12.0] * 8 + [0.01] + [0.0] * 3]))
    prior, gamma = np.full(9, 0.05), np.array([[90.0, 0.05, 1.0] + [0.05] * 6])
    one = run(X, view, prior, gamma, 400, MIXED)
    check_equal(one, run(X, view, prior, gamma, 400, DOUBLE))
    assert one[0].gamma[0, 1] > 0.055


def test_rows_with_entries_that_underflow():
    """They are held by their logarithms, in place of which the tile has zeros."""
    concentration = np.random.default_rng(0).choice([1e-3, 0.01, 30.0], (6, 12))
    concentration[np.arange(12) % 6, np.arange(12)] = 50
    X, prior, gamma = corpus(5, 12, 9, seed=4), np.full(6, 0.1), np.ones((5, 6))
    view = view_of(concentration)
    assert (view.at(np.arange(12)).rows < 0).any()
    documents, statistics = run(X, view, prior, gamma, 25, MIXED)
    in_double, _ = run(X, view, prior, gamma, 25, DOUBLE)
    np.testing.assert_allclose(documents.gamma, in_double.gamma, 1e-5)
    assert (documents.gamma != in_double.gamma).any()
    check_exactness(X, twin.elog_topics(concentration), prior, documents, statistics)


@pytest.mark.parametrize("largest", [0.01, 0.002])
def test_norms_that_underflow_in_single_precision(largest):
    """exp(psi(0.001) - psi(0.002)) is e^-500: nothing in single precision, a number in double.
    With 0.01 it is nothing in either. Such documents are done in double from the start."""
    n_topics, X = 6, corpus(5, 12, 9, seed=4)
    concentration = np.full((n_topics, 12), 1e-3)
    concentration[np.arange(12) % n_topics, np.arange(12)] = 50
    prior, gamma = np.full(n_topics, 1e-3), np.full((5, n_topics), 1e-3)
    gamma[:, 0] = largest
    view = view_of(concentration)
    one = run(X, view, prior, gamma, 25, MIXED)
    check_equal(one, run(X, view, prior, gamma, 25, DOUBLE))
    check_exactness(X, twin.elog_topics(concentration), prior, *one)


@pytest.mark.parametrize("scale", [1e-50, 1e-30, 1e-9, 1e9, 1e35, 1e60])
def test_counts_beyond_the_range_of_single_precision(scale):
    rng = np.random.default_rng(0)
    X, concentration = corpus(20, 40, 8), 0.05 + 50 * (rng.random((9, 40)) < 0.3)
    X.data[::3] *= scale
    prior, gamma = np.full(9, 0.1), np.ones((20, 9))
    documents, statistics = run(X, view_of(concentration), prior, gamma, 20, MIXED)
    in_double, expected = run(X, view_of(concentration), prior, gamma, 20, DOUBLE)
    np.testing.assert_allclose(documents.gamma, in_double.gamma, 1e-4)
    np.testing.assert_allclose(statistics, expected, 1e-2, 1e-8 * expected.max())
    np.testing.assert_allclose(statistics.sum(axis=0), np.asarray(X.sum(axis=0)).ravel(), 1e-13)


def test_a_document_longer_than_the_tile():
    X, view = sp.csr_matrix(np.ones((1, 9000))), view_of(topics(130, 9000))
    prior, gamma = np.full(130, 0.1), np.ones((1, 130))
    check_equal(run(X, view, prior, gamma, 4, MIXED), run(X, view, prior, gamma, 4, DOUBLE))


@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_bits_do_not_depend_on_threads(n_threads):
    X, view = corpus(300, 1500, 60), view_of(topics(33, 1500))
    prior, gamma = np.full(33, 0.05), np.ones((300, 33))
    check_equal(run(X, view, prior, gamma, 20, MIXED, tol=1e-3),
                run(X, view, prior, gamma, 20, MIXED, tol=1e-3, n_jobs=n_threads))  # fmt: skip


def test_only_fresh_visits_with_a_loose_tolerance_are_mixed():
    """What starts warm, or promises scikit-learn's gamma, is in double."""
    X, batch = corpus(20, 60, 25), DocumentBatch(corpus(20, 60, 25))
    options = {"max_doc_update_iter": 10, "mean_change_tol": 1e-4}
    model = LDAModel(np.full(4, 0.1), 0.05, 60, **options)
    globals_ = LDAGlobals.from_topics(topics(4, 60))

    def gamma(local=None, **changes):
        lda = LDAModel(model.doc_topic_prior, 0.05, 60, **(options | changes))
        return lda.local_step(batch, lda.expect(globals_), local)[2]

    start = np.ones((20, 4))
    mixed, _ = run(X, view_of(topics(4, 60)), model.doc_topic_prior, start, 10, MIXED, tol=1e-4)
    double, _ = run(X, view_of(topics(4, 60)), model.doc_topic_prior, start, 10, DOUBLE, tol=1e-4)
    assert (mixed.gamma != double.gamma).any()
    np.testing.assert_array_equal(gamma().gamma, mixed.gamma)
    np.testing.assert_array_equal(gamma(doc_init="ones").gamma, double.gamma)
    tight, _ = run(X, view_of(topics(4, 60)), model.doc_topic_prior, start, 10, DOUBLE, tol=9e-5)
    np.testing.assert_array_equal(gamma(mean_change_tol=9e-5).gamma, tight.gamma)
    settled = model.settle(gamma())
    warm, _ = run(X, view_of(topics(4, 60)), model.doc_topic_prior, mixed.gamma, 10, DOUBLE, 1e-4)
    np.testing.assert_array_equal(gamma(settled).gamma, warm.gamma)


@pytest.mark.parametrize("tiny", [1e-3, 0.1])
def test_every_token_is_counted_in_fresh_visits(tiny):
    """Also with hopeless priors and words that training has never seen."""
    rng = np.random.default_rng(5)
    X = sp.csr_matrix(rng.poisson(0.2, (60, 400)).astype(float))
    lda = LDAModel(np.full(30, tiny), tiny, 400)
    concentration = rng.gamma(0.05, 20.0, (30, 400)) + tiny
    concentration[:, ::3] = tiny
    globals_, local = LDAGlobals.from_topics(concentration), None
    length = np.asarray(X.sum(axis=1)).ravel()
    for _ in range(4):
        stats, _, local = lda.local_step(DocumentBatch(X), lda.expect(globals_), local)
        excess = local.gamma.sum(axis=1) - lda.doc_topic_prior.sum()
        np.testing.assert_allclose(excess, length, 1e-9)
        assert stats.counts.sum() == pytest.approx(length.sum(), rel=1e-9)
        globals_ = lda.global_step(stats, globals_)
