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
