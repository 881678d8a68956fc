"""k-means of rows: where mixtures start.

Every draw is that of (seed, its number), and sums do not depend on threads, so the result is a
function of data, seed and parameters, bit for bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _kmeans as kernels
from fastvb._threads import effective_n_threads
from fastvb.inference.draws import VALUES, generator

__all__ = ["Clustering", "Rows", "kmeans", "kmeans_plusplus", "random_rows"]

_MOST_PARTS, _PART_ROWS, _PART_BYTES = 64, 256, 2**24


class Clustering(NamedTuple):
    """Clusters of rows."""

    centres: NDArray[np.float64]  # (n_clusters, n_features)
    labels: NDArray[np.int32]  # (n_samples,)
    inertia: float  # sum of weighted squared distances
    n_iter: int


class Rows:
    """Data as the kernels take them: about a common origin, which keeps their digits.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Finite, float32 or float64, any strides; never copied.
    weights : ndarray of shape (n_samples,) or None
        Non-negative, of the same type.
    n_jobs : int or None
        Threads.
    """

    def __init__(
        self, X: NDArray[Any], weights: NDArray[Any] | None = None, n_jobs: int | None = None
    ) -> None:
        self.X, self.n_rows, self.n_features = X, *X.shape
        self.weights = np.empty(0, X.dtype) if weights is None else weights
        self.n_threads = effective_n_threads(n_jobs)
        self._work = _aligned.empty((self.n_threads, kernels.work_size(X.shape[1])), np.int8)
        self.origin = X[0].copy()
        counts, sums, scatter, _ = self.assign(np.zeros((1, self.n_features)))
        self.n_total = float(counts[0])
        mean = sums[0] / counts[0]
        self.mean_variance = max(scatter / counts[0] - mean @ mean, 0.0) / self.n_features
        self.origin = (X[0].astype(np.float64) + mean).astype(X.dtype)

    def parts(self, n_centres: int) -> int:
        """In how many the rows are cut: few enough for their sums to be small."""
        by_size = _PART_BYTES // (8 * (n_centres + 1) * self.n_features)
        return int(max(1, min(_MOST_PARTS, -(-self.n_rows // _PART_ROWS), by_size)))

    def about_origin(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Some rows, as centres are given."""
        return np.asarray(self.X[rows] - self.origin, np.float64)

    def assign(
        self, centres: NDArray[np.float64], labels: NDArray[np.int32] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float, NDArray[np.int64]]:
        """Counts and sums of clusters, inertia, and rows that are far off, farthest first."""
        n_parts, n_centres = self.parts(len(centres)), len(centres)
        counts = np.empty((n_parts, n_centres))
        sums = np.empty((n_parts, n_centres, self.n_features))
        inertia, farthest = np.empty((2, n_parts))
        rows = np.empty(n_parts, np.int64)
        labels = np.empty(0, np.int32) if labels is None else labels
        kernels.assign(
            self.X, self.origin, self.weights, centres.astype(self.X.dtype), labels, counts, sums,
            inertia, farthest, rows, self._work, self.n_threads,
        )  # fmt: skip
        far = np.argsort(-farthest, kind="stable")
        return counts.sum(0), sums.sum(0), float(inertia.sum()), rows[far]

    def potentials(
        self, centres: NDArray[np.float64], closest: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Sum of weighted squared distances if a centre was added, for each of them."""
        sums = np.empty((self.parts(1), len(centres)))
        kernels.potentials(
            self.X, self.origin, self.weights, centres.astype(self.X.dtype), closest, sums,
            self._work, self.n_threads,
        )  # fmt: skip
        total: NDArray[np.float64] = sums.sum(0)
        return total

    def add(self, centre: NDArray[np.float64], closest: NDArray[Any]) -> NDArray[np.float64]:
        """Take the distance to a further centre into `closest`; its sums over the parts."""
        sums = np.empty(self.parts(1))
        kernels.add(
            self.X, self.origin, self.weights, centre.astype(self.X.dtype), closest, sums,
            self._work, self.n_threads,
        )  # fmt: skip
        return sums


def random_rows(rows: Rows, n: int, seed: int) -> NDArray[np.int64]:
    """Draw different rows, each row as likely as its weight.

    Parameters
    ----------
    rows : Rows
        The data.
    n : int
        At most the number of rows.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray of int64, shape (n,)
        Their numbers.
    """
    rng = generator(seed, VALUES, 0)
    if len(rows.weights) == 0:
        return np.asarray(rng.choice(rows.n_rows, n, replace=False), np.int64)
    # the first n of independent exponential times at these rates
    with np.errstate(divide="ignore"):
        times = rng.exponential(size=rows.n_rows) / rows.weights
    return np.asarray(np.argsort(times, kind="stable")[:n], np.int64)


def kmeans_plusplus(rows: Rows, n_clusters: int, seed: int) -> NDArray[np.float64]:
    """Choose rows far from each other as centres (greedy k-means++).

    Each is the best of ``2 + log(n_clusters)`` candidates, which are drawn with probabilities that
    are proportional to their squared distance from the centres so far.

    Parameters
    ----------
    rows : Rows
        The data.
    n_clusters : int
        Number of centres.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray of shape (n_clusters, n_features)
        Centres about the origin of the rows.

    References
    ----------
    D. Arthur, S. Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA,
    section 2.2, and section 5 for several candidates.
    """
    n_trials = 2 + int(np.log(n_clusters))
    closest = np.full(rows.n_rows, np.finfo(rows.X.dtype).max, rows.X.dtype)
    centres = np.empty((n_clusters, rows.n_features))
    centres[0] = rows.about_origin(random_rows(rows, 1, seed))[0]
    sums = rows.add(centres[0], closest)
    for k in range(1, n_clusters):
        uniforms = generator(seed, VALUES, k).random(n_trials)
        candidates = rows.about_origin(_draw_far(rows, closest, sums, uniforms))
        best = int(rows.potentials(candidates, closest).argmin())
        centres[k] = candidates[best]
        sums = rows.add(centres[k], closest)
    return centres


def _draw_far(
    rows: Rows, closest: NDArray[Any], sums: NDArray[np.float64], uniforms: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Rows with probabilities that are proportional to weight times squared distance."""
    cumulated = np.cumsum(sums)
    if not cumulated[-1] > 0:  # fewer different rows than centres
        return np.asarray(uniforms * rows.n_rows, np.int64)
    drawn = np.empty(len(uniforms), np.int64)
    for i, target in enumerate(uniforms * cumulated[-1]):
        part = min(int(np.searchsorted(cumulated, target, side="right")), len(sums) - 1)
        first, last = (rows.n_rows * p // len(sums) for p in (part, part + 1))
        masses = closest[first:last].astype(np.float64)
        if len(rows.weights):
            masses *= rows.weights[first:last]
        within = np.cumsum(masses)
        rest = target - (cumulated[part - 1] if part else 0.0)
        rest = min(rest, np.nextafter(within[-1], 0.0))  # their sums are rounded differently
        drawn[i] = first + int(np.searchsorted(within, rest, side="right"))
    np.minimum(drawn, rows.n_rows - 1, out=drawn)
    return drawn


def kmeans(
    rows: Rows,
    centres: NDArray[np.float64],
    *,
    max_iter: int = 300,
    tol: float = 1e-4,
) -> Clustering:
    """Lloyd's iteration.

    Parameters
    ----------
    rows : Rows
        The data.
    centres : ndarray of shape (n_clusters, n_features)
        Where to start, about the origin of the rows.
    max_iter : int
        Iterations at most; with 0, rows go to the nearest of the centres given.
    tol : float
        Stop when the squared moves of the centres sum up to no more than this times the mean
        variance of the features.

    Returns
    -------
    Clustering
        Labels are those of the nearest centre. A cluster that loses all rows moves to one that is
        far from its centre.

    References
    ----------
    S. Lloyd (1982), Least squares quantization in PCM, IEEE Transactions on Information Theory 28.
    """
    n_iter = 0
    for n_iter in range(1, max_iter + 1):  # noqa: B007
        counts, sums, _, far = rows.assign(centres)
        moved = centres.copy()
        full = counts > 0
        moved[full] = sums[full] / counts[full, None]
        empty = np.flatnonzero(~full)[: len(far)]
        moved[empty] = rows.about_origin(far[: len(empty)])
        shift = float(((moved - centres) ** 2).sum())
        centres = moved
        if shift <= tol * rows.mean_variance:
            break
    labels = np.empty(rows.n_rows, np.int32)
    _, _, inertia, _ = rows.assign(centres, labels)
    return Clustering(centres + rows.origin, labels, inertia, n_iter)
