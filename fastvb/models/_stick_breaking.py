"""Stick-breaking weights of a mixture: a truncated Dirichlet process.

    v_i ~ Beta(1, alpha) for i < K,  v_K = 1,  pi_i = v_i prod_{j<i} (1 - v_j)

(Blei and Jordan 2006), with alpha given or ~ Gamma(shape, rate). The data do not say which
component has which stick, so each step gives the sticks to the components in the best order.

Counts may have leading axes: then they are of several mixtures, whose alpha is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._mixture_parts import Weights
from fastvb.models._mixture_weights import log_gamma_draws
from fastvb.special import digamma, gammaln

__all__ = ["StickBreakingWeights", "Sticks", "best_order"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sticks:
    """q(v) and q(alpha).

    q(v_i) = Beta(1 + counts of its component, concentration + counts of those after it).
    """

    counts: Vector  # (..., n_components) expected, by component
    order: NDArray[np.intp]  # (..., n_components) component of each stick
    concentration: float
    rate: float | None = None  # of q(alpha), where it is learned

    @property
    def beta(self) -> tuple[Vector, Vector]:
        """Parameters of q(v_i), each of shape (..., n_components - 1)."""
        counts = np.take_along_axis(self.counts, self.order, -1)
        return 1 + counts[..., :-1], self.concentration + _sums_after(counts)

    def log_sticks(self) -> tuple[Vector, Vector]:
        """E[log v_i] and E[log(1 - v_i)], i < K."""
        a, b = self.beta
        of_sum = digamma(a + b)
        return digamma(a) - of_sum, digamma(b) - of_sum


@dataclass(frozen=True, eq=False)
class StickBreakingWeights(Weights):
    """Stick-breaking weights with the last stick at 1, whose order follows the counts.

    Parameters
    ----------
    concentration : float
        alpha; where it is learned, nothing but the value that the first step uses.
    prior_counts : ndarray of shape (n_components,)
        0, or expected counts of former data.
    concentration_prior : tuple of two floats or None
        Shape and rate of the Gamma prior of alpha; None keeps it.
    order : ndarray of shape (n_components,) or None
        Component of each stick; None for the best.

    References
    ----------
    D. Blei, M. Jordan (2006), Variational inference for Dirichlet process mixtures, Bayesian
    Analysis 1.
    K. Kurihara, M. Welling, Y. Teh (2007), Collapsed variational Dirichlet process mixture models,
    IJCAI (order of the sticks).

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import StickBreakingWeights
    >>> weights = StickBreakingWeights(1.0, np.zeros(3))
    >>> q = weights.step(np.array([0.0, 5.0, 1.0]), None)
    >>> q.order, weights.mean(q).round(3)
    (array([1, 2, 0]), array([0.083, 0.75 , 0.167]))
    """

    concentration: float
    prior_counts: Vector
    concentration_prior: tuple[float, float] | None = None
    order: NDArray[np.intp] | None = None
    state_types = (Sticks,)

    @property
    def looks_back(self) -> bool:
        """Whether a step depends on the last q: on its concentration, where that is learned."""
        return self.concentration_prior is not None

    def step(self, counts: Vector, last: Sticks | None) -> Sticks:
        total = self.prior_counts + counts
        concentration = self.concentration if last is None else self.mean_concentration(last)
        q = Sticks(total, self._order(total, concentration), concentration)
        if self.concentration_prior is None:
            return q
        return replace(q, rate=self.concentration_prior[1] - float(q.log_sticks()[1].sum()))

    def _order(self, counts: Vector, concentration: float) -> NDArray[np.intp]:
        return best_order(counts, concentration) if self.order is None else self.order

    def _shape(self, q: Sticks) -> float:
        """Shape of q(alpha)."""
        assert self.concentration_prior is not None
        return self.concentration_prior[0] + len(q.counts) - 1

    def mean_concentration(self, q: Sticks) -> float:
        """E[alpha], or alpha where it is given.

        Parameters
        ----------
        q : Sticks
            q(v) and q(alpha).

        Returns
        -------
        float
            What the next step uses.
        """
        if q.rate is None or self.concentration_prior is None:
            return self.concentration
        return self._shape(q) / q.rate

    def mean(self, q: Sticks) -> Vector:
        a, b = q.beta
        left: Any = np.cumprod(b / (a + b), axis=-1)
        mean: Vector = _with_last(a / (a + b), 1.0) * _with_first(1.0, left)
        return _by_component(mean, q)

    def expect(self, q: Sticks) -> Vector:
        taken, left = q.log_sticks()
        left = _with_first(0.0, np.cumsum(left, axis=-1))
        return _by_component(_with_last(taken, 0.0) + left, q)

    def bound(self, q: Sticks) -> Any:
        (a, b), (taken, left) = q.beta, q.log_sticks()
        counts = np.broadcast_to(self.prior_counts, q.counts.shape)
        prior = Sticks(counts, q.order, self.mean_concentration(q))
        a0, b0 = prior.beta
        bound = (_log_beta(a, b) - (a - a0) * taken - (b - b0) * left).sum(axis=-1)
        if q.rate is None or self.concentration_prior is None:
            return bound - _log_beta(a0, b0).sum(axis=-1)
        log_concentration = float(digamma(self._shape(q))) - math.log(q.rate)
        bound += len(a) * log_concentration  # -log B(1, alpha) = log alpha
        return bound - _gamma_kl(self._shape(q), q.rate, *self.concentration_prior)

    def blend(self, q: Sticks, target: Sticks, rho: float) -> Sticks:
        counts = (1 - rho) * q.counts + rho * target.counts
        concentration = (1 - rho) * q.concentration + rho * target.concentration
        rate = None
        if q.rate is not None and target.rate is not None:
            rate = (1 - rho) * q.rate + rho * target.rate
        return Sticks(counts, self._order(counts, concentration), concentration, rate)

    def with_prior(self, q: Sticks) -> StickBreakingWeights:
        return StickBreakingWeights(q.concentration, q.counts, None, q.order)

    def sample(self, q: Sticks, rng: np.random.Generator) -> Vector:
        taken, left = (log_gamma_draws(x, rng) for x in q.beta)
        of_sum = np.logaddexp(taken, left)
        log_pi = _with_last(taken - of_sum, 0.0) + _with_first(0.0, np.cumsum(left - of_sum))
        return _by_component(log_pi, q)


def best_order(counts: Vector, concentration: float) -> NDArray[np.intp]:
    """Order of the components on the sticks with the largest bound, q(v) being best for it.

    Up to a constant, the bound of an order with counts n and sums T_i = n_i + ... + n_K is

        log Gamma(alpha + n_K) - log Gamma(1 + n_K) - sum_{1 < i < K} log(alpha + T_i),

    so all but the last descend. The last is the smallest where alpha <= 1; otherwise the first
    term grows with it, and each component is tried.
    """
    order: NDArray[np.intp] = np.argsort(-counts, axis=-1, kind="stable")
    if concentration <= 1:
        return order
    n = np.take_along_axis(counts, order, -1)
    after = _sums_after(n)
    stays = np.log(concentration + after + n[..., :-1])[..., np.newaxis, :]
    # row j: component j is the last
    moves = np.log(concentration + after[..., np.newaxis, :] + n[..., np.newaxis])
    position, last = np.arange(after.shape[-1]), np.arange(n.shape[-1])[:, np.newaxis]
    lost = np.where(position < last, stays, moves)[..., 1:].sum(axis=-1)
    gain = gammaln(concentration + n) - gammaln(1 + n) - lost
    best = np.argmax(gain, axis=-1)[..., np.newaxis]
    moved = np.concatenate([position + (position >= best), best], axis=-1)
    return np.take_along_axis(order, moved, -1)


def _sums_after(counts: Vector) -> Vector:
    """For each but the last, the sum of those after it."""
    sums: Vector = np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1][..., 1:]
    return sums


def _with_first(first: float, values: Vector) -> Vector:
    return np.insert(values, 0, first, axis=-1)


def _with_last(values: Vector, last: float) -> Vector:
    return np.insert(values, values.shape[-1], last, axis=-1)


def _by_component(of_sticks: Vector, q: Sticks) -> Vector:
    values = np.empty_like(of_sticks)
    np.put_along_axis(values, q.order, of_sticks, -1)
    return values


def _log_beta(a: Vector, b: Vector) -> Vector:
    log_beta: Vector = gammaln(a) + gammaln(b) - gammaln(a + b)
    return log_beta


def _gamma_kl(shape: float, rate: float, prior_shape: float, prior_rate: float) -> float:
    """KL(Gamma(shape, rate) || Gamma(prior_shape, prior_rate))."""
    return (
        (shape - prior_shape) * float(digamma(shape))
        - math.lgamma(shape) + math.lgamma(prior_shape)
        + prior_shape * (math.log(rate) - math.log(prior_rate))
        + shape * (prior_rate / rate - 1)
    )  # fmt: skip
