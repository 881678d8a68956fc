from typing import Any

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
