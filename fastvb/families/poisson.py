"""Poisson distributions, and their predictive ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import Distribution, ExponentialFamily, RandomSource
from fastvb.families._layout import Array, coordinates, join, positive, stored
from fastvb.families._stable import HALF_LOG_2PI, gammaln_excess, log_gamma_core, ratio_gap
from fastvb.families.gamma import Gamma
from fastvb.special import dirichlet_log_normalizer, gammaln

__all__ = ["NegativeBinomial", "Poisson"]

_LARGE_RATE = 256.0  # from here on the series of the entropy is exact to rounding


@dataclass(frozen=True, eq=False)
class Poisson(ExponentialFamily):
    """Poisson distributions of counts.

    eta = log(rate), T(x) = x, h(x) = 1 / x!, A = rate.

    Parameters
    ----------
    rate : array_like of shape (...)
        Mean, positive and finite: counts that are all 0 have no most likely member.

    References
    ----------
    A. Gelman et al. (2013), Bayesian Data Analysis, section 2.6 (prior, predictive).
    R. Evans, J. Boersma, N. Blachman, A. Jagers (1988), The entropy of a Poisson distribution, SIAM
    Review 30 (series for large rates).

    Examples
    --------
    >>> from fastvb.families import Gamma, Poisson
    >>> posterior = Poisson.posterior(Gamma(1.0, 1.0), stats=[7.0], n=3)
    >>> Poisson.predictive(posterior).log_prob([0, 1, 2]).round(4)
    array([-1.7851, -1.3151, -1.4205])
    """

    rate: Any
    conjugate_prior = Gamma
    _n_statistics = 1

    def __post_init__(self) -> None:
        stored(self, rate=positive("rate", self.rate))

    @property
    def natural(self) -> Any:
        return np.log(self.rate)[..., None]

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        return cls(np.exp(coordinates("natural", natural, 1)[..., 0]))

    @property
    def mean_parameters(self) -> Any:
        return self.rate[..., None]

    def log_partition(self) -> Any:
        return self.rate[()]

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        return self.rate[..., None] * coordinates("direction", direction, 1)

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        return np.asarray(x, np.float64)[..., None]

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return -gammaln(np.asarray(x, np.float64) + 1.0)

    def log_prob(self, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        outside = _outside(x)
        return np.where(outside, -np.inf, _log_prob(self.rate, np.where(outside, 0.0, x)))[()]

    def entropy(self) -> Any:
        return np.where(
            self.rate < _LARGE_RATE,
            _summed_entropy(np.fmin(self.rate, _LARGE_RATE)),
            _entropy_series(np.fmax(self.rate, _LARGE_RATE)),
        )[()]

    def _divergence(self, other: Self) -> Any:
        return self.rate * ratio_gap(other.rate, self.rate)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return rng.poisson(self.rate, shape)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        return cls(coordinates("mean_statistics", mean_statistics, 1)[..., 0])

    @classmethod
    def _gain(cls, sums: Array, number: Array) -> Array:
        return join(sums[..., 0], -number)

    @classmethod
    def _predictive(cls, prior: Gamma) -> NegativeBinomial:
        return NegativeBinomial(prior.shape, prior.rate)


def _outside(x: Array) -> Any:
    """Whether a number is no count."""
    return (x < 0) | np.isinf(x) | (x > np.floor(x))


def _log_prob(rate: Array, x: Any) -> Any:
    """Of counts; as a density of the rate, that of Gamma(x + 1, 1)."""
    return log_gamma_core(rate, x + 1.0, 1.0) - HALF_LOG_2PI - gammaln_excess(x + 1.0)


def _summed_entropy(rate: Array) -> Array:
    """-E[log p(x)], summed to 12 standard deviations."""
    most = float(rate.max(initial=0.0))
    total = np.zeros(rate.shape)
    for x in range(int(most + 12.0 * most**0.5) + 30):
        log_prob = _log_prob(rate, float(x))
        total -= log_prob * np.exp(log_prob)
    return total


def _entropy_series(rate: Array) -> Array:
    r = 1.0 / rate
    tail = r * (1.0 / 12 + r * (1.0 / 24 + r * (19.0 / 360 + r * (9.0 / 80 + r * 863.0 / 2520))))
    result: Array = HALF_LOG_2PI + 0.5 + 0.5 * np.log(rate) - tail
    return result


@dataclass(frozen=True, eq=False)
class NegativeBinomial(Distribution):
    """Negative binomial distributions: Poisson counts whose rate is ~ Gamma(shape, rate).

    SciPy's nbinom has n = shape and p = rate / (1 + rate).

    Parameters
    ----------
    shape, rate : array_like of shape (...)
        Of the Gamma distribution, positive and finite.

    References
    ----------
    A. Gelman et al. (2013), Bayesian Data Analysis, section 2.6.

    Examples
    --------
    >>> from fastvb.families import NegativeBinomial
    >>> NegativeBinomial(1.0, 1.0).log_prob([0, 1]).round(4)  # 1/2, 1/4
    array([-0.6931, -1.3863])
    """

    shape: Any
    rate: Any

    def __post_init__(self) -> None:
        stored(self, shape=positive("shape", self.shape), rate=positive("rate", self.rate))

    def log_prob(self, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        count = np.where((x >= 0) & (x < np.inf), x, 0.0)
        pair = np.stack(np.broadcast_arrays(self.shape, count + 1.0), axis=-1)
        choices = dirichlet_log_normalizer(pair) - np.log(self.shape + count)
        found = choices - self.shape * np.log1p(1.0 / self.rate) - count * np.log1p(self.rate)
        return np.where(_outside(x), -np.inf, found + np.where(np.isnan(x), x, 0.0))[()]

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return rng.poisson(rng.standard_gamma(self.shape, shape) / self.rate)
