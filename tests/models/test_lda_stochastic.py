"""What mini-batches need of LDA: rows of some words, lazy blending, statistics that add up."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_state import LDAGlobals

N_WORDS, N_TOPICS = 300, 5
PRIORS = {
    "scalar": 0.3,
    "words": np.linspace(0.01, 2, N_WORDS),
    "topics": np.random.default_rng(5).gamma(1.0, 1.0, (N_TOPICS, N_WORDS)) + 0.01,
}


def corpus(n_docs, dtype=np.float64, seed=0, n_words=N_WORDS):
    X = np.random.default_rng(seed).poisson(0.05, (n_docs, n_words))
    return sp.csr_matrix(X.astype(dtype))


def lda(prior=0.3, dtype=np.float64, **options):
    alpha = np.linspace(0.1, 0.5, N_TOPICS).astype(dtype)
    return LDAModel(alpha, prior, N_WORDS, dtype=dtype, doc_init="ones", **options)


def step(model, batch, globals_, total):
    """What a mini-batch alone would make of the topics."""
    stats, _, _ = model.local_step(batch, model.expect(globals_))
    return model.global_step(stats.scale(total / len(batch)), None)


def dense(globals_):
    return globals_.with_all_words(N_WORDS).topic_word


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize(("n_docs", "n_words"), [(0, 10), (1, 50), (3, 5000), (60, 400), (60, 40)])
def test_words_of_a_batch(n_docs, n_words, index):
    X = corpus(n_docs, n_words=n_words)
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    batch = DocumentBatch(X)
    assert len(batch) == n_docs
    assert batch.words.dtype == batch.places.dtype == index
    np.testing.assert_array_equal(batch.words[batch.places], X.indices)
    assert (np.diff(batch.words) > 0).all()
    seen = np.unique(X.indices)
    assert len(batch.words) in (len(seen), n_words)
    assert len(batch.words) == len(seen) or 2 * len(seen) > n_words


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("collapsed", [False, True])
def test_rows_of_some_words(dtype, collapsed):
    """The same bits as the same rows of all words."""
    model = lda(dtype=dtype, collapsed=collapsed)
    globals_ = model.init_globals(None, np.random.default_rng(0))
    globals_.scale = 0.25
    words = np.array([0, 7, 8, 200, 299])
    some, every = model.expect(globals_).at(words), model.expect(globals_).at(np.arange(N_WORDS))
    np.testing.assert_array_equal(some.rows, every.rows[words])
    np.testing.assert_array_equal(some.log_scale, every.log_scale[words])
    view = model.expect(globals_)
    view.at(np.arange(N_WORDS))
    np.testing.assert_array_equal(view.at(words).rows, some.rows)


def test_statistics_add_up():
    model = lda()
    view = model.expect(model.init_globals(None, np.random.default_rng(0)))
    one, two = (model.local_step(DocumentBatch(corpus(3, seed=s)), view)[0] for s in (0, 1))
    both = one + two.scale(2.0)
    expected = np.zeros((N_WORDS, one.counts.shape[1]))
    expected[one.words] += one.counts
    expected[two.words] += 2 * two.counts
    np.testing.assert_allclose(both.counts, expected[both.words], 1e-13)
    np.testing.assert_array_equal(np.flatnonzero(expected.sum(axis=1)), both.words)
    back = both - two.scale(2.0)
    np.testing.assert_allclose(back.counts, counts_at(one, both.words), atol=1e-12)
    assert both.inner(view) == pytest.approx(one.inner(view) + 2 * two.inner(view), rel=1e-12)
    same = one + one.zeros()
    np.testing.assert_array_equal(same.counts, one.counts)


def counts_at(stats, words):
    """Its counts at these words."""
    rows = np.zeros((N_WORDS, stats.counts.shape[1]))
    rows[stats.words] = stats.counts
    return rows[words]


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_blending_is_exact_and_lazy(prior, dtype, rtol):
    model = lda(PRIORS[prior], dtype)
    globals_ = model.init_globals(None, np.random.default_rng(0))
    expected = globals_.topic_word.astype(np.float64)
    for t in range(40):
        batch = DocumentBatch(corpus(2, dtype, seed=t))
        target = step(model, batch, globals_, 1000)
        assert target.words is not None
        rho = (1.0 + t) ** -0.6 if t else 0.9
        expected = (1 - rho) * expected + rho * dense(target).astype(np.float64)
        untouched = np.setdiff1d(np.arange(N_WORDS), batch.words)
        before = None if t == 0 else globals_.counts[untouched].copy()
        globals_ = model.blend(globals_, target, rho)
        if t:
            np.testing.assert_array_equal(globals_.counts[untouched], before)
        np.testing.assert_allclose(dense(globals_), expected, rtol)
        np.testing.assert_allclose(globals_.total, expected.sum(axis=1), rtol)


def test_blending_does_not_run_out_of_range():
    """A thousand steps shrink the scale below the least number of the type."""
    model = lda(dtype=np.float32)
    globals_ = model.init_globals(None, np.random.default_rng(0))
    target = step(model, DocumentBatch(corpus(2, np.float32)), globals_, 100)
    for _ in range(1000):
        globals_ = model.blend(globals_, target, 0.3)
    np.testing.assert_allclose(dense(globals_), dense(target), 1e-4)


@pytest.mark.parametrize("prior", PRIORS)
def test_whole_step_is_coordinate_ascent(prior):
    model = lda(PRIORS[prior])
    start = model.init_globals(None, np.random.default_rng(0))
    batch = DocumentBatch(corpus(50))
    stats, _, _ = model.local_step(batch, model.expect(start))
    ascent = dense(model.global_step(stats, None))
    np.testing.assert_array_equal(
        dense(model.blend(start, step(model, batch, start, 50), 1.0)), ascent
    )


def test_mean_stochastic_step_is_the_whole_step():
    model, X = lda(), corpus(30)

    def start():
        return model.init_globals(None, np.random.default_rng(0))

    whole = dense(model.blend(start(), step(model, DocumentBatch(X), start(), 30), 0.3))
    steps = [
        dense(model.blend(start(), step(model, DocumentBatch(X[i : i + 5]), start(), 30), 0.3))
        for i in range(0, 30, 5)
    ]
    np.testing.assert_allclose(np.mean(steps, axis=0), whole, 1e-12)


def test_posterior_as_prior():
    """Two batches, one after the other with topics held: the same as both at once."""
    model = lda()
    view = model.expect(model.init_globals(None, np.random.default_rng(0)))
    one, two = (model.local_step(DocumentBatch(corpus(9, seed=s)), view)[0] for s in (0, 1))
    first = model.global_step(one, None)
    both = model.with_prior(first).global_step(two, None)
    np.testing.assert_allclose(dense(both), dense(model.global_step(one + two, None)), 1e-13)


def test_globals_of_some_words():
    prior = np.full((1, 8), 0.5)
    part = LDAGlobals(np.ones((2, 8)), prior, np.full(5, 4.0), 2.0, np.array([1, 3]))
    whole = part.with_all_words(4)
    np.testing.assert_array_equal(whole.topic_word, np.tile([0.5, 2.5, 0.5, 2.5], (5, 1)))


@pytest.mark.parametrize("learn", [None, "vector"])
def test_bounded_step_is_a_local_step(learn):
    model = lda(learn_doc_topic_prior=learn)
    view = model.expect(model.init_globals(None, np.random.default_rng(0)))
    batch = DocumentBatch(corpus(7))
    stats, h, _ = model.local_step(batch, view)
    same, bound = model.bounded_step(batch, view)
    np.testing.assert_array_equal(same.counts, stats.counts)
    assert bound == pytest.approx(stats.inner(view) + h, rel=1e-12)
