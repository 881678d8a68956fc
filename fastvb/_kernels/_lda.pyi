from typing import Any

import numpy as np
from numpy.typing import NDArray

NOT_FINITE: int
PENDING: int

def local_step_work_size(stride: int, itemsize: int, max_words: int) -> int: ...
def local_step(
    counts: NDArray[Any],
    indices: NDArray[Any],
    indptr: NDArray[Any],
    word_rows: NDArray[Any],
    word_log_scale: NDArray[np.float64],
    log_rows: NDArray[np.float64],
    doc_topic_prior: NDArray[Any],
    gamma: NDArray[Any],
    theta: NDArray[Any],
    ratio: NDArray[Any],
    bound: NDArray[np.float64],
    n_iter: NDArray[np.intc],
    status: NDArray[np.uint8],
    work: NDArray[np.int8],
    max_words: int,
    mean: bool,
    mixed: bool,
    tol: float,
    max_iter: int,
    n_threads: int,
) -> None: ...
def word_statistics(
    words: NDArray[Any],
    word_ptr: NDArray[Any],
    docs: NDArray[Any],
    position: NDArray[Any],
    ratio: NDArray[Any],
    theta: NDArray[Any],
    gamma: NDArray[Any],
    word_rows: NDArray[Any],
    log_rows: NDArray[np.float64],
    mean: bool,
    adds: bool,
    out: NDArray[Any],
    work: NDArray[np.float64],
    n_threads: int,
) -> None: ...
def word_rows(
    counts: NDArray[Any],
    scale: float,
    prior: NDArray[Any],
    words: NDArray[Any],
    mean: bool,
    of_total: NDArray[np.float64],
    factors: NDArray[Any],
    rows: NDArray[Any],
    log_scale: NDArray[np.float64],
    work: NDArray[np.float64],
    n_threads: int,
) -> None: ...
def add_rows(
    words: NDArray[Any], factor: float, rows: NDArray[Any], out: NDArray[Any], n_threads: int
) -> None: ...
def column_sums(rows: NDArray[Any], partial: NDArray[np.float64], n_threads: int) -> None: ...
def inner_product(
    weights: NDArray[Any],
    word_rows: NDArray[Any],
    word_log_scale: NDArray[np.float64],
    out: NDArray[np.float64],
    n_threads: int,
) -> None: ...
def dirichlet_terms(
    model_prior: NDArray[Any],
    counts: NDArray[Any],
    prior: NDArray[Any],
    digamma_total: NDArray[np.float64],
    out: NDArray[np.float64],
    work: NDArray[np.float64],
    n_threads: int,
) -> None: ...
def gammaln_terms(
    counts: NDArray[Any],
    prior: NDArray[Any],
    n_topics: int,
    out: NDArray[np.float64],
    work: NDArray[np.float64],
    n_threads: int,
) -> None: ...
