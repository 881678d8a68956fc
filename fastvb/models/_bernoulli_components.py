"""Components of a mixture that are products of Bernoulli distributions, one for each feature."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb.models._bernoulli_pass import gather_bernoulli, visit_bernoulli
from fastvb.models._mixture_parts import Components
from fastvb.models._mixture_pass import RowResults
from fastvb.models._mixture_weights import log_gamma_draws
from fastvb.models._observations import Observations
from fastvb.special import digamma, dirichlet_kl, gammaln

__all__ = ["BernoulliDensity", "BernoulliView", "BetaBernoullis", "BetaCounts", "PointBernoullis"]

Array = NDArray[np.float64]
Moments = tuple[Array, ...]

_IMPOSSIBLE = float(np.finfo(np.float64).tiny)  # a probability whose logarithm is finite


@dataclass(frozen=True, eq=False)
class BetaCounts:
    """Beta parameters of all probabilities, or counts that a point is made from."""

    ones: Array  # (n_components, n_features)
    zeros: Array  # (n_components, n_features)


@dataclass(frozen=True, eq=False)
class BernoulliView:
    """Expected logarithms of probabilities."""

    log_ones: Array  # (n_components, n_features)
    log_zeros: Array  # (n_components, n_features)

    @classmethod
    def of(cls, probabilities: Array) -> BernoulliView:
        """Of points; the logarithm of 0 is that of the least normal number."""
        return cls(
            np.log(np.maximum(probabilities, _IMPOSSIBLE)),
            np.where(
                probabilities < 1,
                np.log1p(-np.minimum(probabilities, np.nextafter(1.0, 0.0))),
                np.log(_IMPOSSIBLE),
            ),
        )

    def inner(self, counts: Array, moments: Moments) -> float:
        """Expected log probability of data with these statistics."""
        ones, zeros = moments
        return float((ones * self.log_ones).sum() + (zeros * self.log_zeros).sum())


@dataclass(frozen=True, eq=False)
class BernoulliDensity:
    """Probabilities of new observations.

    Attributes
    ----------
    weights : ndarray of shape (n_components,)
        E[pi].
    probabilities : ndarray of shape (n_components, n_features)
        E[p]: each feature of an observation is one draw of its component.
    """

    weights: Array
    probabilities: Array

    def log_density(self, X: Any) -> Array:
        """Log probability of each row.

        Parameters
        ----------
        X : ndarray or csr_matrix of shape (n_observations, n_features)
            Zeros and ones; NaN for what is not known.

        Returns
        -------
        ndarray of shape (n_observations,)
            In nats.
        """
        batch = Observations(X)
        rows = RowResults.of(batch, len(self.weights), log_norm=True)
        with np.errstate(divide="ignore"):
            log_weights = np.log(self.weights)
        view = BernoulliView.of(self.probabilities)
        visit_bernoulli(batch, log_weights, view, rows, statistics=False)
        return rows.log_norm

    def sample(self, n_samples: int, rng: Any) -> tuple[Array, NDArray[np.intp]]:
        """Draw observations.

        Parameters
        ----------
        n_samples : int
            How many.
        rng : RandomState or Generator
            Source of the draws.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Zeros and ones, by component.
        labels : ndarray of shape (n_samples,)
            Their components, ascending.
        """
        counts = rng.multinomial(n_samples, self.weights)
        labels = np.repeat(np.arange(len(self.weights)), counts)
        draws = rng.uniform(size=(n_samples, self.probabilities.shape[1]))
        return (draws < self.probabilities[labels]).astype(np.float64), labels


@dataclass(frozen=True, eq=False)
class _BernoulliComponents(Components):
    """What both kinds share.

    Parameters
    ----------
    prior : BetaCounts
        Of all probabilities.
    """

    prior: BetaCounts
    state_types = (BetaCounts,)

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.prior.ones)

    def start(self, batch: Observations, rng: Any, n_threads: int) -> tuple[Array, Moments]:
        # half of each component is like one row, half like all
        counts, (ones, zeros) = self.gather(batch, None, 1, n_threads)
        n_components = self.n_components
        rows = rng.choice(len(batch), n_components, replace=len(batch) < n_components)
        X = batch.X[rows]
        X = (X.toarray() if sp.issparse(X) else X).astype(np.float64)
        seen = np.maximum(ones + zeros, _IMPOSSIBLE)
        X = np.where(np.isnan(X), ones / seen, X)
        share = counts[0] / n_components
        ones, zeros = ones / n_components, zeros / n_components
        moments = 0.5 * (ones + share * X), 0.5 * (zeros + share * (1 - X))
        return np.full(n_components, share), moments

    def gather(
        self, batch: Observations, assignment: Any, n_components: int, n_threads: int
    ) -> tuple[Array, Moments]:
        return gather_bernoulli(batch, assignment, n_components)

    def visit(
        self, batch: Observations, log_weights: Array, view: BernoulliView, rows: RowResults,
        n_threads: int, *, statistics: bool = True,
    ) -> tuple[float, Array, Moments]:  # fmt: skip
        return visit_bernoulli(batch, log_weights, view, rows, statistics=statistics)

    def step(self, counts: Array, moments: Moments, last: BetaCounts | None) -> BetaCounts:
        ones, zeros = moments
        return BetaCounts(self.prior.ones + ones, self.prior.zeros + zeros)

    def blend(self, q: BetaCounts, target: BetaCounts, rho: float) -> BetaCounts:
        return BetaCounts(
            (1 - rho) * q.ones + rho * target.ones, (1 - rho) * q.zeros + rho * target.zeros
        )

    @abstractmethod
    def probabilities(self, q: BetaCounts) -> Array:
        """Probabilities of ones.

        Parameters
        ----------
        q : BetaCounts
            Of a step.

        Returns
        -------
        ndarray of shape (n_components, n_features)
            The points, or means of distributions.
        """

    def predictive(self, q: BetaCounts, weights: Array) -> BernoulliDensity:
        return BernoulliDensity(weights, self.probabilities(q))


@dataclass(frozen=True, eq=False)
class PointBernoullis(_BernoulliComponents):
    """Bernoulli probabilities as points: the most likely, or with a Beta prior the most probable.

    Parameters
    ----------
    prior : BetaCounts
        Counts beside those of the data; see :meth:`of`.
    log_normalizer : float
        What makes a density of the prior.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import Observations, PointBernoullis
    >>> bernoullis = PointBernoullis.of(1, 2)
    >>> batch = Observations(np.array([[1.0, 0], [1, 1], [0, np.nan], [1, 0]]))
    >>> bernoullis.probabilities(bernoullis.step(*bernoullis.gather(batch, None, 1, 1), None))
    array([[0.75      , 0.33333333]])
    """

    log_normalizer: float = 0.0

    @classmethod
    def of(
        cls, n_components: int, n_features: int, prior: tuple[float, float] | None = None
    ) -> PointBernoullis:
        """Maximum likelihood, or the modes under Beta priors.

        Parameters
        ----------
        n_components, n_features : int
            Their numbers.
        prior : tuple of two floats or None
            Beta parameters for ones and zeros, at least 1: the density of others is not bounded.

        Returns
        -------
        PointBernoullis
            The kind of components.

        Raises
        ------
        ValueError
            If a parameter is less than 1.
        """
        a, b = (1.0, 1.0) if prior is None else prior
        if not min(a, b) >= 1:
            raise ValueError(
                f"Expected the prior of a most probable point to be at least 1, got prior={prior}."
            )
        shape = (n_components, n_features)
        normalizer = n_components * n_features * float(gammaln(a + b) - gammaln(a) - gammaln(b))
        return cls(BetaCounts(np.full(shape, a - 1.0), np.full(shape, b - 1.0)), normalizer)

    def probabilities(self, q: BetaCounts) -> Array:
        seen = q.ones + q.zeros
        half = np.full(seen.shape, 0.5)  # of what no data say anything
        probabilities: Array = np.divide(q.ones, seen, where=seen > 0, out=half)
        return probabilities

    def expect(self, q: BetaCounts) -> BernoulliView:
        return BernoulliView.of(self.probabilities(q))

    def bound(self, q: BetaCounts) -> float:
        prior = (self.prior.ones, self.prior.zeros)
        return self.log_normalizer + self.expect(q).inner(_NOTHING, prior)

    def with_prior(self, q: BetaCounts) -> PointBernoullis:
        former = PointBernoullis(q)
        return replace(former, log_normalizer=-former.bound(q))

    def sample(self, q: BetaCounts, rng: np.random.Generator) -> BernoulliView:
        return self.expect(q)


@dataclass(frozen=True, eq=False)
class BetaBernoullis(_BernoulliComponents):
    """Bernoulli probabilities with Beta distributions.

    Parameters
    ----------
    prior : BetaCounts
        Beta parameters, positive; see :meth:`of`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import BetaBernoullis, Observations
    >>> bernoullis = BetaBernoullis.of(1, 2, (1.0, 1.0))
    >>> batch = Observations(np.array([[1.0, 0], [1, 1], [0, np.nan]]))
    >>> bernoullis.probabilities(bernoullis.step(*bernoullis.gather(batch, None, 1, 1), None))
    array([[0.6, 0.5]])
    """

    @classmethod
    def of(cls, n_components: int, n_features: int, prior: tuple[Any, Any]) -> BetaBernoullis:
        """Components with the same prior.

        Parameters
        ----------
        n_components, n_features : int
            Their numbers.
        prior : tuple of two floats or arrays of shape (n_features,)
            Beta parameters for ones and zeros, positive.

        Returns
        -------
        BetaBernoullis
            The kind of components.
        """
        shape = (n_components, n_features)
        ones, zeros = (np.array(np.broadcast_to(x, shape), np.float64) for x in prior)
        return cls(BetaCounts(ones, zeros))

    def probabilities(self, q: BetaCounts) -> Array:
        return q.ones / (q.ones + q.zeros)

    def expect(self, q: BetaCounts) -> BernoulliView:
        of_sum = digamma(q.ones + q.zeros)
        return BernoulliView(digamma(q.ones) - of_sum, digamma(q.zeros) - of_sum)

    def bound(self, q: BetaCounts) -> float:
        pairs = (np.stack([x.ones, x.zeros], axis=-1) for x in (q, self.prior))
        return -float(dirichlet_kl(*pairs).sum())

    def with_prior(self, q: BetaCounts) -> BetaBernoullis:
        return BetaBernoullis(q)

    def sample(self, q: BetaCounts, rng: np.random.Generator) -> BernoulliView:
        ones, zeros = log_gamma_draws(q.ones, rng), log_gamma_draws(q.zeros, rng)
        of_sum = np.logaddexp(ones, zeros)
        return BernoulliView(ones - of_sum, zeros - of_sum)


_NOTHING = np.empty(0)
