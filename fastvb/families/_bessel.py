"""Modified Bessel functions I_v with their digits: the normalised logarithm and its derivatives.

F_v(k) = log(Gamma(v + 1) (2 / k)^v I_v(k)), which is 0 at k = 0 and about k - (v + 1/2) log(k) for
large k. Its derivative is the ratio I_{v+1}(k) / I_v(k). All is found from the uniform expansion of
I_m, good where hypot(m, k) is large, and brought to lower orders by the recurrence of the ratios,
in which nothing cancels:

    r_{j-1} = 1 / (2 j + k^2 r_j),   F_{j-1} = F_j + log(1 + k^2 r_j / (2 j)),   r_j = F_j'(k) / k,

and by its derivative, F_{j-1}'' = r_{j-1}^2 (2 j - k^2 F_j'').

References
----------
A. Banerjee, I. Dhillon, J. Ghosh, S. Sra (2005), Clustering on the unit hypersphere using von
Mises-Fisher distributions, Journal of Machine Learning Research 6 (start of the inverse ratio).
NIST Digital Library of Mathematical Functions, sections 10.29 (recurrence) and 10.41 (expansion).
D. Amos (1974), Computation of modified Bessel functions and their ratios, Mathematics of
Computation 28.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from fastvb.families._layout import Array

__all__ = [
    "Slopes",
    "divergence",
    "inverse_ratio",
    "log_bessel",
    "log_bessel_scaled",
    "slopes",
]

_TERMS = 14  # of the expansion in 1 / m
_LARGE_ORDER = 20.0  # m from which on these terms are exact to rounding for all k
_LARGE_K = 40.0  # k from which on they are for all m
_NODES = 10  # of the rule for divergences of near neighbours
_MOST_STEPS = 20


class Slopes(NamedTuple):
    """First and second derivative of F_v, in forms whose digits do not depend on k."""

    per_k: Array  # F'(k) / k, positive also at k = 0
    gap: Array  # 1 - F'(k)
    curvature: Array  # F''(k)


def log_bessel(order: float, k: Array) -> Any:
    """F_v(k) for one order v >= 0 and k >= 0."""
    top = _top(order)
    return k * (k / (np.hypot(top, k) + top)) + _log_rest(order, top, k)


def log_bessel_scaled(order: float, k: Array) -> Any:
    """F_v(k) - k, of which nothing is lost for large k."""
    top = _top(order)
    s = np.hypot(top, k)
    return -top * (k + k * (k / (s + top))) / (s + k) + _log_rest(order, top, k)


def slopes(order: float, k: Array) -> Slopes:
    """The derivatives of F_v at k, for one order v >= 0 and k >= 0."""
    if order >= _LARGE_ORDER:
        return _expanded_slopes(order, k)
    far = _expanded_slopes(order, np.fmax(k, _LARGE_K))
    near = _recurred_slopes(order, np.fmin(k, _LARGE_K))
    return Slopes(*(np.where(k > _LARGE_K, *pair) for pair in zip(far, near, strict=True)))


def _recurred_slopes(order: float, k: Array) -> Slopes:
    """For low orders and k of moderate size, where 1 - F' is not small."""
    top = _top(order)
    ratios = _ratios(order, top, k)
    curvature = _expanded_slopes(top, k).curvature
    for j, r in zip(np.arange(top, order, -1.0), ratios[1:], strict=True):
        curvature = r**2 * (2.0 * j - k**2 * curvature)
    return Slopes(ratios[-1], 1.0 - k * ratios[-1], curvature)


def divergence(order: float, k: Array, other: Array) -> Any:
    """Bregman's F_v(other) - F_v(k) - (other - k) F_v'(k), which is not negative.

    Near k it is the integral of (other - x) F_v''(x) by Gauss and Legendre's rule: the poles of
    F_v' are the zeros of I_v, which are imaginary and above v + 2.
    """
    step = other - k
    far = log_bessel_scaled(order, other) - log_bessel_scaled(order, k)
    far += step * slopes(order, k).gap
    near = np.abs(step) < 0.5 * np.hypot(k, order + 2.0)
    length = np.where(near, step, 0.0)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    integral = np.zeros(np.shape(step))
    for share, weight in zip(0.5 * (1.0 + nodes), 0.5 * weights, strict=True):
        integral += weight * (1.0 - share) * slopes(order, k + share * length).curvature
    return np.where(near, length**2 * integral, far)[()]


