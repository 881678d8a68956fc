"""Seconds to the same ELBO, beside libraries that do the same inference on the same models.

    python benchmarks/peers.py

A Gaussian variable with unknown mean and precision:

- bayespy: its GaussianGamma node has the exact posterior, so the bounds are the log evidence.
- NumPyro: SVI by Adam, with Trace_ELBO of one draw in every step, double precision and all rows,
  q(mu) Normal and q(tau) Gamma, these by their means, a standard deviation and a shape. The
  seconds are those until the exact ELBO of its q, computed here after each step, untimed, is
  within 0.1 nats of the optimum by mean field; of several learning rates and decays the best
  counts. Both start from the q of the first rows. The steps are one compiled loop, and neither
  compiling it nor choosing among the settings is timed.

A mixture of Gaussians with full covariances, from the same labels:

- scikit-learn: its updates are the same, so both do as many iterations, and the ELBO of its q is
  computed by fastvb. Its fit ends with one more E-step.
- bayespy: a mean and a precision matrix are independent in its prior and its q, for it has no
  Normal-Wishart node that works. The prior of its means has the expected precision of ours. So its
  ELBO is another; less the log ratio of the priors of the means it must be ours, within 10 nats.
  The seconds are those until each bound is within 0.1 per mille of its own last value.

Seconds include what makes a model of arrays, but for NumPyro, and the bound that each library
computes in every iteration. Sides take turns and medians count; the ratio is the median over the
rounds. The script stops where results differ.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fastvb
from fastvb.datasets import make_mixture
from fastvb.families import Gamma, Normal, NormalGamma
from fastvb.inference import Monitor, cavi
from fastvb.models import (
    ConjugateModel,
    DirichletWeights,
    GaussianGammaModel,
    Mixture,
    NormalWishart,
    Observations,
)
from fastvb.models._mixture_weights import WeightCounts
from fastvb.models._normal_wishart import NormalWishartParameters
from fastvb.models.gaussian_gamma import MeanAndPrecision, NormalSums
from fastvb.models.mixture import MixtureGlobals

sys.path.insert(0, str(Path(__file__).parent))
from versus.measure import interleaved, on_threads

Array = NDArray[np.float64]

SAME = 1e-6  # of the bound, where the updates are equal
NEAR = 1e-4  # of the bound
NEAR_NATS = 0.1
# q of another form
CLOSE = 0.02  # weights, and means in standard deviations of the data
CLOSE_NATS = 10.0
TOL, MAX_ITER = 1e-8, 300  # of the bound: when a mixture is at rest
PRIOR = NormalGamma(mean=0.0, strength=0.1, shape=1.0, rate=1.0)
FIRST_ROWS = 1000  # where SVI starts
RATES, STEPS, LAST = (1.0, 0.3, 0.1), (1000, 2000), 1e-3  # the last rate, of the first


class Side(NamedTuple):
    """A library's way to a bound."""

    name: str
    call: Callable[[], object]  # what is timed
    passes: int  # over the rows
    bound: float


class Contest(NamedTuple):
    """Two of them."""

    title: str
    ours: Side
    theirs: Side


def require(what: str, theirs: Any, ours: Any, tolerance: float) -> None:
    """Stop if these differ by more."""
    if not np.all(np.abs(np.subtract(theirs, ours)) <= tolerance):
        raise SystemExit(f"Not compared: {what} {theirs} differs from {ours} of fastvb.")


def require_same_bound(name: str, theirs: float, ours: float) -> None:
    require(f"the ELBO of {name},", theirs, ours, SAME * abs(ours))


def bound_at(model: Any, batch: Any, q: Any) -> float:
    """The ELBO at q, with the best local parameters."""
    view = model.expect(q)
    stats, h, _ = model.local_step(batch, view)
    return float(stats.inner(view) + h + model.global_bound(q))


def passes_to(goal: float, bounds: Any) -> int | None:
    """How many until the goal is reached."""
    near = np.flatnonzero(np.asarray(bounds) >= goal)
    return int(near[0]) + 1 if len(near) else None


def gaussian_rows(n: int) -> Array:
    return np.random.default_rng(0).normal(3.0, 2.0, n)


# Exact posterior


def log_evidence(x: Array) -> float:
    monitor = Monitor(1)
    cavi(ConjugateModel(Normal, PRIOR), [x], monitor)
    return monitor.lower_bounds[-1]


def bayespy_log_evidence(x: Array) -> float:
    from bayespy.inference import VB
    from bayespy.nodes import GaussianARD, GaussianGamma

    mean_and_precision = GaussianGamma(
        PRIOR.mean.item(), PRIOR.strength.item(), PRIOR.shape.item(), PRIOR.rate.item(), ndim=0
    )
    rows = GaussianARD(mean_and_precision, 1.0, ndim=0, plates=(len(x),))
    rows.observe(x)
    vb = VB(mean_and_precision, rows)
    vb.update(verbose=False)
    return float(vb.L[0])


