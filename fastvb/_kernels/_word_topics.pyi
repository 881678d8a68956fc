from typing import Any

from numpy.typing import NDArray

def probabilities(
    places: NDArray[Any],
    indptr: NDArray[Any],
    rows: NDArray[Any],
    theta: NDArray[Any],
    tiny: float,
    phi: NDArray[Any],
    underflows: NDArray[Any],
    n_threads: int,
) -> None: ...
def most_probable(
    places: NDArray[Any],
    indptr: NDArray[Any],
    rows: NDArray[Any],
    theta: NDArray[Any],
    n_topics: int,
    tiny: float,
    topics: NDArray[Any],
    underflows: NDArray[Any],
    n_threads: int,
) -> None: ...
