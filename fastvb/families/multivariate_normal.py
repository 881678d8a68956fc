"""Multivariate Normal distributions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import (
    Array,
    check_size,
    coordinates,
    finite,
    join,
    matrix_size,
    shaped,
    stored,
)
from fastvb.families._matrices import (
    checked_root,
    flat,
    inverse,
    log_det,
    outer,
    solve,
    spectrum,
    square,
    symmetric,
    times,
)
from fastvb.families._stable import HALF_LOG_2PI, gap_of
from fastvb.families.normal_wishart import NormalWishart
from fastvb.families.student_t import MultivariateStudentT

__all__ = ["MultivariateNormal"]


@dataclass(frozen=True, eq=False)
class MultivariateNormal(ExponentialFamily):
    """Normal distributions of D variables.

    eta = (precision mean, -precision / 2), T(x) = (x, x x^T), h(x) = (2 pi)^(-D / 2),
    A = mean^T precision mean / 2 + log det(covariance) / 2, where the precision is the inverse of
    the covariance. Of D variables there are D + D^2 coordinates.

    Parameters
    ----------
    mean : array_like of shape (..., D)
        Finite.
    covariance : array_like of shape (..., D, D)
        Positive definite.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 2.3.
    K. Murphy (2007), Conjugate Bayesian analysis of the Gaussian distribution, section 8.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import MultivariateNormal, NormalWishart
    >>> x = np.array([[0.0, 1.0], [2.0, 1.0], [1.0, 4.0]])
    >>> statistics = MultivariateNormal.sufficient_statistics(x)
    >>> MultivariateNormal.fit(statistics.mean(axis=0)).mean
    array([1., 2.])
    >>> prior = NormalWishart(np.zeros(2), 1.0, 2.0, np.eye(2))
    >>> posterior = MultivariateNormal.posterior(prior, statistics.sum(axis=0), len(x))
    >>> posterior.mean, float(posterior.dof)
    (array([0.75, 1.5 ]), 5.0)
    """

    mean: Any
    covariance: Any
    conjugate_prior = NormalWishart

    def __post_init__(self) -> None:
        mean = finite("mean", self.mean, 1)
        covariance = symmetric("covariance", self.covariance)
        check_size("mean", mean, "covariance", covariance)
        stored(self, (1, 2), mean=mean, covariance=covariance)
        _ = self._root  # checks the covariance

    @cached_property
    def _root(self) -> Array:
        return checked_root("covariance", self.covariance)

    @cached_property
    def precision(self) -> Any:
        """Inverse of the covariance, of shape (..., D, D)."""
        return inverse(self._root)

    @property
    def natural(self) -> Any:
        return join([times(self.precision, self.mean)], flat(-0.5 * self.precision))

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        eta, size = _split("natural", natural)
        precision = -2.0 * square(eta[..., size:])
        covariance = inverse(checked_root("the precision of natural", precision))
        return cls(times(covariance, eta[..., :size]), covariance)

    @property
    def mean_parameters(self) -> Any:
        return join([self.mean], flat(outer(self.mean, self.mean) + self.covariance))

    def log_partition(self) -> Any:
        gap = solve(self._root, self.mean)
        return 0.5 * ((gap**2).sum(axis=-1) + log_det(self._root))

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        change, size = _split("direction", direction)
        of_matrix = square(change[..., size:])
        of_vector = change[..., :size] + 2.0 * times(of_matrix, self.mean)
        of_mean = times(self.covariance, of_vector)
        cross = outer(of_mean, self.mean)
        of_covariance = 2.0 * self.covariance @ of_matrix @ self.covariance
        return join([of_mean], flat(cross + cross.swapaxes(-1, -2) + of_covariance))

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        return join([x], flat(outer(x, x)))

    @classmethod
    def summed_statistics(cls, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        # row after row, not pairwise
        return join([x.sum(axis=0)], flat(np.einsum("n...i,n...j->...ij", x, x)))

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        shape = np.shape(x)
        return np.full(shape[:-1], -shape[-1] * HALF_LOG_2PI)

    def log_prob(self, x: ArrayLike) -> Any:
        size = self.mean.shape[-1]
        gap = solve(self._root, shaped("x", x, size) - self.mean)
        constant = -size * HALF_LOG_2PI - 0.5 * log_det(self._root)
        return constant - 0.5 * (gap**2).sum(axis=-1)

    def entropy(self) -> Any:
        entropy = self.mean.shape[-1] * (HALF_LOG_2PI + 0.5) + 0.5 * log_det(self._root)
        return np.broadcast_to(entropy, self.batch_shape)[()]

    def _divergence(self, other: Self) -> Any:
        of_covariance = gap_of(*spectrum(self.covariance, other.covariance, other._root))
        gap = solve(other._root, self.mean - other.mean)
        return 0.5 * (of_covariance.sum(axis=-1) + (gap**2).sum(axis=-1))

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return self.mean + times(self._root, rng.standard_normal((*shape, self.mean.shape[-1])))

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        statistics, size = _split("mean_statistics", mean_statistics)
        mean = statistics[..., :size]
        return cls(mean, square(statistics[..., size:]) - outer(mean, mean))

    @classmethod
    def _gain(cls, sums: Array, number: Array) -> Array:
        sums, size = _split("stats", sums)
        half = 0.5 * number
        return join(half, [-0.5 * sums[..., size:]], [sums[..., :size]], -half)

    @classmethod
    def _predictive(cls, prior: NormalWishart) -> MultivariateStudentT:
        dof = prior.dof - prior.mean.shape[-1] + 1.0
        factor = (1.0 + 1.0 / prior.strength) / dof
        return MultivariateStudentT(dof, prior.mean, factor[..., None, None] * prior.scatter)


def _split(name: str, value: ArrayLike) -> tuple[Array, int]:
    """Coordinates, and D: the first of them are those of the vector."""
    array = coordinates(name, value)
    return array, matrix_size(name, array, extra=0, vectors=1)
