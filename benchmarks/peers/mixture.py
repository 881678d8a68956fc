"""A mixture of Gaussians: scikit-learn and bayespy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.datasets import make_mixture
from fastvb.inference import Monitor, cavi
from fastvb.models import DirichletWeights, Mixture, NormalWishart, Observations
from fastvb.models._mixture_weights import WeightCounts
from fastvb.models._normal_wishart import NormalWishartParameters
from fastvb.models.mixture import MixtureGlobals
from peers.contest import (
    NEAR,
    Array,
    Contest,
    Side,
    bound_at,
    passes_to,
    require,
    require_same_bound,
)

# q of another form
CLOSE = 0.02  # weights, and means in standard deviations of the data
CLOSE_NATS = 10.0
TOL, MAX_ITER = 1e-8, 300  # of the bound: when a mixture is at rest


@dataclass(frozen=True)
class MixtureProblem:
    """Rows, and the nearest of some of them as labels."""

    X: Array
    n_components: int

    @classmethod
    def of(cls, quick: bool) -> MixtureProblem:
        n, d, k, separation = (600, 2, 3, 4.0) if quick else (20_000, 4, 8, 2.0)
        return cls(make_mixture(n, k, d, separation=separation, random_state=5)[0], k)

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        rows = np.random.default_rng(0).choice(len(self.X), self.n_components, replace=False)
        distances = ((self.X[:, np.newaxis] - self.X[rows]) ** 2).sum(axis=2)
        return distances.argmin(axis=1)

    @cached_property
    def center(self) -> Array:
        return self.X.mean(axis=0)

    @cached_property
    def scatter(self) -> Array:
        return np.cov(self.X.T)

    @property
    def dof(self) -> float:
        return float(self.X.shape[1])

    @cached_property
    def expected_precision(self) -> Array:
        """E[Lambda] of the prior."""
        return self.dof * np.linalg.inv(self.scatter)

    @cached_property
    def name(self) -> str:
        n, d = self.X.shape
        return f"mixture of {self.n_components} Gaussians, {n:,} x {d}"

    def model(self) -> Mixture:
        gaussians = NormalWishart.of(
            "full", self.n_components, self.center, 1.0, self.center, self.dof, self.scatter
        )
        return Mixture(DirichletWeights(np.ones(self.n_components)), gaussians)

    def fit(self, max_iter: int, tol: float = 0.0) -> tuple[MixtureGlobals, list[float]]:
        model, batch, monitor = self.model(), Observations(self.X), Monitor(max_iter, tol)
        start = model.global_step(model.gather(batch, self.labels), None)
        q = cavi(model, [batch], monitor, globals_=start)
        return q, monitor.lower_bounds


def sklearn_fit(problem: MixtureProblem, n_iter: int) -> Any:
    from sklearn.mixture import BayesianGaussianMixture

    class FromLabels(BayesianGaussianMixture):
        def _initialize_parameters(self, X: Array, *_: Any, **__: Any) -> None:
            self._initialize(X, np.eye(self.n_components)[problem.labels])

    mixture = FromLabels(
        n_components=problem.n_components, tol=0.0, reg_covar=0.0, max_iter=n_iter,
        weight_concentration_prior_type="dirichlet_distribution", weight_concentration_prior=1.0,
        mean_precision_prior=1.0, mean_prior=problem.center,
        degrees_of_freedom_prior=problem.dof, covariance_prior=problem.scatter,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged
        return mixture.fit(problem.X)


def q_of_sklearn(problem: MixtureProblem, mixture: Any) -> MixtureGlobals:
    dof = mixture.degrees_of_freedom_
    components = NormalWishartParameters(
        "full", mixture.mean_precision_, mixture.means_ - problem.center, dof,
        mixture.covariances_ * dof[:, np.newaxis, np.newaxis],
    )  # fmt: skip
    return MixtureGlobals(WeightCounts(mixture.weight_concentration_), components)


def same_updates(quick: bool) -> Iterator[Contest]:
    problem = MixtureProblem.of(quick)
    n_iter = len(problem.fit(MAX_ITER, TOL)[1])
    model, batch = problem.model(), Observations(problem.X)
    q_of_theirs = q_of_sklearn(problem, sklearn_fit(problem, n_iter))
    theirs, ours = (bound_at(model, batch, q) for q in (q_of_theirs, problem.fit(n_iter)[0]))
    require_same_bound("scikit-learn", theirs, ours)
    yield Contest(
        f"{problem.name}: the same iterations",
        Side("fastvb", lambda: problem.fit(n_iter), n_iter, ours),
        Side("scikit-learn", lambda: sklearn_fit(problem, n_iter), n_iter, theirs),
    )


class BayespyMixture:
    """Its nodes and iterations."""

    def __init__(self, problem: MixtureProblem) -> None:
        from bayespy.inference import VB
        from bayespy.nodes import Categorical, Dirichlet, Gaussian, Mixture, Wishart

        n, k, of_components = len(problem.X), problem.n_components, (problem.n_components,)
        self._weights = Dirichlet(np.ones(k))
        self._means = Gaussian(problem.center, problem.expected_precision, plates=of_components)
        precisions = Wishart(problem.dof, problem.scatter, plates=of_components)
        components = Categorical(self._weights, plates=(n,))
        components.initialize_from_value(problem.labels)
        rows = Mixture(components, Gaussian, self._means, precisions)
        rows.observe(problem.X)
        self._vb = VB(rows, self._means, precisions, self._weights, components)

    def fit(self, max_iter: int, tol: float = 0.0) -> list[float]:
        bounds: list[float] = []
        for n_iter in range(max_iter):
            self._vb.update(verbose=False)
            bounds.append(float(self._vb.L[n_iter]))
            if n_iter > 0 and abs(bounds[-1] - bounds[-2]) < tol * abs(bounds[-1]):
                break
        return bounds

    def weights(self) -> Array:
        counts = self._weights.get_parameters()[0]
        return counts / counts.sum()

    def means(self) -> Array:
        return self._means.get_moments()[0]


def log_prior_ratio(problem: MixtureProblem, q: MixtureGlobals) -> float:
    """Log density of the means by bayespy's prior over that by ours, at the expected parameters."""
    dof = q.components.dof[:, np.newaxis, np.newaxis]
    theirs, ours = problem.expected_precision, dof * np.linalg.inv(q.components.scatter)
    means = q.components.means  # of the prior: 0
    distances = np.einsum("ki,kij,kj->k", means, ours - theirs, means)
    log_dets = np.linalg.slogdet(theirs)[1] - np.linalg.slogdet(ours)[1]
    return 0.5 * float((log_dets + distances).sum())


