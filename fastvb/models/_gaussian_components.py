"""Gaussian components of a mixture, as points or under Normal-Wishart distributions."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._covariance_form import CovarianceForm
from fastvb.models._covariances import FORMS
from fastvb.models._gaussian_coordinates import at_points, from_coordinates, to_coordinates
from fastvb.models._mixture_parts import Components
from fastvb.models._mixture_pass import RowResults, gather_gaussian, visit_gaussian
from fastvb.models._normal_wishart import GaussianMoments, NormalWishartParameters
from fastvb.models._observations import Observations
from fastvb.models._student_mixture import StudentMixture

__all__ = ["GaussianComponents", "GaussianView", "Gaussians", "NormalWishart"]

Array = NDArray[np.float64]
Moments = tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class GaussianView:
    """What the local step reads.

    Expected log densities are constants_k - ||U_k (x - origin - means_k)||^2 / 2.
    """

    form: CovarianceForm
    origin: Array  # (n_features,)
    constants: Array  # (n_components,)
    means: Array  # (n_components, n_features)
    root: Array  # U, of the form's shape

    @property
    def factors(self) -> Array:
        """U as the kernel takes it."""
        return self.form.factors(self.root)

    def inner(self, counts: Array, moments: Moments) -> float:
        """Expected log density of data with these statistics."""
        data = GaussianMoments.of(self.form, counts, *self.form.unpacked(moments))
        of_means = counts @ self.form.squared_distance(self.root, data.means - self.means)
        of_scatter = self.form.trace(self.root, data.scatter).sum()
        return float(counts @ self.constants) - 0.5 * float(of_means + of_scatter)


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Means and covariances of components, as scikit-learn shapes them.

    Attributes
    ----------
    means : ndarray of shape (n_components, n_features)
        Of the data, not relative to the origin.
    covariances : ndarray
        (n_components, n_features, n_features) for "full", (n_features, n_features) for "tied",
        (n_components, n_features) for "diag", (n_components,) for "spherical".
    singular : ndarray of shape (n_components,) or (1,)
        Which components (all at once where they are tied) have no data, or vary so little in some
        direction that it is but rounding; there the variance has been raised.
    """

    means: Array
    covariances: Array
    singular: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class GaussianComponents(Components):
    """What both kinds share.

    Parameters
    ----------
    prior : NormalWishartParameters
        Of the components; its form is theirs.
    origin : ndarray of shape (n_features,)
        What means are relative to: near the data, so that nothing cancels.
    """

    prior: NormalWishartParameters
    origin: Array
    state_types = (NormalWishartParameters,)

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.prior.means)

    @property
    def n_features(self) -> int:
        """Number of features."""
        return int(self.prior.means.shape[1])

    @property
    def form(self) -> CovarianceForm:
        """Of the covariances."""
        return self.prior.form

    def start(self, batch: Observations, rng: Any, n_threads: int) -> tuple[Array, Moments]:
        counts, moments = self.gather(batch, None, 1, n_threads)
        sums, squares = self.form.unpacked(moments)
        data = GaussianMoments.of(self.form, counts, sums, squares)
        n_components = self.n_components
        rows = rng.choice(len(batch), n_components, replace=len(batch) < n_components)
        means = batch.X[rows].astype(np.float64) - self.origin
        shares = np.full(n_components, counts[0] / n_components)
        within = data.scatter if self.form.shared else data.scatter / n_components
        squares = within + self.form.outer(shares, means)
        return shares, self.form.packed(shares[:, np.newaxis] * means, squares)

    def gather(
        self, batch: Observations, assignment: Any, n_components: int, n_threads: int
    ) -> tuple[Array, Moments]:
        return gather_gaussian(
            self.form.name, batch, self.origin, assignment, n_components, n_threads
        )

    def visit(
        self, batch: Observations, log_weights: Array, view: GaussianView, rows: RowResults,
        n_threads: int, *, statistics: bool = True,
    ) -> tuple[float, Array, Moments]:  # fmt: skip
        return visit_gaussian(batch, log_weights, view, rows, n_threads, statistics=statistics)

    def step(
        self, counts: Array, moments: Moments, last: NormalWishartParameters | None
    ) -> NormalWishartParameters:
        data = GaussianMoments.of(self.form, counts, *self.form.unpacked(moments))
        q = self.prior.updated(data)
        lost = q.strength <= 0
        if last is not None and lost.any():
            q = replace(q, means=np.where(lost[:, np.newaxis], last.means, q.means))
        return q

    def blend(
        self, q: NormalWishartParameters, target: NormalWishartParameters, rho: float
    ) -> NormalWishartParameters:
        return q.blended(target, rho)

    def counts(self, q: NormalWishartParameters) -> Array:
        """Expected numbers of observations of the components.

        Parameters
        ----------
        q : NormalWishartParameters
            Of a step.

        Returns
        -------
        ndarray of shape (n_components,)
            What the step was given.
        """
        return q.strength - self.prior.strength

    def coordinates(self, q: NormalWishartParameters, reference: NormalWishartParameters) -> Array:
        """Coordinates without constraints: of counts, means and precisions.

        Parameters
        ----------
        q : NormalWishartParameters
            Of a step.
        reference : NormalWishartParameters
            Others, of whose units they are.

        Returns
        -------
        ndarray of shape (n_coordinates,)
            Any vector of this length stands for some q.
        """
        root, _, _ = self._points(q)
        return to_coordinates(self.counts(q), q.means, root, reference)

    def at_coordinates(
        self, coordinates: Array, reference: NormalWishartParameters
    ) -> tuple[NormalWishartParameters, Array]:
        """Parameters of coordinates, with as many counts in all as a reference.

        Parameters
        ----------
        coordinates : ndarray of shape (n_coordinates,)
            As of :meth:`coordinates`.
        reference : NormalWishartParameters
            The same as there.

        Returns
        -------
        q : NormalWishartParameters
            Of these points.
        counts : ndarray of shape (n_components,)
            Expected, of the data.
        """
        n_total = float(self.counts(reference).sum())
        counts, means, covariances = from_coordinates(coordinates, reference, n_total)
        _, offset, reg_covar = self._points(reference)
        q = at_points(reference, self.prior, counts, means, covariances, offset, reg_covar)
        return q, counts

    @abstractmethod
    def _points(self, q: NormalWishartParameters) -> tuple[Array, float, float]:
        """Root of the covariances of which scatter is made, times dof and this, less this."""

    @abstractmethod
    def gaussians(self, q: NormalWishartParameters) -> Gaussians:
        """Means and covariances.

        Parameters
        ----------
        q : NormalWishartParameters
            Of a step.

        Returns
        -------
        Gaussians
            The points; of distributions E[mean] and the inverse of E[precision], as scikit-learn
            has them.
        """

    def _gaussians(self, means: Array, root: Array, singular: NDArray[np.bool_]) -> Gaussians:
        covariances = self.form.covariances(root)
        if self.form.name == "tied":
            covariances = covariances[0]
        elif self.form.name == "spherical":
            covariances = covariances[:, 0]
        return Gaussians(self.origin + means, covariances, singular)

    def _view(self, means: Array, root: Array, log_det: Array, less: Any = 0.0) -> GaussianView:
        """Of precisions with these log determinants; `less` is the variance of the means."""
        constants = 0.5 * (log_det - self.n_features * (np.log(2 * np.pi) + less))
        constants = np.array(np.broadcast_to(constants, self.n_components))
        return GaussianView(self.form, self.origin, constants, means, root)


