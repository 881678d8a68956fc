"""The three parts of the negative ELBO of a mixture whose rows have components of their own.

    x_i | z_i = k ~ N(means_ik, scales_ik^2),  z_i ~ w_i,  w_i ~ Dirichlet(concentration_i)
    q(z_i) = responsibilities_i,  q(w_i) = Dirichlet(posterior_i)

Means, scales and concentrations are inputs, from a network for instance, which their gradients
go back to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _local_mixture
from fastvb._threads import effective_n_threads
from fastvb.special import (
    dirichlet_expectation,
    dirichlet_kl,
    responsibilities,
)

__all__ = ["LocalGradients", "LocalLosses", "LocalNormals", "best_bound"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LocalNormals:
    """Observations, each with its components and the prior of its weights.

    Parameters
    ----------
    x : ndarray of shape (n_observations,)
        What was observed.
    means : ndarray of shape (n_observations, n_components)
        Of the normal distributions.
    scales : ndarray of shape (n_observations, n_components)
        Their standard deviations, positive.
    concentration : ndarray of shape (n_observations, n_components)
        Dirichlet parameters of the prior of each observation's weights, positive.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import LocalNormals
    >>> rows = LocalNormals(np.zeros(3), np.zeros((3, 2)), np.ones((3, 2)), np.ones((3, 2)))
    >>> len(rows), rows.exact_posterior()[0]
    (3, array([0.5, 0.5]))
    """

    x: Array
    means: Array
    scales: Array
    concentration: Array

    def __len__(self) -> int:
        return len(self.x)

    def log_densities(self) -> Array:
        """Of each observation under each of its components.

        Returns
        -------
        ndarray of shape (n_observations, n_components)
            In nats.
        """
        z = (self.x[:, np.newaxis] - self.means) / self.scales
        densities: Array = -0.5 * (z**2 + np.log(2 * np.pi)) - np.log(self.scales)
        return densities

    def exact_posterior(self) -> Array:
        """Exact probabilities of the components.

        The weights of an observation enter no other, so they can be integrated out: component k
        has the weight concentration_k / sum(concentration).

        Returns
        -------
        ndarray of shape (n_observations, n_components)
            Rows that add up to 1.
        """
        exact: Array = responsibilities(self._log_joint())[0]
        return exact

    def log_evidence(self) -> Array:
        """Exact log density of each observation.

        Returns
        -------
        ndarray of shape (n_observations,)
            In nats.
        """
        log_norm: Array = responsibilities(self._log_joint())[1]
        return log_norm

    def _log_joint(self) -> Array:
        mean_weights = self.concentration / self.concentration.sum(axis=1, keepdims=True)
        log_joint: Array = np.log(mean_weights) + self.log_densities()
        return log_joint


@dataclass(frozen=True, eq=False)
class LocalGradients:
    """Gradients of the sum of all three losses.

    That to the responsibilities is not the one on the simplex: there, only differences within a
    row count.
    """

    x: Array
    means: Array
    scales: Array
    concentration: Array
    responsibilities: Array
    posterior: Array


@dataclass(frozen=True, eq=False)
class LocalLosses:
    """Parts of -ELBO at any q, summed over observations.

    Parameters
    ----------
    rows : LocalNormals
        The observations.
    responsibilities : ndarray of shape (n_observations, n_components)
        q(z).
    posterior : ndarray of shape (n_observations, n_components)
        Dirichlet parameters of q(w), positive.
    factor : float
        What all losses are multiplied by: observations in all of the data divided by these, where
        these are a mini-batch.

    Notes
    -----
    L1 = -E[log p(x | z)], L2 = E[log q(z) - log p(z | w)], L3 = KL(q(w) || p(w)). In L3 the
    logarithms are those of the constants of Dirichlet densities, not of densities.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import LocalLosses, LocalNormals
    >>> rows = LocalNormals(
    ...     np.array([1.0]), np.array([[0.0, 2.0]]), np.ones((1, 2)), np.ones((1, 2))
    ... )
    >>> losses = LocalLosses(rows, np.array([[0.5, 0.5]]), np.array([[1.5, 1.5]]))
    >>> round(losses.total, 6), -rows.log_evidence().round(6)
    (1.660503, array([1.418939]))
    """

    rows: LocalNormals
    responsibilities: Array
    posterior: Array
    factor: float = 1.0

    @property
    def fit(self) -> float:
        """L1."""
        return self._sums[0]

    @property
    def assignment(self) -> float:
        """L2."""
        return self._sums[1]

    @cached_property
    def weights(self) -> float:
        """L3."""
        return self.factor * float(dirichlet_kl(self.posterior, self.rows.concentration).sum())

    @property
    def total(self) -> float:
        """L1 + L2 + L3 = -ELBO."""
        return self.fit + self.assignment + self.weights

    def gradients(self) -> LocalGradients:
        """To every input.

        Returns
        -------
        LocalGradients
            Of `total`, each of the input's shape. Where a responsibility is 0, its own is -inf.
        """
        return self._with_gradients[1]

    @cached_property
    def _sums(self) -> tuple[float, float]:
        """L1 and L2, of the pass for the gradients where there was one."""
        if "_with_gradients" in vars(self):
            return self._with_gradients[0]
        nothing = np.empty((0, self.rows.means.shape[1]))
        return self._pass(LocalGradients(nothing[:, 0], *5 * [nothing]))

    @cached_property
    def _with_gradients(self) -> tuple[tuple[float, float], LocalGradients]:
        shape = self.rows.means.shape
        out = LocalGradients(np.empty(shape[0]), *(np.empty(shape) for _ in range(5)))
        return self._pass(out), out

    def _pass(self, out: LocalGradients) -> tuple[float, float]:
        """L1 and L2; fills the gradients that have room."""
        rows, n_threads = self.rows, effective_n_threads(None)
        n_rows, n_components = rows.means.shape
        size = _local_mixture.block_rows(n_components)
        sums = np.empty((-(-n_rows // size), 2))
        own = (rows.means, rows.scales, rows.concentration, self.responsibilities, self.posterior)
        means, scales, concentration, r, posterior = (
            np.ascontiguousarray(array, np.float64) for array in own
        )
        log_weights = dirichlet_expectation(self.posterior)
        prior = dirichlet_expectation(rows.concentration) if len(out.x) else log_weights
        _local_mixture.losses(
            np.ascontiguousarray(rows.x, np.float64), means, scales, concentration, r, posterior,
            log_weights, prior, self.factor, sums, out.x, out.means, out.scales, out.concentration,
            out.responsibilities, out.posterior,
            _aligned.empty((n_threads, size * n_components), np.float64), n_threads,
        )  # fmt: skip
        fit, assignment = self.factor * sums.sum(axis=0)
        return float(fit), float(assignment)


def best_bound(rows: LocalNormals, log_densities: Array, r: Array) -> float:
    """ELBO at responsibilities and the posterior that is best for them, concentration + r."""
    posterior = rows.concentration + r
    entropy = -(r * np.log(np.where(r > 0, r, 1.0))).sum()
    of_weights = (r * dirichlet_expectation(posterior)).sum()
    of_weights -= dirichlet_kl(posterior, rows.concentration).sum()
    return float((r * log_densities).sum() + entropy + of_weights)
