"""Covariances that are variances, of each feature or of all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._covariance_form import FLOOR, CovarianceForm

__all__ = ["Diag", "Spherical"]

Array = NDArray[np.float64]


class _Diagonals(CovarianceForm):
    """Diagonal and spherical."""

    def diagonals(self, scatter: Array) -> Array:
        return scatter

    def unpacked(self, moments: tuple[Array, ...]) -> tuple[Array, Array]:
        sums, squares = moments
        return sums, squares

    def packed(self, sums: Array, squares: Array) -> tuple[Array, ...]:
        return sums, squares

    def factors(self, root: Array) -> Array:
        return root

    def root(self, covariances: Array, unit: Array, least: float) -> tuple[Array, NDArray[Any]]:
        singular: NDArray[np.bool_] = (covariances <= 0) | (covariances < least * unit)
        variances = np.where(singular, np.maximum(covariances, FLOOR * unit), covariances)
        return 1 / np.sqrt(variances), np.asarray(singular.any(axis=1))

    def apply(self, root: Array, vectors: Array) -> Array:
        return root * vectors

    def apply_inverse(self, root: Array, vectors: Array) -> Array:
        return vectors / root

    def squared_distance(self, root: Array, vectors: Array) -> Array:
        squares: Array = ((root * vectors) ** 2).sum(axis=1)
        return squares

    def trace(self, root: Array, scatter: Array) -> Array:
        trace: Array = (root**2 * scatter).sum(axis=1)
        return trace

    def covariances(self, root: Array) -> Array:
        return 1 / root**2

    def wishart_roots(self, root: Array, dof: Array, rng: np.random.Generator) -> Array:
        chi2 = rng.chisquare(np.broadcast_to(dof[:, np.newaxis], root.shape))
        roots: Array = root * np.sqrt(chi2)
        return roots


class Diag(_Diagonals):
    """A variance for each feature and component."""

    name = "diag"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return n_components, n_features

    def gain(self, counts: Array, n_features: int) -> Array:
        return counts

    def mode_offset(self, n_components: int, n_features: int) -> int:
        return 3

    def outer(self, weights: Array, vectors: Array) -> Array:
        return weights[:, np.newaxis] * vectors**2

    def log_det(self, root: Array, n_features: int) -> Array:
        log_det: Array = -2 * np.log(root).sum(axis=1)
        return log_det

    def wishart_size(self, n_features: int) -> tuple[int, int]:
        return n_features, 1


class Spherical(_Diagonals):
    """A variance for each component."""

    name = "spherical"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return n_components, 1

    def gain(self, counts: Array, n_features: int) -> Array:
        return n_features * counts

    def mode_offset(self, n_components: int, n_features: int) -> int:
        return n_features + 2

    def outer(self, weights: Array, vectors: Array) -> Array:
        outer: Array = (weights * (vectors**2).sum(axis=1))[:, np.newaxis]
        return outer

    def log_det(self, root: Array, n_features: int) -> Array:
        log_det: Array = -2 * n_features * np.log(root[:, 0])
        return log_det

    def wishart_size(self, n_features: int) -> tuple[int, int]:
        return 1, 1
