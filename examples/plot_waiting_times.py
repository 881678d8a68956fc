"""Your own model: a mixture of exponential distributions, for waiting times of several kinds.

    pi ~ Dirichlet(alpha),  rate_k ~ Gamma(a, b),  z_n ~ pi,  x_n | z_n = k ~ Exponential(rate_k)

It is written twice. First in NumPy alone: what the drivers of fastvb.inference ask of a model is a
few functions, and statistics that add up. Here the data of a component are its number of waits and
their sum, q is told apart from its prior by just these numbers, and so one class is statistics and
globals at once. Then as a family of components whose log density is linear in x: that brings the
compiled pass through the data, and all kinds of weights, along.
"""

import time
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from fastvb.families import Dirichlet, Gamma
from fastvb.inference import (
    Monitor,
    RobbinsMonro,
    check_model,
    em,
    memoized,
    structured_svi,
    svi,
)
from fastvb.models import (
    DirichletWeights,
    LinearComponents,
    LinearView,
    Mixture,
    ObservationMinibatches,
    Observations,
)
from fastvb.special import digamma


@dataclass(frozen=True)
class Waits:
    """Numbers of waits of each kind, and how long they take together."""

    counts: np.ndarray
    sums: np.ndarray

    def __add__(self, other):
        return Waits(self.counts + other.counts, self.sums + other.sums)

    def __sub__(self, other):  # never less than nothing, by rounding
        return Waits(
            np.maximum(self.counts - other.counts, 0), np.maximum(self.sums - other.sums, 0)
        )

    def scale(self, factor):
        return Waits(factor * self.counts, factor * self.sums)

    def zeros(self):
        return self.scale(0.0)

    def inner(self, view):
        log_pi, log_rate, rate = view
        return self.counts @ (log_pi + log_rate) - self.sums @ rate


@dataclass(frozen=True)
class ExponentialMixture:
    """q(pi) = Dirichlet(alpha + counts), q(rate_k) = Gamma(a + counts_k, b + sums_k)."""

    n_components: int
    alpha: float = 1.0
    a: float = 1.0
    b: float = 1.0
    carries_local = False

    def factors(self, q):
        return Dirichlet(self.alpha + q.counts), Gamma(self.a + q.counts, self.b + q.sums)

    def init_globals(self, batch, rng):
        some = rng.choice(batch, self.n_components)
        counts = np.full(self.n_components, len(batch) / self.n_components)
        return Waits(counts, counts * some)

    def expect(self, q):
        pi, rate = self.factors(q)
        log_rate, mean_rate = np.moveaxis(rate.mean_parameters, -1, 0)
        return pi.mean_parameters, log_rate, mean_rate

    def sample_view(self, q, rng):
        pi, rate = (factor.sample(rng) for factor in self.factors(q))
        return np.log(pi), np.log(rate), rate

    def local_step(self, batch, view, local=None, rng=None):
        log_pi, log_rate, rate = view
        log_joint = log_pi + log_rate - batch[:, np.newaxis] * rate
        log_norm = np.logaddexp.reduce(log_joint, axis=1, keepdims=True)
        responsibilities = np.exp(log_joint - log_norm)
        stats = Waits(responsibilities.sum(axis=0), batch @ responsibilities)
        return stats, log_norm.sum() - stats.inner(view), None

    def global_step(self, stats, q):
        return stats

    def global_bound(self, q):
        prior = self.factors(q.zeros())
        return -sum(
            ours.kl(theirs).sum() for ours, theirs in zip(self.factors(q), prior, strict=True)
        )

    def blend(self, q, target, rho):
        return q.scale(1 - rho) + target.scale(rho)


@dataclass(frozen=True)
class Minibatches:
    """Rows in another order in every epoch."""

    X: np.ndarray
    size: int = 500

    @property
    def n_total(self):
        return len(self.X)

    def epoch(self, number, start=0):
        X = np.random.default_rng(number).permutation(self.X)
        return (X[i : i + self.size] for i in range(start * self.size, len(X), self.size))


