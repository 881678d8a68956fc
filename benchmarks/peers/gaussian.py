"""A Gaussian variable with unknown mean and precision: bayespy and NumPyro."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from fastvb.families import Gamma, Normal, NormalGamma
from fastvb.inference import Monitor, cavi
from fastvb.models import ConjugateModel, GaussianGammaModel
from fastvb.models.gaussian_gamma import MeanAndPrecision, NormalSums
from peers.contest import (
    NEAR_NATS,
    Array,
    Contest,
    Side,
    passes_to,
    require,
    require_same_bound,
)

PRIOR = NormalGamma(mean=0.0, strength=0.1, shape=1.0, rate=1.0)
FIRST_ROWS = 1000  # where SVI starts
RATES, STEPS, LAST = (1.0, 0.3, 0.1), (1000, 2000), 1e-3  # the last rate, of the first


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
