from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL: int
TIED: int
DIAG: int
SPHERICAL: int
LINEAR: int
INCOMPLETE: int
SPARSE: int
OK: int
NOT_FINITE: int

def work_size(
    family: int,
    n_components: int,
    n_features: int,
    itemsize: int,
    n_rows: int,
    n_entries: int,
    n_threads: int,
) -> int: ...
def n_squares(family: int, n_features: int) -> int: ...
def gaussian_pass(
    family: int,
    X: NDArray[Any],
    origin: NDArray[Any],
    weights: NDArray[Any],
    log_prior: NDArray[Any],
    offset: NDArray[np.float64],
    means: NDArray[np.float64],
    factors: NDArray[np.float64],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    log_norm: NDArray[Any],
    responsibilities: NDArray[Any],
    labels: NDArray[np.intc],
    total: NDArray[np.float64],
    work: NDArray[np.int8],
    n_threads: int,
) -> int: ...
def gaussian_statistics(
    family: int,
    X: NDArray[Any],
    origin: NDArray[Any],
    weights: NDArray[Any],
    responsibilities: NDArray[Any],
    labels: NDArray[np.intc],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    work: NDArray[np.int8],
    n_threads: int,
) -> None: ...
def columns_work_size(n_components: int, itemsize: int, n_threads: int) -> int: ...
def gaussian_columns(
    X: NDArray[Any],
    columns: NDArray[np.intp],
    origin: NDArray[Any],
    weights: NDArray[Any],
    offset: NDArray[np.float64],
    means: NDArray[np.float64],
    factors: NDArray[np.float64],
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    total: NDArray[np.float64],
    work: NDArray[np.int8],
    n_threads: int,
) -> int: ...
