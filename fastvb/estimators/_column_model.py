"""From the parameters of an estimator to the model of all columns, and back to one of them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb import _validation as check
from fastvb._kernels import _mixture
from fastvb.estimators._gaussian_attributes import check_covariance
from fastvb.estimators.bayesian_gaussian_mixture import BayesianGaussianMixture
from fastvb.estimators.gaussian_mixture import GaussianMixture
from fastvb.models import Mixture, NormalWishart, Observations, PointGaussians
from fastvb.models.column_mixtures import (
    BayesianColumns,
    ColumnData,
    ColumnGlobals,
    ColumnMixtures,
    ColumnMoments,
    NormalGammas,
    PointColumns,
)
from fastvb.models.mixture import MixtureGlobals

__all__ = ["check_estimator", "column_model", "fitted_estimator", "moments_of"]

Array = NDArray[np.float64]

# of the variance of the data: what is added to the default prior of a column that does not vary
_LEAST_PRIOR = 1e-6

# parameters that have no meaning for many columns, and the only value that they may have
_FIXED = {
    "init_params": "kmeans", "n_init": 1, "warm_start": False, "learning_method": "batch",
    "callback": None, "progress": False, "verbose": 0, "concentration_prior": None,
    "weights_init": None, "means_init": None, "precisions_init": None,
}  # fmt: skip


def check_estimator(estimator: Any) -> None:
    """Refuse what is not a mixture of Gaussians, and parameters that `fit_columns` cannot use."""
    if not isinstance(estimator, (GaussianMixture, BayesianGaussianMixture)):
        raise TypeError(
            "Expected estimator to be a GaussianMixture or a BayesianGaussianMixture, "
            f"got estimator={estimator!r}."
        )
    estimator._check_parameters()
    for name, only in _FIXED.items():
        value = getattr(estimator, name, only)
        if value is not only and (only is None or value != only):
            raise ValueError(
                f"Expected {name}={only!r} of an estimator for many columns, "
                f"got {name}={value!r}. Fit such columns one by one."
            )
    check.check_choice("covariance_type", estimator.covariance_type, ("full", "diag", "spherical"))


def moments_of(data: ColumnData, n_threads: int) -> ColumnMoments:
    """Statistics of all values of each column, arrays of shape (n_columns, 1)."""
    n_columns = data.X.shape[1]
    zero, (counts, sums, squares) = np.zeros((n_columns, 1)), np.empty((3, n_columns, 1))
    _mixture.gaussian_columns(
        data.X, np.arange(n_columns), data.origin, data.weights, zero, zero, zero, counts,
        sums, squares, np.empty(n_columns),
        _aligned.empty(_mixture.columns_work_size(1, data.X.itemsize, n_threads), np.int8),
        n_threads,
    )  # fmt: skip
    return ColumnMoments.of(counts, sums, squares)


def column_model(
    estimator: Any, data: ColumnData, moments: ColumnMoments, n_threads: int
) -> ColumnMixtures:
    """Make the model of all columns, each with the priors that a fit of its own would have."""
    n_components = estimator.n_components
    weights = estimator._weights(Observations(data.X[:1]))
    components: Any
    if isinstance(estimator, BayesianGaussianMixture):
        prior = _prior(estimator, data, moments, 1.0, 1.0, 1.0)
        scatter = prior.scatter + estimator.reg_covar * prior.dof
        components = BayesianColumns(prior._replace(scatter=scatter))
    elif estimator.prior is None:
        components = PointColumns.most_likely(data.X.shape[1], estimator.reg_covar)
    else:
        prior = _prior(estimator, data, moments, 0.01, 3.0, float(n_components) ** -2)
        components = PointColumns.most_probable(prior, n_components, estimator.reg_covar)
    return ColumnMixtures(weights, components, data, n_threads)


def _prior(
    estimator: Any, data: ColumnData, moments: ColumnMoments, mean_precision: float,
    degrees_of_freedom: float, shrink: float,
) -> NormalGammas:  # fmt: skip
    """Priors that are given, the same for all columns, and these defaults of the others."""
    if estimator.degrees_of_freedom_prior is not None:
        degrees_of_freedom = check.check_real(
            "degrees_of_freedom_prior", estimator.degrees_of_freedom_prior, 0.0, above=True
        )
    if estimator.mean_precision_prior is not None:
        mean_precision = float(estimator.mean_precision_prior)
    mean, variance = moments.means, shrink * _variance(moments)
    if estimator.mean_prior is not None:
        given = check.real_array("mean_prior", estimator.mean_prior)
        if given.shape != (1,) or not np.isfinite(given).all():
            raise ValueError(
                "Expected mean_prior to be finite of shape (1,), for all columns, "
                f"got mean_prior={estimator.mean_prior!r}."
            )
        mean = given - data.origin[:, np.newaxis].astype(np.float64)
    if estimator.covariance_prior is not None:
        given = check_covariance(
            "covariance_prior", estimator.covariance_prior, estimator.covariance_type, 1
        )
        variance = np.full_like(variance, given.item())
    return NormalGammas(
        np.full_like(mean, mean_precision), mean, np.full_like(mean, degrees_of_freedom), variance
    )


def _variance(moments: ColumnMoments) -> Array:
    """Without bias, and positive."""
    counts, means, scatter = moments
    variance = scatter / np.where(counts > 1, counts - 1, counts)
    unit = (scatter + counts * means**2) / counts
    constant = (variance <= 0) | (variance < 1e-3 * _LEAST_PRIOR * unit)
    positive: Array = variance + constant * _LEAST_PRIOR * np.where(variance > 0, variance, 1.0)
    return positive


def fitted_estimator(
    estimator: Any, model: ColumnMixtures, globals_: ColumnGlobals, column: int
) -> Any:
    """Make the estimator of one column; `globals_` and what is in `model` are of all."""
    fitted = type(estimator)(**estimator.get_params())
    origin = model.data.origin[column : column + 1]
    at, n_components = model.components, globals_.counts.shape[1]
    prior = [np.repeat(part[column], n_components) for part in at.prior]
    points: Any = PointGaussians.most_likely(
        estimator.covariance_type, n_components, origin.astype(np.float64), estimator.reg_covar
    )
    parameters = _parameters(points, prior)
    if isinstance(at, BayesianColumns):
        points = NormalWishart(parameters, points.origin)
    elif parameters.strength.any():
        points = PointGaussians.most_probable(
            NormalWishart(parameters, points.origin), estimator.reg_covar
        )
    q = _parameters(points, [part[column] for part in globals_.components])
    counts = globals_.counts[column]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # `fit_columns` has told of it
        fitted._keep(
            Mixture(model.weights, points, estimator.n_jobs),
            MixtureGlobals(model.weights.step(counts, None), q), origin.dtype,
        )  # fmt: skip
    fitted.random_state_ = check.check_random_state(estimator.random_state)
    return fitted


def _parameters(components: Any, parts: list[Array]) -> Any:
    strength, means, dof, scatter = parts
    shape = components.prior.scatter.shape
    return type(components.prior)(
        components.prior.covariance_type, strength, means[:, np.newaxis], dof,
        scatter.reshape(shape),
    )  # fmt: skip
