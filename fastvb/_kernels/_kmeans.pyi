from typing import Any

import numpy as np
from numpy.typing import NDArray

def work_size(n_features: int) -> int: ...
def assign(
    x: NDArray[Any],
    origin: NDArray[Any],
    weights: NDArray[Any],
    centres: NDArray[Any],
    labels: NDArray[Any],
    counts: NDArray[Any],
    sums: NDArray[Any],
    inertia: NDArray[Any],
    farthest: NDArray[Any],
    farthest_row: NDArray[Any],
    work: NDArray[Any],
    n_threads: int,
) -> None: ...
def potentials(
    x: NDArray[Any],
    origin: NDArray[Any],
    weights: NDArray[Any],
    centres: NDArray[Any],
    closest: NDArray[Any],
    sums: NDArray[Any],
    work: NDArray[Any],
    n_threads: int,
) -> None: ...
def add(
    x: NDArray[Any],
    origin: NDArray[Any],
    weights: NDArray[Any],
    centre: NDArray[Any],
    closest: NDArray[Any],
    sums: NDArray[Any],
    work: NDArray[Any],
    n_threads: int,
) -> None: ...
def sorted_kmeans(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    counts: NDArray[np.float64],
    means: NDArray[np.float64],
    scatter: NDArray[np.float64],
    sums: NDArray[np.float64],
    cuts: NDArray[np.intp],
    max_iter: int,
    n_threads: int,
) -> None: ...
