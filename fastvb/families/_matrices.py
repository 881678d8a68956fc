"""Symmetric positive definite matrices on the last two axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._layout import Array, finite

__all__ = [
    "checked_root",
    "flat",
    "has_root",
    "inverse",
    "log_det",
    "outer",
    "solve",
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


def has_root(matrices: Array) -> Any:
    """Which symmetric matrices have a Cholesky factor, also after rounding.

    They are scaled to a diagonal of 1: scales of the variables do not matter to the factor.

    N. Higham (2002), Accuracy and Stability of Numerical Algorithms, theorem 10.7.
    """
    diagonal = np.diagonal(matrices, axis1=-2, axis2=-1)
    some = diagonal > 0
    scale = np.sqrt(np.where(some, diagonal, 1.0))
    least = np.linalg.eigvalsh(matrices / scale[..., :, None] / scale[..., None, :])[..., 0]
    size = matrices.shape[-1]
    return some.all(axis=-1) & (least > 2.0 * size * (size + 1) * np.finfo(np.float64).eps)


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
