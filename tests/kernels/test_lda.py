"""The LDA kernels against their NumPy twins, at every size, type and number of threads."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp

from fastvb._kernels import _lda
from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_local import DocumentPosteriors, PointTopics
from fastvb.models._lda_state import LDAGlobals, LDAStats

SIZES = [1, 2, 7, 8, 9, 16, 17, 63, 64, 65]
TOLERANCE = {np.float64: 1e-10, np.float32: 2e-4}


def corpus(n_docs, n_words, length, dtype=np.float64, seed=0, index=np.int32):
    """Documents of various lengths (the third one empty), among them fractional counts."""
    rng = np.random.default_rng(seed)
    X = rng.poisson(length / n_words, (n_docs, n_words)) * rng.choice([1.0, 2.5], (n_docs, n_words))
    X[2 % n_docs] = 0
    X = sp.csr_matrix(X.astype(dtype))
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    return X


def topics(n_topics, n_words, dtype=np.float64, seed=1):
    draws = np.random.default_rng(seed).gamma(0.3, 3.0, (n_topics, n_words)) + 0.05
    return draws.astype(dtype)


def model(n_topics, n_words, dtype=np.float64, **options):
    prior = np.linspace(0.05, 0.4, n_topics).astype(dtype)
    return LDAModel(prior, 0.05, n_words, dtype=dtype, doc_init="warm", **options)


def start(n_docs, n_topics, dtype=np.float64):
    return np.random.default_rng(2).gamma(100, 0.01, (n_docs, n_topics)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_topics", SIZES)
def test_documents(n_topics, dtype):
    X, concentration = corpus(11, 40, 15, dtype), topics(n_topics, 40, dtype)
    lda = model(n_topics, 40, dtype)
    gamma = start(11, n_topics, dtype)
    documents = lda.posteriors(
        DocumentBatch(X), lda.expect(LDAGlobals.from_topics(concentration)), gamma
    )
    stats = documents.run_and_count(0.0, 12)
    elog = twin.elog_topics(concentration.astype(np.float64))
    expected, bound, _, statistics = twin.local_step(
        X.astype(np.float64), elog, lda.doc_topic_prior.astype(np.float64),
        gamma.astype(np.float64), 0.0, 12,
    )  # fmt: skip
    rtol = TOLERANCE[dtype]
    np.testing.assert_allclose(documents.gamma, expected, rtol, rtol)
    np.testing.assert_allclose(documents.bound, bound, rtol, rtol)
    counts = np.zeros((40, n_topics))
    counts[stats.words] = stats.counts[:, :n_topics]
    np.testing.assert_allclose(counts.T, statistics, rtol, rtol)
    assert (documents.n_iter == 12).all()


@pytest.mark.parametrize(
    ("length", "n_topics"),
    [*itertools.product([0, 1, 7, 8, 9, 31, 32, 33, 150], [5, 60, 100, 200]), (1000, 700)],
)
def test_document_lengths(length, n_topics):
    """Blocks of every size and number; the last case is longer than the tile."""
    n_words = max(length, 1)
    X = sp.csr_matrix(np.ones((2, n_words)) * (np.arange(n_words) < length))
    concentration, lda = topics(n_topics, n_words), model(n_topics, n_words)
    view = lda.expect(LDAGlobals.from_topics(concentration))
    documents = lda.posteriors(DocumentBatch(X), view)
    documents.run(1e-9, 30)
    expected, bound, iterations, _ = twin.local_step(
        X, twin.elog_topics(concentration), lda.doc_topic_prior, np.ones((2, n_topics)), 1e-9, 30
    )
    np.testing.assert_allclose(documents.gamma, expected, 1e-10, 1e-10)
    np.testing.assert_allclose(documents.bound, bound, 1e-10, 1e-9)
    np.testing.assert_array_equal(documents.n_iter, iterations)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_topics", [9, 40, 130])
def test_topics_at_their_prior_leave(n_topics, dtype):
    """With a prior of 0.01 many do within a few steps, and nobody notices."""
    rng = np.random.default_rng(0)
    concentration = (0.05 + 50 * (rng.random((n_topics, 300)) < 0.05)).astype(dtype)
    lda = LDAModel(np.full(n_topics, 0.01, dtype), 0.05, 300, dtype=dtype)
    X = corpus(20, 300, 80, dtype)
    documents = lda.posteriors(DocumentBatch(X), lda.expect(LDAGlobals.from_topics(concentration)))
    stats = documents.run_and_count(0.0, 60)
    assert (documents.gamma == dtype(0.01)).mean() > 0.05
    expected, bound, _, statistics = twin.local_step(
        X.astype(np.float64), twin.elog_topics(concentration.astype(np.float64)),
        np.full(n_topics, float(dtype(0.01))), np.ones((20, n_topics)), 0.0, 60,
    )  # fmt: skip
    rtol = 1e-8 if dtype == np.float64 else 2e-3
    np.testing.assert_allclose(documents.gamma, expected, rtol, rtol)
    np.testing.assert_allclose(documents.bound, bound, rtol, rtol)
    counts = np.zeros((300, n_topics))
    counts[stats.words] = stats.counts[:, :n_topics]
    np.testing.assert_allclose(counts.T, statistics, rtol, rtol)


def test_a_topic_that_should_not_have_left():
    """Topic 1 is the only one for the rare last word, but at first topic 0 is strong enough for it:
    topic 1 leaves. Then topic 2 takes everything else away from topic 0."""
    rows = np.full((12, 9), 1e-12)
    rows[:8, 0], rows[:8, 2] = 0.5, 1.0
    rows[8] = [1e-12, 1.0, 1e-40, 0, 0, 0, 0, 0, 0]
    rows[9:, 3:] = 1.0
    view = PointTopics(np.ascontiguousarray(rows.T), np.float64)
    X = sp.csr_matrix(np.array([[12.0] * 8 + [0.01] + [0.0] * 3]))
    prior, gamma = np.full(9, 0.015), np.array([[90.0, 0.016, 1.0] + [0.015] * 6])
    documents = DocumentPosteriors(DocumentBatch(X), view, prior, gamma.copy())
    documents.run(0.0, 400)
    with np.errstate(divide="ignore"):
        logs = np.log(rows.T)
    expected, bound, _, _ = twin.local_step(X, logs, prior, gamma, 0.0, 400)
    np.testing.assert_allclose(documents.gamma, expected, 1e-12)
    assert expected[0, 1] > 0.02
    np.testing.assert_allclose(documents.bound, bound, 1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_topics_stay_that_matter_to_small_counts(dtype):
    """What vanishes beside the prior may be a good part of a word whose count is as small."""
    rng = np.random.default_rng(0)
    concentration = (0.05 + 50 * (rng.random((9, 40)) < 0.3)).astype(dtype)
    X = corpus(20, 40, 8, dtype)
    X.data *= np.asarray(1e-9, dtype)
    lda = LDAModel(np.full(9, 0.1, dtype), 0.05, 40, dtype=dtype)
    view = lda.expect(LDAGlobals.from_topics(concentration))
    stats = lda.posteriors(DocumentBatch(X), view).run_and_count(0.0, 20)
    expected = np.asarray(X.sum(axis=0, dtype=np.float64)).ravel()[stats.words]
    counts = stats.counts.sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(counts, expected, 1e2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_bits_do_not_depend_on_threads(dtype, n_threads):
    """Large enough that the kernels do start threads."""
    X, concentration = corpus(300, 1500, 60, dtype), topics(33, 1500, dtype)

    def everything(n_threads):
        lda = model(33, 1500, dtype, n_jobs=n_threads)
        globals_ = LDAGlobals.from_topics(concentration)
        view = lda.expect(globals_)
        documents = lda.posteriors(DocumentBatch(X), view)
        stats, at = documents.run_and_count(1e-3, 20), view.at(np.arange(1500))
        return [
            at.rows, at.log_scale, at.log_rows, documents.gamma, documents.bound,
            documents.n_iter, stats.counts, stats.inner(view), lda.global_bound(globals_),
            lda.posterior_bound(lda.global_step(stats, None)),
        ]  # fmt: skip

    for alone, together in zip(everything(1), everything(n_threads), strict=True):
        np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_index_types(index):
    X, concentration = corpus(9, 30, 10, index=index), topics(5, 30)
    lda = model(5, 30)
    batch = DocumentBatch(X)
    assert batch.indices is X.indices
    stats, h, _ = lda.local_step(batch, lda.expect(LDAGlobals.from_topics(concentration)))
    expected, _, _ = lda.local_step(
        DocumentBatch(corpus(9, 30, 10)), lda.expect(LDAGlobals.from_topics(concentration))
    )
    np.testing.assert_array_equal(stats.counts, expected.counts)
    assert stats.words.dtype == index
    assert np.isfinite(h)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_topics", SIZES)
def test_topics_bound_and_inner_product(n_topics, dtype):
    concentration = topics(n_topics, 30, dtype)
    lda, globals_ = model(n_topics, 30, dtype), LDAGlobals.from_topics(concentration)
    exact = concentration.astype(np.float64)
    prior = float(np.asarray(0.05, dtype))
    assert lda.global_bound(globals_) == pytest.approx(twin.topics_bound(prior, exact), rel=1e-11)
    counts = topics(globals_.counts.shape[1], 30, dtype, seed=3).T.copy()
    inner = LDAStats(np.arange(30), counts).inner(lda.expect(globals_))
    elog = twin.elog_topics(exact)
    rel = 1e-11 if dtype == np.float64 else 1e-6  # from rows of that precision
    assert inner == pytest.approx((counts[:, :n_topics] * elog.T).sum(), rel=rel)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_word_rows(dtype):
    concentration = topics(9, 30, dtype)
    concentration[:, 4] = np.asarray(1e-3, dtype)  # never seen: exp(E[log beta]) underflows
    concentration[1, 5] = np.asarray(1e-3, dtype)
    view = model(9, 30, dtype).expect(LDAGlobals.from_topics(concentration)).at(np.arange(30))
    elog = twin.elog_topics(concentration.astype(np.float64)).T
    top = elog.max(axis=1)
    rows = view.rows[:, :9]
    rtol = 1e-12 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(view.log_scale, top, rtol, rtol)
    logs = elog - top[:, None]
    np.testing.assert_allclose(view.log_rows, logs, rtol, rtol)
    underflows = np.exp(logs) < np.finfo(dtype).tiny
    assert 0 < underflows.sum() < underflows.size
    np.testing.assert_allclose(rows, np.where(underflows, logs, np.exp(logs)), rtol)
    assert (view.rows[:, 9:] == 0).all()
    assert view.rows.ctypes.data % 64 == 0


@pytest.mark.parametrize("largest", [7, 0.1, 0.03, 0.01, 0.002])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_words_whose_norm_underflows(dtype, largest):
    """A start that pins every word's only topic at a tiny gamma: log space, exact all the same."""
    n_topics = 6
    concentration = np.full((n_topics, 12), 1e-3, dtype)
    concentration[np.arange(12) % n_topics, np.arange(12)] = 50
    lda = LDAModel(np.full(n_topics, 1e-3, dtype), 1e-3, 12, dtype=dtype, doc_init="warm")
    X = corpus(5, 12, 9, dtype, seed=4)
    gamma = np.full((5, n_topics), 1e-3, dtype)
    gamma[:, 0] = largest
    view = lda.expect(LDAGlobals.from_topics(concentration))
    elog = twin.elog_topics(concentration.astype(np.float64))
    underflows = (dtype, largest) != (np.float64, 0.002)  # exp(psi(0.001) - psi(0.002)) = e^-500
    for max_iter in (0, 1, 25):
        batch = DocumentBatch(X)
        documents = lda.posteriors(batch, view, gamma)
        stats = documents.run_and_count(0.0, max_iter)
        if max_iter == 0:  # made on demand, and used
            assert ("log_rows" in vars(view.at(batch.words))) == underflows
        expected, bound, _, statistics = twin.local_step(
            X.astype(np.float64), elog, lda.doc_topic_prior.astype(np.float64),
            gamma.astype(np.float64), 0.0, max_iter,
        )  # fmt: skip
        rtol = TOLERANCE[dtype]
        np.testing.assert_allclose(documents.gamma, expected, rtol, rtol)
        np.testing.assert_allclose(documents.bound, bound, rtol, rtol)
        counts, seen = stats.counts[:, :n_topics].T, stats.words
        np.testing.assert_allclose(counts, statistics[:, seen], rtol, rtol)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_gamma_tiny(dtype):
    """exp(psi(gamma)) of every topic underflows: only its scale does."""
    n_topics, X = 4, sp.csr_matrix(np.array([[1e-3, 2e-3, 0.0]], dtype))
    concentration = topics(n_topics, 3, dtype)
    prior = np.full(n_topics, 1e-3, dtype)
    lda = LDAModel(prior, 0.1, 3, dtype=dtype, doc_init="warm")
    gamma = np.full((1, n_topics), 1.5e-3, dtype)
    documents = lda.posteriors(
        DocumentBatch(X), lda.expect(LDAGlobals.from_topics(concentration)), gamma
    )
    documents.run(0.0, 3)
    expected, bound, _, _ = twin.local_step(
        X.astype(np.float64), twin.elog_topics(concentration.astype(np.float64)),
        prior.astype(np.float64), gamma.astype(np.float64), 0.0, 3,
    )  # fmt: skip
    np.testing.assert_allclose(documents.gamma, expected, 2e-4)
    np.testing.assert_allclose(documents.bound, bound, 2e-4)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("level", [1e-3, 1.5e-3, 2e-2, 0.05, 0.1, 0.3])
