"""Gaussian variables with unknown means and precisions, by mean field.

    x_n ~ N(mu, 1 / tau),  mu | tau ~ N(mean, 1 / (strength tau)),  tau ~ Gamma(shape, rate)

for each feature by itself. The exact posterior is Normal-Gamma
(:meth:`fastvb.families.Normal.posterior`); here q(mu, tau) = q(mu) q(tau), which shows on a problem
with a known answer what such a factorisation does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.families import Gamma, Normal, NormalGamma

__all__ = ["GaussianGammaModel", "MeanAndPrecision", "NormalSums"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NormalSums:
    """Statistics of some rows."""

    number: float
    sums: Array  # (n_features, 2): of x and of x^2

    @classmethod
    def of(cls, X: Array) -> NormalSums:
        """Of the rows of X."""
        return cls(float(len(X)), Normal.summed_statistics(X))

    def __add__(self, other: NormalSums) -> NormalSums:
        return NormalSums(self.number + other.number, self.sums + other.sums)

    def __sub__(self, other: NormalSums) -> NormalSums:
        return NormalSums(max(0.0, self.number - other.number), self.sums - other.sums)

    def scale(self, factor: float) -> NormalSums:
        """Each row counts `factor` times."""
        return NormalSums(factor * self.number, factor * self.sums)

    def zeros(self) -> NormalSums:
        """Of no rows."""
        return self.scale(0.0)

    def inner(self, view: tuple[Array, Array]) -> float:
        """Expected log density of the rows."""
        natural, constant = view
        return float((self.sums * natural).sum() + self.number * constant.sum())


@dataclass(frozen=True, eq=False)
class MeanAndPrecision:
    """q(mu) q(tau), by features."""

    mean: Normal
    precision: Gamma

    @property
    def expected_precision(self) -> Array:
        """E[tau]."""
        tau: Array = self.precision.shape / self.precision.rate
        return tau


@dataclass(frozen=True, eq=False)
class GaussianGammaModel:
    """Model of independent Gaussian variables for the drivers of `fastvb.inference`.

    A batch is an array of shape (n_samples, n_features). There is nothing local: a local step
    sums up, a global step sets q(mu) and then q(tau) to their best.

    Parameters
    ----------
    prior : NormalGamma
        Of mean and precision, with batch axes that broadcast to (n_features,). Data and its mean
        are best taken relative to an origin near the data.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 10.1.3.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import NormalGamma
    >>> from fastvb.inference import Monitor, cavi
    >>> from fastvb.models import GaussianGammaModel
    >>> model = GaussianGammaModel(NormalGamma(0.0, 1.0, 1.0, 1.0))
    >>> q = cavi(model, [np.arange(1.0, 6.0)[:, None]], Monitor(max_iter=30))
    >>> q.mean.mean, q.expected_precision.round(6)
    (array([2.5]), array([0.358974]))
    """

    prior: NormalGamma
    carries_local = False

    def init_globals(self, batch: Array, rng: Any) -> MeanAndPrecision:
        """Start with the prior's q(tau), and q(mu) to match.

        Parameters
        ----------
        batch : ndarray of shape (n_samples, n_features)
            Some rows.
        rng : object
            Without effect.

        Returns
        -------
        MeanAndPrecision
            The same for any rows.
        """
        prior, ones = self.prior, np.ones(batch.shape[1])
        tau = Gamma(prior.shape * ones, prior.rate * ones)
        variance = tau.rate / (tau.shape * prior.strength)
        return MeanAndPrecision(Normal(prior.mean * ones, variance), tau)

    def expect(self, globals_: MeanAndPrecision) -> tuple[Array, Array]:
        """Expected natural parameters of the likelihood.

        Parameters
        ----------
        globals_ : MeanAndPrecision
            q.

        Returns
        -------
        tuple of ndarray
            E[(tau mu, -tau / 2)], of shape (n_features, 2), and E[log N] without x, (n_features,).
        """
        mean, tau = globals_.mean, globals_.expected_precision
        log_tau = globals_.precision.mean_parameters[:, 0]
        square = mean.mean_parameters[:, 1]
        natural = np.stack([tau * mean.mean, -0.5 * tau], axis=-1)
        return natural, 0.5 * (log_tau - tau * square - np.log(2.0 * np.pi))

    def local_step(
        self, batch: Array, view: Any, local: Any = None, rng: Any = None
    ) -> tuple[NormalSums, float, None]:
        """Sum up.

        Parameters
        ----------
        batch : ndarray of shape (n_samples, n_features)
            Rows.
        view, local, rng : object
            Without effect: there is nothing local.

        Returns
        -------
        tuple
            Statistics, 0, None.
        """
        return NormalSums.of(batch), 0.0, None

    def global_step(self, stats: NormalSums, globals_: MeanAndPrecision) -> MeanAndPrecision:
        """Set q(mu), given E[tau], and then q(tau) to their best.

        The shape of q(tau) grows by (n + 1) / 2, not by n / 2 as in the exact posterior: the prior
        of mu has a factor sqrt(tau), too.

        Parameters
        ----------
        stats : NormalSums
            Of all rows.
        globals_ : MeanAndPrecision
            q before.

        Returns
        -------
        MeanAndPrecision
            q after it.

        References
        ----------
        C. Bishop (2006), Pattern Recognition and Machine Learning, equations 10.26 to 10.30.
        """
        prior, n = self.prior, stats.number
        of_x, of_squares = stats.sums[:, 0], stats.sums[:, 1]
        strength = prior.strength + n
        mean = (prior.strength * prior.mean + of_x) / strength
        variance = 1.0 / (strength * globals_.expected_precision)
        squares = of_squares - 2.0 * mean * of_x + n * mean**2
        squares += prior.strength * (mean - prior.mean) ** 2 + strength * variance
        shape = prior.shape + 0.5 * (n + 1.0) + np.zeros_like(mean)
        return MeanAndPrecision(Normal(mean, variance), Gamma(shape, prior.rate + 0.5 * squares))

    def global_bound(self, globals_: MeanAndPrecision) -> float:
        """-KL(q(mu) q(tau) || prior), over all features.

        Parameters
        ----------
        globals_ : MeanAndPrecision
            q.

        Returns
        -------
        float
            In nats.
        """
        prior, mean, tau = self.prior, globals_.mean, globals_.expected_precision
        log_tau = globals_.precision.mean_parameters[:, 0]
        distance = prior.strength * tau * ((mean.mean - prior.mean) ** 2 + mean.variance)
        of_mean = 0.5 * (np.log(prior.strength) + log_tau - distance - np.log(2.0 * np.pi))
        return float((of_mean + mean.entropy() - globals_.precision.kl(prior.precision)).sum())

    def blend(
        self, globals_: MeanAndPrecision, target: MeanAndPrecision, rho: float
    ) -> MeanAndPrecision:
        """(1 - rho) of one and rho of another in natural coordinates.

        Parameters
        ----------
        globals_, target : MeanAndPrecision
            The two.
        rho : float
            From 0 to 1.

        Returns
        -------
        MeanAndPrecision
            In between.
        """
        (mean, precision), (to_mean, to_precision) = (
            (q.mean.natural, q.precision.natural) for q in (globals_, target)
        )
        return MeanAndPrecision(
            Normal.from_natural((1.0 - rho) * mean + rho * to_mean),
            Gamma.from_natural((1.0 - rho) * precision + rho * to_precision),
        )
