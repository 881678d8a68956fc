"""Synthetic mixtures whose true parameters are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_choice, check_integer, check_real
from fastvb.datasets.generators import generator_of

__all__ = ["make_mixture"]

_TYPES = ("full", "tied", "diag", "spherical")
_WISHART_ROWS = 2  # per feature: degrees of freedom of the covariances


def make_mixture(
    n_samples: int = 1000,
    n_components: int = 3,
    n_features: int = 2,
    *,
    covariance_type: str = "full",
    separation: float = 4.0,
    weight_prior: float = 5.0,
    random_state: Any = None,
) -> tuple[
    npt.NDArray[np.float64],
    npt.NDArray[np.int64],
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
]:
    """Draw rows from a mixture of Gaussians.

    Weights ~ Dirichlet(weight_prior), means ~ Normal(0, separation^2 I), covariances ~
    Wishart(I / m, m) with m = 2 n_features, whose mean is I, or its diagonal, or one element of it.

    Parameters
    ----------
    n_samples, n_components, n_features : int
        Number of rows, of components and of columns.
    covariance_type : {"full", "tied", "diag", "spherical"}
        As in :class:`fastvb.GaussianMixture`.
    separation : float, default=4
        Standard deviation of the means, where that of the rows of a component is about 1.
    weight_prior : float, default=5
        Concentration of the weights: the larger, the more alike.
    random_state : int, Generator, RandomState or None
        The same value gives the same rows.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The rows.
    labels : ndarray of int, shape (n_samples,)
        The component of each row.
    weights : ndarray of shape (n_components,)
        True weights.
    means : ndarray of shape (n_components, n_features)
        True means.
    covariances : ndarray
        True covariances, in the shape of ``GaussianMixture.covariances_``.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, `separation` is negative, `weight_prior` not positive, or
        `covariance_type` none of these.

    Examples
    --------
    >>> from fastvb.datasets import make_mixture
    >>> X, labels, weights, means, covariances = make_mixture(500, 4, 3, random_state=0)
    >>> X.shape, labels.shape, means.shape, covariances.shape
    ((500, 3), (500,), (4, 3), (4, 3, 3))
    """
    check_integer("n_samples", n_samples, 1)
    check_integer("n_components", n_components, 1)
    check_integer("n_features", n_features, 1)
    check_choice("covariance_type", covariance_type, _TYPES)
    check_real("separation", separation, 0.0)
    check_real("weight_prior", weight_prior, 0.0, above=True)
    rng = generator_of(random_state)
    weights = rng.dirichlet(np.full(n_components, weight_prior))
    means = rng.normal(0.0, separation, (n_components, n_features))
    covariances = _covariances(rng, covariance_type, n_components, n_features)
    labels = rng.choice(n_components, n_samples, p=weights)
    X = means[labels] + _noise(rng, covariance_type, covariances, labels, n_features)
    return X, labels, weights, means, covariances


def _covariances(
    rng: np.random.Generator, covariance_type: str, n_components: int, n_features: int
) -> npt.NDArray[np.float64]:
    """Draws of mean 1, in the shape of the type."""
    m = _WISHART_ROWS * n_features
    if covariance_type in ("diag", "spherical"):
        size = (n_components, n_features) if covariance_type == "diag" else n_components
        return rng.chisquare(m, size) / m
    roots = rng.normal(size=(1 if covariance_type == "tied" else n_components, n_features, m))
    matrices: npt.NDArray[np.float64] = roots @ roots.swapaxes(1, 2) / m
    return matrices[0] if covariance_type == "tied" else matrices


def _noise(
    rng: np.random.Generator,
    covariance_type: str,
    covariances: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    n_features: int,
) -> npt.NDArray[np.float64]:
    """What is added to the mean of each row's component."""
    noise = rng.normal(size=(len(labels), n_features))
    if covariance_type == "diag":
        return noise * np.sqrt(covariances[labels])
    if covariance_type == "spherical":
        return noise * np.sqrt(covariances[labels, np.newaxis])
    factors = np.linalg.cholesky(covariances)
    if covariance_type == "tied":
        correlated: npt.NDArray[np.float64] = noise @ factors.T
        return correlated
    for k, factor in enumerate(factors):  # component by component: no matrix for each row
        noise[labels == k] = noise[labels == k] @ factor.T
    return noise
