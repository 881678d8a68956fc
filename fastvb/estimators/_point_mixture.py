"""What mixtures by EM share: points for weights and components, and information criteria."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._mixture import MixtureEstimator
from fastvb.inference import em
from fastvb.models import GivenWeights, Observations, PointWeights
from fastvb.models.mixture import MixtureGlobals

__all__ = ["PointMixture"]


class PointMixture(MixtureEstimator):
    """A mixture by EM."""

    _batch_driver = staticmethod(em)

    weights_init: Any
    weight_concentration_prior: float | None

    def bic(self, X: Any) -> float:
        """Bayesian information criterion: the lower, the better.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            Rows, as :meth:`fit` takes them.

        Returns
        -------
        float
            -2 log-likelihood + parameters * log(n_samples).

        References
        ----------
        G. Schwarz (1978), Estimating the dimension of a model, Annals of Statistics 6.

        Examples
        --------
        >>> import numpy as np
        >>> from fastvb import GaussianMixture
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> X[:100] += 5
        >>> bic = [GaussianMixture(k, random_state=0).fit(X).bic(X) for k in (1, 2, 3)]
        >>> int(np.argmin(bic)) + 1
        2
        """
        log_density = self.score_samples(X)
        penalty = self._n_parameters() * np.log(len(log_density))
        return float(penalty - 2 * log_density.sum(dtype=np.float64))

    def aic(self, X: Any) -> float:
        """Akaike information criterion: the lower, the better.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            Rows, as :meth:`fit` takes them.

        Returns
        -------
        float
            -2 log-likelihood + 2 * parameters.

        References
        ----------
        H. Akaike (1974), A new look at the statistical model identification, IEEE Transactions on
        Automatic Control 19.
        """
        log_likelihood = self.score_samples(X).sum(dtype=np.float64)
        return float(2 * self._n_parameters() - 2 * log_likelihood)

    def icl(self, X: Any) -> float:
        """Integrated completed likelihood: the lower, the better, and the better separated.

        Parameters
        ----------
        X : array-like or sparse, shape (n_samples, n_features)
            Rows, as :meth:`fit` takes them.

        Returns
        -------
        float
            :meth:`bic` - 2 * the sum over rows of the log of their largest responsibility.

        References
        ----------
        C. Biernacki, G. Celeux, G. Govaert (2000), Assessing a mixture model for clustering with
        the integrated completed likelihood, IEEE Transactions on Pattern Analysis 22.
        """
        surest = self.predict_proba(X).max(axis=1).astype(np.float64)
        return self.bic(X) - 2 * float(np.log(surest).sum())

    def _n_parameters(self) -> int:
        """Free ones: here those of the weights."""
        weights = self._model.weights
        return 0 if isinstance(weights, GivenWeights) else int(self._model.n_components) - 1

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.weight_concentration_prior is not None:
            check.check_real("weight_concentration_prior", self.weight_concentration_prior, 1.0)
        if self.weights_init is not None:
            weights = check.real_array("weights_init", self.weights_init)
            if weights.shape != (self.n_components,):
                raise ValueError(
                    f"Expected weights_init to have shape ({self.n_components},), "
                    f"got weights_init.shape={weights.shape}."
                )
            if not ((weights >= 0).all() and abs(weights.sum() - 1) < 1e-6):
                raise ValueError(
                    "Expected weights_init to hold probabilities that sum to 1, "
                    f"got weights_init={self.weights_init!r}."
                )

    def _has_prior(self) -> bool:
        """Whether it matters how many rows there are."""
        return self.weight_concentration_prior is not None

    def _weights(self, batch: Observations) -> PointWeights | GivenWeights:
        if batch.log_prior is not None:
            return GivenWeights(self.n_components)
        return PointWeights.of(self.n_components, self.weight_concentration_prior)

    def _with_weights(self, model: Any, globals_: MixtureGlobals, n_total: float) -> MixtureGlobals:
        """A start with the weights that the user gives, if any."""
        if self.weights_init is None or isinstance(model.weights, GivenWeights):
            return globals_
        counts = np.asarray(self.weights_init, dtype=np.float64) * n_total
        return replace(globals_, weights=replace(globals_.weights, counts=counts))

    def _bound_scale(self, batch: Observations) -> float:
        if batch.weights is None:
            return float(len(batch))
        return float(batch.weights.sum(dtype=np.float64))

    def _n_total(self, n_seen: int) -> float:
        if self.total_samples is not None:
            return float(self.total_samples)
        q = self._globals.weights if self.__sklearn_is_fitted__() else None
        if q is None or self._has_prior():
            return float(n_seen)
        return float(q.counts.sum())  # any number would do: keep it

    def _log_density(self, batch: Observations) -> NDArray[Any]:
        model, view = self._model_and_view(batch)
        return model.assign(batch, view, log_norm=True).log_norm
