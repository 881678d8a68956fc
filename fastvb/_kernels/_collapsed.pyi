from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_OF_WORK: int

def arrange(
    indices: NDArray[Any],
    indptr: NDArray[Any],
    doc_starts: NDArray[np.int32],
    word_blocks: NDArray[np.int32],
    starts: NDArray[np.int64],
    docs: NDArray[np.int32],
    words: NDArray[np.int32],
    position: NDArray[np.int64],
    work: NDArray[np.int64],
) -> None: ...
def draw(
    starts: NDArray[np.int64],
    docs: NDArray[np.int32],
    words: NDArray[np.int32],
    counts: NDArray[np.float32],
    phi: NDArray[np.uint16],
    n_topics: int,
    seed: int,
    work: NDArray[np.float32],
    n_threads: int,
) -> None: ...
def add_counts(
    starts: NDArray[np.int64],
    docs: NDArray[np.int32],
    words: NDArray[np.int32],
    counts: NDArray[np.float32],
    phi: NDArray[np.uint16],
    doc_rows: NDArray[np.float32],
    word_rows: NDArray[np.float32],
    n_blocks: int,
    n_threads: int,
) -> None: ...
def sum_docs(
    doc_starts: NDArray[np.int32],
    doc_rows: NDArray[np.float32],
    totals: NDArray[np.float64],
    n_threads: int,
) -> None: ...
def sweep(
    starts: NDArray[np.int64],
    docs: NDArray[np.int32],
    words: NDArray[np.int32],
    counts: NDArray[np.float32],
    phi: NDArray[np.uint16],
    doc_starts: NDArray[np.int32],
    doc_rows: NDArray[np.float32],
    word_rows: NDArray[np.float32],
    doc_block_totals: NDArray[np.float64],
    offset: NDArray[np.float64],
    work: NDArray[np.float32],
    relaxation: float,
    n_threads: int,
) -> None: ...
def log_likelihood(
    starts: NDArray[np.int64],
    docs: NDArray[np.int32],
    words: NDArray[np.int32],
    counts: NDArray[np.float32],
    phi: NDArray[np.uint16],
    doc_rows: NDArray[np.float32],
    word_rows: NDArray[np.float32],
    totals: NDArray[np.float32],
    out: NDArray[np.float64],
    work: NDArray[np.float32],
    n_threads: int,
) -> None: ...
