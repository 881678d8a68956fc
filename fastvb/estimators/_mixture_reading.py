"""What a fitted mixture says of rows, and rows that it draws."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._base import DensityEstimator
from fastvb.estimators._feature_names import check_feature_names
from fastvb.estimators._mixture_data import observations
from fastvb.models import (
    DirichletWeights,
    GivenWeights,
    Mixture,
    Observations,
    PointWeights,
    StickBreakingWeights,
)
from fastvb.models.mixture import MixtureGlobals

__all__ = ["FittedMixture", "state_types"]

_WEIGHTS = (PointWeights, DirichletWeights, StickBreakingWeights, GivenWeights)


def state_types(*components: Any) -> tuple[type, ...]:
    """Dataclasses that the state of mixtures of these components may hold."""
    kinds = (*_WEIGHTS, *components)
    of_kinds = {one for kind in kinds for one in kind.state_types}
    return (Mixture, MixtureGlobals, *kinds, *of_kinds)


class FittedMixture(DensityEstimator):
    """Reading a mixture."""

    _fitted_attribute = "_globals"

    n_jobs: int | None

    _model: Any  # Mixture, whose components have more than models ask for
    _globals: MixtureGlobals
    _dtype: str
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    random_state_: Any

    @abstractmethod
    def _check_rows(
        self, X: Any, user: str, *, dtype: Any = None, n_features: int | None = None,
        least_rows: int = 1,
    ) -> Any:  # fmt: skip
        """Rows as the components take them, of the type and the shape that are wanted."""

    def predict(self, X: Any, *, prior_weights: Any = None) -> NDArray[np.int64]:
        """Find the most probable component of each row.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            Rows, as :meth:`fit` takes them.
        prior_weights : array-like of shape (n_samples, n_components), optional
            As in :meth:`fit`, in place of the weights of the mixture.

        Returns
        -------
        ndarray of int, shape (n_samples,)
            Numbers of components, the first of equals.
        """
        return self._labels(self._observations(X, "predict", None, prior_weights))

    def _labels(self, batch: Observations) -> NDArray[np.int64]:
        model, view = self._model_and_view(batch)
        return model.assign(batch, view, labels=True).labels.astype(np.int64)

    def predict_proba(self, X: Any, *, prior_weights: Any = None) -> NDArray[Any]:
        """Probabilities of the components for each row.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            Rows, as :meth:`fit` takes them.
        prior_weights : array-like of shape (n_samples, n_components), optional
            As in :meth:`fit`, in place of the weights of the mixture.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Responsibilities, of the type of the data.
        """
        batch = self._observations(X, "predict_proba", None, prior_weights)
        model, view = self._model_and_view(batch)
        return model.assign(batch, view, responsibilities=True).responsibilities

    @abstractmethod
    def _log_density(self, batch: Observations) -> NDArray[Any]:
        """Log density of each row."""

    def score_samples(self, X: Any) -> NDArray[Any]:
        """Log density of each row.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            Rows, as :meth:`fit` takes them.

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        return self._log_density(self._observations(X, "score_samples", None, None))

    def score(self, X: Any, y: Any = None, *, sample_weight: Any = None) -> float:
        """Mean log density of the rows.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            Rows, as :meth:`fit` takes them.
        y : object
            Ignored.
        sample_weight : array-like of shape (n_samples,), optional
            How often each row counts.

        Returns
        -------
        float
            In nats per row.
        """
        batch = self._observations(X, "score", sample_weight, None)
        return float(np.average(self._log_density(batch), weights=batch.weights))

    @abstractmethod
    def _draw(self, n_samples: int, rng: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Rows and their components."""

    def sample(
        self, n_samples: int = 1, *, random_state: Any = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Draw rows from the mixture.

        Parameters
        ----------
        n_samples : int
            How many.
        random_state : int, RandomState, Generator or None
            Source of the draws. None goes on from the fit, so that another call gives other rows.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Rows, in the order of their components.
        y : ndarray of int, shape (n_samples,)
            The components.
        """
        self._check_is_fitted()
        check.check_integer("n_samples", n_samples, 1)
        rng = self.random_state_ if random_state is None else check.check_random_state(random_state)
        return self._draw(n_samples, rng)

    def _observations(
        self, X: Any, method: str, sample_weight: Any, prior_weights: Any
    ) -> Observations:
        """Rows for a fitted mixture."""
        self._check_is_fitted()
        check_feature_names(self, X)
        user = f"{type(self).__name__}.{method}"
        rows = self._check_rows(X, user, dtype=self._dtype, n_features=self.n_features_in_)
        return observations(rows, sample_weight, prior_weights, self._model.n_components)

    def _model_in_use(self) -> Mixture:
        model: Mixture = replace(self._model, n_jobs=self.n_jobs)
        return model

    def _model_and_view(self, batch: Observations) -> tuple[Mixture, Any]:
        """The model, and what it expects; rows with weights of their own need no others."""
        model = self._model_in_use()
        view = model.expect(self._globals)
        if batch.log_prior is not None:
            view = replace(view, log_weights=np.zeros(model.n_components))
        return model, view
