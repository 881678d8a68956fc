"""Two threads beside two processes: what threads lose, and what the machine does not have.

    python benchmarks/scaling.py --data ap.dat.gz

Two processes with one thread each share nothing: how much more they do together than one alone is
what the second processor is worth at that time, and no number of threads can do better for long. On
virtual machines that changes from minute to minute. So every round measures, one after the other,
one thread, two threads and two processes, on the same problem for a tenth of a second each. Printed
are medians of the rounds and their quartiles, as multiples of the median rate of one thread, and
the median over the rounds of two threads over two processes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import fastvb
from fastvb.datasets import read_corpus

sys.path.insert(0, str(Path(__file__).parent))
from versus import adapters
from versus.lda_problems import lda_problems
from versus.measure import on_threads
from versus.mixture_problems import GAUSSIAN, gaussian_problem

WARM_UP, SAMPLE = 0.05, 0.1  # seconds
LEAD = 0.01  # until all processes that are asked have heard of it
PASSES = 3  # of a fit: a few samples' time


def problems(files: Sequence[Path], quick: bool) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Names, and what makes the call to be timed."""
    ours = adapters.load("fastvb")
    for problem in lda_problems(files, quick):
        if problem.scaling and "float64" in problem.variant:
            yield problem.name, partial(adapters.contestant, ours, problem)
    for name in GAUSSIAN:
        problem = gaussian_problem(name, 0.02 if quick else 1.0)
        yield problem.name, partial(adapters.contestant, ours, problem)
    for file in files:
        yield f"lda_curve, collapsed, {file.name}", partial(collapsed_fit, file)


def collapsed_fit(file: Path) -> Callable[[], Any]:
    counts = read_corpus(file).counts
    curve = adapters.load("fastvb_collapsed").TASKS["lda_curve"]
    return lambda: curve(counts, 100, 0.1, 0.1, PASSES, 0)


def serve(chosen: list[tuple[str, Callable[[], Any]]]) -> None:
    """Answer ``number threads start`` by calls per second, from that time on, line by line."""
    calls: dict[int, Callable[[], Any]] = {}
    for line in sys.stdin:
        number, n_threads, start = line.split()
        if int(number) not in calls:
            calls = {int(number): chosen[int(number)][1]()}  # one at a time: data are large
            with on_threads(1):
                calls[int(number)]()
        with on_threads(int(n_threads)):
            print(rate(calls[int(number)], float(start)), flush=True)


def rate(call: Callable[[], Any], start: float) -> float:
    while time.time() < start:
        pass
    calls_per_second(call, WARM_UP)  # a processor that was idle takes its time
    return calls_per_second(call, SAMPLE)


def calls_per_second(call: Callable[[], Any], at_least: float) -> float:
    n, begin = 0, time.perf_counter()
    while (seconds := time.perf_counter() - begin) < at_least or n == 0:
        call()
        n += 1
    return n / seconds


class Process:
    """A process of this script that measures when it is asked."""

    def __init__(self, arguments: Sequence[str]) -> None:
        command = [sys.executable, __file__, *arguments, "--serve"]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, number: int, n_threads: int, start: float) -> None:
        self._child.stdin.write(f"{number} {n_threads} {start}\n")
        self._child.stdin.flush()

    def answer(self) -> float:
        line = self._child.stdout.readline()
        if not line:
            raise SystemExit("A process ended before it answered; its error is above.")
        return float(line)


def together(processes: Sequence[Process], number: int, n_threads: int) -> float:
    """Calls per second of all of them."""
    start = time.time() + LEAD
    for process in processes:
        process.ask(number, n_threads, start)
    return sum(process.answer() for process in processes)


def row(name: str, number: int, pair: Sequence[Process], rounds: int) -> str:
    together(pair, number, 1)  # data are made, caches filled
    turns = np.array([
        (together(pair[:1], number, 1), together(pair[:1], number, 2), together(pair, number, 1))
        for _ in range(rounds)
    ]).T  # fmt: skip
    quartiles = np.quantile(turns / np.median(turns[0]), (0.25, 0.5, 0.75), axis=1).T
    cells = "".join(f"{low:8.2f}{mid:6.2f}{high:6.2f}" for low, mid, high in quartiles)
    return f"{name:52}{cells}{np.median(turns[1] / turns[2]):10.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="corpora")
    parser.add_argument("--only", default="", metavar="TEXT", help="problems whose name has TEXT")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="small problems: a smoke test")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    chosen = [found for found in problems(args.data, args.quick) if args.only in found[0]]
    if args.serve:
        warnings.simplefilter("ignore")  # fits are stopped early
        return serve(chosen)
    pair = [Process(sys.argv[1:]) for _ in range(2)]
    print(f"fastvb {fastvb.__version__}, SIMD level {fastvb.show_config('dicts')['simd_in_use']}")
    print(f"{'':52}{'one thread':^20}{'two threads':^20}{'two processes':^20}{'threads /':>10}")
    print(f"{'':52}" + 3 * f"{'25%':>8}{'50%':>6}{'75%':>6}" + f"{'processes':>10}")
    for number, (name, _) in enumerate(chosen):
        print(row(name, number, pair, 2 if args.quick else args.rounds), flush=True)
    return None


if __name__ == "__main__":
    main()
