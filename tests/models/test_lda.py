"""Smoothed LDA against worked numbers, and the laws of its bound."""

from __future__ import annotations

import gzip
from itertools import product

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp
from scipy.special import gammaln, logsumexp

from fastvb.datasets import read_corpus
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DocumentPosteriors, PointTopics
from fastvb.models._lda_state import LDAGlobals, LDALocal
from fastvb.models._lda_terms import elbo_terms
from fastvb.models.lda import LDAModel

# Two documents [0, 0, 1] and [1, 2, 2, 2]; the numbers are from an independent derivation of
# all seven expectations with explicit q(z), and from enumeration of the 2^7 assignments.
COUNTS = sp.csr_matrix(np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]]))
ALPHA, ETA = np.array([0.5, 0.5]), 0.1
GAMMA = np.array([[1.0, 2.0], [2.0, 3.0]])
LAMBDA = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
TERMS = {
    "log_p_theta": -0.45612644,
    "log_p_beta": -3.49467992,
    "log_p_z": -5.53934932,
    "log_p_w": -7.92114427,
    "entropy_beta": -2.48868912,
    "entropy_theta": -0.42805383,
    "entropy_z": 3.52873012,
}
ELBO_AT_START, ELBO_AT_LIMIT, LOG_EVIDENCE = -16.799312778, -11.623606418645, -9.538074171175


def bound(model, stats, h, globals_):
    return stats.inner(model.expect(globals_)) + h + model.global_bound(globals_)


def test_seven_terms():
    model = LDAModel(ALPHA, ETA, n_words=3)
    terms = elbo_terms(model, DocumentBatch(COUNTS), LDAGlobals.from_topics(LAMBDA), GAMMA)
    assert list(terms) == list(TERMS)
    for name, value in TERMS.items():
        assert terms[name] == pytest.approx(value, abs=1e-8)
    assert sum(terms.values()) == pytest.approx(ELBO_AT_START, abs=1e-8)


def test_coordinate_ascent_reaches_the_known_optimum():
    model = LDAModel(ALPHA, ETA, 3, mean_change_tol=0.0, max_doc_update_iter=1, doc_init="warm")
    batch, globals_, local = DocumentBatch(COUNTS), LDAGlobals.from_topics(LAMBDA), None
    local, trace = LDALocal(GAMMA, 1), []
    for _ in range(3000):
        stats, h, local = model.local_step(batch, model.expect(globals_), local)
        trace.append(bound(model, stats, h, globals_))
        globals_ = model.global_step(stats, globals_)
        trace.append(bound(model, stats, h, globals_))
    assert trace[-1] == pytest.approx(ELBO_AT_LIMIT, abs=1e-8)
    assert np.diff(trace).min() > -1e-12
    assert trace[-1] < LOG_EVIDENCE


def test_log_evidence_by_enumeration():
    """The bound's target, from the collapsed joint of words and assignments."""

    def log_beta(a):
        return gammaln(a).sum() - gammaln(a.sum())

    tokens = [(0, 0), (0, 0), (0, 1), (1, 1), (1, 2), (1, 2), (1, 2)]
    eta, terms = np.full(3, ETA), []
    for z in product(range(2), repeat=len(tokens)):
        n_dk, n_kv = np.zeros((2, 2)), np.zeros((2, 3))
        for (d, v), k in zip(tokens, z, strict=True):
            n_dk[d, k] += 1
            n_kv[k, v] += 1
        terms.append(
            sum(log_beta(ALPHA + n) - log_beta(ALPHA) for n in n_dk)
            + sum(log_beta(eta + n) - log_beta(eta) for n in n_kv)
        )
    assert logsumexp(terms) == pytest.approx(LOG_EVIDENCE, abs=1e-10)


def random_corpus(n_docs=40, n_words=60, seed=0):
    rng = np.random.default_rng(seed)
    return sp.csr_matrix(rng.poisson(0.3, (n_docs, n_words)).astype(float))


