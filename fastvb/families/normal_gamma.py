"""Normal-Gamma distributions of a mean and a precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._gamma_kernels import log_partition, normal_gamma_kl
from fastvb.families._layout import coordinates, finite, join, positive, stored
from fastvb.families._stable import HALF_LOG_2PI
from fastvb.families.gamma import Gamma
from fastvb.special import trigamma

__all__ = ["NormalGamma"]


@dataclass(frozen=True, eq=False)
class NormalGamma(ExponentialFamily):
    """Normal-Gamma distributions of (mu, tau).

    mu | tau ~ N(mean, 1 / (strength tau)), tau ~ Gamma(shape, rate). An observation is the pair
    (mu, tau); T = (log tau, tau, tau mu, tau mu^2), h = 1 / sqrt(2 pi tau),
    eta = (shape, -rate - strength mean^2 / 2, strength mean, -strength / 2) and
    A = log Gamma(shape) - shape log(rate) - log(strength) / 2.

    Parameters
    ----------
    mean : array_like of shape (...)
        Finite.
    strength, shape, rate : array_like of shape (...)
        Positive and finite. The strength says how many observations the mean is worth.

    Notes
    -----
    In natural coordinates the rate is what is left of a difference: it has few digits if
    strength mean^2 is much larger. Shift data so that 0 is among them.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equations 2.152 to 2.154.
    K. Murphy (2007), Conjugate Bayesian analysis of the Gaussian distribution, section 3.

    Examples
    --------
    >>> from fastvb.families import NormalGamma
    >>> q = NormalGamma(mean=2.5, strength=6.0, shape=3.5, rate=9.75)
    >>> prior = NormalGamma(mean=0.0, strength=1.0, shape=1.0, rate=1.0)
    >>> round(float(q.kl(prior)), 6)
    2.294168
    >>> mu, tau = q.sample(rng=0, size=1000)
    >>> mu.shape, tau.shape
    ((1000,), (1000,))
    """

    mean: Any
    strength: Any
    shape: Any
    rate: Any

    def __post_init__(self) -> None:
        stored(
            self,
            mean=finite("mean", self.mean),
            strength=positive("strength", self.strength),
            shape=positive("shape", self.shape),
            rate=positive("rate", self.rate),
        )

    @property
    def precision(self) -> Gamma:
        """Distribution of tau."""
        return Gamma(self.shape, self.rate)

    @property
    def natural(self) -> Any:
        weighted = self.strength * self.mean
        return join(
            self.shape, -self.rate - 0.5 * weighted * self.mean, weighted, -0.5 * self.strength
        )

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        eta = coordinates("natural", natural, 4)
        strength = positive("the strength -2 natural[..., 3]", -2.0 * eta[..., 3])
        mean = eta[..., 2] / strength
        return cls(mean, strength, eta[..., 0], -eta[..., 1] - 0.5 * eta[..., 2] * mean)

    @property
    def mean_parameters(self) -> Any:
        of_tau = self.precision.mean_parameters
        log_tau, tau = of_tau[..., 0], of_tau[..., 1]
        return join(log_tau, tau, tau * self.mean, 1.0 / self.strength + tau * self.mean**2)

    def log_partition(self) -> Any:
        result = log_partition(self.strength, self.shape, self.rate)
        return np.broadcast_to(result, self.batch_shape)[()]

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        change = coordinates("direction", direction, 4)
        of_shape, of_strength = change[..., 0], -2.0 * change[..., 3]
        gain = change[..., 2] - of_strength * self.mean  # strength times the change of the mean
        of_rate = -change[..., 1] - self.mean * (0.5 * of_strength * self.mean + gain)
        tau = self.shape / self.rate
        of_tau = (of_shape - tau * of_rate) / self.rate
        of_mean = gain / self.strength
        return join(
            trigamma(self.shape) * of_shape - of_rate / self.rate,
            of_tau,
            of_tau * self.mean + tau * of_mean,
            self.mean * (of_tau * self.mean + 2.0 * tau * of_mean) - of_strength / self.strength**2,
        )

    @classmethod
    def sufficient_statistics(cls, x: Any) -> Any:
        mu, tau = (np.asarray(part, np.float64) for part in x)
        return join(np.log(tau), tau, tau * mu, tau * mu**2)

    @classmethod
    def log_base_measure(cls, x: Any) -> Any:
        mu, tau = x
        return -HALF_LOG_2PI - 0.5 * np.log(tau) + np.zeros(np.shape(mu))

    def log_prob(self, x: Any) -> Any:
        mu, tau = (np.asarray(part, np.float64) for part in x)
        some = np.where(tau > 0, tau, 1.0)
        distance = self.strength * some * (mu - self.mean) ** 2
        of_mean = 0.5 * (np.log(self.strength) + np.log(some) - distance) - HALF_LOG_2PI
        return np.where(tau > 0, of_mean + self.precision.log_prob(some), -np.inf)[()]

    def entropy(self) -> Any:
        log_tau = self.precision.mean_parameters[..., 0]
        of_mean = HALF_LOG_2PI + 0.5 * (1.0 - np.log(self.strength) - log_tau)
        return np.broadcast_to(of_mean + self.precision.entropy(), self.batch_shape)[()]

    def _divergence(self, other: Self) -> Any:
        return normal_gamma_kl(self._parts(), other._parts())

    def _parts(self) -> tuple[Any, Any, Any, Any]:
        return self.mean, self.strength, self.shape, self.rate

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        tau = self.precision._draw(rng, shape)
        return self.mean + rng.standard_normal(shape) / np.sqrt(self.strength * tau), tau

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        of_tau = self.precision._draw_statistics(rng, shape)
        z, tau = rng.standard_normal(shape), of_tau[..., 1]
        of_mean = z * np.sqrt(tau / self.strength)  # tau times the distance from the mean
        square = tau * self.mean**2 + 2.0 * self.mean * of_mean + z**2 / self.strength
        return join(of_tau[..., 0], tau, tau * self.mean + of_mean, square)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        mean = coordinates("mean_statistics", mean_statistics, 4)
        of_tau = Gamma.fit(mean[..., :2])
        of_mean = mean[..., 2] / mean[..., 1]
        spread = mean[..., 3] - mean[..., 2] * of_mean
        strength = 1.0 / positive("the spread of mu in mean_statistics", spread)
        return cls(of_mean, strength, of_tau.shape, of_tau.rate)
