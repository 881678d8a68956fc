"""The table of ratios: every problem, every rival that offers its task."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

import fastvb
from versus import adapters
from versus.lda_problems import lda_problems
from versus.measure import interleaved, on_threads
from versus.problems import Problem, special_problems

TWO_THREADS = "fastvb on two threads"


@dataclass(frozen=True)
class Row:
    """One problem, one rival; times are medians, ratios are medians over the rounds."""

    problem: str
    rival: str
    unit: str
    ours_ns: float  # per unit
    theirs_ns: float
    ratio: float
    difference: float  # between the results, as the problem measures it
    scaling: float | None  # how many times faster we are on two threads than on one


def problems(options: argparse.Namespace) -> list[Problem]:
    if options.group == "lda":
        made = lda_problems(options.data, options.quick)
    else:
        made = special_problems(**({"values": 1000, "rows": 1000} if options.quick else {}))
    return [problem for problem in made if options.only in problem.name]


def compare(problem: Problem, rivals: dict[str, Any], rounds: int) -> list[Row]:
    """A row per rival; nothing when one side has none. Stops where the results differ."""
    ours = adapters.contestant(adapters.load("fastvb"), problem)
    if ours is None:
        return []
    calls = {"fastvb": ours}
    for name, adapter in rivals.items():
        call = adapters.contestant(adapter, problem)
        if call is not None:
            calls[name] = call
    differences = agreement(problem, calls)
    if problem.scaling:
        calls[TWO_THREADS] = on_two_threads(ours)
    taken = {name: times * 1e9 / problem.size for name, times in interleaved(calls, rounds).items()}
    scaling = None
    if problem.scaling:
        scaling = float(np.median(taken["fastvb"] / taken.pop(TWO_THREADS)))
    return [
        Row(
            problem.name,
            name,
            problem.unit,
            float(np.median(taken["fastvb"])),
            float(np.median(taken[name])),
            float(np.median(taken[name] / taken["fastvb"])),
            differences[name],
            scaling,
        )
        for name in differences
    ]


def agreement(problem: Problem, calls: dict[str, Any]) -> dict[str, float]:
    """How far each rival's result is from ours."""
    expected = calls["fastvb"]()
    found = {}
    for name, call in calls.items():
        if name == "fastvb":
            continue
        found[name] = problem.difference(problem.data, expected, call())
        if not found[name] <= problem.tolerance:
            raise SystemExit(f"{name} and fastvb disagree by {found[name]:.2g} on {problem.name}.")
    return found


def on_two_threads(call: Any) -> Any:
    def wrapped() -> Any:
        with fastvb.threads(2):
            return call()

    return wrapped


def report(options: argparse.Namespace) -> None:
    """Print the table as it grows; write it with what it depends on."""
    chosen = problems(options)
    rivals, versions, missing = adapters.offering(
        options.group, {problem.task for problem in chosen}
    )
    config = fastvb.show_config("dicts")
    print(
        f"fastvb {config['fastvb']}, SIMD level {config['simd_in_use']}, "
        f"{config['threads']} thread(s) unless a problem says otherwise; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
    )
    if missing:
        print(f"Not installed, left out: {', '.join(missing)}")
    print(
        f"{'problem':56} {'rival':22} {'ours':>9} {'theirs':>9} {'ratio':>7} "
        f"{'1->2':>5} {'differ':>8}  per"
    )
    rows: list[Row] = []
    for problem in chosen:
        threads = problem.threads or config["threads"]
        with on_threads(threads):
            for row in compare(problem, rivals, options.rounds):
                rows.append(row)
                print(line(row), flush=True)
    if options.json:
        table = {"config": config, "versions": versions, "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def line(row: Row) -> str:
    ours, theirs = duration(row.ours_ns), duration(row.theirs_ns)
    scaling = "" if row.scaling is None else f"{row.scaling:.2f}"
    return (
        f"{row.problem:56} {row.rival:22} {ours:>9} {theirs:>9} {row.ratio:7.1f} "
        f"{scaling:>5} {row.difference:8.1e}  {row.unit}"
    )


def duration(ns: float) -> str:
    for unit, size in (("ns", 1e3), ("us", 1e6), ("ms", 1e9)):
        if ns < size:
            return f"{ns / size * 1e3:.2f} {unit}"
    return f"{ns / 1e9:.2f} s"
