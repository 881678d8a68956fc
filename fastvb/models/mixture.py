"""Mixtures of a family of components, with weights of any kind.

    pi ~ weights,  theta_k ~ components,  z_n ~ pi,  x_n | z_n = k ~ p(. | theta_k)

q(z_n) is exact given what is expected of log pi and log p. With points for weights and components
this is EM (Dempster, Laird and Rubin 1977), with distributions it is variational Bayes (Attias
2000; Bishop 2006, section 10.2). The bound is complete: no constant is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb._threads import effective_n_threads
from fastvb.models._mixture_parts import Components, Weights
from fastvb.models._mixture_pass import RowResults
from fastvb.models._observations import Observations

__all__ = ["Mixture", "MixtureGlobals", "MixtureStats", "MixtureView"]

Array = NDArray[np.float64]

_LOST = 1e-14  # the part of a count below which a difference is rounding


@dataclass(frozen=True, eq=False)
class MixtureGlobals:
    """q(pi) and q(theta), of the kinds that weights and components have."""

    weights: Any
    components: Any


@dataclass(frozen=True, eq=False)
class MixtureView:
    """What a local step reads: E[log pi] and the expected log densities."""

    log_weights: Array  # (n_components,)
    components: Any


@dataclass(frozen=True, eq=False)
class MixtureStats:
    """Expected counts of the components, and of their observations what the family adds up."""

    counts: Array  # (n_components,)
    moments: tuple[Array, ...]

    def __add__(self, other: MixtureStats) -> MixtureStats:
        pairs = zip(self.moments, other.moments, strict=True)
        return MixtureStats(self.counts + other.counts, tuple(a + b for a, b in pairs))

    def __sub__(self, other: MixtureStats) -> MixtureStats:
        counts = self.counts - other.counts
        lost = counts <= _LOST * self.counts  # the moments are rounding, too
        counts[lost] = 0
        moments = [a - b for a, b in zip(self.moments, other.moments, strict=True)]
        for of_all in moments:
            if len(of_all) == len(lost):
                of_all[lost] = 0
        return MixtureStats(counts, tuple(moments))

    def scale(self, factor: float) -> MixtureStats:
        """All statistics times `factor`."""
        return MixtureStats(factor * self.counts, tuple(factor * x for x in self.moments))

    def zeros(self) -> MixtureStats:
        """The neutral element of ``+``."""
        return self.scale(0.0)

    def inner(self, view: MixtureView) -> float:
        """Expected log joint density of the observations and their components."""
        some = self.counts > 0
        of_weights = float(self.counts[some] @ view.log_weights[some])
        return of_weights + float(view.components.inner(self.counts, self.moments))


@dataclass(frozen=True, eq=False)
class Mixture:
    """The protocol's functions for mixtures.

    Parameters
    ----------
    weights : PointWeights or DirichletWeights or StickBreakingWeights or GivenWeights
        Of the components.
    components : PointGaussians or NormalWishart
        Their family.
    n_jobs : int or None
        Threads of the kernels, counted as in scikit-learn; None follows
        :func:`fastvb.set_num_threads`.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, sections 9.3 and 10.2.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import Monitor, cavi
    >>> from fastvb.models import DirichletWeights, Mixture, NormalWishart, Observations
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(-3, 1, (50, 1)), rng.normal(3, 1, (50, 1))])
    >>> gaussians = NormalWishart.of("full", 4, np.zeros(1), 1.0, np.zeros(1), 1.0, np.eye(1))
    >>> model = Mixture(DirichletWeights(np.full(4, 0.01)), gaussians)
    >>> monitor = Monitor(max_iter=200)
    >>> q = cavi(model, [Observations(X)], monitor, rng=rng)
    >>> bool(np.all(np.diff(monitor.lower_bounds) > -1e-9))
    True
    >>> np.sort(model.weights.mean(q.weights)).round(1)
    array([0. , 0. , 0.5, 0.5])
    """

    weights: Weights
    components: Components
    n_jobs: int | None = None

    carries_local = False

    @property
    def state_types(self) -> tuple[type, ...]:
        """Dataclasses of the state, for checkpoints."""
        return (
            MixtureGlobals, MixtureStats, *self.weights.state_types, *self.components.state_types
        )  # fmt: skip

    @property
    def n_components(self) -> int:
        """Number of components."""
        return self.components.n_components

    @property
    def _n_threads(self) -> int:
        return effective_n_threads(self.n_jobs)

    def init_globals(self, batch: Observations, rng: Any) -> MixtureGlobals:
        """Start from components about rows of a batch that are drawn by chance.

        Parameters
        ----------
        batch : Observations
            Some observations.
        rng : RandomState or Generator
            Source of the draws.

        Returns
        -------
        MixtureGlobals
            q(pi) and q(theta).
        """
        counts, moments = self.components.start(batch, rng, self._n_threads)
        return self.global_step(MixtureStats(counts, moments), None)

    def gather(self, batch: Observations, assignment: NDArray[Any]) -> MixtureStats:
        """Statistics of observations whose components are given: a start by k-means, say.

        Parameters
        ----------
        batch : Observations
            The observations.
        assignment : ndarray of shape (n_observations,) or (n_observations, n_components)
            Labels, of which negative ones are of no component, or responsibilities.

        Returns
        -------
        MixtureStats
            To be given to :meth:`global_step`.
        """
        counts, moments = self.components.gather(
            batch, assignment, self.n_components, self._n_threads
        )
        return MixtureStats(counts, moments)

    def expect(self, globals_: MixtureGlobals) -> MixtureView:
        """Expectations that the local step reads.

        Parameters
        ----------
        globals_ : MixtureGlobals
            q(pi) and q(theta).

        Returns
        -------
        MixtureView
            E[log pi] and what E[log p] is computed from.
        """
        return MixtureView(
            self.weights.expect(globals_.weights), self.components.expect(globals_.components)
        )

    def sample_view(self, globals_: MixtureGlobals, rng: np.random.Generator) -> MixtureView:
        """One draw from q(pi) and q(theta), to be read in place of expectations.

        Parameters
        ----------
        globals_ : MixtureGlobals
            q(pi) and q(theta).
        rng : Generator
            Source of the draw.

        Returns
        -------
        MixtureView
            log pi and what log p is computed from.
        """
        return MixtureView(
            self.weights.sample(globals_.weights, rng),
            self.components.sample(globals_.components, rng),
        )

    def local_step(
        self,
        batch: Observations,
        view: MixtureView,
        local: None = None,
        rng: Any = None,
    ) -> tuple[MixtureStats, float, None]:
        """Find q(z) of every observation, in one pass.

        Parameters
        ----------
        batch : Observations
            The observations.
        view : MixtureView
            Weights and components.
        local : None
            Not looked at: q(z) does not depend on where it starts.
        rng : None
            Not looked at.

        Returns
        -------
        stats : MixtureStats
            Expected counts and moments.
        h : float
            Entropy of q(z), and the part of the log density that depends on no parameter.
        local : None
            Nothing.
        """
        stats, bound = self.bounded_step(batch, view, rng)
        return stats, bound - stats.inner(view), None

    def bounded_step(
        self,
        batch: Observations,
        view: MixtureView,
        rng: Any = None,
    ) -> tuple[MixtureStats, float]:
        """:meth:`local_step` with the sum of both parts of the bound.

        Parameters
        ----------
        batch, view, rng : object
            As there.

        Returns
        -------
        stats : MixtureStats
            Expected counts and moments.
        bound : float
            Sum over observations of weight times log of the sum over components of exp(E[log pi] +
            E[log p]).
        """
        rows = RowResults.of(batch, self.n_components)
        bound, counts, moments = self.components.visit(
            batch, view.log_weights, view.components, rows, self._n_threads
        )
        return MixtureStats(counts, moments), bound

    def assign(
        self,
        batch: Observations,
        view: MixtureView,
        *,
        log_norm: bool = False,
        responsibilities: bool = False,
        labels: bool = False,
    ) -> RowResults:
        """Find out about each observation what is wanted, and no statistics.

        Parameters
        ----------
        batch : Observations
            The observations.
        view : MixtureView
            Weights and components.
        log_norm, responsibilities, labels : bool
            What is wanted.

        Returns
        -------
        RowResults
            Arrays of the type of the data; those not wanted have no rows.
        """
        rows = RowResults.of(
            batch, self.n_components, log_norm=log_norm, responsibilities=responsibilities,
            labels=labels,
        )  # fmt: skip
        self.components.visit(
            batch, view.log_weights, view.components, rows, self._n_threads, statistics=False
        )
        return rows

    def global_step(self, stats: MixtureStats, globals_: MixtureGlobals | None) -> MixtureGlobals:
        """Update q(pi) and q(theta), each the best given the statistics.

        Parameters
        ----------
        stats : MixtureStats
            Of all observations.
        globals_ : MixtureGlobals or None
            The last: a mean without data or prior stays where it was, and a learned concentration
            is updated after the sticks that depend on it.

        Returns
        -------
        MixtureGlobals
            q(pi) and q(theta).
        """
        weights, components = None, None
        if globals_ is not None:
            weights, components = globals_.weights, globals_.components
        return MixtureGlobals(
            self.weights.step(stats.counts, weights),
            self.components.step(stats.counts, stats.moments, components),
        )

    def global_bound(self, globals_: MixtureGlobals) -> float:
        """Return -KL(q(pi, theta) || prior), of points the log density of the prior.

        Parameters
        ----------
        globals_ : MixtureGlobals
            q(pi) and q(theta).

        Returns
        -------
        float
            In nats; 0 for maximum likelihood.
        """
        of_weights = self.weights.bound(globals_.weights)
        return float(of_weights + self.components.bound(globals_.components))

    @property
    def posterior_bound(self) -> Callable[[MixtureGlobals], float] | None:
        """<stats, view> + :meth:`global_bound` of the globals of a :meth:`global_step`.

        None, as if it were not there, of components that do not have it in closed form, and where
        the weights' step depends on the last globals.
        """
        if self.weights.looks_back or not hasattr(self.components, "posterior_bound"):
            return None
        return self._posterior_bound

    def _posterior_bound(self, globals_: MixtureGlobals) -> float:
        components: Any = self.components
        counts = components.counts(globals_.components)
        some = counts > 0
        of_counts = counts[some] @ self.weights.expect(globals_.weights)[some]
        of_components = components.posterior_bound(globals_.components)
        return float(of_counts + self.weights.bound(globals_.weights) + of_components)

    def blend(self, globals_: MixtureGlobals, target: MixtureGlobals, rho: float) -> MixtureGlobals:
        """Move towards a target in natural coordinates; points, in what they are made from.

        Parameters
        ----------
        globals_ : MixtureGlobals
            Where from.
        target : MixtureGlobals
            Where to, of a :meth:`global_step`.
        rho : float
            0 stays, 1 goes all the way.

        Returns
        -------
        MixtureGlobals
            (1 - rho) globals + rho target.

        References
        ----------
        M. Hoffman, D. Blei, C. Wang, J. Paisley (2013), Stochastic variational inference, JMLR 14.
        O. Cappe, E. Moulines (2009), On-line expectation-maximization algorithm for latent data
        models, JRSS B 71 (points).
        """
        if rho == 1:
            return target
        return MixtureGlobals(
            self.weights.blend(globals_.weights, target.weights, rho),
            self.components.blend(globals_.components, target.components, rho),
        )

    def coordinates(
        self, globals_: MixtureGlobals, reference: MixtureGlobals
    ) -> NDArray[np.float64]:
        """Coordinates without constraints, for drivers that extrapolate.

        Parameters
        ----------
        globals_ : MixtureGlobals
            q(pi) and q(theta), of a :meth:`global_step`.
        reference : MixtureGlobals
            Others, of whose units they are.

        Returns
        -------
        ndarray of shape (n_coordinates,)
            Of expected counts and of the components, from which q(pi) follows.
        """
        components: Any = self.components
        coordinates: Array = components.coordinates(globals_.components, reference.components)
        return coordinates

    def at_coordinates(
        self, coordinates: NDArray[np.float64], reference: MixtureGlobals
    ) -> MixtureGlobals | None:
        """Find the globals of given coordinates.

        Parameters
        ----------
        coordinates : ndarray of shape (n_coordinates,)
            As of :meth:`coordinates`.
        reference : MixtureGlobals
            The same as there.

        Returns
        -------
        MixtureGlobals or None
            None where the coordinates are out of the range of numbers.
        """
        components: Any = self.components
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                q, counts = components.at_coordinates(coordinates, reference.components)
        except np.linalg.LinAlgError:
            return None
        return MixtureGlobals(self.weights.step(counts, reference.weights), q)

    def with_prior(self, globals_: MixtureGlobals) -> Mixture:
        """Make the mixture whose prior is a posterior of this one.

        Points keep the statistics of former data as if they were seen again.

        Parameters
        ----------
        globals_ : MixtureGlobals
            q(pi) and q(theta).

        Returns
        -------
        Mixture
            For the next data.
        """
        return replace(
            self,
            weights=self.weights.with_prior(globals_.weights),
            components=self.components.with_prior(globals_.components),
        )

    def predictive(self, globals_: MixtureGlobals) -> Any:
        """Density of new observations, with the parameters integrated out.

        Parameters
        ----------
        globals_ : MixtureGlobals
            q(pi) and q(theta).

        Returns
        -------
        StudentMixture
            For `NormalWishart` components. With points, the density of an observation is the
            `log_norm` of :meth:`assign`.
        """
        return self.components.predictive(globals_.components, self.weights.mean(globals_.weights))