@pytest.mark.parametrize("eta", ["number", "by word", "by topic and word"])
@pytest.mark.parametrize("max_doc_update_iter", [1, 3, 100])
def test_elbo_never_falls_at_any_half_step(eta, max_doc_update_iter):
    X, rng = random_corpus(), np.random.default_rng(1)
    shape = {"number": (), "by word": 60, "by topic and word": (4, 60)}[eta]
    model = LDAModel(
        np.array([0.1, 0.5, 1.0, 0.01]),
        rng.gamma(1.0, 0.3, shape) + 0.01,
        60,
        max_doc_update_iter=max_doc_update_iter,
        doc_init="warm",
    )
    batch, local, trace = DocumentBatch(X), None, []
    globals_ = model.init_globals(batch, rng)
    for _ in range(25):
        stats, h, local = model.local_step(batch, model.expect(globals_), local)
        trace.append(bound(model, stats, h, globals_))
        globals_ = model.global_step(stats, globals_)
        trace.append(bound(model, stats, h, globals_))
    assert np.diff(trace).min() > -1e-9
    assert trace[-1] - trace[0] > 100  # it is a climb


@pytest.mark.parametrize("eta", [0.3, np.linspace(0.1, 1, 60), np.full((3, 60), 0.2)])
def test_bound_is_exact_after_the_globals_have_moved(eta):
    """<stats, view> + h + global bound against all seven terms with explicit phi."""
    X, alpha = random_corpus(10), np.array([0.2, 0.5, 0.9])
    model = LDAModel(alpha, eta, 60, mean_change_tol=1e-12, max_doc_update_iter=500)
    batch, rng = DocumentBatch(X), np.random.default_rng(2)
    before, after = rng.gamma(1.0, 1.0, (2, 3, 60)) + 0.1
    view = model.expect(LDAGlobals.from_topics(before))
    stats, h, local = model.local_step(batch, view, LDALocal(np.ones((10, 3)), 99))
    phi_from, elog = twin.elog_topics(before), twin.elog_topics(after)
    expected = twin.topics_bound(np.broadcast_to(np.asarray(eta), (3, 60)), after)
    for d in range(10):
        words = X.indices[X.indptr[d] : X.indptr[d + 1]]
        counts = X.data[X.indptr[d] : X.indptr[d + 1]]
        gamma = local.gamma[d]
        log_phi, _ = twin.log_phi(gamma, phi_from[:, words])
        phi = np.exp(log_phi)
        there = twin.document_bound(counts, phi_from[:, words], alpha, gamma)
        expected += there + counts @ (phi * (elog - phi_from)[:, words].T).sum(axis=1)
    moved = LDAGlobals.from_topics(after)
    assert bound(model, stats, h, moved) == pytest.approx(expected, rel=1e-12)


def test_statistics_add_up():
    """Two halves of a corpus, with different words, make the whole."""
    X = random_corpus(30).toarray()
    X[:15, 20:] = 0
    X = sp.csr_matrix(X)
    model = LDAModel(np.full(3, 0.3), 0.1, 60)
    globals_ = model.init_globals(None, np.random.default_rng(3))
    view = model.expect(globals_)
    whole, h, _ = model.local_step(DocumentBatch(X), view)
    first, h_first, _ = model.local_step(DocumentBatch(X[:15]), view)
    second, h_second, _ = model.local_step(DocumentBatch(X[15:]), view)
    assert len(first.words) < len(second.words) == 60  # all words if most occur
    both = first + second
    np.testing.assert_array_equal(both.words, whole.words)
    np.testing.assert_allclose(both.counts, whole.counts, 1e-12, 1e-12)
    assert h_first + h_second == pytest.approx(h, rel=1e-12)
    twice = first.zeros() + whole.scale(2.0)
    assert twice.inner(view) == pytest.approx(2 * whole.inner(view), rel=1e-14)
    assert whole.zeros().inner(view) == 0.0
    np.testing.assert_allclose(
        model.global_step(both, globals_).total, both.counts.sum(axis=0)[:3] + 60 * 0.1, 1e-12
    )


