"""The bound of a Gaussian mixture at points for all parameters, and its gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastvb.special import logsumexp

__all__ = ["PointBound"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PointBound:
    """E[log p(x, z)] + entropy of q(z), in one dimension, for gradient ascent in place of EM.

    With the best responsibilities it is the log likelihood. Weights are softmax(logits): gradients
    of the weights themselves never vanish, since their sum is bound to 1.

    Parameters
    ----------
    x : ndarray of shape (n_observations,)
        Observations.
    responsibilities : ndarray of shape (n_observations, n_components)
        q(z).
    logits : ndarray of shape (n_components,)
        Logarithms of the weights, up to a constant.
    means, variances : ndarray of shape (n_components,)
        Of the components.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import PointBound
    >>> x, half = np.array([-1.0, 1.0]), np.full((2, 2), 0.5)
    >>> at = PointBound(x, half, np.zeros(2), np.array([-1.0, 1.0]), np.ones(2))
    >>> round(at.value, 6), at.of_means
    (-3.837877, array([ 1., -1.]))
    """

    x: Array
    responsibilities: Array
    logits: Array
    means: Array
    variances: Array

    @property
    def log_joint(self) -> Array:
        """Log weights plus log densities."""
        gaps = (self.x[:, np.newaxis] - self.means) ** 2
        log_weights = self.logits - logsumexp(self.logits)
        log_joint: Array = log_weights - 0.5 * (
            gaps / self.variances + np.log(2 * np.pi * self.variances)
        )
        return log_joint

    @property
    def value(self) -> float:
        """The bound, in nats."""
        r = self.responsibilities
        return float((r * (self.log_joint - np.log(np.where(r > 0, r, 1.0)))).sum())

    @property
    def of_means(self) -> Array:
        """Gradient to the means."""
        r = self.responsibilities
        gaps = self.x[:, np.newaxis] - self.means
        gradient: Array = (r * gaps).sum(axis=0) / self.variances
        return gradient

    @property
    def of_variances(self) -> Array:
        """Gradient to the variances."""
        r = self.responsibilities
        gaps = (self.x[:, np.newaxis] - self.means) ** 2
        gradient: Array = (r * (gaps - self.variances)).sum(axis=0) / (2 * self.variances**2)
        return gradient

    @property
    def of_responsibilities(self) -> Array:
        """Gradient to the responsibilities; on the simplex, differences within a row count."""
        with np.errstate(divide="ignore"):
            gradient: Array = self.log_joint - np.log(self.responsibilities) - 1
        return gradient

    @property
    def of_logits(self) -> Array:
        """Gradient to the logits."""
        counts = self.responsibilities.sum(axis=0)
        weights = np.exp(self.logits - logsumexp(self.logits))
        gradient: Array = counts - counts.sum() * weights
        return gradient
