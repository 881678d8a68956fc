from typing import Any

import numpy as np
from numpy.typing import NDArray

def linear_pass(
    X: NDArray[Any],
    weights: NDArray[Any],
    log_prior: NDArray[Any],
    offset: NDArray[np.float64],
    slopes: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    observed: NDArray[np.float64],
    log_norm: NDArray[Any],
    responsibilities: NDArray[Any],
    labels: NDArray[np.intc],
    total: NDArray[np.float64],
    work: NDArray[np.int8],
    n_threads: int,
) -> int: ...
def linear_statistics(
    X: NDArray[Any],
    weights: NDArray[Any],
    responsibilities: NDArray[Any],
    labels: NDArray[np.intc],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    observed: NDArray[np.float64],
    work: NDArray[np.int8],
    n_threads: int,
) -> None: ...
def sparse_pass(
    data: NDArray[Any],
    indices: NDArray[Any],
    indptr: NDArray[Any],
    weights: NDArray[Any],
    log_prior: NDArray[Any],
    offset: NDArray[np.float64],
    slopes: NDArray[np.float64],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    log_norm: NDArray[Any],
    responsibilities: NDArray[Any],
    labels: NDArray[np.intc],
    total: NDArray[np.float64],
    work: NDArray[np.int8],
    n_threads: int,
) -> int: ...
def sparse_statistics(
    data: NDArray[Any],
    indices: NDArray[Any],
    indptr: NDArray[Any],
    weights: NDArray[Any],
    responsibilities: NDArray[Any],
    labels: NDArray[np.intc],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    work: NDArray[np.int8],
    n_threads: int,
) -> None: ...
