from typing import Any

from numpy.typing import NDArray

def log_gamma_slopes(shape: NDArray[Any], log_g: NDArray[Any], slope: NDArray[Any]) -> None: ...
def scaled_gradient(
    counts: NDArray[Any],
    scale: float,
    prior: NDArray[Any],
    log_g: NDArray[Any],
    place: NDArray[Any],
    statistics: NDArray[Any],
    share: NDArray[Any],
    out: NDArray[Any],
    sums: NDArray[Any],
    n_threads: int,
) -> None: ...
def add_inverse_trigamma(
    counts: NDArray[Any],
    scale: float,
    prior: NDArray[Any],
    factor: NDArray[Any],
    out: NDArray[Any],
    n_threads: int,
) -> None: ...
