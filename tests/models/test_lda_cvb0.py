"""CVB0 given the topics as a local step, against plain loops and the exact posterior."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from reference import cvb0 as twin
from scipy.special import gammaln

from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_cvb0 import CVB0
from fastvb.models._lda_local import PointTopics

DTYPES, TO_THE_END = [np.float32, np.float64], CVB0(1e-6, 200)


def assigned(X, topics, alpha, how=TO_THE_END, n_jobs=1, dtype=np.float64):
    return how.posteriors(DocumentBatch(X), PointTopics(topics, dtype), alpha, n_jobs=n_jobs)


def some_topics(n_topics, n_words, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(n_words, 0.3), n_topics)


def corpus(n_docs=60, n_words=50, dtype=np.float64):
    X = sp.random_array((n_docs, n_words), density=0.3, rng=np.random.default_rng(2), format="csr")
    X.data = np.ceil(X.data * 4).astype(dtype)
    return X


def mean_counts(topics, alpha, tokens):
    """E[n | w, beta] by enumeration of z."""
    n_topics, mean, total = len(alpha), np.zeros(len(alpha)), 0.0
    for z in product(range(n_topics), repeat=len(tokens)):
        n = np.bincount(z, minlength=n_topics)
        weight = topics[list(z), tokens].prod() * np.exp(gammaln(alpha + n).sum())
        mean += weight * n
        total += weight
    return mean / total


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_topics", [1, 7, 33])
def test_statistics_are_those_of_plain_loops(n_topics, dtype):
    X, alpha, topics = corpus(20, dtype=dtype), np.full(n_topics, 0.1), some_topics(n_topics, 50)
    X.data[::7] *= 0.3
    X.data[5] = 300
    documents, stats = assigned(X, topics, alpha, CVB0(0.0, 3), dtype=dtype)
    counts, rtol = np.zeros((50, n_topics)), 1e-3 if dtype == np.float32 else 1e-10
    for d in range(20):
        row = X[[d]]
        expected = twin.document(row.data, np.log(topics[:, row.indices].T), alpha, 0.0, 3)
        counts[row.indices] += expected
        np.testing.assert_allclose(documents.gamma[d], alpha + expected.sum(0), rtol)
    np.testing.assert_allclose(stats.counts[:, :n_topics], counts[stats.words], rtol, 1e-12)
    np.testing.assert_array_equal(stats.counts[:, n_topics:], 0)
    theta = documents.gamma / documents.gamma.sum(1, keepdims=True)
    log_p = np.log(theta.astype(float) @ topics)
    np.testing.assert_allclose(documents.bound, (X.toarray() * log_p).sum(1), rtol)


def test_near_the_exact_posterior():
    """Nearer to the mean counts than mean field, which sees each token's own share."""
    rng, alpha, errors = np.random.default_rng(4), np.array([0.2, 0.5, 0.4]), []
    for seed in range(10):
        topics = some_topics(3, 6, seed) * 0.9 + 0.1 / 6
        counts = rng.multinomial(6, np.full(6, 1 / 6))
        exact = mean_counts(topics, alpha, np.repeat(np.arange(6), counts))
        X = sp.csr_matrix(counts[None].astype(float))
        with_own = LDAModel(alpha, 0.1, 6).posteriors(DocumentBatch(X), PointTopics(topics, float))
        with_own.run(1e-6, 200)
        without_own, _ = assigned(X, topics, alpha)
        for made in (with_own, without_own):
            errors.append(np.abs(made.gamma[0] - alpha - exact).sum())
    assert np.mean(errors[1::2]) < 0.6 * np.mean(errors[::2])


def test_documents_of_one_token_are_exact():
    alpha, topics = np.array([0.2, 0.7, 1.5]), some_topics(3, 5)
    documents, stats = assigned(sp.csr_matrix(np.eye(5)), topics, alpha)
    exact = alpha * topics.T
    exact /= exact.sum(1, keepdims=True)
    np.testing.assert_allclose(documents.gamma, alpha + exact, 1e-12)
    np.testing.assert_allclose(stats.counts[:, :3], exact[stats.words], 1e-12)


def test_neither_threads_nor_parts_show(monkeypatch):
    X, topics, alpha = corpus(300), some_topics(20, 50), np.full(20, 0.1)
    documents, stats = assigned(X, topics, alpha)
    for n_jobs in (2, 3, 7):
        again, its_stats = assigned(X, topics, alpha, n_jobs=n_jobs)
        np.testing.assert_array_equal(again.gamma, documents.gamma)
        np.testing.assert_array_equal(its_stats.counts, stats.counts)
    monkeypatch.setattr("fastvb.models._lda_assignments._SCRATCH_BYTES", 50_000)
    again, its_stats = assigned(X, topics, alpha)
    np.testing.assert_array_equal(again.gamma, documents.gamma)
    np.testing.assert_allclose(its_stats.counts, stats.counts, 1e-13)


def test_documents_without_words():
    documents, stats = assigned(sp.csr_matrix((3, 5)), some_topics(2, 5), np.array([0.3, 0.4]))
    np.testing.assert_array_equal(documents.gamma, [[0.3, 0.4]] * 3)
    np.testing.assert_array_equal(documents.bound, 0)
    assert len(stats.words) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_counts_beyond_the_data_type(dtype):
    X = sp.csr_matrix(np.array([[1, 1], [0, 0], [0.7, 0.7]], dtype))
    X.data[2:] *= np.finfo(dtype).max
    with pytest.raises(FloatingPointError, match="finite, got document 2 without"):
        assigned(X, np.full((1, 2), 0.5), np.ones(1), dtype=dtype)


def test_local_step_of_the_model():
    batch, alpha = DocumentBatch(corpus()), np.full(4, 0.3)
    model = LDAModel(alpha, 0.1, 50, collapsed=True, assignments=CVB0(1e-4, 50))
    globals_ = model.init_globals(batch, np.random.default_rng(0))
    view = model.sample_view(globals_, np.random.default_rng(5))
    stats, h, local = model.local_step(batch, view)
    at_mean = LDAModel(alpha, 0.1, 50, collapsed=True).posteriors(batch, view, local.gamma)
    at_mean.run(0.0, 0)
    assert h + stats.inner(view) == pytest.approx(at_mean.bound.sum())
    documents, expected = CVB0(1e-4, 50).posteriors(batch, view, alpha)
    np.testing.assert_array_equal(local.gamma, documents.gamma)
    np.testing.assert_array_equal(stats.counts, expected.counts)
