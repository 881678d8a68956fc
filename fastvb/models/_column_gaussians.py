"""Gaussians of one feature, for many mixtures at once: arrays of shape (n_columns, n_components).

The formulas are those of `_normal_wishart` in one dimension, where the Wishart distribution is a
Gamma distribution: precision ~ Gamma(dof / 2, scatter / 2), mean ~ N(means, 1 / (strength
precision)). What belongs to the prior is of shape (n_columns, 1).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fastvb.families._gamma_kernels import normal_gamma_kl
from fastvb.models._covariance_form import FLOOR
from fastvb.special import digamma, gammaln

__all__ = ["BayesianColumns", "ColumnGaussians", "ColumnMoments", "ColumnView", "NormalGammas",
           "PointColumns"]  # fmt: skip

Array = NDArray[np.float64]

_MODE_OFFSET = 3  # what the mode adds to the degrees of freedom


class ColumnMoments(NamedTuple):
    """Statistics about the means of their own; means are relative to the columns' origins."""

    counts: Array
    means: Array  # 0 where there are no counts
    scatter: Array

    @classmethod
    def of(cls, counts: Array, sums: Array, squares: Array) -> ColumnMoments:
        """From sums and squares about the origins."""
        means = np.divide(sums, counts, where=counts > 0, out=np.zeros_like(sums))
        return cls(counts, means, np.maximum(squares - counts * means**2, 0.0))


class NormalGammas(NamedTuple):
    """Parameters of all components; means are relative to the columns' origins."""

    strength: Array
    means: Array
    dof: Array
    scatter: Array


class ColumnView(NamedTuple):
    """Expected log densities are constants - (root (x - origin - means))^2 / 2."""

    constants: Array
    means: Array
    root: Array

    def inner(self, data: ColumnMoments) -> Array:
        """Expected log density of data with these statistics, shape (n_columns,)."""
        squares = data.counts * (data.means - self.means) ** 2 + data.scatter
        inner: Array = (data.counts * self.constants - 0.5 * self.root**2 * squares).sum(axis=1)
        return inner


@dataclass(frozen=True, eq=False)
class ColumnGaussians(ABC):
    """What both kinds share.

    Parameters
    ----------
    prior : NormalGammas
        Arrays of shape (n_columns, 1), the same for all components of a column.
    """

    prior: NormalGammas

    def take(self, columns: NDArray[np.intp]) -> Self:
        """Those of some columns."""
        return replace(self, prior=NormalGammas(*(part[columns] for part in self.prior)))

    def step(self, data: ColumnMoments, last: NormalGammas | None) -> NormalGammas:
        """Parameters after these data (Bishop 2006, equations 10.60 to 10.63)."""
        prior = self.prior
        strength = prior.strength + data.counts
        some = strength > 0
        shares = np.divide(data.counts, strength, where=some, out=np.zeros_like(strength))
        gap = data.means - prior.means
        means = prior.means + shares * gap
        if last is not None:
            means = np.where(some, means, last.means)
        scatter = prior.scatter + data.scatter + prior.strength * shares * gap**2
        return NormalGammas(strength, means, prior.dof + data.counts, scatter)

    def unit(self, q: NormalGammas) -> Array:
        """Variance of all data of a column about its origin, shape (n_columns, 1); or 1."""
        squares = (q.scatter + q.strength * q.means**2).sum(axis=1, keepdims=True)
        total = q.strength.sum(axis=1, keepdims=True)
        unit: Array = np.where(squares > 0, squares, total) / total
        return unit

    @abstractmethod
    def variances(self, q: NormalGammas) -> tuple[Array, NDArray[np.bool_]]:
        """Inverses of the expected precisions, and which of them had to be raised."""

    @abstractmethod
    def at(self, counts: Array, means: Array, variances: Array) -> NormalGammas:
        """Parameters of so many counts whose points these are."""

    @abstractmethod
    def expect(self, q: NormalGammas) -> ColumnView:
        """What the pass reads."""

    @abstractmethod
    def bound(self, q: NormalGammas) -> Array:
        """-KL(q || prior), of points the log density of the prior, shape (n_columns,)."""