@dataclass(frozen=True, eq=False)
class NormalWishart(GaussianComponents):
    """Gaussians whose means and precisions have Normal-Wishart (Normal-Gamma) distributions.

    Parameters
    ----------
    prior, origin : object
        As of both kinds; see :meth:`of`.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 10.2.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import NormalWishart, Observations
    >>> gaussians = NormalWishart.of("full", 1, np.zeros(1), 1.0, np.zeros(1), 3.0, np.eye(1))
    >>> batch = Observations(np.array([[1.0], [3.0], [2.0]]))
    >>> q = gaussians.step(*gaussians.gather(batch, np.zeros(3, np.int32), 1, 1), None)
    >>> q.means, q.strength, q.dof
    (array([[1.5]]), array([4.]), array([6.]))
    """

    @classmethod
    def of(
        cls,
        covariance_type: str,
        n_components: int,
        origin: Array,
        mean_precision: float,
        mean: Array,
        degrees_of_freedom: float,
        covariance: Any,
    ) -> NormalWishart:
        """Components with scikit-learn's prior.

        Parameters
        ----------
        covariance_type : {"full", "tied", "diag", "spherical"}
            Form of the covariances.
        n_components : int
            Number of components.
        origin : ndarray of shape (n_features,)
            Near the data.
        mean_precision : float
            beta0: the prior of a mean has the precision beta0 Lambda.
        mean : ndarray of shape (n_features,)
            m0, not relative to the origin.
        degrees_of_freedom : float
            nu0 > n_features - 1, of the Wishart distribution of a full precision matrix. Diagonal
            and spherical precisions have the marginal distributions of its diagonal elements:
            Gamma((nu0 - n_features + 1) / 2, covariance / 2).
        covariance : ndarray or float
            W0^-1 of shape (n_features, n_features) for "full" and "tied"; its diagonal for "diag";
            the mean of that for "spherical".

        Returns
        -------
        NormalWishart
            The kind of components.
        """
        form, n_features = FORMS[covariance_type], len(origin)
        shape = form.shape(n_components, n_features)
        _, size = form.wishart_size(n_features)
        prior = NormalWishartParameters(
            covariance_type,
            np.full(n_components, float(mean_precision)),
            np.tile(np.asarray(mean, dtype=np.float64) - origin, (n_components, 1)),
            np.full(shape[0], float(degrees_of_freedom) - n_features + size),
            np.array(np.broadcast_to(np.asarray(covariance, dtype=np.float64), shape)),
        )
        return cls(prior, origin)

    def gaussians(self, q: NormalWishartParameters) -> Gaussians:
        _, singular = self.form.root(q.scatter / q._dof, q.unit, 0.0)
        return self._gaussians(q.means, q.mean_root, singular)

    def _points(self, q: NormalWishartParameters) -> tuple[Array, float, float]:
        return q.mean_root, 0.0, 0.0

    def expect(self, q: NormalWishartParameters) -> GaussianView:
        return self._view(q.means, q.mean_root, q.expected_log_det, 1 / q.strength)

    def bound(self, q: NormalWishartParameters) -> float:
        return -q.kl(self.prior)

    def posterior_bound(self, q: NormalWishartParameters) -> float:
        """Expected log density of the data under q less KL(q || prior), in closed form.

        Parameters
        ----------
        q : NormalWishartParameters
            Of a step.

        Returns
        -------
        float
            In nats; the data are those of the step.
        """
        return q.log_evidence(self.prior)

    def with_prior(self, q: NormalWishartParameters) -> NormalWishart:
        return replace(self, prior=q)

    def sample(self, q: NormalWishartParameters, rng: np.random.Generator) -> GaussianView:
        form = self.form
        scatter_root = q.mean_root / np.sqrt(q._dof)
        root = form.wishart_roots(scatter_root, q.dof, rng)
        noise = rng.standard_normal(q.means.shape) / np.sqrt(q.strength)[:, np.newaxis]
        means = q.means + form.apply_inverse(root, noise)
        return self._view(means, root, -form.log_det(root, self.n_features))

    def predictive(self, q: NormalWishartParameters, weights: Array) -> StudentMixture:
        _, size = self.form.wishart_size(self.n_features)
        dof = q.dof + 1.0 - size
        stretch = (1 + 1 / q.strength) * (q.dof / dof)
        with np.errstate(divide="ignore"):
            log_weights = np.log(weights)
        return StudentMixture(
            self.form, log_weights, self.origin, q.means, q.mean_root, stretch,
            np.array(np.broadcast_to(dof, self.n_components)),
        )  # fmt: skip
