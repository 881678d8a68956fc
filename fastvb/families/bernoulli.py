"""Bernoulli distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import Array, coordinates, inside, join, stored
from fastvb.families._stable import ratio_gap
from fastvb.families.beta import Beta

__all__ = ["Bernoulli"]


@dataclass(frozen=True, eq=False)
class Bernoulli(ExponentialFamily):
    """Bernoulli distributions of 0 and 1.

    eta = logit(probability), T(x) = x, h(x) = 1, A = log(1 + exp(eta)).

    Parameters
    ----------
    probability : array_like of shape (...)
        Of 1, above 0 and below 1: observations that are all the same have no most likely member.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import Bernoulli, Beta
    >>> x = np.array([1, 0, 1, 1])
    >>> float(Bernoulli.fit(Bernoulli.sufficient_statistics(x).mean(axis=0)).probability)
    0.75
    >>> posterior = Bernoulli.posterior(Beta(1.0, 1.0), [x.sum()], len(x))
    >>> float(Bernoulli.predictive(posterior).probability.round(4))
    0.6667
    """

    probability: Any
    conjugate_prior = Beta
    _n_statistics = 1

    def __post_init__(self) -> None:
        stored(self, probability=inside("probability", self.probability, 0.0, 1.0, "in (0, 1)"))

    @property
    def natural(self) -> Any:
        return (np.log(self.probability) - np.log1p(-self.probability))[..., None]

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        return cls(np.exp(-np.logaddexp(0.0, -coordinates("natural", natural, 1)[..., 0])))

    @property
    def mean_parameters(self) -> Any:
        return self.probability[..., None]

    def log_partition(self) -> Any:
        return -np.log1p(-self.probability)

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        variance = self.probability * (1.0 - self.probability)
        return variance[..., None] * coordinates("direction", direction, 1)

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        return np.asarray(x, np.float64)[..., None]

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return np.zeros(np.shape(x))

    def log_prob(self, x: ArrayLike) -> Any:
        x, p = np.asarray(x, np.float64), self.probability
        outside = np.where(np.isnan(x), np.nan, -np.inf)
        return np.where(x == 1, np.log(p), np.where(x == 0, np.log1p(-p), outside))[()]

    def entropy(self) -> Any:
        p = self.probability
        return -(p * np.log(p) + (1.0 - p) * np.log1p(-p))

    def _divergence(self, other: Self) -> Any:
        p, r = self.probability, other.probability
        return p * ratio_gap(r, p) + (1.0 - p) * ratio_gap(1.0 - r, 1.0 - p)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return (rng.random(shape) < self.probability).astype(np.int64)[()]

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        return cls(coordinates("mean_statistics", mean_statistics, 1)[..., 0])

    @classmethod
    def _gain(cls, sums: Array, number: Array) -> Array:
        return join(sums[..., 0], number - sums[..., 0])

    @classmethod
    def _predictive(cls, prior: Beta) -> Bernoulli:
        return Bernoulli(prior.a / (prior.a + prior.b))
