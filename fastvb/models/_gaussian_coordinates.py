"""Gaussian components as a vector without constraints, for drivers that extrapolate.

Counts by their logarithms, means in units of the data's deviations, and the roots U of the
precisions, U^T U = Sigma^-1, by the logarithms of their diagonals and what is above.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastvb.models._covariance_form import CovarianceForm
from fastvb.models._normal_wishart import NormalWishartParameters

__all__ = ["at_points", "from_coordinates", "to_coordinates"]

Array = NDArray[np.float64]

_LEAST_COUNT = 1e-12  # of all


def to_coordinates(
    counts: Array, means: Array, root: Array, reference: NormalWishartParameters
) -> Array:
    """Coordinates of points, in the units of a reference."""
    scale = np.sqrt(reference.unit)
    diagonal, above = _split(reference.form, root * scale)
    parts = (
        np.log(np.maximum(counts, _LEAST_COUNT * counts.sum())), means / scale, np.log(diagonal),
        above,
    )  # fmt: skip
    return np.concatenate([part.ravel() for part in parts])


def from_coordinates(
    coordinates: Array, reference: NormalWishartParameters, n_total: float
) -> tuple[Array, Array, Array]:
    """Counts, means and covariances; the counts add up to `n_total`."""
    form, scale = reference.form, np.sqrt(reference.unit)
    n_components, n_features = reference.means.shape
    root = np.zeros(reference.scatter.shape)
    diagonal, above = _split(form, root)
    sizes = np.cumsum([n_components, n_components * n_features, diagonal.size])
    log_counts, means, log_diagonal, rest = np.split(coordinates, sizes)
    counts = np.exp(log_counts - log_counts.max())
    form.diagonals(root)[...] = np.exp(log_diagonal.reshape(diagonal.shape))
    if above.size:
        rows, columns = np.triu_indices(n_features, 1)
        root[:, rows, columns] = rest.reshape(above.shape)
    covariances = form.covariances(root / scale)
    return n_total / counts.sum() * counts, means.reshape(-1, n_features) * scale, covariances


def at_points(
    q: NormalWishartParameters, prior: NormalWishartParameters, counts: Array, means: Array,
    covariances: Array, offset: float, reg_covar: float,
) -> NormalWishartParameters:  # fmt: skip
    """Parameters of so many counts whose points these are."""
    form = q.form
    dof = prior.dof + form.gain(counts, means.shape[1])
    divisor = (dof + offset).reshape(-1, *(1,) * (covariances.ndim - 1))
    covariances = covariances.copy()
    form.diagonals(covariances)[...] -= reg_covar
    return replace(
        q, strength=prior.strength + counts, means=means, dof=dof, scatter=divisor * covariances
    )


def _split(form: CovarianceForm, root: Array) -> tuple[Array, Array]:
    """Diagonals, and what is above them."""
    if root.ndim == 2:
        return root, root[:, :0]
    rows, columns = np.triu_indices(root.shape[1], 1)
    return form.diagonals(root), root[:, rows, columns]
