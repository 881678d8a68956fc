"""Gaussian components of a mixture as points: EM, with or without a prior."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fastvb.models._covariance_form import FLOOR
from fastvb.models._covariances import FORMS
from fastvb.models._gaussian_components import (
    GaussianComponents,
    Gaussians,
    GaussianView,
    NormalWishart,
)
from fastvb.models._normal_wishart import NormalWishartParameters

__all__ = ["PointGaussians"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PointGaussians(GaussianComponents):
    """Gaussians as points: the most likely, or with a prior the most probable.

    Parameters
    ----------
    prior, origin : object
        As of both kinds; see :meth:`most_likely` and :meth:`most_probable`.
    reg_covar : float
        Added to all variances, as in scikit-learn. With it, EM is no more than nearly monotone.
    log_normalizer : float
        What makes a density of the prior.

    References
    ----------
    C. Fraley, A. Raftery (2007), Bayesian regularization for normal mixture estimation and
    model-based clustering, Journal of Classification 24 (the modes under a prior).

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import Observations, PointGaussians
    >>> gaussians = PointGaussians.most_likely("diag", 1, np.zeros(2))
    >>> batch = Observations(np.array([[1.0, 0], [3.0, 0], [2.0, 3]]))
    >>> q = gaussians.step(*gaussians.gather(batch, np.zeros(3, np.int32), 1, 1), None)
    >>> gaussians.gaussians(q).means, gaussians.gaussians(q).covariances.round(6)
    (array([[2., 1.]]), array([[0.666667, 2.      ]]))
    """

    reg_covar: float = 0.0
    log_normalizer: float = 0.0

    @classmethod
    def most_likely(
        cls, covariance_type: str, n_components: int, origin: Array, reg_covar: float = 0.0
    ) -> PointGaussians:
        """Maximum likelihood.

        Parameters
        ----------
        covariance_type : {"full", "tied", "diag", "spherical"}
            Form of the covariances.
        n_components : int
            Number of components.
        origin : ndarray of shape (n_features,)
            Near the data.
        reg_covar : float
            Added to all variances.

        Returns
        -------
        PointGaussians
            The kind of components.
        """
        form, n_features = FORMS[covariance_type], len(origin)
        shape = form.shape(n_components, n_features)
        # so that the mode under this prior, which is flat, divides the scatter by the counts
        dof = np.full(shape[0], -float(form.mode_offset(n_components, n_features)))
        flat = NormalWishartParameters(
            covariance_type, np.zeros(n_components), np.zeros((n_components, n_features)), dof,
            np.zeros(shape),
        )  # fmt: skip
        return cls(flat, origin, reg_covar)

    @classmethod
    def most_probable(cls, prior: NormalWishart, reg_covar: float = 0.0) -> PointGaussians:
        """Mode of means and covariances under a Normal-Wishart distribution of the precisions.

        Parameters
        ----------
        prior : NormalWishart
            Components with this prior.
        reg_covar : float
            Added to all variances.

        Returns
        -------
        PointGaussians
            The kind of components.
        """
        at = prior.prior
        n_features = at.means.shape[1]
        normalizer = at.log_constant() + 0.5 * n_features * float(
            np.log(at.strength / (2 * np.pi)).sum()
        )
        return cls(at, prior.origin, reg_covar, normalizer)

    def _root(self, q: NormalWishartParameters) -> tuple[Array, NDArray[np.bool_]]:
        """Root of the covariances, and which are singular."""
        divisor = q.dof + self.form.mode_offset(self.n_components, self.n_features)
        lost = divisor <= 0
        divisor = np.where(lost, 1.0, divisor).reshape(-1, *(1,) * (q.scatter.ndim - 1))
        covariances = q.scatter / divisor
        self.form.diagonals(covariances)[...] += self.reg_covar
        root, singular = self.form.root(covariances, q.unit, FLOOR)
        return root, singular | lost

    def gaussians(self, q: NormalWishartParameters) -> Gaussians:
        return self._gaussians(q.means, *self._root(q))

    def _points(self, q: NormalWishartParameters) -> tuple[Array, float, float]:
        offset = self.form.mode_offset(self.n_components, self.n_features)
        return self._root(q)[0], float(offset), self.reg_covar

    def expect(self, q: NormalWishartParameters) -> GaussianView:
        root, _ = self._root(q)
        return self._view(q.means, root, -self.form.log_det(root, self.n_features))

    def bound(self, q: NormalWishartParameters) -> float:
        prior, form = self.prior, self.form
        if not (prior.scatter.any() or prior.strength.any()):
            return self.log_normalizer
        root, _ = self._root(q)
        number, size = form.wishart_size(self.n_features)
        log_det = form.log_det(root, self.n_features) * (number * size / self.n_features)
        power = prior.dof + form.mode_offset(self.n_components, self.n_features)
        distance = form.squared_distance(root, q.means - prior.means)
        total = power @ log_det + form.trace(root, prior.scatter).sum() + prior.strength @ distance
        return self.log_normalizer - 0.5 * float(total)

    def with_prior(self, q: NormalWishartParameters) -> PointGaussians:
        former = replace(self, prior=q, log_normalizer=0.0)
        return replace(former, log_normalizer=-former.bound(q))

    def sample(self, q: NormalWishartParameters, rng: np.random.Generator) -> GaussianView:
        return self.expect(q)
