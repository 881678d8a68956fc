"""Components of a mixture that are given as the log densities of the observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._mixture_parts import Components
from fastvb.models._mixture_pass import RowResults
from fastvb.models._observations import Observations
from fastvb.special import responsibilities

__all__ = ["GivenDensities"]

Array = NDArray[np.float64]

_BLOCK_VALUES = 1 << 16


@dataclass(frozen=True, eq=False)
class GivenDensities(Components):
    """Components without parameters: rows of X are log densities under each component.

    With `DirichletWeights`, the weights of all observations are inferred where each has components
    of its own (:meth:`LocalNormals.log_densities`).

    Parameters
    ----------
    size : int
        Number of components.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import Monitor, cavi
    >>> from fastvb.models import DirichletWeights, GivenDensities, Mixture, Observations
    >>> X = np.log([[0.9, 0.1], [0.8, 0.1], [0.7, 0.2], [0.1, 0.6]])
    >>> model = Mixture(DirichletWeights(np.ones(2)), GivenDensities(2))
    >>> q = cavi(model, [Observations(X)], Monitor(max_iter=100))
    >>> model.weights.mean(q.weights).round(2)
    array([0.68, 0.32])
    """

    size: int
    state_types = ()

    @property
    def n_components(self) -> int:
        """Number of components."""
        return self.size

    def start(self, batch: Observations, rng: Any, n_threads: int) -> tuple[Array, tuple[()]]:
        total = len(batch) if batch.weights is None else batch.weights.sum()
        return np.full(self.size, total / self.size), ()

    def gather(
        self, batch: Observations, assignment: Any, n_components: int, n_threads: int
    ) -> tuple[Array, tuple[()]]:
        if assignment is None:
            assignment = np.zeros(len(batch), np.intc)
        if assignment.ndim == 1:
            assignment = assignment[:, np.newaxis] == np.arange(n_components)
        weights = np.ones(len(batch)) if batch.weights is None else batch.weights
        return weights @ assignment.astype(np.float64), ()

    def visit(
        self, batch: Observations, log_weights: Array, view: None, rows: RowResults,
        n_threads: int, *, statistics: bool = True,
    ) -> tuple[float, Array, tuple[()]]:  # fmt: skip
        total, counts = 0.0, np.zeros(self.size)
        n_rows = max(1, _BLOCK_VALUES // self.size)
        for first in range(0, len(batch), n_rows):
            some = slice(first, first + n_rows)
            log_joint = batch.X[some] + log_weights
            if batch.log_prior is not None:
                log_joint += batch.log_prior[some]
            r, log_norm = responsibilities(log_joint)
            weights = np.ones(len(r)) if batch.weights is None else batch.weights[some]
            total += float(weights @ log_norm)
            counts += weights @ r
            rows.put(some, log_joint, log_norm, r)
        return total, counts, ()

    def step(self, counts: Array, moments: tuple[Array, ...], last: None) -> None:
        return None

    def expect(self, q: None) -> GivenDensities:
        return self

    def inner(self, counts: Array, moments: tuple[Array, ...]) -> float:
        """Return 0: the log densities depend on no parameter.

        Parameters
        ----------
        counts, moments : object
            Statistics.

        Returns
        -------
        float
            0.
        """
        return 0.0

    def bound(self, q: None) -> float:
        return 0.0

    def blend(self, q: None, target: None, rho: float) -> None:
        return None

    def with_prior(self, q: None) -> GivenDensities:
        return self

    def sample(self, q: None, rng: np.random.Generator) -> GivenDensities:
        return self
