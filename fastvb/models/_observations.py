"""Observations of a mixture: rows of a matrix, with weights and what else is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ObservationMinibatches", "Observations"]


class Observations:
    """A batch of observations, as :class:`fastvb.models.Mixture` takes it.

    Nothing is checked or copied. What a component family computes once for a batch is kept with it,
    so use the same object in every iteration, and do not change its arrays.

    Parameters
    ----------
    X : ndarray of shape (n_observations, n_features)
        float32 or float64, in any memory order; for some families also CSR, or with NaN.
    weights : ndarray of shape (n_observations,) or None
        How often each row counts, float64; None is once.
    log_prior : ndarray of shape (n_observations, n_components) or None
        Added to the log weights of the components, row by row, float64. With `GivenWeights` it is
        the logarithm of each observation's own weights; with other weights, the log likelihood of
        something else that was observed with it, such as labels (0 and -inf).

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import Observations
    >>> len(Observations(np.zeros((5, 2)), weights=np.ones(5)))
    5
    """

    def __init__(
        self,
        X: Any,
        weights: NDArray[np.float64] | None = None,
        log_prior: NDArray[np.float64] | None = None,
    ) -> None:
        self.X, self.weights, self.log_prior = X, weights, log_prior
        self.kept: dict[Any, Any] = {}  # by component families

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def rows(self, index: Any) -> Observations:
        """Make a batch of some rows.

        Parameters
        ----------
        index : slice or ndarray of int
            The rows.

        Returns
        -------
        Observations
            With their weights and log priors.
        """
        weights = None if self.weights is None else self.weights[index]
        log_prior = None if self.log_prior is None else self.log_prior[index]
        return Observations(self.X[index], weights, log_prior)


class ObservationMinibatches:
    """Mini-batches of observations in memory, in an order by seed and epoch alone.

    Parameters
    ----------
    observations : Observations
        All of them.
    batch_size : int
        Rows in each mini-batch but the last of an epoch, which may have fewer.
    seed : int or None
        Of the order of the rows; None keeps theirs.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.models import ObservationMinibatches, Observations
    >>> minibatches = ObservationMinibatches(Observations(np.eye(5)), 2, seed=0)
    >>> [len(batch) for batch in minibatches.epoch(0)]
    [2, 2, 1]
    """

    def __init__(self, observations: Observations, batch_size: int, seed: int | None) -> None:
        self._observations, self._batch_size, self._seed = observations, batch_size, seed

    @property
    def n_total(self) -> int:
        """Number of rows."""
        return len(self._observations)

    def epoch(self, number: int, start: int = 0) -> Iterator[Observations]:
        """Yield the mini-batches of one epoch.

        Parameters
        ----------
        number : int
            Of the epoch, from 0.
        start : int
            Mini-batches to leave out.

        Yields
        ------
        Observations
            The same at each call with the same numbers.
        """
        order: NDArray[np.int64] | None = None
        if self._seed is not None:
            rng = np.random.Generator(np.random.Philox(key=self._seed, counter=number << 128))
            order = rng.permutation(self.n_total)
        for first in range(start * self._batch_size, self.n_total, self._batch_size):
            index = slice(first, first + self._batch_size)
            yield self._observations.rows(index if order is None else order[index])