@dataclass(frozen=True, eq=False)
class BayesianColumns(ColumnGaussians):
    """Means and precisions under Normal-Gamma distributions.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 10.2.
    """

    def variances(self, q: NormalGammas) -> tuple[Array, NDArray[np.bool_]]:
        variances = q.scatter / q.dof
        return variances, np.zeros(variances.shape, dtype=bool)

    def at(self, counts: Array, means: Array, variances: Array) -> NormalGammas:
        dof = self.prior.dof + counts
        return NormalGammas(self.prior.strength + counts, means, dof, dof * variances)

    def expect(self, q: NormalGammas) -> ColumnView:
        constants = 0.5 * (_log_precision(q) - np.log(2 * np.pi) - 1 / q.strength)
        return ColumnView(constants, q.means, np.sqrt(q.dof / q.scatter))

    def bound(self, q: NormalGammas) -> Array:
        of_q, of_prior = (
            (part.means, part.strength, 0.5 * part.dof, 0.5 * part.scatter)
            for part in (q, self.prior)
        )
        bound: Array = -normal_gamma_kl(of_q, of_prior).sum(axis=1)
        return bound


@dataclass(frozen=True, eq=False)
class PointColumns(ColumnGaussians):
    """Means and variances as points: the most likely, or the most probable under `prior`.

    Parameters
    ----------
    prior : NormalGammas
        As of both kinds; of the most likely ones strength and scatter are 0, dof is -3.
    reg_covar : float
        Added to all variances.
    log_normalizer : ndarray of shape (n_columns,)
        What makes a density of the prior of a column's components.

    References
    ----------
    C. Fraley, A. Raftery (2007), Bayesian regularization for normal mixture estimation and
    model-based clustering, Journal of Classification 24.
    """

    reg_covar: float
    log_normalizer: Array

    @classmethod
    def most_likely(cls, n_columns: int, reg_covar: float) -> PointColumns:
        """Maximum likelihood."""
        zero = np.zeros((n_columns, 1))
        return cls(NormalGammas(zero, zero, zero - _MODE_OFFSET, zero), reg_covar, zero[:, 0])

    @classmethod
    def most_probable(
        cls, prior: NormalGammas, n_components: int, reg_covar: float
    ) -> PointColumns:
        """Mode under a Normal-Gamma distribution."""
        one = _log_constant(prior) + 0.5 * np.log(prior.strength / (2 * np.pi))
        return cls(prior, reg_covar, n_components * one[:, 0])

    def take(self, columns: NDArray[np.intp]) -> Self:
        return replace(super().take(columns), log_normalizer=self.log_normalizer[columns])

    def variances(self, q: NormalGammas) -> tuple[Array, NDArray[np.bool_]]:
        divisor, least = q.dof + _MODE_OFFSET, FLOOR * self.unit(q)
        lost = divisor <= 0
        variances = q.scatter / np.where(lost, 1.0, divisor) + self.reg_covar
        raised = (variances <= 0) | (variances < least)
        return np.where(raised, least, variances), raised | lost

    def at(self, counts: Array, means: Array, variances: Array) -> NormalGammas:
        dof = self.prior.dof + counts
        scatter = (dof + _MODE_OFFSET) * (variances - self.reg_covar)
        return NormalGammas(self.prior.strength + counts, means, dof, scatter)

    def expect(self, q: NormalGammas) -> ColumnView:
        variances, _ = self.variances(q)
        constants = -0.5 * np.log(2 * np.pi * variances)
        return ColumnView(constants, q.means, 1 / np.sqrt(variances))

    def bound(self, q: NormalGammas) -> Array:
        prior = self.prior
        if not prior.strength.any():
            return self.log_normalizer
        variances, _ = self.variances(q)
        distance = prior.scatter + prior.strength * (q.means - prior.means) ** 2
        terms = (prior.dof + _MODE_OFFSET) * np.log(variances) + distance / variances
        bound: Array = self.log_normalizer - 0.5 * terms.sum(axis=1)
        return bound


def _log_precision(q: NormalGammas) -> Array:
    """E[log precision]."""
    expected: Array = digamma(0.5 * q.dof) + np.log(2.0) - np.log(q.scatter)
    return expected


def _log_constant(q: NormalGammas) -> Array:
    """What makes densities of the Gamma distributions, the powers of 2 being with precision."""
    half = 0.5 * q.dof
    constant: Array = half * np.log(0.5 * q.scatter) - gammaln(half)
    return constant
