from typing import Any

from numpy.typing import NDArray

def work_size(stride: int, itemsize: int, max_words: int, max_tokens: int) -> int: ...
def local_step(
    places: NDArray[Any],
    indptr: NDArray[Any],
    token_ptr: NDArray[Any],
    word_rows: NDArray[Any],
    prior: NDArray[Any],
    seed: int,
    stream: int,
    start: int,
    n_burn_in: int,
    n_kept: int,
    topics: NDArray[Any],
    gamma: NDArray[Any],
    work: NDArray[Any],
    max_tokens: int,
    n_threads: int,
) -> None: ...
def word_statistics(
    words: NDArray[Any],
    word_ptr: NDArray[Any],
    position: NDArray[Any],
    token_ptr: NDArray[Any],
    topics: NDArray[Any],
    out: NDArray[Any],
    work: NDArray[Any],
    n_threads: int,
) -> None: ...
