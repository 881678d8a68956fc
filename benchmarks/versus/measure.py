"""Timing that a noisy machine cannot bias: contestants take turns, medians decide."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import fastvb

# Short calls are repeated to fill it: the first ones find cold caches and threads that sleep.
SECONDS_PER_SAMPLE = 0.05
PATIENCE, ENOUGH_ROUNDS = 20.0, 3  # after so many seconds, so many rounds will do


@contextmanager
def on_threads(n: int) -> Iterator[None]:
    """Our kernels, and the BLAS that the rivals call, on so many threads."""
    with threadpool_limits(n, user_api="blas"), fastvb.threads(n):
        yield


def seconds(function: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int = 11
) -> dict[str, NDArray[np.float64]]:
    """Seconds per call in each round; a round gives every contestant one turn.

    Where calls take long, three rounds are enough.
    """
    begin = time.perf_counter()
    calls, once = {}, {}
    for name, function in contestants.items():
        once[name] = seconds(function, 1)
        if once[name] < SECONDS_PER_SAMPLE:  # the first of short calls only warms up
            once[name] = seconds(function, 1)
        calls[name] = math.ceil(SECONDS_PER_SAMPLE / max(once[name], 1e-9))
    turns = [once] if set(calls.values()) == {1} else []
    while len(turns) < rounds:
        turns.append(
            {name: seconds(function, calls[name]) for name, function in contestants.items()}
        )
        if len(turns) >= ENOUGH_ROUNDS and time.perf_counter() - begin > PATIENCE:
            break
    return {name: np.array([turn[name] for turn in turns]) for name in contestants}


def ratio(theirs: Callable[[], object], ours: Callable[[], object], rounds: int = 11) -> float:
    """How many times longer theirs takes: the median over the rounds."""
    taken = interleaved({"theirs": theirs, "ours": ours}, rounds)
    return float(np.median(taken["theirs"] / taken["ours"]))
