"""A mixture of Gaussians for each column of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb._threads import effective_n_threads
from fastvb.estimators._column_model import check_estimator, column_model, moments_of
from fastvb.estimators._column_start import start_rows, started
from fastvb.estimators._mixture_data import check_rows, check_sample_weight
from fastvb.estimators.fitted_columns import FittedColumns
from fastvb.inference.separate import SeparateFits, separately
from fastvb.models.column_mixtures import (
    ColumnData,
    ColumnGlobals,
    ColumnMixtures,
    ColumnMoments,
    PointColumns,
)

__all__ = ["fit_columns"]

_PANEL_BYTES = 1 << 24  # of columns whose values do not lie side by side, copied for their fit


def fit_columns(
    X: Any, estimator: Any, *, sample_weight: Any = None, n_jobs: int | None = None
) -> FittedColumns:
    """Fit a mixture of Gaussians to each column of a table, many columns at once.

    Each column gets what a fit of `estimator` to this column alone would find from the same start:
    k-means of the column, beginning with the cuts that take most off its scatter, of at most 4096
    rows that are drawn by chance.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_columns)
        The table, finite; float32 and float64 are used without a copy. Columns that lie side by
        side in memory, as in arrays in C order, are copied some at a time.
    estimator : GaussianMixture or BayesianGaussianMixture
        Its parameters say what is to be fitted; it stays as it is. Priors that are given are those
        of every column, others are made from each column. `covariance_type` is not "tied", and
        parameters of other starts and learning methods keep their defaults.
    sample_weight : array-like of shape (n_samples,), optional
        How often each row counts.
    n_jobs : int or None
        Threads; None follows the estimator's. The result does not depend on it, bit for bit.

    Returns
    -------
    FittedColumns
        The mixtures.

    Raises
    ------
    ValueError, TypeError
        If `X`, or a parameter of the estimator, is not as described.
    FloatingPointError
        If a bound overflows.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import BayesianGaussianMixture, fit_columns
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> X[:200, 1] += 8
    >>> columns = fit_columns(X, BayesianGaussianMixture(n_components=2, random_state=0))
    >>> columns.means_[1].round()
    array([0., 8.])
    >>> values, components = columns.transform(X)
    >>> bool(np.abs(columns.inverse_transform(values, components) - X).max() < 1e-9)
    True
    """
    check_estimator(estimator)
    n_threads = effective_n_threads(estimator.n_jobs if n_jobs is None else n_jobs)
    X = check_rows(X, "fit_columns", least_rows=2)
    if len(X) < estimator.n_components:
        raise ValueError(
            "Expected n_samples to be at least n_components, got "
            f"n_samples={len(X)}, n_components={estimator.n_components}."
        )
    weights = check_sample_weight(sample_weight, len(X), X.dtype)
    weights = np.empty(0, X.dtype) if weights is None else weights
    rows = start_rows(weights, len(X), check.check_random_state(estimator.random_state))
    data, moments = _about_means(X, weights, n_threads)
    n_total = float(moments.counts[0, 0])
    model = column_model(estimator, data, moments, n_threads)
    start = started(data, rows, estimator.n_components, n_total, n_threads)
    fits = _fits(estimator, model, model.start(start), n_total)
    # what is kept does without the table
    model = replace(model, data=data._replace(X=X[:0].copy(), weights=weights[:0].copy()))
    return FittedColumns(estimator, model, fits, len(X))


def _panels(X: NDArray[Any], n_threads: int) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
    """All columns where each lies by itself, else copies of some at a time."""
    every = np.arange(X.shape[1])
    if X.strides[0] == X.itemsize or len(every) == 1:
        yield every, X
        return
    size = max(n_threads, _PANEL_BYTES // (len(X) * X.itemsize))
    for first in range(0, len(every), size):
        columns = every[first : first + size]
        yield columns, np.asfortranarray(X[:, columns[0] : columns[-1] + 1])


@np.errstate(over="ignore", invalid="ignore")
def _about_means(
    X: NDArray[Any], weights: NDArray[Any], n_threads: int
) -> tuple[ColumnData, ColumnMoments]:
    """The table with origins at its means, and the statistics of all values."""
    origin, moments = X[0].copy(), np.empty((3, X.shape[1], 1))
    for columns, panel in _panels(X, n_threads):
        data = ColumnData(panel, origin[columns], weights)
        mean = data.origin + moments_of(data, n_threads).means[:, 0]
        origin[columns] = mean.astype(X.dtype)
        moments[:, columns] = moments_of(data._replace(origin=origin[columns]), n_threads)
    wrong = np.flatnonzero(~np.isfinite(moments).all(axis=(0, 2)))
    if len(wrong):
        raise FloatingPointError(
            f"Expected finite sums of squares, got {moments[2, wrong[0], 0]} of column {wrong[0]}: "
            "the data are too large for the arithmetic."
        )
    return ColumnData(X, origin, weights), ColumnMoments(*moments)


def _fits(
    estimator: Any, model: ColumnMixtures, globals_: ColumnGlobals, n_total: float
) -> SeparateFits:
    """Fit all columns, panel by panel."""
    late = isinstance(model.components, PointColumns)
    scale = n_total if late else 1.0  # of the bound that users see
    data, n_columns = model.data, model.data.X.shape[1]
    all_fits = SeparateFits(
        globals_, np.empty(n_columns), np.empty(n_columns, np.int64), np.empty(n_columns, bool)
    )
    for columns, panel in _panels(data.X, model.n_threads):
        fits = separately(
            model.take(columns, panel), globals_.take(columns), len(columns),
            max_iter=estimator.max_iter, tol=estimator.tol * scale, late=late,
            accelerate=bool(estimator.accelerate), names=[f"column {j}" for j in columns],
        )  # fmt: skip
        globals_.put(columns, fits.globals_)
        for values, some in zip(all_fits[1:], fits[1:], strict=True):
            values[columns] = some
    all_fits.lower_bounds[:] /= scale
    return all_fits
