"""Formulas that keep their digits for tiny, huge and nearly equal parameters.

log Gamma(x) = x log x - x + log(2 pi) / 2 + E(x) with E(x) = `gammaln_excess`: the large parts
are combined by hand, so that only the small ones E are subtracted from each other.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastvb._kernels._special import digamma_excess, gammaln_excess, log1p_gap
from fastvb.families._family import RandomSource
from fastvb.families._layout import Array
from fastvb.special import trigamma

__all__ = [
    "HALF_LOG_2PI",
    "digamma_excess",
    "gammaln_excess",
    "gap_of",
    "log1p_gap",
    "log_gamma_core",
    "log_gamma_draws",
    "ratio_gap",
    "shape_of_gap",
]

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_MOST_STEPS = 60


def ratio_gap(numerator: Any, denominator: Any) -> Any:
    """The gap r - 1 - log r of a ratio r: 0 at r = 1 and positive elsewhere."""
    with np.errstate(invalid="ignore", over="ignore"):
        return gap_of(numerator / denominator, (numerator - denominator) / denominator)


def gap_of(ratio: Any, change: Any) -> Any:
    """The gap r - 1 - log r from r and from r - 1, whichever has the digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        near = log1p_gap(np.fmax(change, -0.5))
        return np.where(change < -0.5, change - np.log(ratio), near)[()]


def log_gamma_core(x: Any, shape: Any, rate: Any) -> Any:
    """log(x^(shape - 1) (rate / shape)^shape exp(shape - rate x)), what densities are made of.

    With r = rate x / shape this is -log x - shape (r - 1 - log r); C. Loader (2000), Fast and
    accurate computation of binomial probabilities.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        near = -np.log(x) - shape * ratio_gap(rate * x, shape)
        power = np.where(shape == 1.0, 0.0, (shape - 1.0) * np.log(x))
        far = power + shape * np.log(rate / shape) - (rate * x - shape)
        return np.where(rate * x < 0.5 * shape, far, near)[()]


def log_gamma_draws(rng: RandomSource, shape: Array, axes: tuple[int, ...]) -> Array:
    """Logarithms of draws from Gamma(shape, 1), finite also where those underflow.

    Gamma(a) is Gamma(a + 1) U^(1 / a); G. Marsaglia, W. Tsang (2000), A simple method for
    generating Gamma variables, section 6.
    """
    logs: Array = np.log(rng.standard_gamma(shape + 1.0, axes))
    return logs + np.log1p(-rng.random(axes)) / shape


def shape_of_gap(gap: Array, size: int = 1) -> Array:
    """The a with size log a - sum_{i < size} psi(a - i / 2) = gap, for positive gaps.

    The left side g falls from infinity at (size - 1) / 2 to 0, and 1 / g is nearly linear: Newton's
    method for 1 / g = 1 / gap, from the value to which a tends for a small gap.
    """
    least = 0.5 * (size - 1)
    halves = 0.5 * np.arange(size)
    a = least + size * (size + 1) / (4.0 * gap)
    for _ in range(_MOST_STEPS):
        parts = a[..., None] - halves
        g = -(digamma_excess(parts) + np.log1p(-halves / a[..., None])).sum(axis=-1)
        slope = (_trigamma_excess(parts) + halves / (a[..., None] * parts)).sum(axis=-1)
        new = np.fmax(a + g * (g - gap) / (gap * slope), least + 0.1 * (a - least))
        done = np.abs(new - a) <= 1e-14 * a
        a = new
        if done.all():
            break
    return a


def _trigamma_excess(x: Array) -> Array:
    """psi'(x) - 1 / x, positive."""
    large = np.fmax(x, 1e3)
    series = (0.5 + (1.0 / 6 - 1.0 / (30 * large**2)) / large) / large**2
    result: Array = np.where(x > 1e3, series, trigamma(x) - 1.0 / x)
    return result
