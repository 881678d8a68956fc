"""Draws of LDA's topics, against the moments of their Dirichlet distributions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import digamma, polygamma

from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_sampled import SampledTopics
from fastvb.models._lda_state import LDAGlobals

DTYPES = [np.float32, np.float64]


def log_beta(view, words):
    at = view.at(words)
    return at.log_rows + at.log_scale[:, np.newaxis]


def some_topics(dtype=np.float64, n_topics=3, n_words=40):
    exponents = np.random.default_rng(0).uniform(-3, 2, (n_topics, n_words))
    return (10.0**exponents).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("words", [np.arange(40), np.array([1, 4, 7, 20, 39])])
def test_moments(words, dtype):
    """E[beta], E[log beta] and Var[log beta] of Dirichlet distributions."""
    topics, n_draws = some_topics(dtype), 10_000
    globals_ = LDAGlobals.from_topics(topics)
    logs = np.array([log_beta(SampledTopics(globals_, s), words) for s in range(n_draws)])
    a = topics.T.astype(np.float64)
    mean = (a / a.sum(0))[words]
    variance = mean * (1 - mean) / (a.sum(0) + 1)
    error = (np.exp(logs).mean(0) - mean) / np.sqrt(variance / n_draws)
    assert np.abs(error).max() < 4
    variance = polygamma(1, a)[words] - polygamma(1, a.sum(0))
    np.testing.assert_allclose(logs.var(0), variance, 0.12)
    error = (logs.mean(0) - (digamma(a)[words] - digamma(a.sum(0)))) / np.sqrt(variance / n_draws)
    assert np.abs(error).max() < 4


@pytest.mark.parametrize("dtype", DTYPES)
def test_topics_sum_to_one(dtype):
    topics = some_topics(dtype, 5, 500)
    drawn = np.exp(log_beta(SampledTopics(LDAGlobals.from_topics(topics), 7), np.arange(500)))
    np.testing.assert_allclose(drawn.sum(0), 1.0, 1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_topics_of_next_to_no_counts_have_one_word(dtype):
    """Where every g underflows, the totals are summed in log space."""
    topics = np.full((4, 30), 1e-5, dtype)
    drawn = np.exp(log_beta(SampledTopics(LDAGlobals.from_topics(topics), 1), np.arange(30)))
    np.testing.assert_allclose(drawn.sum(0), 1.0, 1e-2 if dtype == np.float32 else 1e-10)
    np.testing.assert_allclose(drawn.max(0), 1.0, 1e-2)


def test_a_draw_depends_on_seed_word_and_topic():
    topics = some_topics(np.float64, 20, 3000)
    globals_ = LDAGlobals.from_topics(topics)
    words = np.flatnonzero(np.random.default_rng(1).random(3000) < 0.6)
    views = [SampledTopics(globals_, 5, n_jobs) for n_jobs in (1, 2, 3)]
    expected = log_beta(views[0], words)
    for view in views[1:]:
        np.testing.assert_array_equal(log_beta(view, words), expected)
    whole = SampledTopics(globals_, 5)
    log_g = expected + views[0].log_total
    np.testing.assert_allclose(log_beta(whole, np.arange(3000))[words] + whole.log_total, log_g)
    assert not np.allclose(log_beta(SampledTopics(globals_, 6), words), expected)


def test_counts_prior_and_scale_of_lazy_globals():
    topics = some_topics()
    plain = LDAGlobals.from_topics(topics)
    lazy = LDAGlobals(2 * plain.counts, plain.prior + 0.25, plain.total + 40 * 0.25, scale=0.5)
    plain = LDAGlobals.from_topics(topics + 0.25)
    words = np.array([0, 3, 8])
    np.testing.assert_allclose(
        log_beta(SampledTopics(lazy, 3), words), log_beta(SampledTopics(plain, 3), words), 1e-12
    )


def test_local_step_reads_the_draw_of_the_model():
    X = sp.random_array((30, 40), density=0.3, rng=np.random.default_rng(2), format="csr")
    X.data = np.ceil(X.data * 5)
    batch = DocumentBatch(X)
    model = LDAModel(np.full(3, 0.3), 0.1, 40)
    globals_ = model.init_globals(batch, np.random.default_rng(0))
    view = model.sample_view(globals_, np.random.default_rng(8))
    stats, _, _ = model.local_step(batch, view)
    np.testing.assert_allclose(stats.counts.sum(), X.sum())
    logs = log_beta(view, stats.words)
    assert stats.inner(view) == pytest.approx((stats.counts[:, :3] * logs).sum(), rel=1e-10)
    again = model.sample_view(globals_, np.random.default_rng(8))
    np.testing.assert_array_equal(log_beta(again, stats.words), logs)
    rng = np.random.default_rng(8)
    first, second = model.sample_view(globals_, rng), model.sample_view(globals_, rng)
    assert not np.allclose(log_beta(first, stats.words), log_beta(second, stats.words))
