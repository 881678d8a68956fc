"""The kernels of _structured: implicit derivatives of Gamma draws."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from reference import structured as twin
from scipy import special

from fastvb._kernels import _structured as kernels

QUANTILES = [1e-6, 1e-3, 0.02, 0.2, 0.4, 0.45, 0.5, 0.55, 0.6, 0.8, 0.98, 0.999, 1 - 1e-6]


def slopes(shape, log_g):
    shape, log_g = np.broadcast_arrays(np.float64(shape), log_g)
    out = np.empty(shape.shape)
    kernels.log_gamma_slopes(np.ascontiguousarray(shape), np.ascontiguousarray(log_g), out)
    return out


def log_quantiles(shape):
    with np.errstate(divide="ignore"):
        direct = np.log(special.gammaincinv(shape, QUANTILES))
    by_series = (np.log(QUANTILES) + special.gammaln(shape + 1)) / shape
    return np.where(by_series < -30, by_series, direct)


@pytest.mark.parametrize(
    "shape", [1e-6, 1e-3, 0.03, 0.1, 0.5, 0.99, 1, 1.01, 2, 5, 9.999, 10, 12, 30, 100, 400]
)
def test_slopes(shape):
    log_g = log_quantiles(shape)
    expected = [twin.log_gamma_slope(shape, x) for x in log_g]
    np.testing.assert_allclose(slopes(shape, log_g), expected, 1e-10)


@pytest.mark.parametrize("shape", [3e3, 1e4, 1e6])
def test_slopes_of_large_shapes(shape):
    """-E[log t - psi(a); t < g] / (g p(g)) by quadrature of many digits."""
    log_g = log_quantiles(shape)
    with mpmath.workdps(25):
        a, width = mpmath.mpf(shape), mpmath.sqrt(shape)
        psi = mpmath.digamma(a)

        def log_density(t):
            return a * mpmath.log(t) - t - mpmath.loggamma(a)

        def expected(x):
            g = mpmath.exp(mpmath.mpf(x))
            points = [g - j * width for j in (9, 6, 4, 2, 1, 0)]
            integral = mpmath.quad(
                lambda t: (mpmath.log(t) - psi) * mpmath.exp(log_density(t)) / t, points
            )
            return float(-integral / mpmath.exp(log_density(g)))

        central = slice(2, -2)
        np.testing.assert_allclose(
            slopes(shape, log_g[central]), [expected(x) for x in log_g[central]], 1e-7
        )


def test_slopes_are_those_of_the_inverse_distribution_function():
    shape, quantile = np.array([0.4, 1.5, 8.0, 40.0, 1e4]), np.array([0.3, 0.9, 0.1, 0.7, 0.4])
    step = 1e-5 * shape
    higher, lower = (
        np.log(special.gammaincinv(shape + change, quantile)) for change in (step, -step)
    )
    log_g = np.log(special.gammaincinv(shape, quantile))
    np.testing.assert_allclose(slopes(shape, log_g), (higher - lower) / (2 * step), 1e-5)


def test_slopes_of_the_smallest_draws():
    """log g = log(u Gamma(a + 1)) / a there, whose derivative is known."""
    shape = np.array([1e-6, 1e-3, 0.05])
    log_g = np.array([-5e6, -1e4, -1e3])
    expected = (special.digamma(shape + 1) - log_g) / shape
    np.testing.assert_allclose(slopes(shape, log_g), expected, 1e-13)


@pytest.mark.parametrize("shape", [0.3, 1.0, 4.2])
def test_the_mean_of_v_is_the_identity_for_a_gamma_variable(shape):
    """Of rates under structured inference: V = A''^-1 (dx / dlambda)^T dT / dx, over quantiles.

    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, equation 11.
    """
    rate, n_points = 2.5, 20_000
    u = (np.arange(n_points) + 0.5) / n_points
    x = special.gammaincinv(shape, u) / rate
    of_shape = slopes(shape, np.log(rate * x))  # d log x / d shape
    of_negative_rate = np.full(n_points, 1 / rate)  # natural parameters are (shape, -rate)
    paths = np.stack([of_shape, of_negative_rate])
    statistics = np.stack([np.ones(n_points), x])  # d (log x, x) / d log x
    information = np.array([[special.polygamma(1, shape), 1 / rate], [1 / rate, shape / rate**2]])
    v = np.einsum("ij,jkn->ikn", np.linalg.inv(information), paths[:, np.newaxis] * statistics)
    np.testing.assert_allclose(v.mean(axis=2), np.eye(2), atol=0.01)
    assert v.std(axis=2).min() > 0.02  # far from the identity each
