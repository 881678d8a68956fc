"""Mixtures of Student's t distributions: what Gaussian components predict of new observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._covariance_form import CovarianceForm
from fastvb.special import gammaln, logsumexp

__all__ = ["StudentMixture"]

Array = NDArray[np.float64]

_BLOCK_VALUES = 1 << 16  # of X at a time


@dataclass(frozen=True, eq=False)
class StudentMixture:
    """Density of a new observation, with means and precisions integrated out.

    Components with full, tied and spherical covariances are multivariate t; those with diagonal
    ones are products of univariate t, one for each feature.

    Attributes
    ----------
    form : CovarianceForm
        Of the scale matrices.
    log_weights : ndarray of shape (n_components,)
        Logarithms of E[pi].
    origin : ndarray of shape (n_features,)
        What the locations are relative to.
    locations : ndarray of shape (n_components, n_features)
        Less the origin.
    root : ndarray
        U of the form's shape: the scale matrices are stretch_k (U_k^T U_k)^-1.
    stretch : ndarray of shape (n_components,)
        See there.
    dof : ndarray of shape (n_components,)
        Degrees of freedom.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equations 10.81 and 10.82.
    """

    form: CovarianceForm
    log_weights: Array
    origin: Array
    locations: Array
    root: Array
    stretch: Array
    dof: Array

    def log_density(self, X: NDArray[Any]) -> Array:
        """Log density of each row.

        Parameters
        ----------
        X : ndarray of shape (n_observations, n_features)
            New observations.

        Returns
        -------
        ndarray of shape (n_observations,)
            In nats.
        """
        log_density = np.empty(len(X))
        n_rows = max(1, _BLOCK_VALUES // X.shape[1])
        for first in range(0, len(X), n_rows):
            block = slice(first, first + n_rows)
            shifted = np.asarray(X[block] - self.origin, dtype=np.float64)
            log_joint = self._log_joint(shifted)
            log_density[block] = logsumexp(log_joint, axis=1)
        return log_density

    def _log_joint(self, shifted: Array) -> Array:
        """Log of weight times density, shape (n_rows, n_components)."""
        n_components, n_features = self.locations.shape
        number = self.form.wishart_size(n_features)[0]  # of independent factors
        size = n_features // number
        constants = number * (
            gammaln(0.5 * (self.dof + size)) - gammaln(0.5 * self.dof)
            - 0.5 * size * np.log(np.pi * self.dof * self.stretch)
        ) - 0.5 * self.form.log_det(self.root, n_features)  # fmt: skip
        log_joint = np.empty((len(shifted), n_components))
        for k in range(n_components):
            root = self.root[0 if self.form.shared else k]
            gaps = shifted - self.locations[k]
            scaled = gaps @ root.T if root.ndim == 2 else gaps * root
            squares = scaled**2
            if number == 1:
                squares = squares.sum(axis=1, keepdims=True)
            tails = np.log1p(squares / (self.dof[k] * self.stretch[k])).sum(axis=1)
            log_joint[:, k] = -0.5 * (self.dof[k] + size) * tails
        log_joint += self.log_weights + constants
        return log_joint

    def sample(self, n_samples: int, rng: Any) -> tuple[Array, NDArray[np.intp]]:
        """Draw observations.

        Parameters
        ----------
        n_samples : int
            How many.
        rng : RandomState or Generator
            Source of the draws.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Observations by component.
        labels : ndarray of shape (n_samples,)
            Their components, ascending.
        """
        weights = np.exp(self.log_weights)
        n_components, n_features = self.locations.shape
        labels = np.repeat(np.arange(n_components), rng.multinomial(n_samples, weights))
        number = self.form.wishart_size(n_features)[0]
        dof = self.dof[labels, np.newaxis]
        chi2 = rng.chisquare(np.broadcast_to(dof, (n_samples, number)))
        noise = rng.standard_normal((n_samples, n_features))
        noise *= np.sqrt(self.stretch[labels, np.newaxis] * dof / chi2)
        root = np.broadcast_to(self.root, (n_components, *self.root.shape[1:]))
        X = np.empty_like(noise)
        for k in range(n_components):
            rows = labels == k
            one = root[k : k + 1]
            X[rows] = self.form.apply_inverse(one, noise[rows])
        return X + self.locations[labels] + self.origin, labels
