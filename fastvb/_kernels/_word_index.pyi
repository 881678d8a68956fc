from typing import Any

from numpy.typing import NDArray

def distinct_words(
    indices: NDArray[Any], words: NDArray[Any], place: NDArray[Any], table: NDArray[Any]
) -> int: ...
def index_by_words(
    indices: NDArray[Any],
    indptr: NDArray[Any],
    word_ptr: NDArray[Any],
    docs: NDArray[Any],
    position: NDArray[Any],
) -> None: ...
