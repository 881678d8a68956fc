"""Mixtures that one EM iteration is timed on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
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


# rows, features, components, share of ones where they are sparse
BERNOULLI = {
    "16 bits": (200_000, 16, 16, None),
    "112 bits": (50_000, 112, 64, None),
    "180 bits": (50_000, 180, 16, None),
    "2000 bits, sparse": (50_000, 2000, 32, 0.01),
}


class Bernoulli(NamedTuple):
    """Zeros and ones, dense or CSR, and the probabilities that an iteration starts from."""

    X: Any
    probabilities: NDArray[np.float64]


def bernoulli(name: str, dtype: str = "float64", share: float = 1.0) -> Bernoulli:
    """A problem of `BERNOULLI`, or a share of its rows; weights are equal."""
    n_rows, n_features, n_components, density = BERNOULLI[name]
    rng = np.random.default_rng(0)
    most = 0.98 if density is None else 2 * density
    probabilities = rng.uniform(0.02 * most, most, (n_components, n_features))
    size = int(n_rows * share)
    kinds = rng.integers(n_components, size=size)
    X = (rng.random((size, n_features), np.float32) < probabilities[kinds]).astype(dtype)
    return Bernoulli(X if density is None else sp.csr_matrix(X), probabilities)