class Exponentials(LinearComponents):
    """The same components for Mixture: E[log p] = E[log rate] - E[rate] x."""

    def __init__(self, n_components, a=1.0, b=1.0):
        self.prior = Waits(np.full((n_components, 1), a), np.full((n_components, 1), b))
        self.state_types = (Waits,)

    @property
    def n_components(self):
        return len(self.prior.counts)

    def step(self, counts, moments, last):
        sums, observed = moments
        return self.prior + Waits(observed, sums)

    def expect(self, q):
        return LinearView(-q.counts / q.sums, digamma(q.counts) - np.log(q.sums))

    def bound(self, q):
        return -float(Gamma(q.counts, q.sums).kl(Gamma(self.prior.counts, self.prior.sums)).sum())

    def blend(self, q, target, rho):
        return q.scale(1 - rho) + target.scale(rho)

    def with_prior(self, q):
        return Exponentials(self.n_components, q.counts, q.sums)

    def sample(self, q, rng):
        rate = Gamma(q.counts, q.sums).sample(rng)
        return LinearView(-rate, np.log(rate))


N_PASSES = 100
rng = np.random.default_rng(0)
means = np.array([0.3, 4.0, 60.0])
x = rng.exponential(rng.choice(means, 20_000, p=[0.5, 0.3, 0.2]))

model = ExponentialMixture(n_components=3)
check_model(model, x[:60])  # shapes, sums, bound, optimum: says what is wrong
start = model.init_globals(x, np.random.default_rng(1))
by_waits = {"schedule": RobbinsMonro(0.6, 1.0), "globals_": start}
fits = {
    "em": lambda monitor: em(model, [x], monitor, globals_=start),
    "memoized": lambda monitor: memoized(model, np.array_split(x, 40), monitor, globals_=start),
    "svi": lambda monitor: svi(model, Minibatches(x), monitor, **by_waits),
    "structured svi": lambda monitor: structured_svi(model, Minibatches(x), monitor, **by_waits),
}
figure = Figure(figsize=(9, 3.6), layout="constrained")
left, right = figure.subplots(1, 2)
print("driver          means of the kinds      weights              bound of the last pass")
for name, run in fits.items():
    monitor = Monitor(N_PASSES)
    q = run(monitor)
    pi, rate = model.factors(q)
    order = np.argsort(rate.shape / rate.rate)[::-1]
    scales, weights = (rate.rate / rate.shape)[order], (q.counts / q.counts.sum())[order]
    print(
        f"{name:15} {scales.round(2)!s:23} {weights.round(3)!s:20} {monitor.lower_bounds[-1]:.1f}"
    )
    left.plot(range(1, N_PASSES + 1), monitor.lower_bounds, label=name, linewidth=1.2)
left.set(xscale="log", xlabel="passes over the data", ylabel="ELBO or its estimate, nats")
left.set_ylim(monitor.lower_bounds[-1] - 3000, monitor.lower_bounds[-1] + 500)
left.legend()

compiled = Mixture(DirichletWeights(np.ones(3)), Exponentials(3))
rows = Observations(x[:, np.newaxis])
begin = compiled.global_step(compiled.gather(rows, np.searchsorted([1.0, 15.0], x)), None)
same = Waits(*(part[:, 0] - 1 for part in (begin.components.counts, begin.components.sums)))
bounds, seconds = [], []
for each, batch, globals_ in ((model, x, same), (compiled, rows, begin)):
    monitor = Monitor(max_iter=50)
    since = time.perf_counter()
    em(each, [batch], monitor, globals_=globals_)
    seconds.append((time.perf_counter() - since) / 50)
    bounds.append(monitor.lower_bounds[-1])
print(f"bound of the NumPy model less that of the compiled pass: {abs(bounds[0] - bounds[1]):.0e}")
print(f"a pass takes {seconds[0] * 1e3:.2f} ms in NumPy, compiled {seconds[1] * 1e3:.2f} ms")
minibatches = ObservationMinibatches(rows, 500, seed=0)
q = svi(compiled, minibatches, Monitor(20), schedule=RobbinsMonro(0.7, 1.0), globals_=begin)
print("svi with it:", np.sort(1 / -compiled.expect(q).components.slopes[:, 0]).round(2))

edges = np.geomspace(x.min(), x.max(), 80)
right.hist(x, edges, density=True, color="0.85")
at = np.sqrt(edges[1:] * edges[:-1])
for scale, weight in zip(scales, weights, strict=True):
    right.plot(at, weight / scale * np.exp(-at / scale), linewidth=1.2)
right.set(xscale="log", yscale="log", ylim=(1e-6, 3), xlabel="waiting time", ylabel="density")
figure.savefig("plot_waiting_times.png", dpi=100)
