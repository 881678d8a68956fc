"""A model small enough to see through: a mixture of products of Bernoullis.

With one component it has no local variables, and is a Beta-Bernoulli model of each column.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaln, digamma, gammaln, logsumexp, polygamma
from scipy.stats import gamma


@dataclass(frozen=True, eq=False)
class Terms:
    """Of each component: its weight's term, and those of ones and zeros in each column.

    Counts for statistics, Dirichlet and Beta parameters for globals, logarithms for a view.
    """

    weights: np.ndarray  # (n_components,)
    pairs: np.ndarray  # (n_components, n_columns, 2)

    def __add__(self, other):
        return Terms(self.weights + other.weights, self.pairs + other.pairs)

    def __sub__(self, other):
        return Terms(
            np.maximum(self.weights - other.weights, 0), np.maximum(self.pairs - other.pairs, 0)
        )

    def scale(self, factor):
        return Terms(self.weights * factor, self.pairs * factor)

    def zeros(self):
        return self.scale(0.0)

    def inner(self, view):
        return float((self.weights * view.weights).sum() + (self.pairs * view.pairs).sum())

    def dirichlets(self):
        """Pairs and weights as rows."""
        return [*self.pairs.reshape(-1, 2), self.weights]


@dataclass(frozen=True, eq=False)
class Draw(Terms):
    """A view with what the correction V needs."""

    globals_: Terms
    gammas: Terms


def random_data(n_rows=40, n_columns=5, seed=0):
    """Rows of two kinds."""
    rng = np.random.default_rng(seed)
    probability = np.where(rng.random((n_rows, 1)) < 0.5, 0.9, 0.2)
    return (rng.random((n_rows, n_columns)) < probability).astype(float)


@dataclass(frozen=True)
class BernoulliMixture:
    prior: Terms

    carries_local = True
    state_types = (Terms,)

    @classmethod
    def flat(cls, n_components, n_columns):
        return cls(Terms(np.full(n_components, 0.7), np.full((n_components, n_columns, 2), 0.8)))

    def init_globals(self, batch, rng):
        return self.prior + Terms(
            *(rng.gamma(1.0, size=x.shape) for x in vars(self.prior).values())
        )

    def expect(self, globals_):
        return Terms(*(log_expectation(x) for x in vars(globals_).values()))

    def local_step(self, batch, view, local=None, rng=None):
        log_joint = view.weights + batch @ view.pairs[..., 0].T + (1 - batch) @ view.pairs[..., 1].T
        norm = logsumexp(log_joint, axis=1, keepdims=True)
        r = np.exp(log_joint - norm)
        pairs = np.stack([r.T @ batch, r.T @ (1 - batch)], axis=-1)
        stats = Terms(r.sum(axis=0), pairs)
        return stats, float(norm.sum()) - stats.inner(view), r

    def global_step(self, stats, globals_):
        return self.prior + stats

    def global_bound(self, globals_):
        pairs = zip(globals_.dirichlets(), self.prior.dirichlets(), strict=True)
        return -sum(dirichlet_kl(q, p) for q, p in pairs)

    def blend(self, globals_, target, rho):
        blended = globals_.scale(1 - rho) + target.scale(rho)
        return Terms(*(np.maximum(x, 0.1) for x in vars(blended).values()))  # V may be negative

    def with_prior(self, globals_):
        return replace(self, prior=globals_)

    def sample_view(self, globals_, rng):
        gammas = [rng.standard_gamma(x) for x in vars(globals_).values()]
        logs = (np.log(g / g.sum(axis=-1, keepdims=True)) for g in gammas)
        return Draw(*logs, globals_, Terms(*gammas))

    def natural_stats(self, stats, view):
        parts = zip(*(vars(x).values() for x in (stats, view.globals_, view.gammas)), strict=True)
        return Terms(*(corrected(*part) for part in parts))

    def exact_evidence(self, data):
        """Sum over all assignments of rows to components."""
        n_components = len(self.prior.weights)
        terms = []
        for z in itertools.product(range(n_components), repeat=len(data)):
            r = np.eye(n_components)[list(z)]
            posterior = self.prior + Terms(
                r.sum(axis=0), np.stack([r.T @ data, r.T @ (1 - data)], axis=-1)
            )
            log_weights = [log_beta(x.weights) for x in (posterior, self.prior)]
            log_pairs = [
                betaln(*np.moveaxis(x.pairs, -1, 0)).sum() for x in (posterior, self.prior)
            ]
            terms.append(log_weights[0] - log_weights[1] + log_pairs[0] - log_pairs[1])
        return float(logsumexp(terms))


def log_expectation(parameters):
    """E[log p] of the last axis under Dirichlet distributions."""
    return digamma(parameters) - digamma(parameters.sum(axis=-1, keepdims=True))


def log_beta(a):
    return gammaln(a).sum() - gammaln(a.sum())


def dirichlet_kl(q, p):
    return float(log_beta(p) - log_beta(q) + ((q - p) * log_expectation(q)).sum())


def corrected(stats, parameters, gammas):
    """V times the statistics of Dirichlet distributions over the last axis.

    V = F^-1 J^T with the Fisher information F and the derivative J of log(g / sum g) to the
    parameters, where g are Gamma quantiles (Hoffman and Blei 2015, section 3.2).
    """
    step = 1e-5 * parameters
    slope = gamma.cdf(gammas, parameters + step) - gamma.cdf(gammas, parameters - step)
    dg = -slope / (2 * step) / gamma.pdf(gammas, parameters)
    total = gammas.sum(axis=-1, keepdims=True)
    y = dg * (stats / gammas - stats.sum(axis=-1, keepdims=True) / total)
    q, c = polygamma(1, parameters), polygamma(1, parameters.sum(axis=-1, keepdims=True))
    shared = (y / q).sum(axis=-1, keepdims=True) * c / (1 - c * (1 / q).sum(axis=-1, keepdims=True))
    return y / q + shared / q


class Blocks:
    """Mini-batches of consecutive rows, in an order that depends on seed and epoch."""

    def __init__(self, data, size, seed=0, n_total=None):
        self.blocks = [data[i : i + size] for i in range(0, len(data), size)]
        self.seed, self.n_total = seed, len(data) if n_total is None else n_total

    def epoch(self, number, start=0):
        order = np.random.default_rng((self.seed, number)).permutation(len(self.blocks))
        return iter([self.blocks[i] for i in order[start:]])
