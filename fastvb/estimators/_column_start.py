"""Where the mixtures of columns start: at k-means of each column, of some of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _kmeans as kernels
from fastvb.models.column_mixtures import ColumnData, ColumnMoments

__all__ = ["start_rows", "started"]

_MOST_ROWS = 4096  # that start a column; the first pass takes all of them in
_BLOCK_VALUES = 1 << 20  # that are sorted at a time
_MAX_ITER = 300


def start_rows(weights: NDArray[Any], n_rows: int, rng: Any) -> NDArray[np.intp] | None:
    """Rows to start from, None for all; each as likely as its weight, where rows have weights."""
    if n_rows <= _MOST_ROWS:
        return None
    if len(weights) == 0:
        rows = rng.choice(n_rows, _MOST_ROWS, replace=False)
    else:
        shares = weights.astype(np.float64)
        rows = rng.choice(n_rows, _MOST_ROWS, p=shares / shares.sum())
    return np.sort(rows).astype(np.intp)


def started(
    data: ColumnData, rows: NDArray[np.intp] | None, n_components: int, n_total: float,
    n_threads: int,
) -> ColumnMoments:  # fmt: skip
    """Statistics of the clusters, scaled to all rows; empty ones where columns have few values.

    Parameters
    ----------
    data : ColumnData
        The table.
    rows : ndarray of shape (n,) or None
        Those to start from.
    n_components : int
        Number of clusters.
    n_total : float
        Sum of the weights of all rows.
    n_threads : int
        Threads.

    Returns
    -------
    ColumnMoments
        Arrays of shape (n_columns, n_components), the clusters in ascending order.

    References
    ----------
    S. Lloyd (1982), Least squares quantization in PCM, IEEE Transactions on Information Theory 28.
    """
    X, origin, weights = data
    if rows is not None:
        weights = weights[:0]
    n_rows, n_columns = len(X) if rows is None else len(rows), X.shape[1]
    counts, means, scatter = np.empty((3, n_columns, n_components))
    work = _aligned.empty((n_threads, 2, n_rows + 1), np.float64)
    cuts = np.empty((n_threads, 2, n_components + 1), np.intp)
    size = max(n_threads, _BLOCK_VALUES // n_rows)
    for first in range(0, n_columns, size):
        block = slice(first, first + size)
        some = X[:, block] if rows is None else X[:, block][rows]
        values = np.array((some - origin[block]).T, np.float64, order="C")
        of_values = np.empty((0, n_rows))
        if len(weights):
            order = np.argsort(values, axis=1, kind="stable")
            values = np.take_along_axis(values, order, 1)
            of_values = weights.astype(np.float64)[order]
        else:
            values.sort(axis=1)
        kernels.sorted_kmeans(
            values,
            of_values,
            counts[block],
            means[block],
            scatter[block],
            work,
            cuts,
            _MAX_ITER,
            n_threads,
        )
    scale = n_total / counts.sum(axis=1, keepdims=True)
    return ColumnMoments(scale * counts, means, scale * scatter)
