"""What a mixture needs of its weights and of its components: their parts of the protocol.

Both pass around a q of their own: the parameters of a distribution or, where the estimate is a
point, what it is made from. A new family of components is a class with these functions, and leaf
functions of the kernel.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._mixture_pass import RowResults
from fastvb.models._observations import Observations

__all__ = ["Components", "Weights"]

Array = NDArray[np.float64]


class Weights(ABC):
    """Weights of the components."""

    state_types: tuple[type, ...]

    @property
    def looks_back(self) -> bool:
        """Whether a step depends on the last q."""
        return False

    @abstractmethod
    def step(self, counts: Array, last: Any) -> Any:
        """Find the best q for expected counts.

        Parameters
        ----------
        counts : ndarray of shape (n_components,)
            Expected numbers of observations of each component.
        last : object or None
            The last q.

        Returns
        -------
        object
            q(pi).
        """

    @abstractmethod
    def mean(self, q: Any) -> Array:
        """E[pi].

        Parameters
        ----------
        q : object
            q(pi).

        Returns
        -------
        ndarray of shape (n_components,)
            Weights that add up to 1.
        """

    @abstractmethod
    def expect(self, q: Any) -> Array:
        """E[log pi].

        Parameters
        ----------
        q : object
            q(pi).

        Returns
        -------
        ndarray of shape (n_components,)
            What the local step adds to log densities.
        """

    @abstractmethod
    def bound(self, q: Any) -> float:
        """Return -KL(q(pi) || p(pi)), or the log density of the prior at a point.

        Parameters
        ----------
        q : object
            q(pi).

        Returns
        -------
        float
            In nats.
        """

    @abstractmethod
    def blend(self, q: Any, target: Any, rho: float) -> Any:
        """Go part of the way in natural coordinates.

        Parameters
        ----------
        q, target : object
            From where, and whereto.
        rho : float
            The part.

        Returns
        -------
        object
            (1 - rho) q + rho target.
        """

    @abstractmethod
    def with_prior(self, q: Any) -> Weights:
        """Make weights whose prior is a posterior of these.

        Parameters
        ----------
        q : object
            q(pi). A point counts what it was made from.

        Returns
        -------
        Weights
            For the next data.
        """

    @abstractmethod
    def sample(self, q: Any, rng: np.random.Generator) -> Array:
        """Draw log pi from q(pi).

        Parameters
        ----------
        q : object
            q(pi); a point is its only draw.
        rng : Generator
            Source of the draw.

        Returns
        -------
        ndarray of shape (n_components,)
            log pi.
        """


class Components(ABC):
    """A family of components."""

    state_types: tuple[type, ...]

    @property
    @abstractmethod
    def n_components(self) -> int:
        """Number of components."""

    @abstractmethod
    def start(
        self, batch: Observations, rng: Any, n_threads: int
    ) -> tuple[Array, tuple[Array, ...]]:
        """Make up statistics to start from, about rows that are drawn by chance.

        Parameters
        ----------
        batch : Observations
            Some data.
        rng : RandomState or Generator
            Source of the draws.
        n_threads : int
            Of the kernel.

        Returns
        -------
        counts : ndarray of shape (n_components,)
            As if the components had equal parts of the data.
        moments : tuple of ndarray
            What the family adds up.
        """

    @abstractmethod
    def gather(
        self, batch: Observations, assignment: Any, n_components: int, n_threads: int
    ) -> tuple[Array, tuple[Array, ...]]:
        """Add up statistics of data whose components are given.

        Parameters
        ----------
        batch : Observations
            The data.
        assignment : ndarray of shape (n,) or (n, n_components) or None
            Labels or responsibilities; None is the first component for all.
        n_components : int
            Number of components.
        n_threads : int
            Of the kernel.

        Returns
        -------
        counts, moments : object
            As of :meth:`start`.
        """

    @abstractmethod
    def visit(
        self, batch: Observations, log_weights: Array, view: Any, rows: RowResults,
        n_threads: int, *, statistics: bool = True,
    ) -> tuple[float, Array, tuple[Array, ...]]:  # fmt: skip
        """Pass through the data once.

        Parameters
        ----------
        batch : Observations
            The data.
        log_weights : ndarray of shape (n_components,)
            Added to the log densities.
        view : object
            The components, of :meth:`expect` or :meth:`sample`.
        rows : RowResults
            Room for what is wanted of each row.
        n_threads : int
            Of the kernel.
        statistics : bool
            Whether counts and moments are wanted.

        Returns
        -------
        total : float
            Sum over rows of their weight times their log norm.
        counts, moments : object
            As of :meth:`start`, expected.
        """

    @abstractmethod
    def step(self, counts: Array, moments: tuple[Array, ...], last: Any) -> Any:
        """Find the best q for statistics.

        Parameters
        ----------
        counts, moments : object
            As of :meth:`start`.
        last : object or None
            The last q.

        Returns
        -------
        object
            q(theta).
        """

    @abstractmethod
    def expect(self, q: Any) -> Any:
        """Compute what expected log densities are made of.

        Parameters
        ----------
        q : object
            q(theta).

        Returns
        -------
        object
            With ``inner(counts, moments)``, the expected log density of data.
        """

    @abstractmethod
    def bound(self, q: Any) -> float:
        """Return -KL(q(theta) || p(theta)), or the log density of the prior at a point.

        Parameters
        ----------
        q : object
            q(theta).

        Returns
        -------
        float
            In nats.
        """

    @abstractmethod
    def blend(self, q: Any, target: Any, rho: float) -> Any:
        """Go part of the way in natural coordinates.

        Parameters
        ----------
        q, target : object
            From where, and whereto.
        rho : float
            The part.

        Returns
        -------
        object
            (1 - rho) q + rho target.
        """

    @abstractmethod
    def with_prior(self, q: Any) -> Components:
        """Make components whose prior is a posterior of these.

        Parameters
        ----------
        q : object
            q(theta). A point counts what it was made from.

        Returns
        -------
        Components
            For the next data.
        """

    @abstractmethod
    def sample(self, q: Any, rng: np.random.Generator) -> Any:
        """Draw theta from q(theta), as a view.

        Parameters
        ----------
        q : object
            q(theta); a point is its only draw.
        rng : Generator
            Source of the draw.

        Returns
        -------
        object
            As of :meth:`expect`.
        """

    def predictive(self, q: Any, weights: Array) -> Any:
        """Integrate the parameters out of the density of new data.

        Parameters
        ----------
        q : object
            q(theta).
        weights : ndarray of shape (n_components,)
            E[pi].

        Returns
        -------
        object
            With `log_density` and `sample`.

        Raises
        ------
        TypeError
            If q is a point, so that there is nothing to integrate out.
        """
        raise TypeError(
            "Expected components that have a distribution, got components="
            f"{type(self).__name__}. The log density at a point is log_norm of Mixture.assign."
        )