def test_small_gamma_and_unlikely_words(level, dtype):
    """Between ordinary and hopeless: norms of every magnitude, in words of every unlikeliness."""
    n_topics = 5
    weight = np.geomspace(1e-3, 30, 12)
    concentration = np.array([np.roll(weight, k) for k in range(n_topics)], dtype)
    X = corpus(6, 12, 9, dtype, seed=7)
    X.data *= np.asarray(1e-2, dtype)
    prior = np.full(n_topics, level, dtype)
    lda = LDAModel(prior, 1e-3, 12, dtype=dtype, doc_init="warm")
    gamma = np.full((6, n_topics), level, dtype)
    gamma[:, ::2] *= 2
    documents = lda.posteriors(
        DocumentBatch(X), lda.expect(LDAGlobals.from_topics(concentration)), gamma
    )
    stats = documents.run_and_count(0.0, 4)
    expected, bound, _, statistics = twin.local_step(
        X.astype(np.float64), twin.elog_topics(concentration.astype(np.float64)),
        prior.astype(np.float64), gamma.astype(np.float64), 0.0, 4,
    )  # fmt: skip
    rtol = 1e-9 if dtype == np.float64 else 3e-4
    np.testing.assert_allclose(documents.gamma, expected, rtol)
    # log Gamma terms near 10 cancel, in an empty document down to 0: their rounding stays
    np.testing.assert_allclose(documents.bound, bound, rtol, 1e-13)
    counts, seen = stats.counts[:, :n_topics].T, stats.words
    np.testing.assert_allclose(counts, statistics[:, seen], rtol, 1e-6 * rtol)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-9), (np.float32, 1e-5)])
