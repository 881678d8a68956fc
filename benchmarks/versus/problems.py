"""The problems: what is computed, on which data. Adapters say how each library computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.datasets import make_lda_corpus

TOLERANCES = {"float64": 1e-9, "float32": 1e-4}
ELEMENTWISE = ["digamma", "trigamma", "gammaln", "exp_digamma"]


@dataclass(frozen=True)
class Problem:
    """One row of the table for each rival."""

    task: str  # what an adapter looks up
    variant: str  # size and dtype, for the reader
    size: int  # values that one call works on; for LDA non-zero counts times passes
    make: Callable[[], Any]  # the data: an array or a tuple of what the task takes
    rtol: float  # how far a rival's result may be from ours, relative to its largest value

    @property
    def name(self) -> str:
        return f"{self.task}, {self.variant}"

    @cached_property
    def data(self) -> tuple[Any, ...]:
        made = self.make()
        return made if isinstance(made, tuple) else (made,)


def log_uniform(size: int, dtype: str) -> NDArray[Any]:
    """Arguments from 0.01 to 1000, each factor of ten equally often, shuffled."""
    x = np.exp(np.random.default_rng(0).uniform(np.log(0.01), np.log(1000.0), size))
    return x.astype(dtype)


def log_joint(rows: int, columns: int, dtype: str) -> NDArray[Any]:
    """Log densities with a spread as in mixtures: a few components matter in each row."""
    return (10.0 * np.random.default_rng(1).standard_normal((rows, columns))).astype(dtype)


def dirichlet_pair(rows: int, columns: int, dtype: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Parameters of two Dirichlet distributions per row."""
    a, b = np.random.default_rng(2).gamma(1.0, 5.0, (2, rows, columns)) + 0.01
    return a.astype(dtype), b.astype(dtype)


ROWS = {"logsumexp": log_joint, "responsibilities": log_joint, "dirichlet_kl": dirichlet_pair}


def special_problems(values: int = 100_000, rows: int = 1_000_000) -> Iterator[Problem]:
    for dtype, rtol in TOLERANCES.items():
        for task in ELEMENTWISE:
            make = partial(log_uniform, values, dtype)
            yield Problem(task, f"{values:,} {dtype}", values, make, rtol)
        for task, make_rows in ROWS.items():
            make = partial(make_rows, rows, 10, dtype)
            yield Problem(task, f"{rows:,} x 10 {dtype}", rows * 10, make, rtol)


def lda_problems(max_iter: int = 3) -> Iterator[Problem]:
    """Batch fits from the same start; K, documents, words, words per document."""
    for k, n_documents, n_words, length in (
        (10, 2000, 2000, 100),
        (20, 2000, 5000, 60),
        (100, 1000, 5000, 300),
    ):
        corpus, _, _ = make_lda_corpus(
            n_documents, n_words, k, document_length=length, random_state=0
        )
        counts = corpus.counts
        yield Problem(
            "lda_fit",
            f"K={k}, {n_documents:,} x {n_words:,}",
            counts.nnz * max_iter,
            partial(tuple, (counts, k, max_iter)),
            1e-3,
        )
