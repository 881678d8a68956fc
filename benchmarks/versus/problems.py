"""What is computed, on which data. Adapters say how each library computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCES = {"float64": 1e-9, "float32": 1e-4}
ELEMENTWISE = ["digamma", "trigamma", "gammaln", "exp_digamma"]


def largest_difference(_data: Any, ours: Any, theirs: Any) -> float:
    """Between all numbers of two results, relative to the largest of them."""
    a, b = (np.concatenate([np.ravel(part) for part in as_tuple(x)]) for x in (ours, theirs))
    return float(np.max(np.abs(a.astype(np.float64) - b)) / np.max(np.abs(b)))


def as_tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


@dataclass(frozen=True)
class Problem:
    """One row of the table for each rival."""

    task: str  # what an adapter looks up
    variant: str  # size and dtype, for the reader
    size: int  # units of work of one call
    make: Callable[[], Any]  # the data: an array or a tuple of what the task takes
    tolerance: float  # how different a rival's result may be from ours
    unit: str = "value"
    difference: Callable[[Any, Any, Any], float] = largest_difference  # of (data, ours, theirs)
    threads: int | None = None  # None leaves the choice to the command line
    scaling: bool = False  # time our side on two threads, too

    @property
    def name(self) -> str:
        return f"{self.task}, {self.variant}"

    @cached_property
    def data(self) -> tuple[Any, ...]:
        return as_tuple(self.make())


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
