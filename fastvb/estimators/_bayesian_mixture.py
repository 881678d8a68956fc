"""What mixtures by variational Bayes share: the priors of their weights, and what they predict."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._mixture import MixtureEstimator
from fastvb.inference import cavi
from fastvb.models import DirichletWeights, GivenWeights, Observations, StickBreakingWeights

__all__ = ["BayesianMixture"]

Array = NDArray[np.float64]

_WEIGHTS = ("dirichlet_process", "dirichlet_distribution")


class BayesianMixture(MixtureEstimator):
    """A mixture by variational Bayes."""

    _batch_driver = staticmethod(cavi)

    weight_concentration_prior_type: str
    weight_concentration_prior: float | None
    concentration_prior: Any

    def _check_parameters(self) -> None:
        super()._check_parameters()
        kind = self.weight_concentration_prior_type
        check.check_choice("weight_concentration_prior_type", kind, _WEIGHTS)
        if self.weight_concentration_prior is not None:
            check.check_real(
                "weight_concentration_prior", self.weight_concentration_prior, 0.0, above=True
            )
        if self.concentration_prior is None:
            return
        if kind != "dirichlet_process":
            raise ValueError(
                "Expected weight_concentration_prior_type='dirichlet_process' with a "
                f"concentration_prior, got weight_concentration_prior_type={kind!r}."
            )
        if not isinstance(self.concentration_prior, (tuple, list, np.ndarray)) or (
            len(self.concentration_prior) != 2
        ):
            raise TypeError(
                "Expected concentration_prior to be the shape and the rate of a Gamma "
                f"distribution, got concentration_prior={self.concentration_prior!r}."
            )
        for name, value in zip(("shape", "rate"), self.concentration_prior, strict=True):
            check.check_real(f"concentration_prior's {name}", value, 0.0, above=True)

    def _weights(
        self, batch: Observations
    ) -> DirichletWeights | StickBreakingWeights | GivenWeights:
        if batch.log_prior is not None:
            return GivenWeights(self.n_components)
        n_components, alpha = self.n_components, self.weight_concentration_prior
        alpha = 1.0 / n_components if alpha is None else float(alpha)
        if self.weight_concentration_prior_type == "dirichlet_distribution":
            return DirichletWeights(np.full(n_components, alpha))
        prior = self.concentration_prior
        hyperprior = None if prior is None else (float(prior[0]), float(prior[1]))
        return StickBreakingWeights(alpha, np.zeros(n_components), hyperprior)

    def _bound_scale(self, batch: Observations) -> float:
        return 1.0

    def _keep_weights(self) -> None:
        super()._keep_weights()
        weights, q = self._model.weights, self._globals.weights
        found: dict[str, Any] = {}
        if isinstance(weights, DirichletWeights):
            found["weight_concentration_"] = q.counts
            found["weight_concentration_prior_"] = float(weights.concentration[0])
        elif isinstance(weights, StickBreakingWeights):
            a, b = np.empty((2, len(q.counts)))
            a[q.order] = np.append(q.beta[0], 1 + q.counts[q.order[-1]])
            b[q.order] = np.append(q.beta[1], 0.0)
            found["weight_concentration_"] = (a, b)
            found["weight_concentration_prior_"] = weights.concentration
            found["concentration_"] = weights.mean_concentration(q)
        for name in ("weight_concentration_", "weight_concentration_prior_", "concentration_"):
            self._keep_optional(name, found.get(name))

    def _n_total(self, n_seen: int) -> float:
        if self.total_samples is not None:
            return float(self.total_samples)
        warnings.warn(
            "Expected total_samples, the number of rows that partial_fit will see in all, got "
            "total_samples=None: mini-batches stand for the rows seen so far. Pass an estimate.",
            UserWarning,
            stacklevel=3,
        )
        return float(n_seen)

    def _log_density(self, batch: Observations) -> NDArray[Any]:
        log_density: Array = self._model.predictive(self._globals).log_density(batch.X)
        return log_density

    def _draw(self, n_samples: int, rng: Any) -> tuple[Array, NDArray[np.int64]]:
        rows, labels = self._model.predictive(self._globals).sample(n_samples, rng)
        return rows, labels