def exact_posterior(quick: bool) -> Iterator[Contest]:
    for n in (2000,) if quick else (100_000, 1_000_000):
        x = gaussian_rows(n)
        ours, theirs = log_evidence(x), bayespy_log_evidence(x)
        require_same_bound("bayespy", theirs, ours)
        yield Contest(
            f"Gaussian, {n:,} rows: exact posterior",
            Side("fastvb", partial(log_evidence, x), 1, ours),
            Side("bayespy", partial(bayespy_log_evidence, x), 1, theirs),
        )


# Mean field


@dataclass(frozen=True)
class MeanFieldProblem:
    """q(mu) q(tau) of some rows, from the q of the first of them."""

    x: Array

    @cached_property
    def model(self) -> GaussianGammaModel:
        return GaussianGammaModel(PRIOR)

    @cached_property
    def start(self) -> MeanAndPrecision:
        return cavi(self.model, [self.x[:FIRST_ROWS, np.newaxis]], Monitor(20))

    def fit(self, n_iter: int) -> tuple[MeanAndPrecision, list[float]]:
        monitor = Monitor(n_iter)
        q = cavi(self.model, [self.x[:, np.newaxis]], monitor, globals_=self.start)
        return q, monitor.lower_bounds

    @cached_property
    def stats(self) -> NormalSums:
        return self.model.local_step(self.x[:, np.newaxis], None)[0]

    def bound(self, q: MeanAndPrecision) -> float:
        return float(self.stats.inner(self.model.expect(q)) + self.model.global_bound(q))


class Setting(NamedTuple):
    """A learning rate, and in how many steps it decays."""

    rate: float
    steps: int


class GuideParameters(NamedTuple):
    """Of q(mu) q(tau), as the guide has them."""

    mean: Any
    deviation: Any
    precision: Any  # E[tau]
    shape: Any

    @classmethod
    def of(cls, q: MeanAndPrecision) -> GuideParameters:
        parts = q.mean.mean, np.sqrt(q.mean.variance), q.expected_precision, q.precision.shape
        return cls(*(part.item() for part in parts))

    def q(self) -> MeanAndPrecision:
        mean, deviation, precision, shape = (np.reshape(part, 1) for part in self)
        return MeanAndPrecision(Normal(mean, deviation**2), Gamma(shape, shape / precision))


class Stochastic:
    """NumPyro's model and guide of a problem, and its steps."""

    def __init__(self, problem: MeanFieldProblem) -> None:
        import jax
        import numpyro

        numpyro.enable_x64()
        self._start, self._x = GuideParameters.of(problem.start), jax.numpy.asarray(problem.x)

    @staticmethod
    def model(x: Any) -> None:
        import numpyro
        from jax.numpy import sqrt
        from numpyro.distributions import Gamma, Normal

        mean, strength, shape, rate = (
            part.item() for part in (PRIOR.mean, PRIOR.strength, PRIOR.shape, PRIOR.rate)
        )
        tau = numpyro.sample("tau", Gamma(shape, rate))
        mu = numpyro.sample("mu", Normal(mean, 1 / sqrt(strength * tau)))
        with numpyro.plate("rows", len(x)):
            numpyro.sample("x", Normal(mu, 1 / sqrt(tau)), obs=x)

    def guide(self, x: Any) -> None:
        import numpyro
        from numpyro.distributions import Gamma, Normal, constraints

        mean = numpyro.param("mean", self._start.mean)
        deviation, precision, shape = (
            numpyro.param(name, getattr(self._start, name), constraint=constraints.positive)
            for name in ("deviation", "precision", "shape")
        )
        numpyro.sample("tau", Gamma(shape, shape / precision))
        numpyro.sample("mu", Normal(mean, deviation))

    def estimate(self, q: MeanAndPrecision) -> float:
        """The ELBO by draws."""
        import jax
        from numpyro.infer import Trace_ELBO

        def loss(parameters: Any, x: Any) -> Any:
            elbo = Trace_ELBO(num_particles=100)
            return elbo.loss(jax.random.PRNGKey(1), parameters, self.model, self.guide, x)

        return -float(jax.jit(loss)(GuideParameters.of(q)._asdict(), self._x))

    def svi(self, setting: Setting, x: Any) -> tuple[Any, Any]:
        """Its updates and the state that they begin with."""
        import jax
        from numpyro.infer import SVI, Trace_ELBO
        from numpyro.optim import Adam

        rate, steps = setting
        adam = Adam(lambda step: rate * LAST ** (step / steps))
        svi = SVI(self.model, self.guide, adam, Trace_ELBO())
        return svi, svi.init(jax.random.PRNGKey(0), x)

    @cached_property
    def _scan(self) -> Callable[..., Any]:
        """Parameters after each of the most steps, compiled once for all settings."""
        import jax

        def run(setting: Setting, state: Any, x: Any) -> Any:
            svi, _ = self.svi(setting, x)

            def step(state: Any, _: None) -> tuple[Any, Any]:
                state, _ = svi.update(state, x)
                return state, svi.get_params(state)

            return jax.lax.scan(step, state, None, length=max(STEPS))[1]

        return jax.jit(run)

    def trace(self, setting: Setting) -> list[GuideParameters]:
        """Parameters after each step."""
        _, state = self.svi(setting, self._x)
        by_name = {k: np.asarray(v) for k, v in self._scan(setting, state, self._x).items()}
        columns = (by_name[name][: setting.steps] for name in GuideParameters._fields)
        return [GuideParameters(*row) for row in zip(*columns, strict=True)]

    def run(self, setting: Setting, n_steps: int) -> Callable[[], Any]:
        """Compile the first of the steps; the call returns the parameters after them."""
        import jax

        def run(state: Any, x: Any) -> Any:
            svi, _ = self.svi(setting, x)
            state = jax.lax.fori_loop(0, n_steps, lambda _, state: svi.update(state, x)[0], state)
            return svi.get_params(state)

        _, state = self.svi(setting, self._x)
        compiled = jax.jit(run).lower(state, self._x).compile()
        return lambda: jax.block_until_ready(compiled(state, self._x))


