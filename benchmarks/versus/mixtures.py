"""One EM iteration of Gaussian mixtures, against other libraries' and against one of VB."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

import fastvb
from versus import adapters, convergence
from versus.measure import interleaved
from versus.mixture_problems import GAUSSIAN, gaussian_problem
from versus.problems import Problem
from versus.ratios import agreement, on_two_threads

TASK = "em_iteration"
OWN_START = "em_own_start"  # of libraries that cannot be given one: the same without the iteration


@dataclass(frozen=True)
class Row:
    """One problem; times are medians, ratios are medians over the rounds."""

    problem: str
    ours_ns: float  # per row and component
    ratios: dict[str, float]  # how many times longer each rival takes
    differences: dict[str, float]  # between its results and ours
    vb: float  # an iteration of VB over one of EM
    float32: float  # how many times faster than float64
    two_threads: float  # and than one thread


def compare(problem: Problem, rivals: dict[str, Any], rounds: int) -> Row:
    """Time all sides; stops where the results differ."""
    side = adapters.load("fastvb")
    X, means, kind = problem.data
    calls = {"fastvb": adapters.contestant(side, problem)}
    for name, adapter in rivals.items():
        calls[name] = adapters.contestant(adapter, problem)
    calls = {name: call for name, call in calls.items() if call is not None}
    starts = own_starts(rivals, calls)
    differences = {}
    for name in rivals:
        if name in calls:
            ours = iteration_from(problem, starts[name]) if name in starts else calls["fastvb"]
            differences |= agreement(problem, {"fastvb": ours, name: calls[name]})
    single = side.em_start(X.astype(np.float32), means, kind)
    variational = side.vb_start(*problem.data)
    calls["VB"] = lambda: side.vb_iteration(*variational)
    calls["float32"] = lambda: side.em_iteration(*single)
    calls["two threads"] = on_two_threads(calls["fastvb"])
    taken = interleaved(calls | {start_of(name): start for name, start in starts.items()}, rounds)
    taken |= {name: taken[name] - taken[start_of(name)] for name in starts}

    def over(a: str, b: str) -> float:
        return float(np.median(taken[a] / taken[b]))

    return Row(
        problem.variant,
        float(np.median(taken["fastvb"])) * 1e9 / problem.size,
        {name: over(name, "fastvb") for name in differences},
        differences,
        over("VB", "fastvb"),
        over("fastvb", "float32"),
        over("fastvb", "two threads"),
    )


def own_starts(
    rivals: dict[str, Any], calls: dict[str, partial[Any]]
) -> dict[str, Callable[[], Any]]:
    """What calls of libraries with a start of their own do besides the iteration."""
    return {
        name: partial(adapter.TASKS[OWN_START], *calls[name].args)
        for name, adapter in rivals.items()
        if name in calls and OWN_START in adapter.TASKS
    }


def start_of(name: str) -> str:
    return f"start of {name}"


def iteration_from(problem: Problem, start: Callable[[], Any]) -> Callable[[], Any]:
    """Ours, from where a rival starts."""
    side = adapters.load("fastvb")
    X, _, kind = problem.data
    weights, means, covariances, _ = start()()
    return partial(side.em_iteration, *side.em_start_at(X, weights, means, covariances, kind))


def report(options: argparse.Namespace) -> None:
    """Print a line for each problem, and the table of convergence after them."""
    rivals, versions, missing = adapters.offering(options.group, {TASK})
    config = fastvb.show_config("dicts")
    print(
        f"fastvb {config['fastvb']}, SIMD level {config['simd_in_use']}, "
        f"{config['threads']} thread(s); "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
    )
    if missing:
        print(f"Not installed, left out: {', '.join(missing)}")
    rows = iterations(options, rivals)
    curves = convergence.report(options)
    if options.json:
        table = {
            "config": config,
            "versions": versions,
            "iterations": [asdict(row) for row in rows],
            "convergence": [asdict(row) for row in curves],
        }
        options.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def iterations(options: argparse.Namespace, rivals: dict[str, Any]) -> list[Row]:
    """The first table."""
    names = [name for name in GAUSSIAN if options.only in name]
    if not names:
        return []
    print(
        f"{'one EM iteration':26}{'ns':>8}"
        + "".join(f"{name:>14}" for name in rivals)
        + f"{'VB/EM':>8}{'float32':>9}{'1->2':>7}{'differ':>9}"
    )
    rows = []
    for name in names:
        problem = gaussian_problem(name, 0.02 if options.quick else 1.0)
        row = compare(problem, rivals, 1 if options.quick else 7)
        rows.append(row)
        print(line(row, list(rivals)), flush=True)
    return rows


def line(row: Row, rivals: list[str]) -> str:
    ratios = (f"{row.ratios[name]:.1f}" if name in row.ratios else "" for name in rivals)
    return (
        f"{row.problem:26}{row.ours_ns:8.3f}"
        + "".join(f"{ratio:>14}" for ratio in ratios)
        + f"{row.vb:8.2f}{row.float32:9.2f}{row.two_threads:7.2f}"
        + f"{max(row.differences.values(), default=0.0):9.1e}"
    )
