"""Components of a mixture that are products of Bernoulli distributions, one for each feature."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb._threads import effective_n_threads
from fastvb.models._linear_components import LinearComponents
from fastvb.models._linear_pass import LinearView, visit_linear
from fastvb.models._mixture_pass import RowResults
from fastvb.models._mixture_weights import log_gamma_draws
from fastvb.models._observations import Observations
from fastvb.special import digamma, dirichlet_kl, gammaln

__all__ = ["BernoulliDensity", "BetaBernoullis", "BetaCounts", "PointBernoullis"]

Array = NDArray[np.float64]
Moments = tuple[Array, ...]

_IMPOSSIBLE = float(np.finfo(np.float64).tiny)  # a probability whose logarithm is finite


@dataclass(frozen=True, eq=False)
class BetaCounts:
    """Beta parameters of all probabilities, or counts that a point is made from."""

    ones: Array  # (n_components, n_features)
    zeros: Array  # (n_components, n_features)
    counts: Array | None = None  # (n_components,) of rows, of which some values may be missing


def _view(log_ones: Array, log_zeros: Array) -> LinearView:
    return LinearView(log_ones - log_zeros, log_zeros)


def _view_of_points(probabilities: Array) -> LinearView:
    """The logarithm of 0 is that of the least normal number."""
    log_zeros = np.log1p(-np.minimum(probabilities, np.nextafter(1.0, 0.0)))
    log_zeros[probabilities == 1] = np.log(_IMPOSSIBLE)
    return _view(np.log(np.maximum(probabilities, _IMPOSSIBLE)), log_zeros)


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
        view = _view_of_points(self.probabilities)
        visit_linear(batch, log_weights, view, rows, effective_n_threads(None), statistics=False)
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
class _BernoulliComponents(LinearComponents):
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

    @property
    def n_features(self) -> int:
        """Number of features."""
        return int(self.prior.ones.shape[1])

    def step(self, counts: Array, moments: Moments, last: BetaCounts | None) -> BetaCounts:
        ones, observed = moments
        zeros = np.maximum(observed - ones, 0)  # less by rounding
        return BetaCounts(self.prior.ones + ones, self.prior.zeros + zeros, counts)

    def blend(self, q: BetaCounts, target: BetaCounts, rho: float) -> BetaCounts:
        ones = (1 - rho) * q.ones + rho * target.ones
        zeros = (1 - rho) * q.zeros + rho * target.zeros
        if q.counts is None or target.counts is None:
            return BetaCounts(ones, zeros)
        return BetaCounts(ones, zeros, (1 - rho) * q.counts + rho * target.counts)

    def coordinates(self, q: BetaCounts, reference: BetaCounts) -> Array:
        """Coordinates without constraints: logarithms of all counts.

        Parameters
        ----------
        q : BetaCounts
            Of a step.
        reference : BetaCounts
            Without effect.

        Returns
        -------
        ndarray of shape (n_coordinates,)
            Any vector of this length stands for some q.
        """
        assert q.counts is not None
        parts = (q.counts / q.counts.sum(), q.ones, q.zeros)
        coordinates: Array = np.log(
            np.concatenate([np.maximum(part, _IMPOSSIBLE).ravel() for part in parts])
        )
        return coordinates

    def at_coordinates(self, coordinates: Array, reference: BetaCounts) -> tuple[BetaCounts, Array]:
        """Parameters of coordinates, with as many rows in all as a reference.

        Parameters
        ----------
        coordinates : ndarray of shape (n_coordinates,)
            As of :meth:`coordinates`.
        reference : BetaCounts
            The same as there.

        Returns
        -------
        q : BetaCounts
            Of these counts.
        counts : ndarray of shape (n_components,)
            Expected, of the data.
        """
        assert reference.counts is not None
        shares, rest = np.split(np.exp(coordinates), [self.n_components])
        ones, zeros = rest.reshape(2, self.n_components, self.n_features)
        counts = reference.counts.sum() / shares.sum() * shares
        return BetaCounts(ones, zeros, counts), counts

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

    def expect(self, q: BetaCounts) -> LinearView:
        return _view_of_points(self.probabilities(q))

    def bound(self, q: BetaCounts) -> float:
        prior = (self.prior.ones, self.prior.ones + self.prior.zeros)
        return self.log_normalizer + self.expect(q).inner(_NOTHING, prior)

    def with_prior(self, q: BetaCounts) -> PointBernoullis:
        former = PointBernoullis(q)
        return replace(former, log_normalizer=-former.bound(q))

    def sample(self, q: BetaCounts, rng: np.random.Generator) -> LinearView:
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

    def expect(self, q: BetaCounts) -> LinearView:
        of_sum = digamma(q.ones + q.zeros)
        return _view(digamma(q.ones) - of_sum, digamma(q.zeros) - of_sum)

    def bound(self, q: BetaCounts) -> float:
        pairs = (np.stack([x.ones, x.zeros], axis=-1) for x in (q, self.prior))
        return -float(dirichlet_kl(*pairs).sum())

    def with_prior(self, q: BetaCounts) -> BetaBernoullis:
        return BetaBernoullis(q)

    def sample(self, q: BetaCounts, rng: np.random.Generator) -> LinearView:
        ones, zeros = log_gamma_draws(q.ones, rng), log_gamma_draws(q.zeros, rng)
        of_sum = np.logaddexp(ones, zeros)
        return _view(ones - of_sum, zeros - of_sum)


_NOTHING = np.empty(0)
