"""Twins of the kernels in _kmeans.pyx."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def squared_distances(x: NDArray[Any], centres: NDArray[Any]) -> NDArray[np.float64]:
    """Of rows (n, d) to centres (k, d), shape (n, k)."""
    difference = x.astype(float)[:, None] - centres.astype(float)[None]
    return (difference**2).sum(axis=2)


def assign(
    x: NDArray[Any], weights: NDArray[Any], centres: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], float]:
    """Labels, counts, sums and inertia."""
    distance = squared_distances(x, centres)
    labels = distance.argmin(axis=1)
    member = np.eye(len(centres))[labels] * weights[:, None]
    inertia = float((weights * distance.min(axis=1)).sum())
    return labels, member.sum(axis=0), member.T @ x.astype(float), inertia


def potentials(
    x: NDArray[Any], weights: NDArray[Any], centres: NDArray[Any], closest: NDArray[Any]
) -> NDArray[np.float64]:
    """Sums of weighted squared distances if one of the centres was added."""
    nearer = np.minimum(closest.astype(float)[:, None], squared_distances(x, centres))
    return (weights[:, None] * nearer).sum(axis=0)


def sorted_kmeans(
    x: NDArray[np.float64], w: NDArray[np.float64], n_clusters: int, max_iter: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Counts, means and scatter of clusters of ascending values."""

    def spread(part: slice) -> float:
        n = w[part].sum()
        return float(w[part] @ (x[part] - w[part] @ x[part] / n) ** 2) if n > 0 else 0.0

    cuts = [0, len(x)]
    while len(cuts) <= n_clusters:
        gains = [
            (spread(slice(a, b)) - spread(slice(a, i)) - spread(slice(i, b)), -i)
            for a, b in zip(cuts, cuts[1:], strict=False)
            for i in range(a + 1, b)
            if x[i] > x[i - 1] and w[a:i].sum() > 0 and w[i:b].sum() > 0
        ]
        if not gains:
            break
        cuts = sorted([*cuts, -max(gains)[1]])
    labels = np.searchsorted(cuts[1:-1], np.arange(len(x)), side="right")
    means = np.zeros(len(cuts) - 1)
    for _ in range(max_iter + 1):
        members = labels == np.arange(len(means))[:, None]
        counts = members @ w
        np.divide(members @ (w * x), counts, where=counts > 0, out=means)
        borders = 0.5 * (means[1:] + means[:-1])
        last, labels = labels, np.searchsorted(borders, x, side="left")
    members = last == np.arange(len(means))[:, None]
    scatter = (members * (x - means[:, None]) ** 2) @ w
    rest = np.zeros(n_clusters - len(means))
    return np.append(counts, rest), np.append(means, rest), np.append(scatter, rest)