def require_close(
    problem: MixtureProblem, q: MixtureGlobals, bound: float, mixture: BayespyMixture, theirs: float
) -> None:
    """Stop if the components are others, or the bound differs by more than the priors do."""
    model, deviations = problem.model(), problem.X.std(axis=0)
    require("the weights of bayespy,", mixture.weights(), model.weights.mean(q.weights), CLOSE)
    ours = (q.components.means + problem.center) / deviations
    require("the means of bayespy,", mixture.means() / deviations, ours, CLOSE)
    require("the ELBO of bayespy,", theirs, bound + log_prior_ratio(problem, q), CLOSE_NATS)


def independent_means(quick: bool) -> Iterator[Contest]:
    problem = MixtureProblem.of(quick)
    q, ours = problem.fit(MAX_ITER, TOL)
    mixture = BayespyMixture(problem)
    theirs = mixture.fit(MAX_ITER, TOL)
    require_close(problem, q, ours[-1], mixture, theirs[-1])
    to = [passes_to(trace[-1] - NEAR * abs(trace[-1]), trace) for trace in (ours, theirs)]
    yield Contest(
        f"{problem.name}: to 0.1 per mille of its own last bound",
        Side("fastvb", lambda: problem.fit(to[0]), to[0], ours[to[0] - 1]),
        Side(
            "bayespy, q(mu) q(Lambda)", lambda: BayespyMixture(problem).fit(to[1]), to[1],
            theirs[to[1] - 1],
        ),
    )  # fmt: skip
