from typing import Any

from numpy.typing import NDArray

def words(out: NDArray[Any], seed: int, stream: int, step: int, start: int) -> None: ...
def log_gamma_draws(
    shape: NDArray[Any],
    log_g: NDArray[Any],
    seed: int,
    stream: int,
    start: int,
    n_threads: int,
) -> None: ...
def draw_rows(
    counts: NDArray[Any],
    scale: float,
    prior: NDArray[Any],
    words: NDArray[Any],
    n_columns: int,
    seed: int,
    stream: int,
    rows: NDArray[Any],
    sums: NDArray[Any],
    n_threads: int,
) -> None: ...
def normalize_rows(
    log_total: NDArray[Any], rows: NDArray[Any], log_scale: NDArray[Any], n_threads: int
) -> None: ...
