"""Symmetric positive definite matrices on the last two axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._layout import Array, finite

__all__ = [
    "checked_root",
    "flat",
    "inverse",
    "log_det",
    "outer",
    "solve",
    "some_roots",
    "spectrum",
    "square",
    "symmetric",
    "times",
]


def symmetric(name: str, value: ArrayLike) -> Array:
    """Finite symmetric matrices."""
    array = finite(name, value, 2)
    if array.shape[-1] != array.shape[-2] or not array.shape[-1]:
        raise ValueError(
            f"Expected {name} to hold square matrices, got {name}.shape={array.shape}."
        )
    skew = np.abs(array - array.swapaxes(-1, -2)).max(axis=(-2, -1))
    if (skew > 1e-8 * np.abs(array).max(axis=(-2, -1))).any():
        raise ValueError(
            f"Expected {name} to be symmetric, got differences from its transpose of up to "
            f"{skew.max():.3g}."
        )
    return array


def checked_root(name: str, matrices: Array) -> Array:
    """Lower Cholesky factors."""
    try:
        root: Any = np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(matrices).min()
        raise ValueError(
            f"Expected {name} to be positive definite, got a least eigenvalue of {least:.3g}."
        ) from None
    result: Array = root
    return result


def some_roots(matrices: Array) -> tuple[Array, Any]:
    """Lower Cholesky factors, and which matrices have one; for others, those of the identity."""
    identity = np.eye(matrices.shape[-1])
    valid = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    roots: Array = np.where(valid[..., None, None], matrices, identity)
    try:
        roots[...] = np.linalg.cholesky(roots)
    except np.linalg.LinAlgError:
        for place in np.ndindex(valid.shape):
            try:
                roots[place] = np.linalg.cholesky(roots[place])
            except np.linalg.LinAlgError:
                roots[place], valid[place] = identity, False
    return roots, valid


def log_det(root: Array) -> Array:
    """Log determinant of root root^T."""
    result: Array = 2.0 * np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
    return result


def inverse(root: Array) -> Array:
    """Inverse of root root^T."""
    of_root = np.linalg.inv(root)
    result: Array = of_root.swapaxes(-1, -2) @ of_root
    return result


def spectrum(matrices: Array, of: Array, root: Array) -> tuple[Array, Array]:
    """Eigenvalues r of of^-1 matrices, where of = root root^T, and r - 1 with all its digits."""
    ratios: Any = np.linalg.eigvalsh(_relative(root, matrices))
    changes: Any = np.linalg.eigvalsh(_relative(root, matrices - of))
    return ratios, changes


def _relative(root: Array, matrices: Array) -> Array:
    """root^-1 matrices root^-T, symmetric."""
    half: Any = np.linalg.solve(root, matrices)
    whole: Any = np.linalg.solve(root, half.swapaxes(-1, -2))
    result: Array = 0.5 * (whole + whole.swapaxes(-1, -2))
    return result


def solve(matrices: Array, vectors: Array) -> Array:
    """matrices^-1 vectors."""
    solution: Any = np.linalg.solve(matrices, vectors[..., None])
    result: Array = solution[..., 0]
    return result


def times(matrices: Array, vectors: Array) -> Array:
    """Matrices times vectors."""
    result: Array = (matrices @ vectors[..., None])[..., 0]
    return result


def outer(x: Array, y: Array) -> Array:
    """Products x y^T."""
    result: Array = x[..., :, None] * y[..., None, :]
    return result


def flat(matrices: Array) -> list[Array]:
    """As a vector of coordinates, for `join`."""
    return [matrices.reshape(*matrices.shape[:-2], -1)]


def square(vectors: Any) -> Array:
    """As matrices again, made symmetric."""
    size = round(vectors.shape[-1] ** 0.5)
    matrices = vectors.reshape(*vectors.shape[:-1], size, size)
    result: Array = 0.5 * (matrices + matrices.swapaxes(-1, -2))
    return result
