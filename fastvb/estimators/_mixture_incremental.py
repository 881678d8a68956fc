"""Mixtures that learn from a few rows at a time."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._feature_names import feature_names as names_of
from fastvb.estimators._kmeans import Rows
from fastvb.estimators._mixture_data import observations
from fastvb.estimators._mixture_reading import FittedMixture
from fastvb.estimators._mixture_start import first_statistics
from fastvb.inference import RobbinsMonro, svi_step
from fastvb.models import Mixture, Observations
from fastvb.models.mixture import MixtureGlobals

__all__ = ["IncrementalMixture"]


class IncrementalMixture(FittedMixture):
    """A mixture with :meth:`partial_fit`."""

    n_components: int
    init_params: str
    random_state: Any
    learning_decay: float
    learning_offset: float
    batch_size: int
    total_samples: float | None

    weights_: NDArray[Any]
    n_samples_seen_: int
    n_batch_iter_: int

    @abstractmethod
    def _check_parameters(self) -> None:
        """All parameters that do not depend on the data."""

    @abstractmethod
    def _rows(self, batch: Observations) -> Rows:
        """The data as k-means takes them."""

    @abstractmethod
    def _new_model(self, batch: Observations, rows: Rows) -> Mixture:
        """Make the model for these data, whose fitted priors are read off it."""

    @abstractmethod
    def _keep_components(self) -> None:
        """Set the attributes that describe `_globals`."""

    def _start(
        self, model: Any, batch: Observations, rows: Rows, rng: Any, factor: float = 1.0
    ) -> MixtureGlobals:
        """Where a fit starts; each row counts `factor` times."""
        stats = first_statistics(model, batch, rows, self.init_params, rng)
        globals_: MixtureGlobals = model.global_step(stats.scale(factor), None)
        return globals_

    def partial_fit(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, prior_weights: Any = None
    ) -> Self:
        """Update the mixture by more rows; the first call starts it, and sets its priors.

        Each `batch_size` rows make one stochastic step, of the length
        ``(learning_offset + t) ** -learning_decay`` for update t.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
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
            checked = self._check_rows(X, user, least_rows=self.n_components)
            batch = observations(checked, sample_weight, prior_weights, self.n_components)
            rng = check.check_random_state(self.random_state)
            rows = self._rows(batch)
            model = self._new_model(batch, rows)
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

    def _keep(self, model: Any, globals_: MixtureGlobals, dtype: Any) -> None:
        self._model, self._globals, self._dtype = model, globals_, np.dtype(dtype).name
        self.n_features_in_ = model.components.n_features
        self._keep_weights()
        self._keep_components()

    def _keep_weights(self) -> None:
        weights = self._model.weights.mean(self._globals.weights)
        self.weights_ = np.array(weights, self._dtype)

    def _keep_optional(self, name: str, value: Any) -> None:
        """Have an attribute where there is a value for it."""
        if value is not None:
            setattr(self, name, value)
        elif hasattr(self, name):
            delattr(self, name)
