"""Most likely Dirichlet distributions: oracle numbers, dense algebra, ascent, limits, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from fastvb.families import dirichlet_fit as module
from fastvb.families import fit_dirichlet, fit_symmetric_dirichlet
from fastvb.special import digamma, dirichlet_expectation, gammaln, trigamma

DRAWS = np.random.default_rng(1).dirichlet([0.3, 0.6, 1.2, 3.0], size=500)
MEAN_LOG = np.log(DRAWS).mean(axis=0)
MOST_LIKELY = [0.30166587, 0.57510149, 1.18190232, 2.92144943]


def likelihood(alpha, mean_log):
    return gammaln(alpha.sum()) - gammaln(alpha).sum() + (alpha - 1) @ mean_log


def dense_hessian(alpha):
    return trigamma(alpha.sum()) - np.diag(trigamma(alpha))


@pytest.mark.parametrize("start", [None, 0.01, 1, 50, [1e-6, 1e4, 1.0, 30.0]])
def test_most_likely_from_any_start(start):
    fit = fit_dirichlet(MEAN_LOG, start)
    np.testing.assert_allclose(fit.concentration, MOST_LIKELY, atol=1e-8)
    assert fit.status == "converged"
    assert fit.n_iter < 35
    assert fit.log_likelihood == pytest.approx(likelihood(fit.concentration, MEAN_LOG), rel=1e-12)


def test_likelihood_is_the_mean_log_density():
    fit = fit_dirichlet(MEAN_LOG)
    density = scipy.stats.dirichlet(fit.concentration).logpdf
    assert fit.log_likelihood == pytest.approx(np.mean([density(row) for row in DRAWS]), rel=1e-9)


@pytest.mark.parametrize("size", [2, 7, 100])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_direction_in_linear_time_is_the_dense_one(size, scale):
    rng = np.random.default_rng(size)
    alpha, gradient = scale * rng.gamma(1.0, size=size), rng.normal(size=size)
    dense = -np.linalg.solve(dense_hessian(alpha), gradient)
    direction = module.newton_direction(alpha, gradient)
    np.testing.assert_allclose(direction, dense, rtol=1e-10, atol=1e-10 * abs(dense).max())


def test_direction_of_fixed_total_solves_the_bordered_system():
    rng = np.random.default_rng(0)
    alpha, gradient = rng.gamma(1.0, size=9), rng.normal(size=9)
    border = np.block(
        [[dense_hessian(alpha), np.ones((9, 1))], [np.ones((1, 9)), np.zeros((1, 1))]]
    )
    dense = np.linalg.solve(border, -np.append(gradient, 0.0))[:9]
    direction = module.newton_direction(alpha, gradient, fixed_total=True)
    np.testing.assert_allclose(direction, dense, rtol=1e-10)


def test_each_step_ascends_where_plain_newton_turns_negative():
    start = np.full(4, 50.0)
    gradient = MEAN_LOG - dirichlet_expectation(start)
    assert (start + module.newton_direction(start, gradient) < 0).any()
    steps = [fit_dirichlet(MEAN_LOG, start, max_iter=n) for n in range(1, 12)]
    values = [likelihood(start, MEAN_LOG)] + [step.log_likelihood for step in steps]
    assert (np.diff(values) > -1e-12).all()
    assert values[1] > values[0] + 1.0
    assert steps[0].status == "stopped"
    assert all((step.concentration > 0).all() for step in steps)


def test_step_that_is_too_long_is_halved_until_it_ascends():
    start = np.full(4, 0.5)
    gradient = MEAN_LOG - dirichlet_expectation(start)
    long = 60.0 * module.newton_direction(start, gradient)
    taken = module._ascending(start, gradient, long, 1e6)
    inside = module._inside(start, long, 1e6)
    assert likelihood(start + inside, MEAN_LOG) < likelihood(start, MEAN_LOG)
    assert likelihood(start + taken, MEAN_LOG) > likelihood(start, MEAN_LOG)
    assert module._ascending(start, gradient, -long, 1e6) is None


def test_fixed_point_takes_over_where_newton_fails(monkeypatch):
    monkeypatch.setattr(module, "newton_direction", lambda alpha, gradient, **_: -gradient)
    fit = fit_dirichlet(MEAN_LOG, 50.0, max_iter=2000)
    np.testing.assert_allclose(fit.concentration, MOST_LIKELY, rtol=1e-6)


def test_nearly_equal_observations_keep_their_digits():
    """The likelihoods differ by less than the rounding of each of them."""
    alpha = 1e5 * np.array([0.2, 0.3, 0.5])
    fit = fit_dirichlet(dirichlet_expectation(alpha), 1.0)
    assert fit.status == "converged"
    np.testing.assert_allclose(fit.concentration, alpha, rtol=1e-8)


@pytest.mark.parametrize("start", [None, 2.0])
def test_equal_observations_end_at_the_cap(start):
    """Their likelihood has no maximum; on the cap, the gradient is the same for all components."""
    mean_log = np.log([0.2, 0.3, 0.5])
    fit = fit_dirichlet(mean_log, start, max_total=1e4)
    assert fit.status == "capped"
    assert fit.concentration.sum() == pytest.approx(1e4, rel=1e-9)
    gradient = mean_log - dirichlet_expectation(fit.concentration)
    np.testing.assert_allclose(gradient, gradient[0], rtol=1e-6)
    assert gradient[0] > 0


def test_cap_is_left_again():
    fit = fit_dirichlet(MEAN_LOG, [97.0, 1.0, 1.0, 1.0], max_total=100.0)
    np.testing.assert_allclose(fit.concentration, MOST_LIKELY, atol=1e-8)


def test_start_beyond_the_cap_is_not_made_worse():
    mean_log, start = dirichlet_expectation(np.full(3, 1e3)), np.full(3, 900.0)
    fit = fit_dirichlet(mean_log, start, max_total=10.0)
    assert fit.status == "capped"
    assert fit.log_likelihood >= likelihood(start, mean_log)
    same = fit_symmetric_dirichlet(float(mean_log[0]), 3, 900.0, max_total=10.0)
    assert (same.concentration, same.status) == (900.0, "capped")


def test_components_that_are_hardly_there():
    fit = fit_dirichlet([-1e3, -1e-3, -1e4, -1e100], 1.0)
    gradient = dirichlet_expectation(fit.concentration)
    np.testing.assert_allclose(gradient, [-1e3, -1e-3, -1e4, -1e100], rtol=1e-8)


@pytest.mark.parametrize("start", [None, 0.01, 50.0])
def test_a_vector_as_long_as_a_vocabulary(start):
    eta = np.random.default_rng(0).gamma(0.5, 0.1, 100_000) + 1e-3
    fit = fit_dirichlet(dirichlet_expectation(eta), start, max_total=1e7)
    assert fit.status == "converged"
    np.testing.assert_allclose(fit.concentration, eta, rtol=1e-10)


@settings(deadline=None)
@given(
    st.lists(st.floats(-9.0, 6.0), min_size=2, max_size=30),
    st.floats(-9.0, 6.0),
)
def test_inverts_the_expectation(log_alpha, log_start):
    alpha = np.exp(log_alpha)
    fit = fit_dirichlet(dirichlet_expectation(alpha), np.exp(log_start))
    assert fit.status == "converged"
    np.testing.assert_allclose(fit.concentration, alpha, rtol=1e-7)


@pytest.mark.parametrize("size", [2, 10, 100_000])
@pytest.mark.parametrize("alpha", [1e-4, 0.1, 3.0])
@pytest.mark.parametrize("start", [None, 1e-8, 1.0, 1e4])
def test_symmetric_inverts_the_expectation(size, alpha, start):
    mean = float(digamma(alpha) - digamma(size * alpha))
    fit = fit_symmetric_dirichlet(mean, size, start, max_total=1e9)
    assert fit.concentration == pytest.approx(alpha, rel=1e-12)
    assert fit.status == "converged"
    assert fit.n_iter <= 8


def test_symmetric_is_the_best_of_equal_components():
    fit = fit_symmetric_dirichlet(MEAN_LOG.mean(), 4)
    best = scipy.optimize.minimize_scalar(
        lambda a: -likelihood(np.full(4, a), MEAN_LOG), bounds=(0.1, 10.0), method="bounded"
    )
    assert fit.concentration == pytest.approx(best.x, rel=1e-4)
    assert fit.log_likelihood == pytest.approx(-best.fun, rel=1e-9)
    assert fit.log_likelihood < fit_dirichlet(MEAN_LOG).log_likelihood


def test_symmetric_with_equal_observations_ends_at_the_cap():
    for start in (None, 1.0):
        fit = fit_symmetric_dirichlet(-np.log(3), 3, start, max_total=600.0)
        assert (fit.concentration, fit.status) == (200.0, "capped")
    rounded_up = fit_symmetric_dirichlet(-np.log(3) + 1e-7, 3, 1.0, max_total=3e10)
    assert (rounded_up.concentration, rounded_up.status) == (1e10, "capped")


def test_one_component_is_left_alone():
    assert fit_dirichlet([0.0], 3.0).concentration.tolist() == [3.0]
    assert fit_symmetric_dirichlet(0.0, 1, 3.0).concentration == 3.0
    assert fit_dirichlet([0.0]).concentration.tolist() == [1.0]


@pytest.mark.parametrize("mean_log", [[np.nan, -1.0], [-np.inf, -1.0]])
def test_mean_log_not_finite(mean_log):
    with pytest.raises(ValueError, match="Expected mean_log to be finite"):
        fit_dirichlet(mean_log)


def test_mean_log_of_another_shape():
    for wrong in ([[-1.0, -1.0]], -1.0, []):
        with pytest.raises(ValueError, match=r"Expected mean_log to have shape \(K,\), got mean_"):
            fit_dirichlet(wrong)


def test_mean_log_that_no_theta_has():
    with pytest.raises(ValueError, match="a sum over components of at most 1"):
        fit_dirichlet([-0.5, -0.5])
    with pytest.raises(ValueError, match="a sum over components of at most 1"):
        fit_symmetric_dirichlet(-0.5, 2)


@pytest.mark.parametrize("start", [0.0, -1.0, np.inf, [1.0, np.nan]])
def test_start_outside(start):
    with pytest.raises(ValueError, match="Expected start to be positive and finite"):
        fit_dirichlet([-1.0, -1.0], start)


def test_start_of_another_shape():
    with pytest.raises(ValueError, match=r"shape of mean_log, \(2,\), got start.shape=\(3,\)"):
        fit_dirichlet([-1.0, -1.0], np.ones(3))


def test_wrong_limits():
    with pytest.raises(ValueError, match="Expected max_total"):
        fit_dirichlet([-1.0, -1.0], max_total=0.0)
    with pytest.raises(ValueError, match="Expected max_iter"):
        fit_dirichlet([-1.0, -1.0], max_iter=0)
    with pytest.raises(TypeError, match="Expected n_components"):
        fit_symmetric_dirichlet(-1.0, 2.5)
