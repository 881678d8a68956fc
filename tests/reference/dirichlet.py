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


def exact_kl(a, b):
    """One row, to 40 digits beyond any cancellation."""
    with mpmath.workdps(120):
        x, y = [mpmath.mpf(float(v)) for v in a], [mpmath.mpf(float(v)) for v in b]

        def divergence(q, p):
            return mpmath.loggamma(q) - mpmath.loggamma(p) - (q - p) * mpmath.digamma(p)

        totals = divergence(mpmath.fsum(y), mpmath.fsum(x))
        return float(mpmath.fsum(divergence(q, p) for q, p in zip(y, x, strict=True)) - totals)
