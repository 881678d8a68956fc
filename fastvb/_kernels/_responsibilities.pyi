from typing import Any

from numpy.typing import NDArray

def responsibilities(
    log_joint: NDArray[Any], resp: NDArray[Any], log_norm: NDArray[Any], n_threads: int
) -> None: ...
def logsumexp_rows(x: NDArray[Any], log_norm: NDArray[Any], n_threads: int) -> None: ...
def logsumexp_columns(
    x: NDArray[Any], log_norm: NDArray[Any], slab_rows: int, n_threads: int
) -> None: ...
