"""A mixture of normal distributions of one variable, as points, with every kind of M-step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp


@dataclass(frozen=True, eq=False)
class Moments:
    """Expected numbers, sums and sums of squares of the components."""

    n: np.ndarray
    x: np.ndarray
    xx: np.ndarray

    def __add__(self, other):
        return Moments(self.n + other.n, self.x + other.x, self.xx + other.xx)

    def __sub__(self, other):
        return Moments(self.n - other.n, self.x - other.x, self.xx - other.xx)

    def scale(self, factor):
        return Moments(factor * self.n, factor * self.x, factor * self.xx)

    def zeros(self):
        return self.scale(0.0)

    def squares(self, means):
        """About other means than 0."""
        return self.xx - 2 * means * self.x + means**2 * self.n

    def inner(self, view):
        log_norm = np.log(view.weights) - 0.5 * np.log(2 * np.pi * view.variances)
        return float((self.n * log_norm - 0.5 * self.squares(view.means) / view.variances).sum())


@dataclass(frozen=True, eq=False)
class Normals:
    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray


@dataclass(frozen=True)
class NormalMixture:
    """Maximum likelihood, in all at once, by Newton's or gradient steps, or block by block."""

    start: Normals
    step: float = 1.0  # of the ascent, beside the step that reaches the maximum

    carries_local = False
    blocks = ("weights", "means", "variances")

    def init_globals(self, batch, rng):
        return self.start

    def expect(self, globals_):
        return globals_

    def log_joint(self, batch, view):
        of_all = np.square(batch[:, None] - view.means) / view.variances
        return np.log(view.weights) - 0.5 * (np.log(2 * np.pi * view.variances) + of_all)

    def local_step(self, batch, view, local=None, rng=None):
        log_joint = self.log_joint(batch, view)
        norm = logsumexp(log_joint, axis=1, keepdims=True)
        r = np.exp(log_joint - norm)
        stats = Moments(r.sum(axis=0), batch @ r, batch**2 @ r)
        return stats, float(norm.sum()) - stats.inner(view), None

    def global_step(self, stats, globals_):
        means = stats.x / stats.n
        return Normals(stats.n / stats.n.sum(), means, stats.squares(means) / stats.n)

    def global_bound(self, globals_):
        return 0.0

    def conditional_step(self, stats, globals_, block):
        best = {
            "weights": lambda: stats.n / stats.n.sum(),
            "means": lambda: stats.x / stats.n,
            "variances": lambda: stats.squares(globals_.means) / stats.n,
        }
        return replace(globals_, **{block: best[block]()})

    def coordinates(self, globals_, reference):
        logs = np.log(globals_.weights), np.log(globals_.variances)
        return np.concatenate([logs[0], globals_.means, logs[1]])

    def at_coordinates(self, coordinates, reference):
        weights, means, variances = coordinates.reshape(3, -1)
        weights = np.exp(weights - weights.max())
        variances = np.exp(variances)
        if not np.isfinite(variances).all() or not variances.all():
            return None
        return Normals(weights / weights.sum(), means, variances)

    def ascent_direction(self, stats, globals_):
        """Gradient, divided by the Fisher information."""
        n, off = stats.n, stats.squares(globals_.means)
        of_weights = n / n.sum() / globals_.weights - 1
        of_means = stats.x / n - globals_.means
        of_variances = off / globals_.variances / n - 1
        return self.step * np.concatenate([of_weights, of_means, of_variances])
