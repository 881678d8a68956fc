"""What both Gaussian mixtures share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb._threads import effective_n_threads
from fastvb.estimators._gaussian_attributes import check_covariance, gaussian_attributes
from fastvb.estimators._kmeans import Rows
from fastvb.estimators._mixture import MixtureEstimator
from fastvb.estimators._mixture_data import check_rows
from fastvb.estimators._mixture_reading import state_types
from fastvb.models import NormalWishart, Observations, PointGaussians
from fastvb.models.mixture import MixtureGlobals

__all__ = ["COVARIANCE_TYPES", "GaussianEstimator"]

Array = NDArray[np.float64]

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")

# of the mean variance: what is added to the default prior of data that do not vary in a direction
_LEAST_PRIOR = 1e-6


class GaussianEstimator(MixtureEstimator):
    """A mixture of Gaussians of one of the four covariance types."""

    _state_types = state_types(PointGaussians, NormalWishart)

    covariance_type: str
    reg_covar: float
    mean_precision_prior: float | None
    mean_prior: Any
    degrees_of_freedom_prior: float | None
    covariance_prior: Any

    means_: NDArray[Any]
    covariances_: NDArray[Any]
    precisions_: NDArray[Any]
    precisions_cholesky_: NDArray[Any]

    def _check_rows(self, X: Any, user: str, **wanted: Any) -> Any:
        return check_rows(X, user, **wanted)

    def _rows(self, batch: Observations) -> Rows:
        return Rows(batch.X, batch.weights, self.n_jobs)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check.check_choice("covariance_type", self.covariance_type, COVARIANCE_TYPES)
        check.check_real("reg_covar", self.reg_covar, 0.0)
        if self.mean_precision_prior is not None:
            check.check_real("mean_precision_prior", self.mean_precision_prior, 0.0, above=True)

    def _normal_wishart(
        self, batch: Observations, origin: Array, mean_precision: float,
        degrees_of_freedom: float, shrink: float,
    ) -> NormalWishart:  # fmt: skip
        """Components with the priors that are given, and these defaults of the others.

        The default covariance is `shrink` times that of the data.
        """
        n_features = len(origin)
        if self.degrees_of_freedom_prior is not None:
            degrees_of_freedom = check.check_real(
                "degrees_of_freedom_prior",
                self.degrees_of_freedom_prior,
                n_features - 1,
                above=True,
            )
        if self.mean_precision_prior is not None:
            mean_precision = float(self.mean_precision_prior)
        mean, covariance = self._moments(batch, origin)
        if self.mean_prior is not None:
            mean = check.real_array("mean_prior", self.mean_prior)
            if mean.shape != (n_features,) or not np.isfinite(mean).all():
                raise ValueError(
                    f"Expected mean_prior to be finite of shape ({n_features},), "
                    f"got mean_prior={self.mean_prior!r}."
                )
        covariance *= shrink
        if self.covariance_prior is not None:
            covariance = check_covariance(
                "covariance_prior", self.covariance_prior, self.covariance_type, n_features
            )
        return NormalWishart.of(
            self.covariance_type, self.n_components, origin, mean_precision, mean,
            degrees_of_freedom, covariance,
        )  # fmt: skip

    def _moments(self, batch: Observations, origin: Array) -> tuple[Array, Array]:
        """Mean and unbiased covariance of the data, made regular."""
        components = PointGaussians.most_likely(self.covariance_type, 1, origin)
        n_threads = effective_n_threads(self.n_jobs)
        counts, moments = components.gather(batch, None, 1, n_threads)
        q = components.step(counts, moments, None)
        form, n_features = components.form, len(origin)
        number = counts[0] - 1 if counts[0] > 1 else counts[0]
        if form.name == "spherical":
            number *= n_features
        covariance = q.scatter / number
        diagonal = form.diagonals(covariance)
        mean_variance = float(diagonal.mean()) or 1.0
        _, singular = form.root(covariance, q.unit, 1e-3 * _LEAST_PRIOR)
        if singular.any():
            diagonal += _LEAST_PRIOR * mean_variance
        covariance = covariance[0] if form.name != "spherical" else covariance[0, 0]
        return origin + q.means[0], covariance

    def _last(self, model: Any) -> MixtureGlobals | None:
        last = super()._last(model)
        if last is None or self._model.components.form.name != model.components.form.name:
            return None
        shift = self._model.components.origin - model.components.origin
        moved = replace(last.components, means=last.components.means + shift)
        return replace(last, components=moved)

    def _keep_components(self) -> None:
        found = gaussian_attributes(self._model.components, self._globals.components, self._dtype)
        for name, value in found.items():
            setattr(self, name, value)