def inverse_ratio(order: float, ratio: Array) -> Array:
    """The k with F_v'(k) = ratio, for ratios in [0, 1).

    1 / (1 - F') is nearly linear in k: Newton's method for it, from the start of Banerjee et al.
    """
    size = 2.0 * (order + 1.0)
    gap = 1.0 - ratio
    k = ratio * (size - ratio**2) / (gap * (1.0 + ratio))
    for _ in range(_MOST_STEPS):
        found = slopes(order, k)
        excess = np.where(ratio < 0.5, ratio - k * found.per_k, found.gap - gap)
        new = np.fmax(k + found.gap * excess / (gap * found.curvature), 0.0)
        done = np.abs(new - k) <= 1e-15 * k
        k = new
        if done.all():
            break
    return k


def _top(order: float) -> float:
    """The lowest order from `order` on, in steps of 1, at which the expansion is good for all k."""
    return order + max(0, math.ceil(_LARGE_ORDER - order))


def _ratios(order: float, top: float, k: Array) -> list[Array]:
    """r_top, r_{top-1}, ..., r_order."""
    found = [_expanded_slopes(top, k).per_k]
    for j in np.arange(top, order, -1.0):
        found.append(1.0 / (2.0 * j + k * (k * found[-1])))
    return found


def _log_rest(order: float, top: float, k: Array) -> Array:
    """F_order(k) without the large part hypot(top, k) - top."""
    s = np.hypot(top, k)
    excess = k * (k / (s + top)) / top  # s / top - 1
    one_less = excess / (1.0 + excess)  # 1 - p
    rest = -top * np.log1p(0.5 * excess) - 0.5 * np.log1p(excess)
    rest -= one_less * _horner(_integrals(top), 1.0 - one_less)
    for j, r in zip(np.arange(top, order, -1.0), _ratios(order, top, k)[:-1], strict=True):
        rest += np.log1p(k * (k * r) / (2.0 * j))
    return rest


def _expanded_slopes(m: float, k: Array) -> Slopes:
    """Term by term derivatives of the expansion, as polynomials in t = 1 / hypot(m, k)."""
    s = np.hypot(m, k)
    t = 1.0 / s
    coefficients = _derivatives(m)
    powers = np.arange(len(coefficients))
    part = t**3 * _horner(coefficients, t)
    moved = t**3 * _horner((powers + 3.0) * coefficients, t)
    per_k = 1.0 / (m + s) - 0.5 * t**2 - part
    gap = m * (1.0 + m / (s + k)) / (m + s) + k * (0.5 * t**2 + part)
    share = (m * t) ** 2
    curvature = m * t / (m + s) + t**2 * (0.5 - share) + (1.0 - share) * moved - part
    return Slopes(per_k, gap, curvature)


def _horner(coefficients: Array, x: Array) -> Array:
    """Polynomial, the constant coefficient first."""
    total = np.zeros_like(x)
    for coefficient in coefficients[::-1]:
        total = total * x + coefficient
    return total


@cache
def _expansion() -> Array:
    """Coefficients of G_1, ..., G_n, the derivatives by p of the terms of log sum_j U_j(p) / m^j.

    From equation 10.41.9, U_{j+1} = p^2 (1 - p^2) U_j' / 2 + int (1 - 5 p^2) U_j / 8, follows
    G_{j+1} = p^2 (1 - p^2) (G_j' + sum_{a + b = j} G_a G_b) / 2 + (p - 2 p^3) G_j.
    """
    size = 3 * _TERMS
    terms = np.zeros((_TERMS, size))
    terms[0, [0, 2]] = 0.125, -0.625
    for j in range(1, _TERMS):
        last = terms[j - 1]
        inner = np.append(last[1:] * np.arange(1, size), 0.0)
        for a in range(j - 1):
            inner += np.convolve(terms[a], terms[j - 2 - a])[:size]
        terms[j] = np.convolve([0.0, 0.0, 0.5, 0.0, -0.5], inner)[:size]
        terms[j] += np.convolve([0.0, 1.0, 0.0, -2.0], last)[:size]
    return terms


@cache
def _derivatives(m: float) -> Array:
    """Coefficients of t^n in sum_j m^(1 - j) G_j(m t): those for which n >= j - 1."""
    terms = _expansion()
    powers = np.arange(terms.shape[1]) - np.arange(_TERMS)[:, None]
    sums: Array = (terms * float(m) ** np.fmax(powers, 0)).sum(axis=0)
    return sums


@cache
def _integrals(m: float) -> Array:
    """Coefficients of p^n in sum_j m^(-j) int_p^1 G_j / (1 - p)."""
    g = float(m) ** -np.arange(1.0, _TERMS + 1.0) @ _expansion()
    shares = g / np.arange(1.0, len(g) + 1.0)  # int_p^1 p^n = (1 - p) (1 + p + ... + p^n) / (n + 1)
    sums: Array = np.cumsum(shares[::-1])[::-1]
    return sums
