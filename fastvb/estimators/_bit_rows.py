"""Zeros and ones as k-means takes them, also sparse or with values that are missing.

Since x^2 = x, squared distances are linear in a row,

    sum_j (x_j - c_j)^2 = sum_j (1 - 2 c_j) x_j + c_j^2,

so that the pass of components whose log density is linear finds them. What is missing of a row is
taken to be like the centre that it goes to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb._threads import effective_n_threads
from fastvb.estimators._kmeans import Rows
from fastvb.models import Observations
from fastvb.models._linear_pass import LinearView, gather_linear, visit_linear
from fastvb.models._mixture_pass import RowResults

__all__ = ["BitRows"]

Array = NDArray[np.float64]


class BitRows(Rows):
    """Data as k-means takes them; their origin is 0.

    Parameters
    ----------
    batch : Observations
        Zeros and ones, dense with NaN or sparse.
    n_jobs : int or None
        Threads.

    References
    ----------
    J. Chi, E. Chi, R. Baraniuk (2016), k-POD: a method for k-means clustering of missing data, The
    American Statistician 70.
    """

    def __init__(self, batch: Observations, n_jobs: int | None = None) -> None:
        self._batch = Observations(batch.X, batch.weights)  # no log prior shifts distances
        self._batch.kept = batch.kept
        self.X, (self.n_rows, self.n_features) = batch.X, batch.X.shape
        self.weights = np.empty(0, batch.X.dtype) if batch.weights is None else batch.weights
        self.n_threads = effective_n_threads(n_jobs)
        self.origin = np.zeros(self.n_features, batch.X.dtype)
        counts, (ones, observed) = gather_linear(batch, None, 1, self.n_threads)
        self.n_total = float(counts[0])
        # of all rows; half of what nobody has seen
        self.mean = np.divide(
            ones[0], observed[0], where=observed[0] > 0, out=np.full(self.n_features, 0.5)
        )
        self.mean_variance = float((self.mean * (1 - self.mean)).mean())

    def about_origin(self, rows: NDArray[np.int64]) -> Array:
        """Some rows, as centres are given."""
        some: Any = self.X[rows]
        dense = np.asarray(some.toarray() if sp.issparse(some) else some, np.float64)
        return np.where(np.isnan(dense), self.mean, dense)

    def assign(
        self, centres: Array, labels: NDArray[np.int32] | None = None
    ) -> tuple[Array, Array, float, NDArray[np.int64]]:
        """Counts and sums of clusters, inertia, and rows that are far off, farthest first."""
        n_centres = len(centres)
        rows = RowResults.of(self._batch, n_centres, log_norm=True, labels=True)
        self._visit(centres, rows)
        if labels is not None:
            labels[:] = rows.labels
        counts, (sums, observed) = gather_linear(
            self._batch, rows.labels, n_centres, self.n_threads
        )
        inertia = float(((1 - 2 * centres) * sums + centres**2 * observed).sum())
        sums += (counts[:, np.newaxis] - observed) * centres
        # log_norm is less the farther a row is from all centres
        n_far = min(n_centres, self.n_rows)
        far = np.argpartition(rows.log_norm, n_far - 1)[:n_far]
        far = far[np.lexsort((far, rows.log_norm[far]))]
        return counts, sums, inertia, far

    def potentials(self, centres: Array, closest: NDArray[Any]) -> Array:
        """Sum of weighted squared distances if a centre was added, for each of them."""
        return np.array([self._masses(self._nearest(c, closest)).sum() for c in centres])

    def add(self, centre: Array, closest: NDArray[Any]) -> Array:
        """Take the distance to a further centre into `closest`; its sums over the parts."""
        closest[:] = self._nearest(centre, closest)
        n_parts = self.parts(1)
        firsts = self.n_rows * np.arange(n_parts) // n_parts
        sums: Array = np.add.reduceat(self._masses(closest), firsts)
        return sums

    def _nearest(self, centre: Array, closest: NDArray[Any]) -> NDArray[Any]:
        rows = RowResults.of(self._batch, 1, log_norm=True)
        self._visit(centre[np.newaxis], rows)
        nearest: NDArray[Any] = np.minimum(closest, np.maximum(-rows.log_norm, 0))
        return nearest

    def _masses(self, distances: NDArray[Any]) -> Array:
        weights = self.weights if len(self.weights) else 1.0
        masses: Array = np.multiply(distances, weights, dtype=np.float64)
        return masses

    def _visit(self, centres: Array, rows: RowResults) -> None:
        """Labels are those of the nearest centres; of one centre, log_norm is -distance."""
        view = LinearView(2 * centres - 1, -(centres**2))
        nothing = np.zeros(len(centres))
        visit_linear(self._batch, nothing, view, rows, self.n_threads, statistics=False)