def test_empty_documents():
    X = sp.csr_matrix((3, 5))
    model = LDAModel(np.array([0.2, 0.7]), 0.1, 5, doc_init="warm")
    batch = DocumentBatch(X)
    view = model.expect(model.init_globals(batch, np.random.default_rng(0)))
    documents = model.posteriors(batch, view)
    documents.run(1e-3, 10)
    np.testing.assert_array_equal(documents.gamma, [[0.2, 0.7]] * 3)
    np.testing.assert_allclose(documents.bound, 0.0, atol=1e-15)
    stats, h, _ = model.local_step(batch, view)
    assert len(stats.words) == 0
    assert h == pytest.approx(0.0, abs=1e-15)


def test_the_bound_after_a_global_step_has_a_closed_form():
    model = LDAModel(np.full(3, 0.3), np.linspace(0.1, 1, 60), 60)
    view = model.expect(model.init_globals(None, np.random.default_rng(3)))
    stats, _, _ = model.local_step(DocumentBatch(random_corpus(9)), view)
    globals_ = model.global_step(stats, None)
    expected = stats.inner(model.expect(globals_)) + model.global_bound(globals_)
    assert model.posterior_bound(globals_) == pytest.approx(expected, rel=1e-12)
    assert globals_.counts is stats.counts  # no copy


@pytest.mark.parametrize("doc_init", ["ones", "warm"])
def test_parts_of_a_batch(doc_init, monkeypatch):
    """What is too long for the scratch is taken in parts, with the same result."""
    model = LDAModel(np.full(3, 0.3), 0.1, 60, doc_init=doc_init)
    view = model.expect(model.init_globals(None, np.random.default_rng(3)))
    whole, h, local = model.local_step(DocumentBatch(random_corpus(30)), view)
    monkeypatch.setattr("fastvb.models._lda_local._SCRATCH_BYTES", 7 * 64)
    batch = DocumentBatch(random_corpus(30))
    parts, h_parts, local_parts = model.local_step(batch, view)
    assert [part.n_docs for part in batch.parts(7)] == [7, 7, 7, 7, 2]
    np.testing.assert_array_equal(local_parts.gamma, local.gamma)
    np.testing.assert_allclose(parts.counts, whole.counts, 1e-13)
    assert h_parts == pytest.approx(h, rel=1e-13)


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_batch_by_words(index):
    X = random_corpus(20, 30)
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    batch = DocumentBatch(X)
    by_words = batch.by_words
    assert {part.dtype for part in by_words} == {np.dtype(index)}
    dense = np.zeros(X.shape)
    for i, word in enumerate(by_words.words):
        part = slice(by_words.word_ptr[i], by_words.word_ptr[i + 1])
        assert (np.diff(by_words.docs[part]) > 0).all()
        dense[by_words.docs[part], batch.words[word]] = X.data[by_words.position[part]]
    np.testing.assert_array_equal(dense, X.toarray())


@pytest.mark.real_data
def test_documents_of_a_reference_implementation(shared_data):
    """Reuters, 10 topics held fixed at LDA-C's: its document bounds sum to -589971.930."""
    X = read_corpus(shared_data("reuters395/reuters.ldac")).counts.astype(float)
    with gzip.open(shared_data("reuters395/lda-c_k10/final.beta.gz"), "rt") as lines:
        log_beta = np.loadtxt(lines)
    expected = np.loadtxt(shared_data("reuters395/lda-c_k10/inf-lda-lhood.dat"))
    documents = DocumentPosteriors(
        DocumentBatch(X),
        PointTopics(np.exp(log_beta), np.float64),
        np.full(10, 0.1),
        np.ones((X.shape[0], 10)),
        n_jobs=2,
    )
    documents.run(1e-9, 100_000)
    assert documents.bound.sum() == pytest.approx(-589971.930, abs=2e-3)
    np.testing.assert_allclose(documents.bound, expected, atol=5e-4)
