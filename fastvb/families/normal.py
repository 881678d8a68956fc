"""Normal distributions of one variable: both parameters free, or one of them given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import Array, coordinates, finite, join, positive, stored
from fastvb.families._stable import HALF_LOG_2PI, ratio_gap
from fastvb.families.gamma import Gamma
from fastvb.families.normal_gamma import NormalGamma
from fastvb.families.student_t import StudentT

__all__ = ["Normal", "NormalKnownMean", "NormalKnownVariance"]


class _Univariate(ExponentialFamily):
    """What does not depend on which of the two parameters are given."""

    mean: Any
    variance: Any

    def __post_init__(self) -> None:
        stored(self, mean=finite("mean", self.mean), variance=positive("variance", self.variance))

    def log_prob(self, x: ArrayLike) -> Any:
        distance = (np.asarray(x, np.float64) - self.mean) ** 2 / self.variance
        return -HALF_LOG_2PI - 0.5 * (np.log(self.variance) + distance)

    def entropy(self) -> Any:
        entropy = HALF_LOG_2PI + 0.5 + 0.5 * np.log(self.variance)
        return np.broadcast_to(entropy, self.batch_shape)[()]

    def _divergence(self, other: Self) -> Any:
        distance = (self.mean - other.mean) ** 2 / other.variance
        return 0.5 * (ratio_gap(self.variance, other.variance) + distance)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return self.mean + np.sqrt(self.variance) * rng.standard_normal(shape)


@dataclass(frozen=True, eq=False)
class Normal(_Univariate):
    """Normal distributions with a mean and a variance.

    eta = (mean / variance, -1 / (2 variance)), T(x) = (x, x^2), h(x) = 1 / sqrt(2 pi),
    A = mean^2 / (2 variance) + log(variance) / 2 = -eta_1^2 / (4 eta_2) - log(-2 eta_2) / 2.

    Parameters
    ----------
    mean : array_like of shape (...)
        Finite.
    variance : array_like of shape (...)
        Positive and finite; its square root is the standard deviation.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equations 2.217 to 2.220.
    K. Murphy (2007), Conjugate Bayesian analysis of the Gaussian distribution, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import Normal, NormalGamma
    >>> x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> statistics = Normal.sufficient_statistics(x)
    >>> best = Normal.fit(statistics.mean(axis=0))
    >>> float(best.mean), float(best.variance)
    (3.0, 2.0)
    >>> prior = NormalGamma(mean=0.0, strength=1.0, shape=1.0, rate=1.0)
    >>> posterior = Normal.posterior(prior, statistics.sum(axis=0), len(x))
    >>> float(posterior.mean), float(posterior.shape), float(posterior.rate)
    (2.5, 3.5, 9.75)
    """

    mean: Any
    variance: Any
    conjugate_prior = NormalGamma
    _n_statistics = 2

    @property
    def natural(self) -> Any:
        return join(self.mean / self.variance, -0.5 / self.variance)

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        eta = coordinates("natural", natural, 2)
        precision = positive("the precision -2 natural[..., 1]", -2.0 * eta[..., 1])
        return cls(eta[..., 0] / precision, 1.0 / precision)

    @property
    def mean_parameters(self) -> Any:
        return join(self.mean, self.mean**2 + self.variance)

    def log_partition(self) -> Any:
        return 0.5 * (self.mean**2 / self.variance + np.log(self.variance))

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        change = coordinates("direction", direction, 2)
        of_variance = 2.0 * self.variance**2 * change[..., 1]
        of_mean = self.variance * (change[..., 0] + 2.0 * self.mean * change[..., 1])
        return join(of_mean, 2.0 * self.mean * of_mean + of_variance)

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        return join(x, x**2)

    @classmethod
    def summed_statistics(cls, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        # of (n, D) row after row, not pairwise
        return join(x.sum(axis=0), np.einsum("n...,n...->...", x, x))

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return np.full(np.shape(x), -HALF_LOG_2PI)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        mean = coordinates("mean_statistics", mean_statistics, 2)
        return cls(mean[..., 0], mean[..., 1] - mean[..., 0] ** 2)

    @classmethod
    def _gain(cls, sums: Array, number: Array) -> Array:
        return join(0.5 * number, -0.5 * sums[..., 1], sums[..., 0], -0.5 * number)

    @classmethod
    def _predictive(cls, prior: NormalGamma) -> StudentT:
        variance = prior.rate / prior.shape * (1.0 + 1.0 / prior.strength)
        return StudentT(2.0 * prior.shape, prior.mean, np.sqrt(variance))


@dataclass(frozen=True, eq=False)
class NormalKnownVariance(_Univariate):
    """Normal distributions whose variance is given.

    eta = mean / variance, T(x) = x, h(x) = N(x; 0, variance), A = mean^2 / (2 variance). Its
    conjugate priors are normal distributions of the mean.

    Parameters
    ----------
    mean : array_like of shape (...)
        Finite.
    variance : array_like of shape (...)
        Positive and finite; class methods take it by keyword.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equations 2.137 to 2.142.

    Examples
    --------
    >>> from fastvb.families import Normal, NormalKnownVariance
    >>> prior = Normal(0.0, 1.0)
    >>> posterior = NormalKnownVariance.posterior(prior, stats=[12.0], n=3, variance=1.0)
    >>> float(posterior.mean), float(posterior.variance)
    (3.0, 0.25)
    >>> float(NormalKnownVariance.predictive(posterior, variance=1.0).variance)
    1.25
    """

    mean: Any
    variance: Any
    conjugate_prior = Normal
    _n_statistics = 1

    @property
    def natural(self) -> Any:
        return (self.mean / self.variance)[..., None]

    @classmethod
    def from_natural(cls, natural: ArrayLike, *, variance: ArrayLike) -> Self:
        known = positive("variance", variance)
        return cls(coordinates("natural", natural, 1)[..., 0] * known, known)

    @property
    def mean_parameters(self) -> Any:
        return np.broadcast_to(self.mean, self.batch_shape)[..., None]

    def log_partition(self) -> Any:
        return 0.5 * self.mean**2 / self.variance

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        return self.variance[..., None] * coordinates("direction", direction, 1)

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike, *, variance: ArrayLike) -> Any:
        return np.asarray(x, np.float64)[..., None]

    @classmethod
    def log_base_measure(cls, x: ArrayLike, *, variance: ArrayLike) -> Any:
        return Normal(0.0, variance).log_prob(x)

    def _divergence(self, other: Self) -> Any:
        _check_same("variance", self.variance, other.variance)
        return super()._divergence(other)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike, *, variance: ArrayLike) -> Self:
        return cls(coordinates("mean_statistics", mean_statistics, 1)[..., 0], variance)

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return self.sufficient_statistics(self._draw(rng, shape), variance=self.variance)

    @classmethod
    def _gain(cls, sums: Array, number: Array, *, variance: ArrayLike) -> Array:
        known = positive("variance", variance)
        return join(sums[..., 0] / known, -0.5 * number / known)

    @classmethod
    def _predictive(cls, prior: Normal, *, variance: ArrayLike) -> Normal:
        return Normal(prior.mean, prior.variance + positive("variance", variance))


@dataclass(frozen=True, eq=False)
class NormalKnownMean(_Univariate):
    """Normal distributions whose mean is given.

    eta = -1 / (2 variance), T(x) = (x - mean)^2, h(x) = 1 / sqrt(2 pi), A = log(variance) / 2.
    Its conjugate priors are Gamma distributions of the precision 1 / variance.

    Parameters
    ----------
    mean : array_like of shape (...)
        Finite; class methods take it by keyword.
    variance : array_like of shape (...)
        Positive and finite.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equations 2.145 to 2.151.

    Examples
    --------
    >>> from fastvb.families import Gamma, NormalKnownMean
    >>> statistics = NormalKnownMean.sufficient_statistics([1.0, 2.0, 6.0], mean=3.0)
    >>> posterior = NormalKnownMean.posterior(Gamma(1.0, 1.0), statistics.sum(axis=0), 3, mean=3.0)
    >>> float(posterior.shape), float(posterior.rate)
    (2.5, 8.0)
    """

    mean: Any
    variance: Any
    conjugate_prior = Gamma
    _n_statistics = 1

    @property
    def natural(self) -> Any:
        return np.broadcast_to(-0.5 / self.variance, self.batch_shape)[..., None]

    @classmethod
    def from_natural(cls, natural: ArrayLike, *, mean: ArrayLike) -> Self:
        eta = coordinates("natural", natural, 1)[..., 0]
        return cls(mean, 1.0 / positive("the precision -2 natural", -2.0 * eta))

    @property
    def mean_parameters(self) -> Any:
        return np.broadcast_to(self.variance, self.batch_shape)[..., None]

    def log_partition(self) -> Any:
        return np.broadcast_to(0.5 * np.log(self.variance), self.batch_shape)[()]

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        return 2.0 * self.mean_parameters**2 * coordinates("direction", direction, 1)

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike, *, mean: ArrayLike) -> Any:
        return (np.asarray((np.asarray(x, np.float64) - finite("mean", mean)) ** 2))[..., None]

    @classmethod
    def log_base_measure(cls, x: ArrayLike, *, mean: ArrayLike) -> Any:
        return np.full(np.shape(x), -HALF_LOG_2PI)

    def _divergence(self, other: Self) -> Any:
        _check_same("mean", self.mean, other.mean)
        return super()._divergence(other)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike, *, mean: ArrayLike) -> Self:
        return cls(mean, coordinates("mean_statistics", mean_statistics, 1)[..., 0])

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return self.sufficient_statistics(self._draw(rng, shape), mean=self.mean)

    @classmethod
    def _gain(cls, sums: Array, number: Array, *, mean: ArrayLike) -> Array:
        return join(0.5 * number, -0.5 * sums[..., 0])

    @classmethod
    def _predictive(cls, prior: Gamma, *, mean: ArrayLike) -> StudentT:
        return StudentT(2.0 * prior.shape, mean, np.sqrt(prior.rate / prior.shape))


def _check_same(name: str, known: Array, other: Array) -> None:
    if not (known == other).all():
        raise ValueError(
            f"Expected other.{name} to be that of self, {known}, got other.{name}={other}."
        )
