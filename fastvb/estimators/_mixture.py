"""What the estimators of mixtures share."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb._threads import effective_n_threads
from fastvb.estimators._base import Estimator
from fastvb.estimators._feature_names import check_feature_names
from fastvb.estimators._feature_names import feature_names as names_of
from fastvb.estimators._kmeans import Rows
from fastvb.estimators._mixture_data import observations
from fastvb.estimators._mixture_fit import LEARNING_METHODS, Start, best_fit
from fastvb.estimators._mixture_start import INIT_PARAMS, first_statistics
from fastvb.estimators._seeds import seed_of
from fastvb.inference import FitState, RobbinsMonro, svi_step
from fastvb.models import (
    DirichletWeights,
    GivenWeights,
    Mixture,
    NormalWishart,
    Observations,
    PointGaussians,
    PointWeights,
    StickBreakingWeights,
)
from fastvb.models.mixture import MixtureGlobals

__all__ = ["MixtureEstimator"]

_WEIGHTS = (PointWeights, DirichletWeights, StickBreakingWeights, GivenWeights)
_COMPONENTS = (PointGaussians, NormalWishart)


class MixtureEstimator(Estimator):
    """A mixture of `n_components` components, fitted from one or more starts.

    A subclass makes the model (:meth:`_new_model`) and says in words what it has found
    (:meth:`_keep_components`).
    """

    _fitted_attribute = "_globals"
    _state_types = (Mixture, MixtureGlobals, *_WEIGHTS, *_COMPONENTS) + tuple(
        {kind for family in (*_WEIGHTS, *_COMPONENTS) for kind in family.state_types}
    )
    _batch_driver: Callable[..., Any]

    n_components: int
    tol: float
    reg_covar: float
    max_iter: int
    n_init: int
    init_params: str
    random_state: Any
    warm_start: bool
    verbose: int
    verbose_interval: int
    learning_method: str
    accelerate: bool
    learning_decay: float
    learning_offset: float
    batch_size: int
    total_samples: float | None
    n_jobs: int | None
    callback: Callable[[FitState], Any] | None
    progress: bool

    _model: Any  # Mixture, whose components have more than models ask for
    _globals: MixtureGlobals
    _dtype: str
    weights_: NDArray[Any]
    lower_bound_: float
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    n_samples_seen_: int
    n_batch_iter_: int
    random_state_: Any

    @abstractmethod
    def _new_model(self, batch: Observations, origin: NDArray[np.float64]) -> Mixture:
        """Make the model for these data, whose fitted priors are read off it."""

    @abstractmethod
    def _keep_components(self) -> None:
        """Set the attributes that describe `_globals`."""

    @abstractmethod
    def _bound_scale(self, batch: Observations) -> float:
        """What one unit of the bound that users see is, in nats of all data."""

    def _start(
        self, model: Any, batch: Observations, rows: Rows, rng: Any, factor: float = 1.0
    ) -> MixtureGlobals:
        """Where a fit starts; each row counts `factor` times."""
        stats = first_statistics(model, batch, rows, self.init_params, rng)
        globals_: MixtureGlobals = model.global_step(stats.scale(factor), None)
        return globals_

    def fit(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, prior_weights: Any = None
    ) -> Self:
        """Fit the mixture.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The observations, float32 or float64 in any memory order without a copy.
        y : object
            Ignored.
        sample_weight : array-like of shape (n_samples,), optional
            How often each row counts; they need not be whole numbers.
        prior_weights : array-like of shape (n_samples, n_components), optional
            Probabilities of the components that are known of each row beforehand. They take the
            place of the mixture's own weights.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or `X` is not as described.
        FloatingPointError
            If the bound overflows. After any error the estimator is as it was.
        """
        self._fit(X, sample_weight, prior_weights)
        return self

    def _fit(self, X: Any, sample_weight: Any, prior_weights: Any) -> Observations:
        """The same; the data as models take them."""
        self._check_parameters()
        begin = time.perf_counter()
        user = f"{type(self).__name__}.fit"
        names = names_of(X)
        batch = observations(X, user, sample_weight, prior_weights, self.n_components, least_rows=2)
        if len(batch) < self.n_components:
            raise ValueError(
                "Expected n_samples to be at least n_components, got "
                f"n_samples={len(batch)}, n_components={self.n_components}."
            )
        rng = check.check_random_state(self.random_state)
        rows = Rows(batch.X, batch.weights, self.n_jobs)
        model = self._new_model(batch, rows.origin.astype(np.float64))
        scale = self._bound_scale(batch)
        last = self._last(model) if self.warm_start else None
        if last is None:
            before = None
            starts = [
                Start(self._start(model, batch, rows, rng), seed_of(rng))
                for _ in range(self.n_init)
            ]
        else:
            starts, before = [Start(last, seed_of(rng))], getattr(self, "lower_bound_", None)
        seconds = time.perf_counter() - begin
        before = None if before is None else before * scale
        fit = best_fit(self, model, batch, starts, self.tol * scale, before)

        monitor = fit.monitor
        self._keep(model, fit.globals_, batch.X.dtype)
        self.lower_bounds_ = np.array(monitor.lower_bounds) / scale
        self.lower_bound_ = fit.bound / scale
        self.n_iter_ = len(monitor.lower_bounds)
        self.n_batch_iter_ = monitor.n_updates + 1
        self.n_samples_seen_ = len(batch)
        self.converged_ = monitor.converged
        self.timings_ = {"start": seconds, **monitor.timings}
        self.random_state_ = rng
        self._keep_optional("feature_names_in_", names)
        return batch

    def fit_predict(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, prior_weights: Any = None
    ) -> NDArray[np.int64]:
        """Fit the mixture and return the most probable component of each row.

        Parameters
        ----------
        X, y, sample_weight, prior_weights : object
            As in :meth:`fit`.

        Returns
        -------
        ndarray of int, shape (n_samples,)
            The same as ``fit(X).predict(X)``.
        """
        return self._labels(self._fit(X, sample_weight, prior_weights))

    def partial_fit(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, prior_weights: Any = None
    ) -> Self:
        """Update the mixture by more rows; the first call starts it, and sets its priors.

        Each `batch_size` rows make one stochastic step, of the length
        ``(learning_offset + t) ** -learning_decay`` for update t.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, at the first call at least `n_components`.
        y : object
            Ignored.
        sample_weight, prior_weights : object
            As in :meth:`fit`.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or `X` is not as described; then the estimator is as it was.

        References
        ----------
        O. Cappe, E. Moulines (2009), On-line expectation-maximization algorithm for latent data
        models, JRSS B 71.
        M. Hoffman, D. Blei, C. Wang, J. Paisley (2013), Stochastic variational inference, JMLR 14.
        """
        self._check_parameters()
        user = f"{type(self).__name__}.partial_fit"
        fitted, names = self.__sklearn_is_fitted__(), names_of(X)
        if fitted:
            batch = self._observations(X, "partial_fit", sample_weight, prior_weights)
            model, globals_ = self._model_in_use(), self._globals
            n_updates, n_seen = self.n_batch_iter_ - 1, self.n_samples_seen_
            rng = self.random_state_
        else:
            batch = observations(
                X, user, sample_weight, prior_weights, self.n_components,
                least_rows=self.n_components,
            )  # fmt: skip
            rng = check.check_random_state(self.random_state)
            rows = Rows(batch.X, batch.weights, self.n_jobs)
            model = self._new_model(batch, rows.origin.astype(np.float64))
            n_updates, n_seen = 0, 0
        n_total = self._n_total(n_seen + len(batch))
        if not fitted:
            globals_ = self._start(model, batch, rows, rng, n_total / len(batch))
        schedule = RobbinsMonro(self.learning_decay, self.learning_offset)
        for first in range(0, len(batch), self.batch_size):
            part = batch.rows(slice(first, first + self.batch_size))
            n_updates += 1
            rate = schedule.rate(n_updates)
            globals_ = svi_step(model, part, globals_, rate=rate, n_total=n_total)
        self._keep(model, globals_, batch.X.dtype)
        self.n_batch_iter_, self.n_samples_seen_ = n_updates + 1, n_seen + len(batch)
        self.random_state_ = rng
        if not fitted:
            self._keep_optional("feature_names_in_", names)
        return self

    @abstractmethod
    def _n_total(self, n_seen: int) -> float:
        """Rows that a mini-batch of partial_fit stands for."""

    def predict(self, X: Any, *, prior_weights: Any = None) -> NDArray[np.int64]:
        """Find the most probable component of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
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
        X : array-like of shape (n_samples, n_features)
            Rows.
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
        X : array-like of shape (n_samples, n_features)
            Rows.

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
        X : array-like of shape (n_samples, n_features)
            Rows.
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

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type="density_estimator",
            target_tags=TargetTags(required=False),
            input_tags=InputTags(sparse=False),
        )

    def _check_parameters(self) -> None:
        """All parameters that do not depend on the data."""
        check.check_integer("n_components", self.n_components, 1)
        check.check_real("tol", self.tol, 0.0)
        check.check_integer("max_iter", self.max_iter, 0)
        check.check_integer("n_init", self.n_init, 1)
        check.check_choice("init_params", self.init_params, INIT_PARAMS)
        check.check_choice("learning_method", self.learning_method, tuple(LEARNING_METHODS))
        check.check_real("learning_decay", self.learning_decay, 0.0, 1.0)
        check.check_real("learning_offset", self.learning_offset, 0.0)
        check.check_integer("batch_size", self.batch_size, 1)
        if self.accelerate and self.learning_method != "batch":
            raise ValueError(
                "Expected learning_method='batch' with accelerate=True, "
                f"got learning_method={self.learning_method!r}."
            )
        if self.total_samples is not None:
            check.check_real("total_samples", self.total_samples, 0.0, above=True)
        if self.callback is not None and not callable(self.callback):
            raise TypeError(f"Expected callback to be callable, got callback={self.callback!r}.")
        effective_n_threads(self.n_jobs)

    def _last(self, model: Any) -> MixtureGlobals | None:
        """What the last fit has found, for a model of the same shape; None if there is none."""
        if not self.__sklearn_is_fitted__():
            return None
        old, new = self._model.components, model.components
        if (old.n_components, old.n_features) != (new.n_components, new.n_features):
            return None
        if type(self._model.weights) is not type(model.weights):
            return None
        return self._globals

    def _keep(self, model: Any, globals_: MixtureGlobals, dtype: Any) -> None:
        self._model, self._globals, self._dtype = model, globals_, np.dtype(dtype).name
        self.n_features_in_ = model.components.n_features
        weights = model.weights.mean(globals_.weights)
        self.weights_ = np.array(weights, dtype)
        self._keep_components()

    def _keep_optional(self, name: str, value: Any) -> None:
        """Have an attribute where there is a value for it."""
        if value is not None:
            setattr(self, name, value)
        elif hasattr(self, name):
            delattr(self, name)

    def _observations(
        self, X: Any, method: str, sample_weight: Any, prior_weights: Any
    ) -> Observations:
        """Rows for a fitted mixture."""
        self._check_is_fitted()
        check_feature_names(self, X)
        user = f"{type(self).__name__}.{method}"
        return observations(
            X, user, sample_weight, prior_weights, self._model.n_components, dtype=self._dtype,
            n_features=self.n_features_in_,
        )  # fmt: skip

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
