"""Logarithms and ratios of Bessel functions, against mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from fastvb.families import _bessel

ORDERS = [0.0, 0.5, 1.0, 1.5, 6.0, 19.5, 20.0, 49.0, 199.5, 499.0]
ARGUMENTS = np.array(
    [1e-8, 1e-4, 0.03, 0.5, 2.0, 7.0, 19.0, 39.9, 40.1, 90.0, 400.0, 3e3, 1e5, 1e8]
)


def exact(order, k):
    """F, F - k, F' / k, 1 - F' and F'' of one argument."""
    with mpmath.workdps(60):
        v, k = mpmath.mpf(order), mpmath.mpf(float(k))
        if k < 1e3:
            f = [mpmath.hyp0f1(v + 1 + i, k**2 / 4) for i in (0, 1)]
        else:
            f = [
                mpmath.besseli(v + i, k) * mpmath.gamma(v + 1 + i) * (2 / k) ** (v + i)
                for i in (0, 1)
            ]
        log, per_k = mpmath.log(f[0]), f[1] / f[0] / (2 * v + 2)
        ratio = k * per_k
        curvature = 1 - ratio**2 - (2 * v + 1) * per_k
        return [float(x) for x in (log, log - k, per_k, 1 - ratio, curvature)]


@pytest.mark.parametrize("order", ORDERS)
def test_logarithms_and_slopes(order):
    expected = np.array([exact(order, k) for k in ARGUMENTS]).T
    slopes = _bessel.slopes(order, ARGUMENTS)
    for values, truth, tolerance in (
        (_bessel.log_bessel(order, ARGUMENTS), expected[0], 1e-15),
        (_bessel.log_bessel_scaled(order, ARGUMENTS), expected[1], 2e-14),
        (slopes.per_k, expected[2], 1e-15),
        (slopes.gap, expected[3], 3e-14),
        (slopes.curvature, expected[4], 3e-14),
    ):
        np.testing.assert_allclose(values, truth, rtol=tolerance)


@pytest.mark.parametrize("order", ORDERS)
def test_limits(order):
    ends = np.array([0.0, 1e-200, 1e200])
    size = 2.0 * (order + 1.0)
    slopes = _bessel.slopes(order, ends)
    np.testing.assert_allclose(slopes.per_k[:2], 1.0 / size, rtol=1e-15)
    np.testing.assert_allclose(slopes.curvature[:2], 1.0 / size, rtol=1e-15)
    assert (_bessel.log_bessel(order, ends)[:2] == 0.0).all()
    assert _bessel.log_bessel(order, ends)[2] == pytest.approx(1e200)
    assert slopes.gap[2] == pytest.approx((order + 0.5) / 1e200, rel=1e-15)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("step", [-0.999, -0.51, -1e-7, 1e-12, 1e-4, 0.49, 0.51, 1e3])
def test_divergence(order, step):
    k = ARGUMENTS[1:-1:2]
    other = k * (1.0 + step)
    expected = []
    with mpmath.workdps(60):
        for a, b in zip(k, other, strict=True):
            v, a, b = mpmath.mpf(order), mpmath.mpf(float(a)), mpmath.mpf(float(b))

            def log(x, v=v):
                return mpmath.log(mpmath.besseli(v, x)) - v * mpmath.log(x)

            ratio = mpmath.besseli(v + 1, a) / mpmath.besseli(v, a)
            expected.append(float(log(b) - log(a) - (b - a) * ratio))
    np.testing.assert_allclose(_bessel.divergence(order, k, other), expected, rtol=3e-12)
    assert (_bessel.divergence(order, k, k) == 0.0).all()


@pytest.mark.parametrize("order", ORDERS)
def test_inverse_ratio(order):
    """What a ratio near 1 still knows of k is limited by its own rounding."""
    k = np.array([0.0, *ARGUMENTS])
    slopes = _bessel.slopes(order, k)
    found = _bessel.inverse_ratio(order, k * slopes.per_k)
    rounding = 4e-16 * k * slopes.per_k / slopes.curvature
    assert (np.abs(found - k) <= 2e-15 * k + rounding).all()
