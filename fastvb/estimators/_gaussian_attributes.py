"""Gaussian components as scikit-learn describes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import rq

from fastvb import _validation as check

__all__ = [
    "check_covariance",
    "covariances_of_precisions",
    "gaussian_attributes",
    "shape_of",
    "with_covariances",
]

Array = NDArray[np.float64]


def gaussian_attributes(components: Any, q: Any, dtype: Any) -> dict[str, NDArray[Any]]:
    """Means, covariances and precisions of fitted components.

    Parameters
    ----------
    components : PointGaussians or NormalWishart
        Their kind.
    q : NormalWishartParameters
        Of the fit.
    dtype : dtype
        Of the arrays.

    Returns
    -------
    dict
        By the names of the attributes.
    """
    gaussians, root = components.gaussians(q), components.expect(q).root
    if components.form.name in ("full", "tied"):
        factors = np.array([_upper_factor(one) for one in root])
        precisions = np.matmul(factors, factors.swapaxes(1, 2))
        if components.form.name == "tied":
            factors, precisions = factors[0], precisions[0]
    else:
        factors = root[:, 0] if components.form.name == "spherical" else root
        precisions = factors**2
    found = {
        "means_": gaussians.means,
        "covariances_": gaussians.covariances,
        "precisions_cholesky_": factors,
        "precisions_": precisions,
    }
    return {name: np.array(value, dtype) for name, value in found.items()}


def _upper_factor(root: Array) -> Array:
    """Upper triangular P with P P^T = U^T U and a positive diagonal."""
    factor, _ = rq(root.T)
    upper: Array = factor * np.where(factor.diagonal() < 0, -1.0, 1.0)
    return upper


def shape_of(covariance_type: str, n_components: int, n_features: int) -> tuple[int, ...]:
    """Shape of covariances and precisions."""
    return {
        "full": (n_components, n_features, n_features),
        "tied": (n_features, n_features),
        "diag": (n_components, n_features),
        "spherical": (n_components,),
    }[covariance_type]


def covariances_of_precisions(
    name: str, value: Any, covariance_type: str, n_components: int, n_features: int
) -> Array:
    """Covariances, in the shape of a scatter, whose precisions a user has given."""
    shape = shape_of(covariance_type, n_components, n_features)
    precisions = _numbers(name, value, shape)
    if covariance_type in ("full", "tied"):
        matrices = precisions.reshape(-1, n_features, n_features)
        _check_matrices(name, matrices)
        inverse = np.linalg.inv(np.linalg.cholesky(matrices))
        covariances: Array = np.matmul(inverse.swapaxes(1, 2), inverse)
        return covariances
    if not (precisions > 0).all():
        raise ValueError(f"Expected {name} to be positive, got {name}.min()={precisions.min():g}.")
    variances: Array = 1 / precisions
    return variances.reshape(n_components, -1)


def with_covariances(components: Any, q: Any, covariances: Array) -> Any:
    """Points whose covariances, in the shape of a scatter, are given.

    Parameters
    ----------
    components : PointGaussians
        Their kind.
    q : NormalWishartParameters
        Of some counts.
    covariances : ndarray
        In the shape of ``q.scatter``.

    Returns
    -------
    NormalWishartParameters
        With another scatter.
    """
    form = components.form
    divisor = q.dof + form.mode_offset(components.n_components, components.n_features)
    scatter = covariances * divisor.reshape(-1, *(1,) * (covariances.ndim - 1))
    form.diagonals(scatter)[...] -= components.reg_covar * divisor[:, np.newaxis]
    return replace(q, scatter=scatter)


def check_covariance(name: str, value: Any, covariance_type: str, n_features: int) -> Array:
    """A covariance of the shape that all components share."""
    shape = shape_of(covariance_type, 1, n_features)
    shape = {"full": shape[1:], "diag": shape[1:], "spherical": ()}.get(covariance_type, shape)
    covariance = _numbers(name, value, shape)
    if covariance.ndim == 2:
        _check_matrices(name, covariance[np.newaxis])
    elif not (covariance > 0).all():
        raise ValueError(f"Expected {name} to be positive, got {name}={value!r}.")
    return covariance


def _numbers(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    given = check.real_array(name, value)
    if given.shape != shape:
        raise ValueError(f"Expected {name} to have shape {shape}, got {name}.shape={given.shape}.")
    if not np.isfinite(given).all():
        raise ValueError(f"Expected {name} to be finite, got NaN or inf in {name}.")
    return given.astype(np.float64)


def _check_matrices(name: str, matrices: Array) -> None:
    """Refuse what is not symmetric and positive definite."""
    asymmetry = np.abs(matrices - matrices.swapaxes(1, 2)).max(axis=(1, 2))
    if not (asymmetry <= 1e-6 * np.abs(matrices).max(axis=(1, 2))).all():
        raise ValueError(
            f"Expected {name} to be symmetric, got a difference of {asymmetry.max():g}."
        )
    least = np.linalg.eigvalsh(matrices)[:, 0]
    if not (least > 0).all():
        raise ValueError(
            f"Expected {name} to be positive definite, got an eigenvalue of {least.min():g}."
        )
