"""Functions of Normal-Gamma distributions in plain NumPy and SciPy."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, psi


def log_partition(strength, shape, rate):
    return gammaln(shape) - shape * np.log(rate) - 0.5 * np.log(strength)


def kl(m, k, a, b, m0, k0, a0, b0):
    of_mean = k0 * a / b * (m - m0) ** 2 + k0 / k - 1.0 - np.log(k0 / k)
    of_precision = (a - a0) * psi(a) - gammaln(a) + gammaln(a0)
    return 0.5 * of_mean + of_precision + a0 * (np.log(b) - np.log(b0)) + a * (b0 - b) / b
