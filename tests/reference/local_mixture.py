"""Losses of mixtures whose rows have components of their own, in plain NumPy and SciPy."""

from __future__ import annotations

import numpy as np
from scipy.special import polygamma, psi


def log_densities(x, means, scales):
    z = (x[:, np.newaxis] - means) / scales
    return -0.5 * (z**2 + np.log(2 * np.pi)) - np.log(scales)


def expectation(a):
    return psi(a) - psi(a.sum(axis=1, keepdims=True))


def losses(x, means, scales, responsibilities, posterior):
    """L1 and L2."""
    r = responsibilities
    fit = -(r * log_densities(x, means, scales)).sum()
    r_log_r = r * np.log(np.where(r > 0, r, 1.0))
    return fit, (r_log_r - r * expectation(posterior)).sum()


def gradients(x, means, scales, concentration, responsibilities, posterior):
    """To every argument, of L1 + L2 + L3."""
    r, gap = responsibilities, x[:, np.newaxis] - means
    pull = r * gap / scales**2
    gained = posterior - concentration - r
    of_sum = polygamma(1, posterior.sum(axis=1, keepdims=True))
    with np.errstate(divide="ignore"):
        of_r = np.log(r) + 1 - expectation(posterior) - log_densities(x, means, scales)
    return (
        pull.sum(axis=1), -pull, r / scales - pull * gap / scales,
        expectation(concentration) - expectation(posterior), of_r,
        gained * polygamma(1, posterior) - of_sum * gained.sum(axis=1, keepdims=True),
    )  # fmt: skip
