"""Gibbs sampling of topic assignments, against the exact posterior given the topics."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import gammaln

from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_gibbs import GibbsSweeps, gibbs_posteriors
from fastvb.models._lda_local import PointTopics

DTYPES, SWEEPS = [np.float32, np.float64], GibbsSweeps(3, 4)


def sampled(X, topics, alpha, sweeps=SWEEPS, seed=1, n_jobs=1, dtype=np.float64):
    batch = DocumentBatch(X)
    return gibbs_posteriors(batch, PointTopics(topics, dtype), alpha, sweeps, seed, n_jobs)


def some_topics(n_topics, n_words, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(n_words, 0.3), n_topics)


def corpus(n_docs=60, n_words=50, dtype=np.float64):
    X = sp.random_array((n_docs, n_words), density=0.3, rng=np.random.default_rng(2), format="csr")
    X.data = np.ceil(X.data * 4).astype(dtype)
    return X


@pytest.mark.parametrize("dtype", DTYPES)
def test_mean_counts_are_those_of_the_exact_posterior(dtype):
    """p(z | w, beta) ~ prod_n beta_{z_n w_n} prod_k Gamma(alpha_k + n_k), by enumeration."""
    alpha, topics = np.array([0.2, 0.7, 1.5]), some_topics(3, 4) + 0.05
    counts = np.array([2, 1, 0, 3])
    tokens = np.repeat(np.arange(4), counts)
    expected, total = np.zeros((4, 3)), 0.0
    for z in product(range(3), repeat=len(tokens)):
        n = np.bincount(z, minlength=3)
        weight = topics[list(z), tokens].prod() * np.exp(gammaln(alpha + n).sum())
        total += weight
        np.add.at(expected, (tokens, list(z)), weight)
    expected /= total
    X = sp.csr_matrix(np.tile(counts, (40, 1)).astype(dtype))
    documents, stats = sampled(X, topics, alpha, GibbsSweeps(20, 10_000), dtype=dtype)
    place = np.searchsorted(stats.words, np.arange(4))
    np.testing.assert_allclose(stats.counts[place, :3] / 40, expected, atol=0.01)
    np.testing.assert_allclose(documents.gamma.mean(0), alpha + expected.sum(0), atol=0.015)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_topics", [1, 7, 16, 33])
def test_counts_add_up(n_topics, dtype):
    X, alpha = corpus(dtype=dtype), np.full(n_topics, 0.1)
    documents, stats = sampled(X, some_topics(n_topics, 50), alpha, dtype=dtype)
    np.testing.assert_allclose(stats.counts.sum(1), X.sum(0)[stats.words], 1e-5)
    np.testing.assert_array_equal(stats.counts[:, n_topics:], 0)
    np.testing.assert_allclose(documents.gamma.sum(1), X.sum(1) + alpha.sum(), 1e-5)
    np.testing.assert_allclose(
        stats.counts.sum(0)[:n_topics], (documents.gamma - alpha).sum(0), 1e-3, 1e-3
    )


def test_neither_threads_nor_parts_show(monkeypatch):
    X, topics, alpha = corpus(300), some_topics(20, 50), np.full(20, 0.1)
    documents, stats = sampled(X, topics, alpha)
    for n_jobs in (2, 3):
        again, its_stats = sampled(X, topics, alpha, n_jobs=n_jobs)
        np.testing.assert_array_equal(again.gamma, documents.gamma)
        np.testing.assert_array_equal(its_stats.counts, stats.counts)
    monkeypatch.setattr("fastvb.models._lda_assignments._SCRATCH_BYTES", 5000)
    again, its_stats = sampled(X, topics, alpha)
    np.testing.assert_array_equal(again.gamma, documents.gamma)
    np.testing.assert_allclose(its_stats.counts, stats.counts, 1e-13)
    again, _ = sampled(X[:100], topics, alpha)
    np.testing.assert_array_equal(again.gamma, documents.gamma[:100])
    again, _ = sampled(X, topics, alpha, seed=2)
    assert not np.allclose(again.gamma, documents.gamma)


def test_topics_that_exclude_each_other():
    """Each word occurs in one topic: there is nothing to choose."""
    topics = np.kron(np.eye(3), np.full((1, 4), 0.25))
    X = corpus(20, 12)
    documents, _ = sampled(X, topics, np.full(3, 1e-4))
    expected = X.toarray().reshape(20, 3, 4).sum(2)
    np.testing.assert_allclose(documents.gamma, expected + 1e-4)


def test_documents_without_words():
    documents, stats = sampled(sp.csr_matrix((3, 5)), some_topics(2, 5), np.array([0.3, 0.4]))
    np.testing.assert_array_equal(documents.gamma, [[0.3, 0.4]] * 3)
    assert len(stats.words) == 0


def test_counts_that_are_not_whole_numbers():
    X = sp.csr_matrix([[1.0, 0.5]])
    with pytest.raises(ValueError, match=r"whole-number counts for Gibbs sampling, got .* 0\.5"):
        sampled(X, some_topics(2, 2), np.ones(2))


def test_local_step_of_the_model():
    batch = DocumentBatch(corpus())
    model = LDAModel(np.full(4, 0.3), 0.1, 50, assignments=GibbsSweeps(2, 3))
    globals_ = model.init_globals(batch, np.random.default_rng(0))
    rng = np.random.default_rng(5)
    view = model.sample_view(globals_, rng)
    stats, h, local = model.local_step(batch, view, None, rng)
    plain = LDAModel(np.full(4, 0.3), 0.1, 50)
    best = plain.posteriors(batch, view, local.gamma)
    best.run(1e-6, 1000)
    assert h + stats.inner(view) < best.bound.sum()  # the same bound, elsewhere
    assert h + stats.inner(view) > best.bound.sum() - 0.2 * batch.n_tokens
    again, _, _ = model.local_step(batch, view, None, rng)
    assert not np.array_equal(again.counts, stats.counts)


def test_empty_documents_anywhere():
    X = corpus(6)
    full, _ = sampled(X, some_topics(3, 50), np.full(3, 0.1))
    X = sp.vstack([X, sp.csr_array((2, 50))], format="csr")
    documents, _ = sampled(X, some_topics(3, 50), np.full(3, 0.1))
    np.testing.assert_array_equal(documents.gamma[:6], full.gamma)
    np.testing.assert_array_equal(documents.gamma[6:], 0.1)
    documents, stats = sampled(sp.csr_array((2, 50)), some_topics(3, 50), np.full(3, 0.1))
    assert len(stats.words) == 0
