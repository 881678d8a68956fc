"""Twins of the kernels in _mixture.pyx and _mixture_linear.pyx, with every product stored."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Array = NDArray[np.float64]


class Pass(NamedTuple):
    log_norm: Array  # (n_rows,)
    responsibilities: Array  # (n_rows, n_components)
    labels: NDArray[np.intp]  # (n_rows,)
    total: float


class Statistics(NamedTuple):
    counts: Array  # (n_components,)
    sums: Array  # (n_components, n_features)
    squares: Array  # (n_components, n_squares)


def unpacked(triangle: Array, n_features: int) -> Array:
    """The upper-triangular matrix whose rows are packed in `triangle`."""
    U = np.zeros((n_features, n_features))
    U[np.triu_indices(n_features)] = triangle
    return U


def squared_distances(y: Array, covariance_type: str, means: Array, factors: Array) -> Array:
    """|U_k (y_n - m_k)|^2, (n_rows, n_components)."""
    n_components, n_features = means.shape
    difference = y[:, np.newaxis] - means
    if covariance_type in ("diag", "spherical"):
        return np.square(factors * difference).sum(axis=2)
    triangles = np.broadcast_to(factors, (n_components, factors.shape[1]))
    U = np.array([unpacked(triangle, n_features) for triangle in triangles])
    return np.square(np.einsum("kij,nkj->nki", U, difference)).sum(axis=2)


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def mixture_pass(log_joint: Array, weights: Array) -> Pass:
    log_norm = logsumexp(log_joint, axis=1)
    responsibilities = np.exp(log_joint - log_norm[:, np.newaxis])
    total = float((weights * log_norm)[weights != 0].sum())
    return Pass(log_norm, responsibilities, log_joint.argmax(axis=1), total)


def gaussian_pass(
    covariance_type: str,
    X: NDArray[Any],
    origin: NDArray[Any],
    weights: Array,
    log_prior: Array | float,
    offset: Array,
    means: Array,
    factors: Array,
) -> Pass:
    y = (X - origin).astype(np.float64)
    distances = squared_distances(y, covariance_type, means, factors)
    return mixture_pass(offset - 0.5 * distances + log_prior, weights)


def gaussian_statistics(
    covariance_type: str, X: NDArray[Any], origin: NDArray[Any], memberships: Array
) -> Statistics:
    """Statistics under weighted responsibilities, (n_rows, n_components)."""
    y = (X - origin).astype(np.float64)
    a, b = np.triu_indices(y.shape[1])
    squares = {
        "full": y[:, a] * y[:, b],
        "tied": np.empty((len(y), 0)),
        "diag": y * y,
        "spherical": (y * y).sum(axis=1, keepdims=True),
    }[covariance_type]
    return Statistics(memberships.sum(axis=0), memberships.T @ y, memberships.T @ squares)


def linear_pass(
    X: NDArray[Any],
    weights: Array,
    log_prior: Array | float,
    offset: Array,
    slopes: Array,
    intercepts: Array | None = None,
) -> Pass:
    """Of features that are independent; where X is nan it is not observed."""
    log_joint = offset + log_prior + np.nan_to_num(X.astype(np.float64)) @ slopes.T
    if intercepts is not None:
        log_joint = log_joint + ~np.isnan(X) @ intercepts.T
    return mixture_pass(log_joint, weights)


def linear_statistics(X: NDArray[Any], memberships: Array) -> Statistics:
    """Counts, sums of what is observed, and counts of observations."""
    x = np.nan_to_num(X.astype(np.float64))
    return Statistics(memberships.sum(axis=0), memberships.T @ x, memberships.T @ ~np.isnan(X))
