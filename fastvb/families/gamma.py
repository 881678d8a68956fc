"""Gamma distributions and inverse ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._gamma_kernels import log_partition, normal_gamma_kl
from fastvb.families._layout import Array, coordinates, inside, join, positive, stored
from fastvb.families._stable import (
    HALF_LOG_2PI,
    digamma_excess,
    gammaln_excess,
    log_gamma_core,
    log_gamma_draws,
    shape_of_gap,
)
from fastvb.special import digamma, trigamma

__all__ = ["Gamma", "InverseGamma"]

_ZERO, _ONE = np.zeros(()), np.ones(())


@dataclass(frozen=True, eq=False)
class Gamma(ExponentialFamily):
    """Gamma distributions of a positive number.

    eta = (shape, -rate), T(x) = (log x, x), h(x) = 1 / x,
    A = log Gamma(shape) - shape log(rate). With that h the shape is natural, so that one near 0
    keeps its digits.

    Parameters
    ----------
    shape, rate : array_like of shape (...)
        Positive and finite; the mean is shape / rate.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, appendix B.
    T. Minka (2002), Estimating a Gamma distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import Gamma
    >>> x = np.random.default_rng(0).gamma(2.0, 1 / 3.0, size=100_000)
    >>> best = Gamma.fit(Gamma.sufficient_statistics(x).mean(axis=0))
    >>> round(float(best.shape), 1), round(float(best.rate), 1)
    (2.0, 3.0)
    """

    shape: Any
    rate: Any

    def __post_init__(self) -> None:
        stored(self, shape=positive("shape", self.shape), rate=positive("rate", self.rate))

    @property
    def natural(self) -> Any:
        return join(self.shape, -self.rate)

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        eta = coordinates("natural", natural, 2)
        return cls(eta[..., 0], -eta[..., 1])

    @property
    def mean_parameters(self) -> Any:
        return join(digamma(self.shape) - np.log(self.rate), self.shape / self.rate)

    def log_partition(self) -> Any:
        return log_partition(_ONE, self.shape, self.rate)

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        change = coordinates("direction", direction, 2)
        of_shape, of_rate = change[..., 0], -change[..., 1] / self.rate
        return join(
            trigamma(self.shape) * of_shape - of_rate,
            (of_shape - self.shape * of_rate) / self.rate,
        )

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        return join(np.log(x), x)

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return -np.log(x)

    def log_prob(self, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        outside = (x < 0) | (x == np.inf)
        density = log_gamma_core(np.where(outside, 1.0, x), self.shape, self.rate)
        density = density - HALF_LOG_2PI - gammaln_excess(self.shape)
        return np.where(outside, -np.inf, density)[()]

    def entropy(self) -> Any:
        excess = gammaln_excess(self.shape) - (self.shape - 1.0) * digamma_excess(self.shape)
        return HALF_LOG_2PI + excess + np.log(self.shape) - np.log(self.rate)

    def _divergence(self, other: Self) -> Any:
        return normal_gamma_kl(
            (_ZERO, _ONE, self.shape, self.rate), (_ZERO, _ONE, other.shape, other.rate)
        )

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return rng.standard_gamma(self.shape, shape) / self.rate

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        log_x = log_gamma_draws(rng, self.shape, shape) - np.log(self.rate)
        return join(log_x, np.exp(log_x))

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        mean = coordinates("mean_statistics", mean_statistics, 2)
        of_x = positive("the mean of x in mean_statistics", mean[..., 1])
        gap = checked_gap(np.log(of_x) - mean[..., 0])
        shape = shape_of_gap(gap)
        return cls(shape, shape / of_x)


def checked_gap(gap: Array) -> Array:
    """Log E[x] - E[log x], which is positive by Jensen's inequality."""
    condition = "positive and finite, as of observations that differ"
    return inside("log E[x] - E[log x] of mean_statistics", gap, 0.0, np.inf, condition)


@dataclass(frozen=True, eq=False)
class InverseGamma(ExponentialFamily):
    """Inverse Gamma distributions: 1 / x is ~ Gamma(shape, rate=scale).

    eta = (-shape, -scale), T(x) = (log x, 1 / x), h(x) = 1 / x,
    A = log Gamma(shape) - shape log(scale).

    Parameters
    ----------
    shape, scale : array_like of shape (...)
        Positive and finite; as `a` and `scale` of SciPy's invgamma.

    References
    ----------
    A. Gelman et al. (2013), Bayesian Data Analysis, appendix A.

    Examples
    --------
    >>> from fastvb.families import InverseGamma
    >>> InverseGamma(3.0, 2.0).log_prob([0.5, 1.0, 2.0]).round(4)
    array([ 0.1589, -0.6137, -2.3863])
    """

    shape: Any
    scale: Any

    def __post_init__(self) -> None:
        stored(self, shape=positive("shape", self.shape), scale=positive("scale", self.scale))

    @property
    def reciprocal(self) -> Gamma:
        """Distribution of 1 / x."""
        return Gamma(self.shape, self.scale)

    @property
    def natural(self) -> Any:
        return join(-self.shape, -self.scale)

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        eta = coordinates("natural", natural, 2)
        return cls(-eta[..., 0], -eta[..., 1])

    @property
    def mean_parameters(self) -> Any:
        return self.reciprocal.mean_parameters * [-1.0, 1.0]

    def log_partition(self) -> Any:
        return self.reciprocal.log_partition()

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        change = coordinates("direction", direction, 2) * [-1.0, 1.0]
        return self.reciprocal.hessian_vector_product(change) * [-1.0, 1.0]

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        return join(np.log(x), 1.0 / np.asarray(x))

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return -np.log(x)

    def log_prob(self, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        inside_support = np.where(x <= 0, 1.0, x)
        density = self.reciprocal.log_prob(1.0 / inside_support) - 2.0 * np.log(inside_support)
        return np.where(x <= 0, -np.inf, density)[()]

    def entropy(self) -> Any:
        return self.reciprocal.entropy() + 2.0 * self.mean_parameters[..., 0]

    def _divergence(self, other: Self) -> Any:
        return self.reciprocal.kl(other.reciprocal)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return 1.0 / self.reciprocal._draw(rng, shape)

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return self.reciprocal._draw_statistics(rng, shape) * [-1.0, 1.0]

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        mean = coordinates("mean_statistics", mean_statistics, 2)
        best = Gamma.fit(mean * [-1.0, 1.0])
        return cls(best.shape, best.rate)
