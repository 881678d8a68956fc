"""A mixture of Gaussians for each column of a table, all of them in one pass.

What :class:`Mixture` is with one feature, for as many problems as there are columns: the weights
are its own, with a leading axis, and the bound of each column is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _mixture
from fastvb._threads import effective_n_threads
from fastvb.models._column_gaussians import (
    BayesianColumns,
    ColumnGaussians,
    ColumnMoments,
    ColumnView,
    NormalGammas,
    PointColumns,
)
from fastvb.models._mixture_parts import Weights

__all__ = [
    "BayesianColumns",
    "ColumnData",
    "ColumnGlobals",
    "ColumnMixtures",
    "ColumnMoments",
    "NormalGammas",
    "PointColumns",
]

Array = NDArray[np.float64]
Columns = NDArray[np.intp]

_LEAST_COUNT = 1e-12  # of all, where its logarithm is extrapolated


class ColumnData(NamedTuple):
    """A table, each of whose columns is a problem of its own.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_columns)
        float32 or float64, any strides; never copied.
    origin : ndarray of shape (n_columns,)
        Of the same type: what locations are relative to.
    weights : ndarray of shape (n_rows,)
        How often each row counts, of the same type; without rows, each counts once.
    """

    X: NDArray[Any]
    origin: NDArray[Any]
    weights: NDArray[Any]


class ColumnGlobals(NamedTuple):
    """What has been learned of some columns."""

    counts: Array  # (n_columns, n_components) expected, from which q(pi) follows
    components: NormalGammas

    def take(self, columns: Columns) -> ColumnGlobals:
        """Those of some columns."""
        parts = NormalGammas(*(part[columns] for part in self.components))
        return ColumnGlobals(self.counts[columns], parts)

    def put(self, columns: Columns, some: ColumnGlobals) -> None:
        """Take those of some columns in."""
        self.counts[columns] = some.counts
        for part, values in zip(self.components, some.components, strict=True):
            part[columns] = values


@dataclass(frozen=True, eq=False)
class ColumnMixtures:
    """The steps of all columns, for drivers of separate problems.

    Parameters
    ----------
    weights : PointWeights or DirichletWeights or StickBreakingWeights
        Of the components, the same kind for all columns; alpha must be given.
    components : PointColumns or BayesianColumns
        Their Gaussians.
    data : ColumnData
        The table.
    n_jobs : int or None
        Threads, each of which has columns of its own.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, sections 9.3 and 10.2.
    """

    weights: Weights
    components: ColumnGaussians
    data: ColumnData
    n_jobs: int | None = None

    @property
    def n_threads(self) -> int:
        """Of the kernel."""
        return effective_n_threads(self.n_jobs)

    def take(self, columns: Columns, X: NDArray[Any]) -> ColumnMixtures:
        """Make the model of some columns alone.

        Parameters
        ----------
        columns : ndarray of shape (n,)
            Their numbers.
        X : ndarray of shape (n_rows, n)
            Their values.

        Returns
        -------
        ColumnMixtures
            The model.
        """
        data = ColumnData(X, self.data.origin[columns], self.data.weights)
        return replace(self, components=self.components.take(columns), data=data)

    def expect(self, globals_: ColumnGlobals) -> tuple[ColumnView, Array]:
        """What the pass reads of all columns.

        Parameters
        ----------
        globals_ : ColumnGlobals
            Of all columns.

        Returns
        -------
        view : ColumnView
            Expected log densities.
        log_weights : ndarray of shape (n_columns, n_components)
            E[log pi].
        """
        return self.components.expect(globals_.components), self._log_weights(globals_)

    def start(self, moments: ColumnMoments) -> ColumnGlobals:
        """Find the best globals for statistics of a first assignment.

        Parameters
        ----------
        moments : ColumnMoments
            Of all columns.

        Returns
        -------
        ColumnGlobals
            Of all columns.
        """
        return ColumnGlobals(moments.counts, self.components.step(moments, None))

    def update(
        self, globals_: ColumnGlobals, columns: Columns, *, late: bool
    ) -> tuple[Array, ColumnGlobals]:
        """Update q of some columns, in one pass.

        Parameters
        ----------
        globals_ : ColumnGlobals
            Of these columns.
        columns : ndarray of shape (n,)
            Their numbers.
        late : bool
            Whether the bound is that of `globals_`, or else of the update.

        Returns
        -------
        bound : ndarray of shape (n,)
            In nats.
        globals_ : ColumnGlobals
            The update.
        """
        components = self.components.take(columns)
        view, log_weights = components.expect(globals_.components), self._log_weights(globals_)
        total, moments = self._visit(columns, log_weights, view)
        update = ColumnGlobals(moments.counts, components.step(moments, globals_.components))
        if late:
            return total + self._global_bound(components, globals_), update
        next_view, next_weights = components.expect(update.components), self._log_weights(update)
        some = moments.counts > 0
        change = np.multiply(
            moments.counts, next_weights - log_weights, where=some, out=np.zeros_like(log_weights)
        ).sum(axis=1)
        change += next_view.inner(moments) - view.inner(moments)
        return total + change + self._global_bound(components, update), update

    def _log_weights(self, globals_: ColumnGlobals) -> Array:
        return self.weights.expect(self.weights.step(globals_.counts, None))

    def _global_bound(self, components: ColumnGaussians, globals_: ColumnGlobals) -> Array:
        of_weights = self.weights.bound(self.weights.step(globals_.counts, None))
        bound: Array = of_weights + components.bound(globals_.components)
        return bound

    def _visit(
        self, columns: Columns, log_weights: Array, view: ColumnView
    ) -> tuple[Array, ColumnMoments]:
        """Sums of weight * log norm, and the statistics of each column."""
        X, origin, weights = self.data
        n_threads = self.n_threads
        total, (counts, sums, squares) = np.empty(len(columns)), np.empty((3, *view.means.shape))
        size = _mixture.columns_work_size(view.means.shape[1], X.itemsize, n_threads)
        _mixture.gaussian_columns(
            X, columns, origin[columns], weights, log_weights + view.constants,
            np.ascontiguousarray(view.means), view.root, counts, sums, squares, total,
            _aligned.empty(size, np.int8), n_threads,
        )  # fmt: skip
        return total, ColumnMoments.of(counts, sums, squares)

    def beyond(
        self, here: ColumnGlobals, ways: Sequence[tuple[ColumnGlobals, Array]], columns: Columns
    ) -> tuple[ColumnGlobals, NDArray[np.bool_]]:
        """Go on from a q by multiples of ways to it, in coordinates without constraints.

        These are logarithms of counts and of standard deviations, and means.

        Parameters
        ----------
        here : ColumnGlobals
            From where to go on.
        ways : sequence of (ColumnGlobals, ndarray of shape (n,))
            Where each way to there began, and by what multiple of it to go on.
        columns : ndarray of shape (n,)
            Their numbers.

        Returns
        -------
        globals_ : ColumnGlobals
            Where this leads.
        valid : ndarray of shape (n,)
            Whether it is in the range of numbers.
        """
        components = self.components.take(columns)
        total = here.counts.sum(axis=1, keepdims=True)

        def coordinates(q: ColumnGlobals) -> Array:
            counts = np.log(np.maximum(q.counts, _LEAST_COUNT * total))
            log_variances = np.log(components.variances(q.components)[0])
            return np.stack([counts, q.components.means, log_variances])

        with np.errstate(over="ignore", invalid="ignore"):
            now = coordinates(here)
            change = sum(step[:, np.newaxis] * (now - coordinates(q)) for q, step in ways)
            log_counts, means, log_variances = now + change
            counts = np.exp(log_counts - log_counts.max(axis=1, keepdims=True))
            counts *= total / counts.sum(axis=1, keepdims=True)
            q = components.at(counts, means, np.exp(log_variances))
        finite = np.isfinite(q.scatter) & np.isfinite(q.means) & np.isfinite(counts)
        return ColumnGlobals(counts, q), finite.all(axis=1)