def fewest_steps(
    problem: MeanFieldProblem, stochastic: Stochastic, goal: float, quick: bool
) -> tuple[Setting, int]:
    """The best setting and its number of steps to the goal."""
    settings = [Setting(rate, steps) for rate in RATES for steps in STEPS]
    found = {}
    for setting in [Setting(0.3, 1000)] if quick else settings:
        bounds = [problem.bound(guide.q()) for guide in stochastic.trace(setting)]
        if (n := passes_to(goal, bounds)) is not None:
            found[setting] = n
    if not found:
        raise SystemExit("Not compared: no learning rate of SVI leads to the optimum.")
    best = min(found, key=lambda setting: found[setting])
    return best, found[best]


def mean_field(quick: bool) -> Iterator[Contest]:
    problem = MeanFieldProblem(gaussian_rows(2000 if quick else 100_000))
    stochastic = Stochastic(problem)
    q, bounds = problem.fit(20)
    h = bounds[-1] - problem.bound(q)
    require("its estimate of the same ELBO,", stochastic.estimate(q), bounds[-1], NEAR_NATS)
    goal = bounds[-1] - NEAR_NATS
    setting, n_steps = fewest_steps(problem, stochastic, goal - h, quick)
    run = stochastic.run(setting, n_steps)
    bound = h + problem.bound(GuideParameters(**run()).q())
    require("the ELBO of SVI,", bound, bounds[-1], 1.01 * NEAR_NATS)
    n_iter = passes_to(goal, bounds)
    yield Contest(
        f"Gaussian, {len(problem.x):,} rows: mean field, to {NEAR_NATS} nats of the optimum",
        Side("fastvb", lambda: problem.fit(n_iter), n_iter, bounds[n_iter - 1]),
        Side(f"NumPyro, Adam({setting.rate})", run, n_steps, bound),
    )


# Mixture


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


CONTESTS = {  # and the library that they take
    exact_posterior: "bayespy",
    mean_field: "numpyro",
    same_updates: "sklearn",
    independent_means: "bayespy",
}
PACKAGES = {"bayespy": ["bayespy"], "numpyro": ["numpyro", "jax"], "sklearn": ["scikit-learn"]}


def lines(contest: Contest, rounds: int) -> Iterator[str]:
    sides = (contest.ours, contest.theirs)
    taken = interleaved({side.name: side.call for side in sides}, rounds)
    ratio = np.median(taken[contest.theirs.name] / taken[contest.ours.name])
    yield ""
    yield contest.title
    yield f"{'':28}{'passes':>8}{'ms per pass':>13}{'seconds':>11}{'ratio':>8}{'ELBO':>15}"
    for side in sides:
        seconds = float(np.median(taken[side.name]))
        times = f"{ratio:8.1f}" if side is contest.theirs else f"{'':8}"
        per_pass = f"{1e3 * seconds / side.passes:13.3f}{seconds:11.5f}"
        yield f"{side.name:28}{side.passes:8}{per_pass}{times}{side.bound:15,.2f}"


def header(installed: set[str]) -> Iterator[str]:
    config = fastvb.show_config("dicts")
    packages = [name for library in PACKAGES if library in installed for name in PACKAGES[library]]
    yield ", ".join([
        f"fastvb {config['fastvb']}", f"SIMD level {config['simd_in_use']}",
        f"{config['threads']} thread(s)", *(f"{name} {version(name)}" for name in packages),
    ])  # fmt: skip
    if missing := [name for name in PACKAGES if name not in installed]:
        yield f"Not installed, left out: {', '.join(missing)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1, help="of each side")
    parser.add_argument("--rounds", type=int, default=11, help="at most")
    parser.add_argument("--quick", action="store_true", help="small problems: a smoke test")
    args = parser.parse_args()
    os.environ["NPROC"] = str(args.threads)  # XLA makes so many
    os.environ["JAX_PLATFORMS"] = "cpu"
    installed = {name for name in PACKAGES if importlib.util.find_spec(name) is not None}
    with on_threads(args.threads):
        print("\n".join(header(installed)), flush=True)
        for contests, library in CONTESTS.items():
            for contest in contests(args.quick) if library in installed else ():
                print("\n".join(lines(contest, 1 if args.quick else args.rounds)), flush=True)


if __name__ == "__main__":
    main()
