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
