"""A mixture in which each observation has components and weights of its own.

The components are given (:class:`LocalNormals`), so that all there is to infer is local: q(z_i)
and q(w_i). Since the exact posterior is known, too, it shows what mean field costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._local_losses import LocalLosses, LocalNormals, best_bound
from fastvb.special import digamma, responsibilities

__all__ = ["LocalDirichletModel"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NoStats:
    """Statistics of a model without global parameters."""

    def __add__(self, other: NoStats) -> NoStats:
        return self

    def __sub__(self, other: NoStats) -> NoStats:
        return self

    def scale(self, factor: float) -> NoStats:
        """Nothing to scale."""
        return self

    def zeros(self) -> NoStats:
        """Nothing to add."""
        return self

    def inner(self, view: Any) -> float:
        """Nothing to multiply."""
        return 0.0


@dataclass(frozen=True, eq=False)
class LocalAssignments:
    """q(z) of a batch after its last visit."""

    responsibilities: Array


@dataclass(frozen=True, eq=False)
class LocalDirichletModel:
    """The protocol's functions where everything is local.

    A visit updates q(w_i) and q(z_i) once each. It starts at the exact posterior: from elsewhere
    mean field may end at another optimum, as for two components where the likelihoods are equal and
    both concentrations are below 0.377.

    Parameters
    ----------
    factor : float
        What the bound is multiplied by: observations in all of the data divided by those at hand.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import Monitor, cavi
    >>> from fastvb.models import LocalDirichletModel, LocalNormals
    >>> rows = LocalNormals(
    ...     np.array([0.0, 1.0]), np.array([[0.0, 2.0]] * 2), np.ones((2, 2)), np.ones((2, 2))
    ... )
    >>> model, monitor = LocalDirichletModel(), Monitor(max_iter=50)
    >>> q = cavi(model, [rows], monitor)
    >>> round(monitor.lower_bounds[-1], 6), rows.log_evidence().sum().round(6).item()
    (-3.221164, -2.904096)
    """

    factor: float = 1.0

    carries_local = True
    state_types = (NoStats, LocalAssignments)

    def init_globals(self, batch: LocalNormals, rng: Any) -> None:
        """Return None: there are no global parameters.

        Parameters
        ----------
        batch, rng : object
            Not looked at.
        """

    def expect(self, globals_: None) -> None:
        """Return None.

        Parameters
        ----------
        globals_ : None
            Nothing.
        """

    def local_step(
        self,
        batch: LocalNormals,
        view: None,
        local: LocalAssignments | None = None,
        rng: Any = None,
    ) -> tuple[NoStats, float, LocalAssignments]:
        """Update q(w_i), then q(z_i).

        Parameters
        ----------
        batch : LocalNormals
            The observations.
        view : None
            Nothing.
        local : LocalAssignments or None
            Where to start; None is the exact posterior.
        rng : None
            Not looked at.

        Returns
        -------
        stats : NoStats
            Nothing.
        h : float
            The ELBO, q(w_i) being the best for q(z_i).
        local : LocalAssignments
            q(z_i); the q(w_i) that goes with it has the parameters concentration + q(z_i).
        """
        log_densities = batch.log_densities()
        r = batch.exact_posterior() if local is None else local.responsibilities
        posterior = batch.concentration + r
        r, _ = responsibilities(digamma(posterior) + log_densities)
        bound = self.factor * best_bound(batch, log_densities, r)
        return NoStats(), bound, LocalAssignments(r)

    def losses(self, batch: LocalNormals, local: LocalAssignments) -> LocalLosses:
        """Three parts of the negative bound.

        Parameters
        ----------
        batch : LocalNormals
            The observations.
        local : LocalAssignments
            q(z).

        Returns
        -------
        LocalLosses
            At q(z) and the best q(w), where the gradient to q(w) is 0.
        """
        r = local.responsibilities
        return LocalLosses(batch, r, batch.concentration + r, self.factor)

    def global_step(self, stats: NoStats, globals_: None) -> None:
        """Return None.

        Parameters
        ----------
        stats, globals_ : object
            Nothing.
        """

    def global_bound(self, globals_: None) -> float:
        """Return 0.

        Parameters
        ----------
        globals_ : None
            Nothing.

        Returns
        -------
        float
            0.
        """
        return 0.0
