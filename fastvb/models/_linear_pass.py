"""The calls of the compiled pass of components whose log density is linear in the features.

Dense X may have NaN for what was not observed; in sparse X what is not stored is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb._kernels import _mixture, _mixture_linear
from fastvb.models._mixture_pass import RowResults, assignment_rows, given_rows, work_for
from fastvb.models._observations import Observations

__all__ = ["LinearView", "gather_linear", "visit_linear"]

Array = NDArray[np.float64]
Moments = tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class LinearView:
    """Expected log densities, sum over observed j of slopes_kj x_j + intercepts_kj.

    Parameters
    ----------
    slopes, intercepts : ndarray of shape (n_components, n_features)
        Finite.

    Examples
    --------
    Exponential distributions of two rates:

    >>> import numpy as np
    >>> from fastvb.models import LinearView
    >>> rates = np.array([[0.5], [2.0]])
    >>> view = LinearView(-rates, np.log(rates))
    >>> waits = np.array([3.0, 0.0]), (np.array([[6.0], [0.0]]), np.array([[3.0], [0.0]]))
    >>> round(view.inner(*waits), 3)  # three, six in all, of the first
    -5.079
    """

    slopes: Array
    intercepts: Array

    def inner(self, counts: Array, moments: Moments) -> float:
        """Expected log density of data with these statistics.

        Parameters
        ----------
        counts : ndarray of shape (n_components,)
            Not looked at: those of `moments` are of each feature.
        moments : tuple of ndarray
            Sums and numbers of observations, both of shape (n_components, n_features).

        Returns
        -------
        float
            In nats.
        """
        sums, observed = moments
        return float((sums * self.slopes).sum() + (observed * self.intercepts).sum())


def visit_linear(
    batch: Observations, log_weights: Array, view: LinearView, rows: RowResults,
    n_threads: int, *, statistics: bool = True,
) -> tuple[float, Array, Moments]:  # fmt: skip
    """Sum of weight * log norm, expected counts, and expected sums and numbers of what was seen."""
    X, incomplete = _values(batch)
    n_components, n_features = view.slopes.shape
    counts, sums, observed = _room(n_components * statistics, n_features, incomplete)
    slopes, total = np.ascontiguousarray(view.slopes), np.empty(1)
    weights, log_prior = given_rows(batch, n_components, X.dtype)
    results = (rows.log_norm, rows.responsibilities, rows.labels, total)
    work = _work(X, n_components, incomplete, n_threads)
    if incomplete:
        intercepts = np.ascontiguousarray(view.intercepts)
        _mixture_linear.linear_pass(
            X, weights, log_prior, log_weights, slopes, intercepts, counts, sums, observed,
            *results, work, n_threads,
        )  # fmt: skip
        return float(total[0]), counts, (sums, observed)
    offset = log_weights + view.intercepts.sum(axis=1)
    if sp.issparse(X):
        _mixture_linear.sparse_pass(
            X.data, X.indices, X.indptr, weights, log_prior, offset, slopes, counts, sums,
            *results, work, n_threads,
        )  # fmt: skip
    else:
        _mixture_linear.linear_pass(
            X, weights, log_prior, offset, slopes, observed, counts, sums, observed,
            *results, work, n_threads,
        )  # fmt: skip
    return float(total[0]), counts, (sums, _all_of(counts, n_features))


def gather_linear(
    batch: Observations, assignment: NDArray[Any] | None, n_components: int, n_threads: int
) -> tuple[Array, Moments]:
    """Statistics of given labels or responsibilities; None gives all to the first component."""
    X, incomplete = _values(batch)
    n_features = X.shape[1]
    counts, sums, observed = _room(n_components, n_features, incomplete)
    weights, _ = given_rows(batch, n_components, X.dtype)
    given = assignment_rows(assignment, n_components, X.dtype)
    work = _work(X, n_components, incomplete, n_threads)
    if sp.issparse(X):
        _mixture_linear.sparse_statistics(
            X.data, X.indices, X.indptr, weights, *given, counts, sums, work, n_threads
        )
    else:
        _mixture_linear.linear_statistics(
            X, weights, *given, counts, sums, observed, work, n_threads
        )
    return counts, (sums, observed if incomplete else _all_of(counts, n_features))


def _values(batch: Observations) -> tuple[Any, bool]:
    """X in floating point, and whether some of it was not observed."""
    if "values" not in batch.kept:
        X = batch.X if batch.X.dtype.kind == "f" else batch.X.astype(np.float64)
        incomplete = not sp.issparse(X) and bool(np.isnan(X.sum()))
        batch.kept["values"] = X, incomplete
    X, incomplete = batch.kept["values"]
    return X, incomplete


def _room(n_components: int, n_features: int, incomplete: bool) -> tuple[Array, Array, Array]:
    shape = (n_components, n_features)
    return np.empty(n_components), np.empty(shape), np.empty(shape if incomplete else (0, shape[1]))


def _all_of(counts: Array, n_features: int) -> Array:
    """Number of observations of each feature where none is missing."""
    return np.repeat(counts[:, np.newaxis], n_features, axis=1)


def _work(X: Any, n_components: int, incomplete: bool, n_threads: int) -> NDArray[np.int8]:
    family = _mixture.INCOMPLETE if incomplete else _mixture.LINEAR
    if sp.issparse(X):
        family = _mixture.SPARSE
    return work_for(family, n_components, X, X.dtype.itemsize, n_threads)
