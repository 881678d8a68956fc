"""Row functions of Dirichlet distributions in plain NumPy and SciPy, and exactly in mpmath."""

from __future__ import annotations

import mpmath
from scipy.special import gammaln, psi


def expectation(alpha):
    return psi(alpha) - psi(alpha.sum(axis=-1, keepdims=True))


def log_normalizer(a):
    return gammaln(a.sum(axis=-1)) - gammaln(a).sum(axis=-1)


def entropy(a):
    return -log_normalizer(a) - ((a - 1.0) * expectation(a)).sum(axis=-1)


def kl(a, b):
    return log_normalizer(a) - log_normalizer(b) + ((a - b) * expectation(a)).sum(axis=-1)


def exact_log_normalizer(a, digits=400):
    """One row, to more digits than any cancellation takes."""
    with mpmath.workdps(digits):
        x = [mpmath.mpf(float(v)) for v in a]
        return float(mpmath.loggamma(mpmath.fsum(x)) - mpmath.fsum(map(mpmath.loggamma, x)))


def exact_entropy(a, digits=400):
    with mpmath.workdps(digits):
        x = [mpmath.mpf(float(v)) for v in a]

        def part(v, n):
            return mpmath.loggamma(v) - (v - n) * mpmath.digamma(v)

        return float(mpmath.fsum(part(v, 1) for v in x) - part(mpmath.fsum(x), len(x)))


def exact_kl(a, b, digits=120):
    with mpmath.workdps(digits):
        x, y = [mpmath.mpf(float(v)) for v in a], [mpmath.mpf(float(v)) for v in b]

        def divergence(q, p):
            return mpmath.loggamma(q) - mpmath.loggamma(p) - (q - p) * mpmath.digamma(p)

        totals = divergence(mpmath.fsum(y), mpmath.fsum(x))
        return float(mpmath.fsum(divergence(q, p) for q, p in zip(y, x, strict=True)) - totals)