def test_every_token_is_counted(dtype, rtol):
    """sum(gamma) - sum(alpha) is the document's length, whatever a word's weights."""
    rng = np.random.default_rng(5)
    X = sp.csr_matrix(rng.poisson(0.2, (60, 400)).astype(dtype))
    tiny = 1e-3
    lda = LDAModel(np.full(30, tiny, dtype), tiny, 400, dtype=dtype, doc_init="warm")
    concentration = rng.gamma(0.05, 20.0, (30, 400)).astype(dtype) + np.asarray(tiny, dtype)
    concentration[:, ::3] = tiny  # words that training has never seen
    globals_, local = LDAGlobals.from_topics(concentration), None
    length = np.asarray(X.sum(axis=1, dtype=np.float64)).ravel()
    for _ in range(4):
        stats, _, local = lda.local_step(DocumentBatch(X), lda.expect(globals_), local)
        excess = local.gamma.sum(axis=1, dtype=np.float64) - lda.doc_topic_prior.sum(dtype=float)
        np.testing.assert_allclose(excess, length, rtol)
        assert stats.counts.sum(dtype=np.float64) == pytest.approx(length.sum(), rel=rtol)
        globals_ = lda.global_step(stats, globals_)


def test_point_topics():
    """Known topics in place of q(beta); a word may be impossible in most of them."""
    rng = np.random.default_rng(6)
    beta = rng.dirichlet(np.full(20, 0.2), 5)
    beta[:4, 7] = 0
    X = corpus(8, 20, 12)
    view = PointTopics(beta, np.float64)
    gamma = np.ones((8, 5))
    lda = model(5, 20)
    documents = lda.posteriors(DocumentBatch(X), view, gamma)
    documents.run(0.0, 10)
    with np.errstate(divide="ignore"):
        elog = np.log(beta)
    expected, bound, _, _ = twin.local_step(X, elog, lda.doc_topic_prior, gamma, 0.0, 10)
    np.testing.assert_allclose(documents.gamma, expected, 1e-10)
    np.testing.assert_allclose(documents.bound, bound, 1e-10, 1e-10)


