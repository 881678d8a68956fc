"""Mean field of mean and precision: oracle numbers, ascent, and the drivers."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from scipy.special import gammaln, psi

from fastvb.families import Gamma, Normal, NormalGamma
from fastvb.inference import Monitor, cavi, memoized, svi_step
from fastvb.models import GaussianGammaModel
from fastvb.models.gaussian_gamma import MeanAndPrecision, NormalSums

X = np.arange(1.0, 6.0)[:, np.newaxis]
PRIOR = NormalGamma(0.0, 1.0, 1.0, 1.0)


def elbo(model, q, X):
    return NormalSums.of(X).inner(model.expect(q)) + model.global_bound(q)


def closed_elbo(x, m, precision, a, b):
    """Of one feature under the prior above, term by term."""
    tau, log_tau = a / b, psi(a) - np.log(b)
    likelihood = len(x) / 2 * (log_tau - np.log(2 * np.pi))
    likelihood -= 0.5 * tau * (((x - m) ** 2).sum() + len(x) / precision)
    prior = 0.5 * (log_tau - np.log(2 * np.pi)) - 0.5 * tau * (m**2 + 1 / precision) - tau
    entropy = 0.5 * (1 + np.log(2 * np.pi) - np.log(precision))
    return likelihood + prior + entropy + a - np.log(b) + gammaln(a) + (1 - a) * psi(a)


def test_fixed_point_of_five_numbers():
    monitor = Monitor(max_iter=40)
    model = GaussianGammaModel(PRIOR)
    q = cavi(model, [X], monitor)
    assert float(q.precision.shape[0]) == 4.0
    assert float(q.precision.rate[0]) == pytest.approx(78 / 7, rel=1e-12)
    assert float(1 / q.mean.variance[0]) == pytest.approx(28 / 13, rel=1e-12)
    assert float(q.expected_precision[0]) == pytest.approx(14 / 39, rel=1e-12)
    assert monitor.lower_bounds[-1] == pytest.approx(-12.329755484, abs=1e-9)
    assert (np.diff(monitor.lower_bounds) > -1e-12).all()


def test_bound_term_by_term():
    model = GaussianGammaModel(PRIOR)
    q = MeanAndPrecision(Normal([1.3], [0.4]), Gamma([2.5], [7.0]))
    assert elbo(model, q, X) == pytest.approx(closed_elbo(X[:, 0], 1.3, 2.5, 2.5, 7.0), rel=1e-13)


def test_no_other_factors_have_a_higher_bound():
    """Of the shape that grows by n / 2 alone the bound is lower."""

    def loss(t):
        return -closed_elbo(X[:, 0], t[0], *np.exp(t[1:]))

    best = scipy.optimize.minimize(loss, [2.0, 1.0, 1.0, 1.0], method="BFGS")
    assert -best.fun == pytest.approx(-12.329755484, abs=1e-9)
    assert -loss([2.5, np.log(2.11), np.log(3.5), np.log(11.375)]) < -12.37


def test_expected_precision_is_exact_at_the_fixed_point():
    rng = np.random.default_rng(0)
    X = rng.normal(3.0, [0.1, 1.0, 10.0], (30, 3))
    prior = NormalGamma([0.0, 1.0, 2.0], 0.5, [1.0, 2.0, 0.1], 1.5)
    q = cavi(GaussianGammaModel(prior), [X[:10], X[10:]], Monitor(max_iter=40))
    stats = NormalSums.of(X)
    exact = Normal.posterior(prior, stats.sums, stats.number)
    np.testing.assert_allclose(q.expected_precision, exact.shape / exact.rate, rtol=1e-11)
    np.testing.assert_allclose(q.mean.mean, exact.mean, rtol=1e-12)
    shape = q.precision.shape
    np.testing.assert_allclose(q.precision.rate, exact.rate * 2 * shape / (2 * shape - 1))


def test_drivers_agree():
    """Memoized inference, and steps of length 1 on all data, are coordinate ascent."""
    X = np.random.default_rng(1).normal(size=(40, 2))
    model = GaussianGammaModel(PRIOR)
    expected = cavi(model, [X], Monitor(max_iter=30)).precision.rate
    q = memoized(model, [X[:15], X[15:]], Monitor(max_iter=30), seed=0)
    np.testing.assert_allclose(q.precision.rate, expected, rtol=1e-10)
    q = model.init_globals(X, None)
    for _ in range(30):
        q = svi_step(model, X, q, rate=1.0, n_total=40)
    np.testing.assert_allclose(q.precision.rate, expected, rtol=1e-10)


def test_part_of_a_step_is_taken_in_natural_coordinates():
    model = GaussianGammaModel(PRIOR)
    q = model.init_globals(X, None)
    target = model.global_step(NormalSums.of(X), q)
    half = svi_step(model, X, q, rate=0.5, n_total=5)
    for a, b, c in (
        (q.mean, target.mean, half.mean),
        (q.precision, target.precision, half.precision),
    ):
        np.testing.assert_allclose(c.natural, 0.5 * (a.natural + b.natural), rtol=1e-13)
    assert elbo(model, half, X) > elbo(model, q, X)
