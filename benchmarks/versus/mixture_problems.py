"""Mixtures that one EM iteration is timed on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# rows, features, components, covariance type
GAUSSIAN = {
    "1 feature": (500_000, 1, 10, "full"),
    "2 features": (500_000, 2, 10, "full"),
    "8 features": (200_000, 8, 20, "full"),
    "16 features": (200_000, 16, 20, "full"),
    "64 features": (50_000, 64, 32, "full"),
    "256 features": (20_000, 256, 16, "full"),
    "64 features, diag": (200_000, 64, 64, "diag"),
    "64 features, spherical": (200_000, 64, 64, "spherical"),
    "16 features, tied": (200_000, 16, 20, "tied"),
}


class Gaussian(NamedTuple):
    """Data, and the means that an iteration starts from; weights are equal, covariances unity."""

    X: NDArray[Any]
    means: NDArray[np.float64]
    covariance_type: str


def gaussian(name: str, dtype: str = "float64", share: float = 1.0) -> Gaussian:
    """A problem of `GAUSSIAN`, or a share of its rows."""
    n_rows, n_features, n_components, covariance_type = GAUSSIAN[name]
    rng = np.random.default_rng(0)
    means = 2.0 * rng.normal(size=(n_components, n_features))
    size = int(n_rows * share)
    X = means[rng.integers(n_components, size=size)] + rng.normal(size=(size, n_features))
    return Gaussian(X.astype(dtype), means, covariance_type)
