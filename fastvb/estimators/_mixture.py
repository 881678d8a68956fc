"""What the estimators of mixtures share."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb._threads import effective_n_threads
from fastvb.estimators._feature_names import feature_names as names_of
from fastvb.estimators._mixture_data import observations
from fastvb.estimators._mixture_fit import LEARNING_METHODS, Start, best_fit
from fastvb.estimators._mixture_incremental import IncrementalMixture
from fastvb.estimators._mixture_start import INIT_PARAMS
from fastvb.estimators._seeds import seed_of
from fastvb.inference import FitState
from fastvb.models import Observations
from fastvb.models.mixture import MixtureGlobals

__all__ = ["MixtureEstimator"]


class MixtureEstimator(IncrementalMixture):
    """A mixture of `n_components` components, fitted from one or more starts.

    A subclass checks the rows, makes the model, and says in words what it has found.
    """

    _batch_driver: Callable[..., Any]

    tol: float
    max_iter: int
    n_init: int
    warm_start: bool
    verbose: int
    learning_method: str
    accelerate: bool
    callback: Callable[[FitState], Any] | None
    progress: bool

    lower_bound_: float

    @abstractmethod
    def _bound_scale(self, batch: Observations) -> float:
        """What one unit of the bound that users see is, in nats of all data."""

    def fit(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, prior_weights: Any = None
    ) -> Self:
        """Fit the mixture.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            The observations. float32 and float64 are used without a copy, arrays in any memory
            order; sparse matrices and NaN are for mixtures of Bernoullis.
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
        checked = self._check_rows(X, user, least_rows=2)
        batch = observations(checked, sample_weight, prior_weights, self.n_components)
        if len(batch) < self.n_components:
            raise ValueError(
                "Expected n_samples to be at least n_components, got "
                f"n_samples={len(batch)}, n_components={self.n_components}."
            )
        rng = check.check_random_state(self.random_state)
        rows = self._rows(batch)
        model = self._new_model(batch, rows)
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
