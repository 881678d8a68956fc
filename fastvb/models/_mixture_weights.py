"""Weights of a mixture's components: as a point, Dirichlet, by stick-breaking, or given.

Counts of those that are learned may have leading axes: then they are of several mixtures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._mixture_parts import Weights
from fastvb.special import dirichlet_expectation, dirichlet_kl, dirichlet_log_normalizer

__all__ = ["DirichletWeights", "GivenWeights", "PointWeights", "WeightCounts", "log_gamma_draws"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WeightCounts:
    """q(pi) by component: Dirichlet parameters, or what a point estimate is proportional to."""

    counts: Vector  # (..., n_components)

    def blended(self, target: WeightCounts, rho: float) -> WeightCounts:
        """Part of the way to others."""
        return WeightCounts((1 - rho) * self.counts + rho * target.counts)


@dataclass(frozen=True, eq=False)
class PointWeights(Weights):
    """Weights as a point: the most likely, or with a Dirichlet prior the most probable.

    Parameters
    ----------
    prior_counts : ndarray of shape (n_components,)
        Counts beside those of the data: 0 for maximum likelihood, Dirichlet parameters less 1
        for a prior, or expected counts of former data.
    log_normalizer : float
        What makes a density of ``prior_counts @ log(pi)``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import PointWeights
    >>> weights = PointWeights.of(2, concentration=2.0)
    >>> weights.mean(weights.step(np.array([1.0, 5.0]), None))
    array([0.25, 0.75])
    """

    prior_counts: Vector
    log_normalizer: float = 0.0
    state_types = (WeightCounts,)

    @classmethod
    def of(cls, n_components: int, concentration: float | Vector | None = None) -> PointWeights:
        """Maximum likelihood, or the mode under a Dirichlet prior.

        Parameters
        ----------
        n_components : int
            Number of weights.
        concentration : float or ndarray of shape (n_components,) or None
            Dirichlet parameters, at least 1: the density of others is not bounded.

        Returns
        -------
        PointWeights
            The kind of weights.

        Raises
        ------
        ValueError
            If `concentration` is less than 1.
        """
        if concentration is None:
            return cls(np.zeros(n_components))
        alpha = np.full(n_components, concentration, dtype=np.float64)
        if not (alpha >= 1).all():
            raise ValueError(
                "Expected the concentration of a most probable weight to be at least 1, "
                f"got concentration={concentration}."
            )
        return cls(alpha - 1, float(dirichlet_log_normalizer(alpha)))

    def step(self, counts: Vector, last: WeightCounts | None) -> WeightCounts:
        return WeightCounts(self.prior_counts + counts)

    def mean(self, q: WeightCounts) -> Vector:
        total = q.counts.sum(axis=-1, keepdims=True)
        mean: Vector = np.full(q.counts.shape, 1 / q.counts.shape[-1])
        np.divide(q.counts, total, where=total > 0, out=mean)
        return mean

    def expect(self, q: WeightCounts) -> Vector:
        with np.errstate(divide="ignore"):
            log_weights: Vector = np.log(self.mean(q))
        return log_weights

    def bound(self, q: WeightCounts) -> Any:
        some = self.prior_counts > 0
        if not some.any():
            return self.log_normalizer
        return self.expect(q)[..., some] @ self.prior_counts[some] + self.log_normalizer

    def blend(self, q: WeightCounts, target: WeightCounts, rho: float) -> WeightCounts:
        return q.blended(target, rho)

    def with_prior(self, q: WeightCounts) -> PointWeights:
        former = PointWeights(q.counts)
        return replace(former, log_normalizer=-former.bound(q))

    def sample(self, q: WeightCounts, rng: np.random.Generator) -> Vector:
        return self.expect(q)


@dataclass(frozen=True, eq=False)
class DirichletWeights(Weights):
    """pi ~ Dirichlet(concentration), and so is q(pi).

    Parameters
    ----------
    concentration : ndarray of shape (n_components,)
        Parameters of the prior, positive.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import DirichletWeights
    >>> weights = DirichletWeights(np.full(2, 1.0))
    >>> weights.mean(weights.step(np.array([1.0, 5.0]), None))
    array([0.25, 0.75])
    """

    concentration: Vector
    state_types = (WeightCounts,)

    def step(self, counts: Vector, last: WeightCounts | None) -> WeightCounts:
        return WeightCounts(self.concentration + counts)

    def mean(self, q: WeightCounts) -> Vector:
        mean: Vector = q.counts / q.counts.sum(axis=-1, keepdims=True)
        return mean

    def expect(self, q: WeightCounts) -> Vector:
        log_weights: Vector = dirichlet_expectation(q.counts)
        return log_weights

    def bound(self, q: WeightCounts) -> Any:
        return -dirichlet_kl(q.counts, self.concentration)

    def blend(self, q: WeightCounts, target: WeightCounts, rho: float) -> WeightCounts:
        return q.blended(target, rho)

    def with_prior(self, q: WeightCounts) -> DirichletWeights:
        return DirichletWeights(q.counts)

    def sample(self, q: WeightCounts, rng: np.random.Generator) -> Vector:
        log_gamma = log_gamma_draws(q.counts, rng)
        draw: Vector = log_gamma - np.logaddexp.reduce(log_gamma)
        return draw


@dataclass(frozen=True, eq=False)
class GivenWeights(Weights):
    """Weights of each observation, given as `log_prior` of the batches: nothing to learn.

    Parameters
    ----------
    n_components : int
        Number of weights.

    Examples
    --------
    >>> from fastvb.models import GivenWeights
    >>> GivenWeights(3).expect(None)
    array([0., 0., 0.])
    """

    n_components: int
    state_types = ()

    def step(self, counts: Vector, last: None) -> None:
        return None

    def mean(self, q: None) -> Vector:
        return np.full(self.n_components, 1 / self.n_components)

    def expect(self, q: None) -> Vector:
        return np.zeros(self.n_components)

    def bound(self, q: None) -> float:
        return 0.0

    def blend(self, q: None, target: None, rho: float) -> None:
        return None

    def with_prior(self, q: None) -> GivenWeights:
        return self

    def sample(self, q: None, rng: np.random.Generator) -> Vector:
        return self.expect(q)


def log_gamma_draws(shape: Any, rng: np.random.Generator) -> Any:
    """Logarithms of Gamma(shape, 1) draws, which small shapes do not make underflow."""
    return np.log(rng.standard_gamma(shape + 1)) + np.log1p(-rng.random(np.shape(shape))) / shape
