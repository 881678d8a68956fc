"""One pass of components whose log density is linear in the features of an observation.

Dense X may have NaN for what was not observed; in sparse X what is not stored is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb.models._mixture_pass import RowResults
from fastvb.models._observations import Observations
from fastvb.special import responsibilities

__all__ = ["LinearView", "gather_linear", "visit_linear"]

Array = NDArray[np.float64]
Moments = tuple[Array, ...]

_BLOCK_VALUES = 1 << 18  # of X and of responsibilities at a time


@dataclass(frozen=True, eq=False)
class LinearView:
    """Expected log densities, sum over observed j of slopes_kj x_j + intercepts_kj."""

    slopes: Array  # (n_components, n_features)
    intercepts: Array  # (n_components, n_features)

    def inner(self, counts: Array, moments: Moments) -> float:
        """Expected log density of data with these statistics."""
        sums, observed = moments
        return float((sums * self.slopes).sum() + (observed * self.intercepts).sum())


def visit_linear(
    batch: Observations, log_weights: Array, view: LinearView, rows: RowResults,
    *, statistics: bool = True,
) -> tuple[float, Array, Moments]:  # fmt: skip
    """Sum of weight * log norm, expected counts, and expected sums and numbers of what was seen."""
    slopes = np.ascontiguousarray(view.slopes.T)
    offset = log_weights + view.intercepts.sum(axis=1)  # where everything is observed
    total, sums = 0.0, _Sums(*view.slopes.shape)
    for some, values, seen in _blocks(batch, len(log_weights)):
        log_joint = values @ slopes
        log_joint += offset if seen is None else log_weights + seen @ view.intercepts.T
        if batch.log_prior is not None:
            log_joint += batch.log_prior[some]
        r, log_norm = responsibilities(log_joint)
        rows.put(some, log_joint, log_norm, r)
        if batch.weights is not None:
            r *= batch.weights[some, np.newaxis]
            log_norm = log_norm * batch.weights[some]
        total += float(log_norm.sum())
        if statistics:
            sums.add(r, values, seen)
    return total, sums.counts, (sums.sums, sums.observed)


def gather_linear(
    batch: Observations, assignment: NDArray[Any] | None, n_components: int
) -> tuple[Array, Moments]:
    """Statistics of given labels or responsibilities; None gives all to the first component."""
    sums = _Sums(n_components, batch.X.shape[1])
    if assignment is None:
        assignment = np.zeros(len(batch), np.intc)
    for some, values, seen in _blocks(batch, n_components):
        r = assignment[some]
        if r.ndim == 1:
            r = r[:, np.newaxis] == np.arange(n_components)
        r = r.astype(np.float64)
        if batch.weights is not None:
            r *= batch.weights[some, np.newaxis]
        sums.add(r, values, seen)
    return sums.counts, (sums.sums, sums.observed)


class _Sums:
    """Statistics of the rows so far."""

    def __init__(self, n_components: int, n_features: int) -> None:
        self.counts = np.zeros(n_components)
        self.sums = np.zeros((n_components, n_features))
        self.observed = np.zeros((n_components, n_features))

    def add(self, r: Array, values: Any, seen: Array | None) -> None:
        """Count some rows."""
        counts = r.sum(axis=0)
        self.counts += counts
        self.sums += (values.T @ r).T  # sparse from the left
        self.observed += counts[:, np.newaxis] if seen is None else r.T @ seen


def _blocks(batch: Observations, n_components: int) -> Iterator[tuple[slice, Any, Array | None]]:
    """Rows, their values with 0 for NaN, and what of them was observed (None: everything)."""
    X = batch.X
    n_rows = max(1, _BLOCK_VALUES // max(X.shape[1], n_components))
    if sp.issparse(X):
        for first in range(0, len(batch), n_rows):
            some = slice(first, first + n_rows)
            yield some, X[some].astype(np.float64, copy=False), None
        return
    if "missing" not in batch.kept:
        batch.kept["missing"] = bool(np.isnan(X.sum()))
    for first in range(0, len(batch), n_rows):
        some = slice(first, first + n_rows)
        block = X[some].astype(np.float64)
        seen = None
        if batch.kept["missing"]:
            seen = (~np.isnan(block)).astype(np.float64)
            np.nan_to_num(block, copy=False)
        yield some, block, seen
