from typing import Any

import numpy as np
from numpy.typing import NDArray

def n_tasks(n_rows: int, n_columns: int) -> int: ...
def expectation(
    alpha: NDArray[Any], out: NDArray[Any], bad: NDArray[np.intp], n_threads: int
) -> None: ...
def exp_expectation(
    alpha: NDArray[Any], out: NDArray[Any], bad: NDArray[np.intp], n_threads: int
) -> None: ...
def log_normalizer(
    a: NDArray[Any], out: NDArray[Any], bad: NDArray[np.intp], n_threads: int
) -> None: ...
def entropy(a: NDArray[Any], out: NDArray[Any], bad: NDArray[np.intp], n_threads: int) -> None: ...
def kl(
    a: NDArray[Any],
    b: NDArray[Any],
    out: NDArray[Any],
    bad: NDArray[np.intp],
    bad_b: NDArray[np.intp],
    n_threads: int,
) -> None: ...
