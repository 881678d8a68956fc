"""How near LDA's inner loop is to what one core of this machine can do.

python benchmarks/roofline.py

One inner iteration reads the topic row of every distinct word of a document once: for K topics a
dot product and a multiple added to a sum, 4 K operations on K numbers that lie in a cache. What
exp(digamma) costs per document and topic is not counted, so the share is what is left of the
machine after everything else. Needs a C compiler (CC, or cc).
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from versus.adapters import fastvb as ours
from versus.lda_problems import GENERATED, fitted_topics
from versus.measure import on_threads

import fastvb
from fastvb.datasets import make_lda_corpus

LEVELS = {"L1": 2**14, "L2": 2**18, "L3": 2**23, "memory": 2**28}  # bytes that fit
CHAINS_TIMES_BYTES = 12 * 64  # of roofline.c
FEW, MANY = 10, 30  # inner iterations; their difference is free of what is done once


def best(function: Callable[[], Any], rounds: int = 7) -> float:
    """Seconds of the fastest call: a ceiling is what the machine does undisturbed."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)


def compiled(folder: str) -> ctypes.CDLL:
    source, library = Path(__file__).with_suffix(".c"), Path(folder) / "roofline.so"
    flags = ["-O3", "-march=native", "-mprefer-vector-width=512", "-shared", "-fPIC"]
    command = [os.environ.get("CC", "cc"), *flags, str(source), "-o", str(library)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def peak(library: ctypes.CDLL, dtype: str) -> float:
    """Multiplications and additions per second."""
    name, kind = ("double", ctypes.c_double) if dtype == "float64" else ("float", ctypes.c_float)
    function = library[f"peak_{name}"]
    function.restype, function.argtypes = kind, [ctypes.c_size_t, kind, kind]
    n = 3_000_000
    operations = 2 * n * CHAINS_TIMES_BYTES // np.dtype(dtype).itemsize
    return operations / best(partial(function, n, 0.5, 0.25))


def bandwidth(library: ctypes.CDLL, size: int) -> float:
    """Bytes read per second from an array of so many bytes, again and again."""
    x, times = np.ones(size // 8), max(1, 2**29 // size)
    function = library.read_all
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
    return times * x.nbytes / best(partial(function, x.ctypes.data, x.size, times))


def inner_iteration(topics: Any) -> tuple[float, float]:
    """Seconds of one inner iteration of all documents, and of what is done once per E-step."""
    taken = []
    for max_iter in (FEW, MANY):
        parts = ours.e_step_parts(*topics._replace(tol=0.0, max_iter=max_iter))
        taken.append(best(partial(ours.lda_e_step, *parts)))
    each = (taken[1] - taken[0]) / (MANY - FEW)
    return each, taken[0] - FEW * each


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(folder)
        peaks = {dtype: peak(library, dtype) for dtype in ("float64", "float32")}
        for dtype, value in peaks.items():
            print(f"{dtype} multiply-adds: {value / 1e9:.0f} Gflop/s")
        for level, size in LEVELS.items():
            print(f"reading {level}: {bandwidth(library, size) / 1e9:.0f} GB/s")
    print(f"\nSIMD level {fastvb.show_config('dicts')['simd_in_use']}, one thread")
    print(
        f"{'E-step':32} {'ns':>6} {'flop':>5} {'bytes':>6} {'Gflop/s':>8} {'of peak':>8} "
        f"{'GB/s':>6} {'once':>6}   per non-zero (and iteration)"
    )
    for k, n_documents, n_words, length in GENERATED:
        corpus, _, _ = make_lda_corpus(
            n_documents, n_words, k, document_length=length, random_state=0
        )
        nnz = corpus.counts.nnz
        for dtype in peaks:
            with on_threads(1):
                each, once = inner_iteration(fitted_topics(corpus.counts, k, 0.1, dtype))
            flops, size = 4 * k, k * np.dtype(dtype).itemsize
            rate = flops * nnz / each
            print(
                f"{f'K={k}, {nnz / n_documents:.0f} words, {dtype}':32} {each / nnz * 1e9:6.2f} "
                f"{flops:5} {size:6} {rate / 1e9:8.1f} {rate / peaks[dtype]:8.0%} "
                f"{size * nnz / each / 1e9:6.0f} {once / nnz * 1e9:6.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
