from typing import Any

from numpy.typing import NDArray

def work_size(stride: int, itemsize: int, max_words: int) -> int: ...
def local_step(
    counts: NDArray[Any],
    places: NDArray[Any],
    indptr: NDArray[Any],
    word_rows: NDArray[Any],
    prior: NDArray[Any],
    expected: NDArray[Any],
    gamma: NDArray[Any],
    work: NDArray[Any],
    tol: float,
    max_iter: int,
    n_threads: int,
) -> None: ...
def word_statistics(
    words: NDArray[Any],
    word_ptr: NDArray[Any],
    position: NDArray[Any],
    expected: NDArray[Any],
    out: NDArray[Any],
    work: NDArray[Any],
    n_threads: int,
) -> None: ...
