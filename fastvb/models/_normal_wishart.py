"""Normal-Wishart distributions of means and precisions of Gaussian components.

    mu_k | Lambda_k ~ N(means_k, (strength_k Lambda_k)^-1),  Lambda_k ~ Wishart(scatter_k^-1, dof_k)

for each of the four forms of `_covariances`: tied components share Lambda; diagonal and spherical
precisions are Gamma(dof / 2, scatter / 2), which is a Wishart distribution in one dimension. So
this is the Normal-Gamma distribution, too.

The same four numbers describe a posterior under which a point is most probable, and with all that
belongs to the prior at zero, the data: maximum likelihood. They add up as the data's statistics
do, in natural coordinates: strength, strength * means, dof, scatter + strength * means means^T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fastvb.models._covariance_form import CovarianceForm
from fastvb.models._covariances import FORMS

__all__ = ["GaussianMoments", "NormalWishartParameters"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GaussianMoments:
    """Statistics about their own means: what the sums about the origin stand for."""

    counts: Array  # (n_components,)
    means: Array  # (n_components, n_features); 0 where there are no counts
    scatter: Array  # of the form's shape

    @classmethod
    def of(
        cls, form: CovarianceForm, counts: Array, sums: Array, squares: Array
    ) -> GaussianMoments:
        """From sums and squares about the origin, these in the form's shape."""
        some = counts > 0
        means = np.divide(
            sums, counts[:, np.newaxis], where=some[:, np.newaxis], out=np.zeros_like(sums)
        )
        scatter = squares - form.outer(counts, means)
        diagonals = form.diagonals(scatter)
        np.maximum(diagonals, 0, out=diagonals)  # less by rounding
        return cls(counts, means, scatter)


@dataclass(frozen=True, eq=False)
class NormalWishartParameters:
    """Parameters of all components; means are relative to the components' origin."""

    covariance_type: str
    strength: Array  # (n_components,)
    means: Array  # (n_components, n_features)
    dof: Array  # by blocks: (n_components,), or (1,) of tied ones
    scatter: Array  # of the form's shape

    @property
    def form(self) -> CovarianceForm:
        """Of the covariances."""
        return FORMS[self.covariance_type]

    def updated(self, data: GaussianMoments) -> NormalWishartParameters:
        """Parameters after these data (Bishop 2006, equations 10.60 to 10.63)."""
        strength = self.strength + data.counts
        some = strength > 0
        shares = np.divide(data.counts, strength, where=some, out=np.zeros_like(strength))
        gap = data.means - self.means
        means = self.means + shares[:, np.newaxis] * gap
        dof = self.dof + self.form.gain(data.counts, self.means.shape[1])
        scatter = self.scatter + data.scatter
        if self.strength.any():
            scatter += self.form.outer(self.strength * shares, gap)
        return NormalWishartParameters(self.covariance_type, strength, means, dof, scatter)

    def blended(self, target: NormalWishartParameters, rho: float) -> NormalWishartParameters:
        """(1 - rho) of these and rho of others in natural coordinates.

        Written so that nothing cancels: means are averaged by strength, and the scatter has what
        lies between them.
        """
        left, right = (1 - rho) * self.strength, rho * target.strength
        strength = left + right
        some = strength > 0
        share = np.divide(right, strength, where=some, out=np.zeros_like(strength))
        gap = target.means - self.means
        means = self.means + share[:, np.newaxis] * gap
        scatter = (1 - rho) * self.scatter + rho * target.scatter
        scatter += self.form.outer(left * share, gap)
        dof = (1 - rho) * self.dof + rho * target.dof
        return NormalWishartParameters(self.covariance_type, strength, means, dof, scatter)

    @cached_property
    def unit(self) -> Array:
        """Variances of all data about the origin, by features; 1 where there is none."""
        form, n_features = self.form, self.means.shape[1]
        squares = form.diagonals(self.scatter).sum(axis=0)
        between = self.strength @ self.means**2
        squares += between if len(squares) == n_features else between.sum()
        total = form.gain(self.strength, n_features).sum()
        unit: Array = np.where(squares > 0, squares, total) / total if total > 0 else squares + 1
        return unit

    @cached_property
    def mean_root(self) -> Array:
        """Root of the covariances scatter / dof, the inverse of E[Lambda]."""
        root, _ = self.form.root(self.scatter / self._dof, self.unit, 0.0)
        return root

    @property
    def _dof(self) -> Array:
        return self.dof.reshape(-1, *(1,) * (self.scatter.ndim - 1))

    @cached_property
    def log_det(self) -> Array:
        """Log determinants of the scatter, by blocks."""
        n_features = self.means.shape[1]
        log_det: Array = self.form.log_det(self.mean_root, n_features)
        log_det += n_features * np.log(self.dof)
        return log_det

    @cached_property
    def expected_log_det(self) -> Array:
        """E[log det Lambda], by blocks."""
        return self.form.expected_log_det(self.dof, self.log_det, self.means.shape[1])

    def log_constant(self) -> float:
        """Sum over blocks of log B(scatter^-1, dof)."""
        n_features = self.means.shape[1]
        return float(self.form.log_wishart_constant(self.dof, self.log_det, n_features).sum())

    def log_evidence(self, prior: NormalWishartParameters) -> float:
        """Log density of the data, each with its component, between a prior and these.

        That is the expected log density of the data under these less KL(these || prior).
        """
        counts, n_features = self.strength - prior.strength, self.means.shape[1]
        of_means = np.log(prior.strength / self.strength) - counts * math.log(2.0 * math.pi)
        of_precisions = prior.log_constant() - self.log_constant()
        return float(0.5 * n_features * of_means.sum()) + of_precisions

    def kl(self, prior: NormalWishartParameters) -> float:
        """KL(these || prior), all components together.

        References
        ----------
        C. Bishop (2006), Pattern Recognition and Machine Learning, equations 10.74 and 10.77.
        """
        form, n_features = self.form, self.means.shape[1]
        number, size = form.wishart_size(n_features)
        share = number * size / n_features
        ratio = prior.strength / self.strength
        of_means = n_features * (ratio - 1 - np.log(ratio))
        distance = form.squared_distance(self.mean_root, self.means - prior.means)
        of_precisions = (
            (self.dof - prior.dof) * share * self.expected_log_det
            - number * size * self.dof
            + form.trace(self.mean_root, prior.scatter)
        )
        kl = of_means.sum() + (prior.strength * distance).sum() + of_precisions.sum()
        return 0.5 * float(kl) + self.log_constant() - prior.log_constant()
