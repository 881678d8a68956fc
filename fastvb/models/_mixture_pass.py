"""The calls of the compiled pass: from what component families know to arrays, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _mixture
from fastvb.models._observations import Observations

if TYPE_CHECKING:
    from fastvb.models._gaussian_components import GaussianView

__all__ = [
    "RowResults",
    "assignment_rows",
    "gather_gaussian",
    "given_rows",
    "visit_gaussian",
    "work_for",
]

Array = NDArray[np.float64]
Moments = tuple[Array, ...]

_FAMILIES = {
    "full": _mixture.FULL,
    "tied": _mixture.TIED,
    "diag": _mixture.DIAG,
    "spherical": _mixture.SPHERICAL,
}
_NOTHING = np.empty(0)


@dataclass(frozen=True, eq=False)
class RowResults:
    """What a pass finds out about each observation; arrays without rows are not wanted.

    Attributes
    ----------
    log_norm : ndarray of shape (n_observations,)
        Log of the sum over components of weight times density: the log density of the
        observation, where weights and components are points.
    responsibilities : ndarray of shape (n_observations, n_components)
        Probability of each component.
    labels : ndarray of shape (n_observations,)
        The most probable component, the first of equals.
    """

    log_norm: NDArray[Any]
    responsibilities: NDArray[Any]
    labels: NDArray[np.intc]

    @classmethod
    def of(
        cls, batch: Observations, n_components: int, *, log_norm: bool = False,
        responsibilities: bool = False, labels: bool = False,
    ) -> RowResults:  # fmt: skip
        """Room for what is wanted, of the type of the data, or float64 where they are counts."""
        n, dtype = len(batch), batch.X.dtype if batch.X.dtype.kind == "f" else np.float64
        return cls(
            np.empty(n * log_norm, dtype),
            np.empty((n * responsibilities, n_components), dtype),
            np.empty(n * labels, np.intc),
        )

    def put(self, some: slice, log_joint: Array, log_norm: Array, responsibilities: Array) -> None:
        """Keep what is wanted of some rows."""
        if len(self.log_norm):
            self.log_norm[some] = log_norm
        if len(self.responsibilities):
            self.responsibilities[some] = responsibilities
        if len(self.labels):
            self.labels[some] = log_joint.argmax(axis=1)


def visit_gaussian(
    batch: Observations, log_weights: Array, view: GaussianView, rows: RowResults,
    n_threads: int, *, statistics: bool = True,
) -> tuple[float, Array, Moments]:  # fmt: skip
    """Sum of weight * log norm, expected counts, and sums and squares about the origin.

    Without `statistics`, what is to be known of the rows is all that is computed.
    """
    n_components, n_features = view.means.shape
    family = _FAMILIES[view.form.name]
    counts, sums, squares = _moments(family, n_components * statistics, n_features)
    total = np.empty(1)
    _mixture.gaussian_pass(
        family, batch.X, _origin(batch, view.origin),
        *given_rows(batch, n_components, batch.X.dtype),
        log_weights + view.constants, np.ascontiguousarray(view.means), view.factors, counts, sums,
        squares, rows.log_norm, rows.responsibilities, rows.labels, total,
        work_for(family, n_components, batch.X, batch.X.dtype.itemsize, n_threads), n_threads,
    )  # fmt: skip
    if view.form.shared and statistics:
        squares = _all_squares(batch, view.origin, n_threads)
    return float(total[0]), counts, (sums, squares)


def gather_gaussian(
    form: str, batch: Observations, origin: Array, assignment: NDArray[Any] | None,
    n_components: int, n_threads: int,
) -> tuple[Array, Moments]:  # fmt: skip
    """Statistics of observations whose labels (n,) or responsibilities (n, k) are given.

    None gives all to the first component.
    """
    family = _FAMILIES[form]
    counts, sums, squares = _moments(family, n_components, len(origin))
    dtype = batch.X.dtype
    weights, _ = given_rows(batch, n_components, dtype)
    _mixture.gaussian_statistics(
        family, batch.X, _origin(batch, origin), weights,
        *assignment_rows(assignment, n_components, dtype), counts, sums, squares,
        work_for(family, n_components, batch.X, dtype.itemsize, n_threads), n_threads,
    )  # fmt: skip
    if form == "tied":
        squares = _all_squares(batch, origin, n_threads)
    return counts, (sums, squares)


def _all_squares(batch: Observations, origin: Array, n_threads: int) -> Array:
    """Sum of weight * outer products of all rows, which every visit of the batch has alike."""
    key = ("squares", origin.tobytes())
    if key not in batch.kept:
        _, (_, squares) = gather_gaussian("full", batch, origin, None, 1, n_threads)
        batch.kept[key] = squares
    kept: Array = batch.kept[key]
    return kept


def _moments(family: int, n_components: int, n_features: int) -> tuple[Array, Array, Array]:
    n_squares = _mixture.n_squares(family, n_features)
    return (
        np.empty(n_components),
        np.empty((n_components, n_features)),
        np.empty((n_components if n_squares else 0, n_squares)),
    )


def _origin(batch: Observations, origin: Array) -> NDArray[Any]:
    """In the type of the data."""
    typed = origin.astype(batch.X.dtype)
    if not np.array_equal(typed, origin):
        raise ValueError(
            f"Expected origin to have values of the type of the data, {batch.X.dtype}, got "
            f"origin={origin}. Round it to that type."
        )
    return typed


def given_rows(
    batch: Observations, n_components: int, dtype: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Weights and log priors in the type of the data, without rows where there are none."""
    weights = _NOTHING if batch.weights is None else batch.weights
    log_prior = batch.log_prior
    if log_prior is None:
        log_prior = np.empty((0, n_components), dtype)
    return np.ascontiguousarray(weights, dtype), np.asarray(log_prior, dtype)


def assignment_rows(
    assignment: NDArray[Any] | None, n_components: int, dtype: Any
) -> tuple[NDArray[Any], NDArray[np.intc]]:
    """Responsibilities and labels, that of both without rows which is not given."""
    responsibilities, labels = np.empty((0, n_components), dtype), np.empty(0, np.intc)
    if assignment is not None and assignment.ndim == 2:
        responsibilities = np.asarray(assignment, dtype)
    elif assignment is not None:
        labels = np.ascontiguousarray(assignment, np.intc)
    return responsibilities, labels


def work_for(
    family: int, n_components: int, X: Any, itemsize: int, n_threads: int
) -> NDArray[np.int8]:
    """Room for the kernel to work in."""
    n_rows, n_features = X.shape
    n_entries = X.nnz if sp.issparse(X) else X.size
    size = _mixture.work_size(
        family, n_components, n_features, itemsize, n_rows, n_entries, n_threads
    )
    return _aligned.empty(size, np.int8)
