"""Draws of LDA's topics, against the moments of their Dirichlet distributions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from reference import structured as twin
from scipy import special, stats
from scipy.special import digamma, polygamma

from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_sampled import SampledTopics, natural_stats
from fastvb.models._lda_state import LDAGlobals, LDAStats

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
    result, _, _ = model.local_step(batch, view)
    np.testing.assert_allclose(result.counts.sum(), X.sum())
    logs = log_beta(view, result.words)
    assert result.inner(view) == pytest.approx((result.counts[:, :3] * logs).sum(), rel=1e-10)
    again = model.sample_view(globals_, np.random.default_rng(8))
    np.testing.assert_array_equal(log_beta(again, batch.words), logs)
    rng = np.random.default_rng(8)
    first, second = model.sample_view(globals_, rng), model.sample_view(globals_, rng)
    assert not np.allclose(log_beta(first, batch.words), log_beta(second, batch.words))


def natural(globals_, seed, words, counts):
    """V times statistics of some words, and the draws that it was made with."""
    view = SampledTopics(globals_, seed)
    given = LDAStats(words, np.zeros((len(words), globals_.counts.shape[1]), counts.dtype))
    given.counts[:, : counts.shape[1]] = counts
    view.at(words)
    return view, natural_stats(given, view)


@pytest.mark.parametrize("words", [np.arange(12), np.array([0, 3, 4, 11])])
def test_natural_statistics_of_one_draw(words):
    """Against linear algebra with derivatives by differences."""
    rng = np.random.default_rng(4)
    topics = rng.gamma(1.5, 1.0, (3, 12)) + 0.2
    counts = rng.gamma(0.5, 20.0, (len(words), 3))
    globals_ = LDAGlobals.from_topics(topics)
    view, result = natural(globals_, 6, words, counts)
    log_g = view.log_draws()
    statistics = np.zeros((12, 3))
    statistics[words] = counts
    for k in range(3):
        expected = twin.natural_statistics(topics[k], log_g[:, k], statistics[:, k])
        np.testing.assert_allclose(result.counts[:, k], expected, 1e-4, 1e-4)
    assert result.counts.min() < 0
    np.testing.assert_array_equal(result.words, np.arange(12))
    np.testing.assert_array_equal(result.counts[:, 3:], 0)


def test_draws_of_all_words_agree_with_the_rows():
    globals_ = LDAGlobals.from_topics(some_topics(np.float64, 3, 40))
    words = np.array([2, 5, 6, 30])
    view = SampledTopics(globals_, 9)
    logs = log_beta(view, words)
    log_g = view.log_draws()[:, :3]
    totals = np.logaddexp.reduce(log_g, axis=0)
    np.testing.assert_allclose(totals, view.log_total)
    np.testing.assert_allclose(log_g[words] - totals, logs, 1e-12)


def test_draws_of_words_that_were_not_asked_for_have_their_distribution():
    parameters = np.array([0.2, 1.0, 3.0, 0.5, 2.0])
    globals_ = LDAGlobals.from_topics(np.tile(parameters, (50_000, 1)))
    view = SampledTopics(globals_, 9)
    view.at(np.array([1, 3]))
    log_g = view.log_draws()[:, :50_000]
    for v in range(5):
        assert (
            stats.kstest(special.gammainc(parameters[v], np.exp(log_g[v])), "uniform").pvalue > 1e-3
        )
    normals = stats.norm.ppf(special.gammainc(parameters[:, np.newaxis], np.exp(log_g)))
    assert np.abs(np.corrcoef(normals) - np.eye(5)).max() < 4 / np.sqrt(50_000)


def test_mean_of_v_is_the_identity():
    """Many equal topics are many draws of one."""
    parameters, n_topics = np.array([0.3, 1.0, 2.5, 5.0]), 50_000
    globals_ = LDAGlobals.from_topics(np.tile(parameters, (n_topics, 1)))
    words = np.arange(4)
    for u in range(4):
        counts = np.zeros((4, n_topics))
        counts[u] = 1.0
        v = np.concatenate(
            [natural(globals_, seed, words, counts)[1].counts[:, :n_topics] for seed in range(4)], 1
        )
        error = v.mean(axis=1) - np.eye(4)[u]
        assert np.abs(error).max() < 0.012
        assert (np.abs(error) < 4 * v.std(axis=1) / np.sqrt(v.shape[1])).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_full_steps_keep_parameters_positive(dtype):
    X = sp.random_array((40, 60), density=0.2, rng=np.random.default_rng(2), format="csr")
    X.data = np.ceil(X.data * 3).astype(dtype)
    batch, model = DocumentBatch(X), LDAModel(np.full(3, 0.3, dtype), 0.01, 60, dtype)
    globals_ = model.init_globals(batch, np.random.default_rng(0))
    for t in range(30):
        view = model.sample_view(globals_, np.random.default_rng(t))
        some, _, _ = model.local_step(batch, view)
        target = model.global_step(model.natural_stats(some, view).scale(2.0), globals_)
        assert target.counts.min() < 0
        globals_ = model.blend(globals_, target, 1.0 if t == 0 else 0.3)
        parameters = globals_.topic_word
        assert parameters.min() > 0.99e-6
        np.testing.assert_allclose(globals_.total, parameters.sum(axis=1, dtype=float), 1e-5)


def test_one_word_has_no_gradient():
    view = SampledTopics(LDAGlobals.from_topics(np.array([[2.0], [3.0]])), 0)
    view.at(np.array([0]))
    given = LDAStats(np.array([0], np.int32), np.ones((1, 8)))
    np.testing.assert_array_equal(natural_stats(given, view).counts, given.counts)
