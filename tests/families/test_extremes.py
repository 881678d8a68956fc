"""Tiny, huge and nearly equal parameters, against mpmath."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from fastvb import families
from fastvb._kernels import _special

SCALES = [1e-8, 1e-3, 1.0, 1e3, 1e8]
DIGITS = 60


def exact(function, *values):
    with mpmath.workdps(DIGITS):
        return float(function(*(mpmath.mpf(float(value)) for value in values)))


def gamma_entropy(a, b):
    return a - mpmath.log(b) + mpmath.loggamma(a) + (1 - a) * mpmath.digamma(a)


def gamma_log_prob(x, a, b):
    return a * mpmath.log(b) - mpmath.loggamma(a) + (a - 1) * mpmath.log(x) - b * x


def gamma_kl(a, b, c, d):
    of_shape = (a - c) * mpmath.digamma(a) - mpmath.loggamma(a) + mpmath.loggamma(c)
    return of_shape + c * (mpmath.log(b) - mpmath.log(d)) + a * (d - b) / b


def beta_log_prob(x, a, b):
    log_beta = mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
    return (a - 1) * mpmath.log(x) + (b - 1) * mpmath.log(1 - x) - log_beta


def normal_kl(m, v, m0, v0):
    return (v / v0 - 1 - mpmath.log(v / v0) + (m - m0) ** 2 / v0) / 2


def normal_gamma_kl(m, k, a, b, m0, k0, c, d):
    of_mean = k0 / k - 1 - mpmath.log(k0 / k) + k0 * a / b * (m - m0) ** 2
    return gamma_kl(a, b, c, d) + of_mean / 2


@pytest.mark.parametrize("shape", SCALES)
@pytest.mark.parametrize("rate", [1e-8, 1.0, 1e8])
def test_gamma(shape, rate):
    q, inverse = families.Gamma(shape, rate), families.InverseGamma(shape, rate)
    assert q.entropy() == pytest.approx(exact(gamma_entropy, shape, rate), rel=1e-13, abs=1e-13)
    for factor in (1e-3, 1.0 + 0.3 / math.sqrt(shape), 50.0):
        x = factor * shape / rate
        expected = exact(gamma_log_prob, x, shape, rate)
        assert q.log_prob(x) == pytest.approx(expected, rel=1e-12, abs=1e-13)
        expected = exact(lambda y, a, b: gamma_log_prob(1 / y, a, b) - 2 * mpmath.log(y), 1 / x,
                         shape, rate)  # fmt: skip
        assert inverse.log_prob(1.0 / x) == pytest.approx(expected, rel=1e-12, abs=1e-13)
    expected = exact(lambda a, b: mpmath.loggamma(a) - a * mpmath.log(b), shape, rate)
    assert q.log_partition() == pytest.approx(expected, rel=1e-15, abs=1e-15 * shape * 20)
    round_trip = families.Gamma.from_natural(q.natural)
    assert (round_trip.shape, round_trip.rate) == (shape, rate)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("step", [1e-9, 1e-4, 0.3, 1e3])
def test_divergences(scale, step):
    rng = np.random.default_rng(5)
    q, p = (scale * rng.uniform(0.5, 2.0, 4) for _ in range(2))
    p = q * (1.0 + step * rng.uniform(0.5, 1.0, 4) * [1, 1, 1, -0.5 if step < 1 else 1])
    for family, formula, n in (
        (families.NormalGamma, normal_gamma_kl, 4),
        (families.Normal, normal_kl, 2),
    ):
        found = family(*q[:n]).kl(family(*p[:n]))
        assert found == pytest.approx(exact(formula, *q[:n], *p[:n]), rel=1e-11)
    found = families.Gamma(q[0], q[1]).kl(families.Gamma(p[0], p[1]))
    assert found == pytest.approx(exact(gamma_kl, q[0], q[1], p[0], p[1]), rel=1e-11)
    found = families.Poisson(q[0]).kl(families.Poisson(p[0]))
    expected = exact(lambda s, t: s * mpmath.log(s / t) - s + t, q[0], p[0])
    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("a", "b"), [(1e-8, 1e8), (1e8, 1e-8), (1e-8, 1e-8), (1e8, 2e8), (0.5, 3)])
def test_beta(a, b):
    q = families.Beta(a, b)
    for x in (1e-300, 1e-9, 1 / 3, 0.75):
        expected = exact(beta_log_prob, x, a, b)
        assert q.log_prob(x) == pytest.approx(expected, rel=1e-12)

    def log_partition(a, b):
        return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)

    assert q.log_partition() == pytest.approx(exact(log_partition, a, b), rel=1e-12)

    def entropy(a, b):
        shares = (a - 1) * mpmath.digamma(a) + (b - 1) * mpmath.digamma(b)
        return log_partition(a, b) - shares + (a + b - 2) * mpmath.digamma(a + b)

    assert q.entropy() == pytest.approx(exact(entropy, a, b), rel=1e-12)


def test_density_of_large_concentrations():
    a = np.array([1e8, 2e8, 3e-8, 5e7])
    x = np.array([0.2858, 0.5713, 1e-12, 0.0])
    x[3] = 1.0 - x[:3].sum()

    def log_prob(*values):
        a, x = values[:4], [*values[4:7], 1 - sum(values[4:7])]
        constant = mpmath.loggamma(sum(a)) - sum(mpmath.loggamma(v) for v in a)
        return constant + sum((v - 1) * mpmath.log(y) for v, y in zip(a, x, strict=True))

    expected = exact(log_prob, *a, *x)
    assert families.Dirichlet(a).log_prob(x) == pytest.approx(expected, rel=1e-10)
    near = a * (1.0 + 1e-7 * np.array([1.0, -1.0, 0.5, 0.3]))

    def kl(*values):
        a, b = values[:4], values[4:]

        def part(q, p):
            return mpmath.loggamma(q) - mpmath.loggamma(p) - (q - p) * mpmath.digamma(p)

        return sum(part(q, p) for q, p in zip(b, a, strict=True)) - part(sum(b), sum(a))

    found = families.Dirichlet(a).kl(families.Dirichlet(near))
    assert found == pytest.approx(exact(kl, *a, *near), rel=1e-8)


@pytest.mark.parametrize("rate", [*SCALES, 50.0, 255.0, 257.0])
def test_poisson(rate):
    for x in (0, 1, round(rate), round(rate + 3 * math.sqrt(rate))):
        expected = exact(lambda r, k: k * mpmath.log(r) - r - mpmath.loggamma(k + 1), rate, x)
        assert families.Poisson(rate).log_prob(x) == pytest.approx(expected, rel=1e-13)
    if rate < 1e4:

        def entropy(r):
            most = int(rate + 20 * math.sqrt(rate)) + 40
            weights = [mpmath.exp(k * mpmath.log(r) - r) / mpmath.factorial(k) for k in range(most)]
            logs = [mpmath.loggamma(k + 1) for k in range(most)]
            return r * (1 - mpmath.log(r)) + mpmath.fdot(weights, logs)

        assert families.Poisson(rate).entropy() == pytest.approx(exact(entropy, rate), rel=2e-14)


@pytest.mark.parametrize("dof", [2.0 + 1e-8, 3.5, 1e3, 1e8])
def test_wishart(dof):
    size, scatter = 3, np.array([2.0, 0.5, 3.0])
    q = families.Wishart(dof, np.diag(scatter))

    def log_partition(v):
        log_gamma = sum(mpmath.loggamma((v - i) / 2) for i in range(size))
        log_gamma += mpmath.mpf(size * (size - 1)) / 4 * mpmath.log(mpmath.pi)
        return log_gamma - v / 2 * sum(mpmath.log(s / 2) for s in map(mpmath.mpf, scatter))

    def log_det(v):
        logs = sum(mpmath.log(s / 2) for s in map(mpmath.mpf, scatter))
        return sum(mpmath.digamma((v - i) / 2) for i in range(size)) - logs

    def entropy(v):
        return log_partition(v) - (v - size - 1) / 2 * log_det(v) + size * v / 2

    assert q.log_partition() == pytest.approx(exact(log_partition, dof), rel=1e-13)
    assert q.entropy() == pytest.approx(exact(entropy, dof), rel=1e-12)
    for other in (dof * 1.5, dof + 1e-6 * (dof - 2), 2.0 + 1e-6):
        p = families.Wishart(other, np.diag(scatter * other / dof))

        rates = np.diag(p.scatter)

        def kl(v, w, *rates):
            of_shapes = sum(
                mpmath.loggamma((w - i) / 2)
                - mpmath.loggamma((v - i) / 2)
                + (v - w) / 2 * mpmath.digamma((v - i) / 2)
                for i in range(size)
            )
            ratios = [r / mpmath.mpf(float(s)) for r, s in zip(rates, scatter, strict=True)]
            return of_shapes + sum(v / 2 * (r - 1) - w / 2 * mpmath.log(r) for r in ratios)

        assert q.kl(p) == pytest.approx(exact(kl, dof, other, *rates), rel=1e-8)


def test_fit_of_extreme_shapes():
    for shape in (1e-8, 1e-3, 1e3, 1e6):
        q = families.Gamma(shape, 3.0)
        fit = families.Gamma.fit(q.mean_parameters)
        # what the mean parameters still know of the shape is 1 / (2 shape) of their difference
        assert fit.shape == pytest.approx(shape, rel=1e-13 * max(10.0, shape * 50))


def test_predictive_with_nearly_certain_parameters():
    """Ratios of Gamma functions at 1e8 lose eight digits."""
    t = families.Normal.predictive(families.NormalGamma(1.0, 1e8, 1e8, 1e8))

    def log_prob(x):
        a, s2 = mpmath.mpf(10) ** 8, 1 + mpmath.mpf(10) ** -8
        constant = (
            mpmath.loggamma(a + 0.5) - mpmath.loggamma(a) - mpmath.log(2 * mpmath.pi * a * s2) / 2
        )
        return constant - (a + 0.5) * mpmath.log(1 + (x - 1) ** 2 / (2 * a * s2))

    assert t.log_prob(2.5) == pytest.approx(exact(log_prob, 2.5), rel=1e-13)
    counts = families.Poisson.predictive(families.Gamma(1e8, 1e8))

    def log_pmf(x):
        a = mpmath.mpf(10) ** 8
        choices = mpmath.loggamma(a + x) - mpmath.loggamma(a) - mpmath.loggamma(x + 1)
        return choices + a * mpmath.log(a / (a + 1)) - x * mpmath.log(a + 1)

    assert counts.log_prob(3.0) == pytest.approx(exact(log_pmf, 3.0), rel=1e-10)


@pytest.mark.parametrize("x", [1e-8, 0.3, 1.0, 15.9, 16.1, 1e4, 1e8])
def test_excesses(x):
    """What is left of log Gamma and of digamma without their large parts."""
    expected = exact(lambda v: mpmath.loggamma(v) - (v * mpmath.log(v) - v)
                     - mpmath.log(2 * mpmath.pi) / 2, x)  # fmt: skip
    assert _special.gammaln_excess(x) == pytest.approx(expected, rel=1e-14, abs=5e-15)
    expected = exact(lambda v: mpmath.digamma(v) - mpmath.log(v), x)
    assert _special.digamma_excess(x) == pytest.approx(expected, rel=1e-14, abs=2e-15)


@pytest.mark.parametrize("u", [-0.999, -0.126, -0.124, -1e-9, 1e-12, 0.1249, 0.1251, 1e5])
def test_log1p_gap(u):
    expected = exact(lambda v: v - mpmath.log(1 + v), u)
    assert _special.log1p_gap(u) == pytest.approx(expected, rel=1e-15)
