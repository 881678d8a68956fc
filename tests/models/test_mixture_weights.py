"""Weights of mixtures: order of the sticks, moments, densities and coordinates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference import gaussian_mixture as reference
from scipy import stats
from scipy.integrate import quad
from scipy.special import betaln

from fastvb.models import DirichletWeights, GivenWeights, PointWeights, StickBreakingWeights
from fastvb.models._mixture_weights import log_gamma_draws
from fastvb.models._stick_breaking import Sticks, best_order

K = 4
COUNTS = np.array([3.0, 0.5, 12.0, 0.0])
KINDS = {
    "dirichlet": DirichletWeights(np.array([0.5, 1.0, 2.0, 0.1])),
    "sticks": StickBreakingWeights(0.8, np.zeros(K)),
    "many sticks": StickBreakingWeights(5.0, np.zeros(K)),
    "learned": StickBreakingWeights(1.0, np.zeros(K), (2.0, 0.7)),
    "former sticks": StickBreakingWeights(
        0.8, np.array([1.0, 4, 0, 2]), None, np.array([2, 0, 3, 1])
    ),
    "likely": PointWeights.of(K),
    "probable": PointWeights.of(K, np.array([1.0, 2.0, 1.5, 3.0])),
    "given": GivenWeights(K),
}
DISTRIBUTIONS = ["dirichlet", "sticks", "many sticks", "learned", "former sticks"]


def value(weights, q, counts):
    """Part of the ELBO that the weights have."""
    some = counts > 0
    return counts[some] @ weights.expect(q)[some] + weights.bound(q)


@pytest.mark.parametrize("concentration", [0.3, 1.0, 1.7, 8.0, 60.0])
@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_the_order_of_the_sticks_is_the_best(n, concentration):
    rng = np.random.default_rng(n)
    for scale in (0.5, 5.0, 300.0):
        counts = scale * rng.gamma(0.5, size=n)

        def bound(order, counts=counts):
            n = counts[list(order)]
            return betaln(1 + n[:-1], concentration + np.cumsum(n[::-1])[::-1][1:]).sum()

        best = max(bound(order) for order in itertools.permutations(range(n)))
        order = best_order(counts, concentration)
        assert sorted(order) == list(range(n))
        assert bound(order) == pytest.approx(best, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_the_best(kind):
    """No part of the way to the optimum for other counts is better."""
    weights = KINDS[kind]
    q = weights.step(COUNTS, None)
    for _ in range(30 if kind == "learned" else 0):
        q = weights.step(COUNTS, q)
    best = value(weights, q, COUNTS)
    rng = np.random.default_rng(0)
    for _ in range(10):
        other = weights.step(rng.gamma(1.0, 5.0, K), q)
        assert value(weights, weights.blend(q, other, 0.1), COUNTS) <= best + 1e-9


def test_a_learned_concentration_never_lowers_the_bound():
    weights, q, rng = KINDS["learned"], None, np.random.default_rng(1)
    for counts in rng.gamma(0.3, 30.0, (5, K)):
        values = []
        for _ in range(20):
            q = weights.step(counts, q)
            values.append(value(weights, q, counts))
        assert (np.diff(values) > -1e-12).all()
        shape, rate = 2.0 + K - 1, 0.7 - q.log_sticks()[1].sum()
        assert weights.mean_concentration(q) == pytest.approx(shape / rate, rel=1e-12)


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_draws_have_the_means_of_q(kind):
    weights, rng = KINDS[kind], np.random.default_rng(0)
    q = weights.step(COUNTS, None)
    draws = np.array([weights.sample(q, rng) for _ in range(4000)])
    np.testing.assert_allclose(np.exp(draws).sum(axis=1), 1, 1e-12)
    for sample, expected in ((draws, weights.expect(q)), (np.exp(draws), weights.mean(q))):
        error = sample.std(axis=0) / np.sqrt(len(sample))
        assert (np.abs(sample.mean(axis=0) - expected) < 4.5 * error + 1e-12).all()
    assert weights.mean(q).sum() == pytest.approx(1, abs=1e-14)


def test_draws_of_small_shapes_do_not_underflow():
    draws = log_gamma_draws(np.full(5000, 1e-4), np.random.default_rng(0))
    assert np.isfinite(draws).all()
    expected = stats.loggamma(1e-4).mean()
    assert draws.mean() == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("kind", ["sticks", "many sticks", "learned"])
def test_the_bound_of_sticks_is_that_of_the_reference(kind):
    weights = KINDS[kind]
    q = weights.step(COUNTS, None)
    q = weights.step(COUNTS + 1, q)
    twin = reference.Sticks(weights.concentration, weights.concentration_prior)
    q_alpha = None if q.rate is None else (weights.concentration_prior[0] + K - 1, q.rate)
    log_pi, p, own = twin.terms(twin.posterior(q.counts[q.order], q.concentration), q_alpha)
    np.testing.assert_allclose(weights.expect(q)[q.order], log_pi, 1e-12)
    assert weights.bound(q) == pytest.approx(p - own, rel=1e-12)


def test_log_sticks_are_means_of_beta_distributions():
    q = Sticks(np.array([2.0, 1.0]), np.array([0, 1]), 0.5)
    a, b = 3.0, 1.5
    for sign, got in zip((0, 1), q.log_sticks(), strict=True):

        def density(v, sign=sign):
            return stats.beta.pdf(v, a, b) * np.log(1 - v if sign else v)

        assert got[0] == pytest.approx(quad(density, 0, 1)[0], rel=1e-7)


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "learned"])
def test_what_is_known_before_is_as_good_as_data(kind):
    weights = KINDS[kind]
    first = weights.step(COUNTS, None)
    later = weights.with_prior(first)
    assert later.bound(first) == pytest.approx(0, abs=1e-12)
    nothing = later.step(np.zeros(K), first)
    np.testing.assert_allclose(later.mean(nothing), weights.mean(first), 1e-14)
    more = np.array([9.0, 1.0, 0.1, 2.0])
    both = later.step(more, first)
    if kind in ("sticks", "many sticks"):  # in the order of the first
        weights = StickBreakingWeights(weights.concentration, np.zeros(K), None, first.order)
    np.testing.assert_allclose(later.mean(both), weights.mean(weights.step(COUNTS + more, None)))
    np.testing.assert_allclose(
        later.expect(both)[:3], weights.expect(weights.step(COUNTS + more, None))[:3]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_the_way(kind):
    weights = KINDS[kind]
    one, two = weights.step(COUNTS, None), weights.step(COUNTS[::-1].copy(), None)
    for rho, expected in ((0.0, one), (1.0, two)):
        blend = weights.blend(one, two, rho)
        np.testing.assert_array_equal(weights.expect(blend), weights.expect(expected))


def test_an_empty_component_has_no_weight():
    weights = PointWeights.of(K)
    assert weights.expect(weights.step(COUNTS, None))[3] == -np.inf
    np.testing.assert_array_equal(weights.mean(weights.step(np.zeros(K), None)), 0.25)


def test_the_prior_of_a_point_is_a_density():
    weights = KINDS["probable"]
    q = weights.step(COUNTS, None)
    alpha = weights.prior_counts + 1
    assert weights.bound(q) == pytest.approx(stats.dirichlet.logpdf(weights.mean(q), alpha))
    with pytest.raises(ValueError, match="Expected the concentration of a most probable weight"):
        PointWeights.of(3, 0.5)


def test_one_component():
    for weights in (
        DirichletWeights(np.ones(1)),
        StickBreakingWeights(2.0, np.zeros(1)),
        StickBreakingWeights(2.0, np.zeros(1), (1.0, 1.0)),
        PointWeights.of(1),
        GivenWeights(1),
    ):
        q = weights.step(np.array([7.0]), None)
        assert weights.mean(q).tolist() == [1.0]
        assert weights.expect(q).tolist() == [0.0]
        assert weights.bound(q) == pytest.approx(0, abs=1e-14)
