"""The four forms of the covariance matrices of a Gaussian mixture, and their linear algebra.

| form | a scatter, a covariance or a root | blocks |
|---|---|---|
| full | (n_components, n_features, n_features) | one per component |
| tied | (1, n_features, n_features) | one |
| diag | (n_components, n_features) | one per component |
| spherical | (n_components, 1): one variance, or the trace of a scatter | one per component |

A root U of a covariance S has U^T U = S^-1; of matrices it is upper triangular. A Wishart
distribution of a diagonal matrix is a product of Gamma distributions, those of one-dimensional
Wishart distributions with the same degrees of freedom; of a spherical one it is one Gamma.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.special import digamma, gammaln

__all__ = ["FLOOR", "CovarianceForm"]

Array = NDArray[np.float64]

# Part of a feature's variance about the origin below which a component's variance is hardly more
# than the rounding of sums about the origin.
FLOOR = 1e-12


class CovarianceForm(ABC):
    """What the models need of one form."""

    name: str
    shared = False  # by all components

    @abstractmethod
    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        """Of a scatter."""

    @abstractmethod
    def gain(self, counts: Array, n_features: int) -> Array:
        """Degrees of freedom that expected counts add, by blocks."""

    @abstractmethod
    def mode_offset(self, n_components: int, n_features: int) -> int:
        """What the mode of a Normal-inverse-Wishart density adds to its degrees of freedom."""

    @abstractmethod
    def unpacked(self, moments: tuple[Array, ...]) -> tuple[Array, Array]:
        """Sums, and squares in the shape of a scatter, from those of the kernel."""

    @abstractmethod
    def packed(self, sums: Array, squares: Array) -> tuple[Array, ...]:
        """Sums and squares in the shape of the kernel's."""

    @abstractmethod
    def factors(self, root: Array) -> Array:
        """Return the root in the shape of the kernel's factors."""

    @abstractmethod
    def outer(self, weights: Array, vectors: Array) -> Array:
        """Scatter of one vector, shape (n_components, n_features), of each component."""

    @abstractmethod
    def diagonals(self, scatter: Array) -> Array:
        """View of the diagonals."""

    @abstractmethod
    def root(self, covariances: Array, unit: Array, least: float) -> tuple[Array, NDArray[Any]]:
        """Roots, and which blocks were singular: less than `least` in some direction.

        Measured by the features' variances `unit`, shape (n_features,) or (1,). What is singular
        is raised to `FLOOR` in such directions.
        """

    @abstractmethod
    def log_det(self, root: Array, n_features: int) -> Array:
        """Log determinants of the covariances, by blocks."""

    @abstractmethod
    def squared_distance(self, root: Array, vectors: Array) -> Array:
        """||U_k v_k||^2 of each component."""

    @abstractmethod
    def trace(self, root: Array, scatter: Array) -> Array:
        """Trace of U scatter U^T, by blocks."""

    @abstractmethod
    def covariances(self, root: Array) -> Array:
        """(U^T U)^-1."""

    @abstractmethod
    def wishart_size(self, n_features: int) -> tuple[int, int]:
        """How many independent Wishart distributions a block has, and of which dimension."""

    @abstractmethod
    def apply(self, root: Array, vectors: Array) -> Array:
        """U_k v_k of each component."""

    @abstractmethod
    def apply_inverse(self, root: Array, vectors: Array) -> Array:
        """U_k^-1 v_k of each component."""

    @abstractmethod
    def wishart_roots(self, root: Array, dof: Array, rng: np.random.Generator) -> Array:
        """Roots V, V^T V a draw of Wishart(U^T U, dof), by blocks."""

    def expected_log_det(self, dof: Array, log_det: Array, n_features: int) -> Array:
        """E[log det precision] of a component under Wishart(scatter^-1, dof), by blocks.

        `log_det` is that of the scatter.

        References
        ----------
        C. Bishop (2006), Pattern Recognition and Machine Learning, equation B.81.
        """
        _, size = self.wishart_size(n_features)
        halves = 0.5 * (dof[:, np.newaxis] - np.arange(size))
        psi = digamma(halves).sum(axis=1) * (n_features // size)
        expected: Array = psi + n_features * np.log(2.0) - log_det
        return expected

    def log_wishart_constant(self, dof: Array, log_det: Array, n_features: int) -> Array:
        """Logarithm of B(scatter^-1, dof), the constant of a block's Wishart density.

        References
        ----------
        C. Bishop (2006), Pattern Recognition and Machine Learning, equation B.79.
        """
        number, size = self.wishart_size(n_features)
        halves = 0.5 * (dof[:, np.newaxis] - np.arange(size))
        log_gamma = gammaln(halves).sum(axis=1) + 0.25 * size * (size - 1) * np.log(np.pi)
        share = number * size / n_features  # of the determinant
        constant: Array = 0.5 * dof * share * log_det - number * (
            0.5 * dof * size * np.log(2.0) + log_gamma
        )
        return constant
