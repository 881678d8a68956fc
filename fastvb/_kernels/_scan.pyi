from typing import Any

from numpy.typing import NDArray

OK: int
BLANK: int
LINE: int
HEAD: int
PAIR: int
ROW: int
COLUMN: int
VALUE: int
LENGTH: int

def cut_lines(
    text: NDArray[Any], end: int, starts: NDArray[Any], counts: NDArray[Any], n_threads: int
) -> None: ...
def scan_triples(
    text: NDArray[Any],
    starts: NDArray[Any],
    offsets: NDArray[Any],
    first_id: int,
    n_rows: int,
    n_columns: int,
    rows: NDArray[Any],
    columns: NDArray[Any],
    values: NDArray[Any],
    results: NDArray[Any],
    n_threads: int,
) -> None: ...
def scan_couples(
    text: NDArray[Any],
    starts: NDArray[Any],
    offsets: NDArray[Any],
    first_id: int,
    n_rows: int,
    n_columns: int,
    rows: NDArray[Any],
    columns: NDArray[Any],
    results: NDArray[Any],
    n_threads: int,
) -> None: ...
def scan_counted_pairs(
    text: NDArray[Any],
    starts: NDArray[Any],
    offsets: NDArray[Any],
    first_id: int,
    n_columns: int,
    lengths: NDArray[Any],
    columns: NDArray[Any],
    values: NDArray[Any],
    results: NDArray[Any],
    n_threads: int,
) -> None: ...
def scan_labelled_pairs(
    text: NDArray[Any],
    starts: NDArray[Any],
    offsets: NDArray[Any],
    first_id: int,
    n_columns: int,
    labels: NDArray[Any],
    lengths: NDArray[Any],
    columns: NDArray[Any],
    values: NDArray[Any],
    results: NDArray[Any],
    n_threads: int,
) -> None: ...
