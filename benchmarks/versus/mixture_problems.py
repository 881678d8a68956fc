"""Mixtures that one EM iteration is timed on."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from versus.problems import Problem, largest_difference

# rows, features, components, covariance type
GAUSSIAN = {
    "1 feature": (500_000, 1, 10, "full"),
    "2 features": (500_000, 2, 10, "full"),
    "8 features": (200_000, 8, 20, "full"),
    "16 features": (200_000, 16, 20, "full"),
    "64 features": (50_000, 64, 32, "full"),
    "256 features": (20_000, 256, 16, "full"),
    "1M x 64 diag K=64": (1_000_000, 64, 64, "diag"),
    "64 features, spherical": (200_000, 64, 64, "spherical"),
    "16 features, tied": (200_000, 16, 20, "tied"),
}


def gaussian_problem(name: str, share: float = 1.0) -> Problem:
    """One iteration on a problem of `GAUSSIAN`, or on a share of its rows, but enough of them.

    Its data: rows, means and covariance type; weights are equal, covariances `unit`. A task returns
    what, when it is called, reads the weights, means, covariances and log-likelihood off the
    library's own results, so that this is not timed; the last is None where a library does not
    tell it.
    """
    n_rows, n_features, n_components, _ = GAUSSIAN[name]
    size = max(int(n_rows * share), 2 * n_features * n_components)  # no covariance is singular
    return Problem(
        "em_iteration", name, size * n_components, partial(_gaussian, name, size), 1e-8,
        "row and component", _points_differ,
    )  # fmt: skip


def _gaussian(name: str, size: int) -> tuple[NDArray[Any], NDArray[Any], str]:
    _, n_features, n_components, covariance_type = GAUSSIAN[name]
    rng = np.random.default_rng(0)
    means = 2.0 * rng.normal(size=(n_components, n_features))
    X = rng.normal(size=(size, n_features))
    X += means[rng.integers(n_components, size=size)]
    return X, means, covariance_type


def unit(covariance_type: str, n_components: int, n_features: int) -> NDArray[Any]:
    """Covariances of one, and so their precisions and the roots of these."""
    one = np.eye(n_features)
    return {
        "full": np.tile(one, (n_components, 1, 1)),
        "tied": one,
        "diag": np.ones((n_components, n_features)),
        "spherical": np.ones(n_components),
    }[covariance_type]


def _points_differ(data: Any, ours: Any, theirs: Any) -> float:
    """The largest of the differences of weights, means, covariances and log-likelihoods."""
    pairs = [(a, b) for a, b in zip(ours(), theirs(), strict=True) if b is not None]
    return max(largest_difference(data, a, np.reshape(b, np.shape(a))) for a, b in pairs)
