"""Twins of the kernels in _structured.pyx."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy import special


def log_gamma_slope(a: float, log_g: float) -> float:
    """-(dP(a, g)/da) / (g p(g)) by Kummer's series, with as many digits as its sums lose."""
    g = float(np.exp(log_g))
    with mpmath.workdps(30 + int(0.9 * g)):
        shape, x = mpmath.mpf(a), mpmath.exp(mpmath.mpf(log_g))
        term = total = mpmath.mpf(1)
        slope = harmonic = mpmath.mpf(0)
        n = 0
        while term > total * mpmath.mpf(10) ** -mpmath.mp.dps:
            n += 1
            term *= x / (shape + n)
            harmonic += 1 / (shape + n)
            total += term
            slope += term * harmonic
        numerator = total * (mpmath.digamma(shape + 1) - mpmath.mpf(log_g)) + slope
        return float(numerator / shape)


def jacobian(a: NDArray[Any], log_g: NDArray[Any], step: float = 1e-6) -> NDArray[np.float64]:
    """d log beta_u / d a_v of beta = g / sum g, g at fixed quantiles, by differences."""
    quantile = special.gammainc(a, np.exp(log_g))

    def log_beta(parameters: NDArray[Any]) -> NDArray[np.float64]:
        g = special.gammaincinv(parameters, quantile)
        result: NDArray[np.float64] = np.log(g) - np.log(g.sum())
        return result

    columns = []
    for v in range(len(a)):
        change = np.zeros(len(a))
        change[v] = step * a[v]
        columns.append((log_beta(a + change) - log_beta(a - change)) / (2 * change[v]))
    return np.stack(columns, axis=1)


def natural_statistics(
    a: NDArray[Any], log_g: NDArray[Any], statistics: NDArray[Any]
) -> NDArray[np.float64]:
    """V G = F^-1 J^T G of one Dirichlet distribution, by linear algebra."""
    fisher = np.diag(special.polygamma(1, a)) - special.polygamma(1, a.sum())
    return np.linalg.solve(fisher, jacobian(a, log_g).T @ statistics)
