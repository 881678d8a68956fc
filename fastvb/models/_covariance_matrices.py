"""Covariances that are matrices, of each component or of all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _inverse_roots as kernels
from fastvb.models._covariance_form import FLOOR, CovarianceForm

__all__ = ["Full", "Tied"]

Array = NDArray[np.float64]

_ROWS = 64  # of a root at a time


@lru_cache(maxsize=2)
def _upper_triangle(n_features: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of a packed triangle, kept from step to step: they cost a fifth of one."""
    rows, columns = np.triu_indices(n_features)
    return rows, columns


class _Matrices(CovarianceForm):
    """Full and tied."""

    def diagonals(self, scatter: Array) -> Array:
        diagonals: Array = np.einsum("kii->ki", scatter)
        return diagonals

    def root(self, covariances: Array, unit: Array, least: float) -> tuple[Array, NDArray[Any]]:
        roots, small = _inverse_roots(covariances, least * unit)
        singular = np.zeros(len(covariances), dtype=bool)
        for k in np.flatnonzero(small):
            if np.isfinite(covariances[k]).all():
                singular[k] = True
                raised = _raised(covariances[k], unit)[np.newaxis]
                (roots[k],), small[k : k + 1] = _inverse_roots(raised, 0.0 * unit)
        roots[small] = np.nan
        return roots, singular

    def log_det(self, root: Array, n_features: int) -> Array:
        log_det: Array = -2 * np.log(self.diagonals(root)).sum(axis=1)
        return log_det

    def apply(self, root: Array, vectors: Array) -> Array:
        applied: Array = np.matmul(root, vectors[..., np.newaxis])[..., 0]
        return applied

    def apply_inverse(self, root: Array, vectors: Array) -> Array:
        if len(root) == 1:  # one for all vectors
            solved: Any = np.linalg.solve(root[0], vectors.T).T
        else:
            solved = np.linalg.solve(root, vectors[..., np.newaxis])[..., 0]
        applied: Array = solved
        return applied

    def squared_distance(self, root: Array, vectors: Array) -> Array:
        squares: Array = (self.apply(root, vectors) ** 2).sum(axis=1)
        return squares

    def trace(self, root: Array, scatter: Array) -> Array:
        """By rows of the roots: of many features, the triangles spare up to two thirds."""
        trace = np.zeros(max(len(root), len(scatter)))
        for first in range(0, root.shape[1], _ROWS):
            rows = root[:, first : first + _ROWS, first:]
            products = np.matmul(rows, scatter[:, first:, first:])
            trace += np.einsum("kij,kij->k", products, rows)
        return trace

    def covariances(self, root: Array) -> Array:
        inverse = np.linalg.inv(root)
        covariances: Array = np.matmul(inverse, inverse.swapaxes(1, 2))
        return covariances

    def wishart_size(self, n_features: int) -> tuple[int, int]:
        return 1, n_features

    def unpacked(self, moments: tuple[Array, ...]) -> tuple[Array, Array]:
        sums, triangles = moments
        n_features = sums.shape[1]
        upper = _upper_triangle(n_features)
        squares = np.empty((len(triangles), n_features, n_features))
        squares[:, upper[0], upper[1]] = triangles
        squares[:, upper[1], upper[0]] = triangles
        return sums, squares

    def packed(self, sums: Array, squares: Array) -> tuple[Array, ...]:
        return sums, self.factors(squares)

    def factors(self, root: Array) -> Array:
        upper = _upper_triangle(root.shape[1])
        factors: Array = np.ascontiguousarray(root[:, upper[0], upper[1]])
        return factors

    def wishart_roots(self, root: Array, dof: Array, rng: np.random.Generator) -> Array:
        """By Bartlett's decomposition."""
        n_features = root.shape[1]
        upper = np.triu(rng.standard_normal(root.shape), 1)
        chi2 = rng.chisquare(dof[:, np.newaxis] - np.arange(n_features))
        self.diagonals(upper)[...] = np.sqrt(chi2)
        roots: Array = np.matmul(upper, root)
        return roots


class Full(_Matrices):
    """A matrix for each component."""

    name = "full"

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return n_components, n_features, n_features

    def gain(self, counts: Array, n_features: int) -> Array:
        return counts

    def mode_offset(self, n_components: int, n_features: int) -> int:
        return n_features + 2

    def outer(self, weights: Array, vectors: Array) -> Array:
        outer: Array = np.einsum("k,ki,kj->kij", weights, vectors, vectors)
        return outer


class Tied(_Matrices):
    """One matrix for all."""

    name = "tied"
    shared = True

    def shape(self, n_components: int, n_features: int) -> tuple[int, ...]:
        return 1, n_features, n_features

    def gain(self, counts: Array, n_features: int) -> Array:
        total: Array = counts.sum(keepdims=True)
        return total

    def mode_offset(self, n_components: int, n_features: int) -> int:
        return n_features + 1 + n_components

    def outer(self, weights: Array, vectors: Array) -> Array:
        outer: Array = np.matmul((weights[:, np.newaxis] * vectors).T, vectors)[np.newaxis]
        return outer


def _inverse_roots(matrices: Array, least: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Upper U with U^T U = matrix^-1, and which have a pivot below `least`, and so none."""
    roots, status = _aligned.empty(matrices.shape, np.float64), np.empty(len(matrices), np.int8)
    work = _aligned.empty(matrices.shape[1:], np.float64)
    kernels.inverse_roots(np.ascontiguousarray(matrices), least, roots, status, work)
    return roots, status == kernels.SMALL


def _raised(matrix: Array, unit: Array) -> Array:
    """With eigenvalues of at least `FLOOR`, the features being scaled by `unit`."""
    scale = np.sqrt(unit[:, np.newaxis] * unit)
    values, vectors = np.linalg.eigh(matrix / scale)
    raised: Array = (vectors * np.maximum(values, FLOOR)) @ vectors.T * scale
    return raised