def test_documents_that_overflow_are_named():
    X = sp.csr_matrix(np.array([[1.0, 1.0], [3e38, 3e38]], np.float32))
    lda = model(3, 2, np.float32)
    view = lda.expect(LDAGlobals.from_topics(topics(3, 2, np.float32)))
    with pytest.raises(FloatingPointError, match="document 1"):
        lda.posteriors(DocumentBatch(X), view).run(1e-3, 10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_topics", [1, 8, 33, 100])
def test_collapsed_documents(n_topics, dtype):
    X, concentration = corpus(11, 40, 15, dtype), topics(n_topics, 40, dtype)
    lda = model(n_topics, 40, dtype, collapsed=True)
    gamma = start(11, n_topics, dtype)
    documents = lda.posteriors(
        DocumentBatch(X), lda.expect(LDAGlobals.from_topics(concentration)), gamma
    )
    stats = documents.run_and_count(0.0, 12)
    mean = concentration / concentration.sum(axis=1, dtype=np.float64, keepdims=True)
    expected, likelihood, statistics = twin.collapsed_local_step(
        X.astype(np.float64), mean, lda.doc_topic_prior.astype(np.float64),
        gamma.astype(np.float64), 0.0, 12,
    )  # fmt: skip
    rtol = TOLERANCE[dtype]
    np.testing.assert_allclose(documents.gamma, expected, rtol, rtol)
    np.testing.assert_allclose(documents.bound, likelihood, rtol, rtol)
    counts = np.zeros((40, n_topics))
    counts[stats.words] = stats.counts[:, :n_topics]
    np.testing.assert_allclose(counts.T, statistics, rtol, rtol)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_collapsed_topics_at_their_prior_leave_and_underflow(dtype):
    """Rows and weights beyond the range of the type, in log space."""
    n_topics = 24
    concentration = np.full((n_topics, 60), 1e-25, dtype)
    concentration[np.arange(60) % n_topics, np.arange(60)] = 1e5
    prior = np.full(n_topics, 1e-30, dtype)
    lda = LDAModel(prior, 1e-25, 60, dtype=dtype, collapsed=True)
    X = corpus(15, 60, 20, dtype)
    documents = lda.posteriors(DocumentBatch(X), lda.expect(LDAGlobals.from_topics(concentration)))
    documents.run(0.0, 40)
    exact = concentration.astype(np.float64)
    expected, likelihood, _ = twin.collapsed_local_step(
        X.astype(np.float64), exact / exact.sum(axis=1, keepdims=True), prior.astype(np.float64),
        np.ones((15, n_topics)), 0.0, 40,
    )  # fmt: skip
    rtol = 1e-8 if dtype == np.float64 else 2e-3
    np.testing.assert_allclose(documents.gamma, expected, rtol, rtol)
    np.testing.assert_allclose(documents.bound, likelihood, rtol, rtol)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_and_additions_of_rows(dtype, n_threads):
    rng = np.random.default_rng(0)
    rows = rng.random((40_001, 16)).astype(dtype)
    partial = np.empty((37, 16))
    _lda.column_sums(rows, partial, n_threads)
    np.testing.assert_allclose(partial.sum(axis=0), rows.sum(axis=0, dtype=np.float64), 1e-12)
    words = np.sort(rng.permutation(50_000)[: len(rows)])
    out = rng.random((50_000, 16)).astype(dtype)
    expected = out.copy()
    expected[words] += dtype(0.3) * rows
    _lda.add_rows(words, 0.3, rows, out, n_threads)
    np.testing.assert_allclose(out, expected, 4 * np.finfo(dtype).eps)
