"""Compare fastvb with its rivals: python benchmarks/versus special --threads 1 --json FILE."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import fastvb

sys.path.insert(0, str(Path(__file__).parents[1]))  # whoever started this, and wherever
from versus import adapters
from versus.measure import interleaved
from versus.problems import Problem, lda_problems, special_problems

GROUPS = {"special": special_problems, "lda": lda_problems}


@dataclass(frozen=True)
class Row:
    """One problem, one rival; times are medians, the ratio is the median over the rounds."""

    problem: str
    rival: str
    ours_ns: float  # per value
    theirs_ns: float
    ratio: float
    difference: float  # between the results, relative to the largest


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks/versus", description=__doc__)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="", metavar="TEXT", help="problems whose name has TEXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, too")
    return parser.parse_args()


def flat(result: Any) -> np.ndarray:
    parts = result if isinstance(result, tuple) else (result,)
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float64)


def difference(ours: Any, theirs: Any) -> float:
    a, b = flat(ours), flat(theirs)
    return float(np.max(np.abs(a - b)) / np.max(np.abs(b)))


def compare(problem: Problem, rounds: int) -> list[Row]:
    """A row per rival; nothing when one side has none. Stops where the results differ."""
    ours = adapters.contestant(adapters.load("fastvb"), problem)
    if ours is None:
        return []
    calls = {"fastvb": ours}
    for name, (adapter, _) in adapters.installed_rivals().items():
        call = adapters.contestant(adapter, problem)
        if call is not None:
            calls[name] = call
    expected = ours()
    differences = {name: difference(expected, call()) for name, call in calls.items()}
    for name, value in differences.items():
        if not value <= problem.rtol:
            raise SystemExit(f"{name} and fastvb disagree by {value:.2g} on {problem.name}.")
    taken = {name: times * 1e9 / problem.size for name, times in interleaved(calls, rounds).items()}
    return [
        Row(
            problem.name,
            name,
            float(np.median(taken["fastvb"])),
            float(np.median(taken[name])),
            float(np.median(taken[name] / taken["fastvb"])),
            differences[name],
        )
        for name in calls
        if name != "fastvb"
    ]


def report(options: argparse.Namespace) -> dict[str, Any]:
    """Print the table as it grows; return it with what it depends on."""
    config = fastvb.show_config("dicts")
    versions = {name: version for name, (_, version) in adapters.installed_rivals().items()}
    print(
        f"fastvb {config['fastvb']}, SIMD level {config['simd_in_use']}, "
        f"{config['threads']} thread(s); "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
    )
    print(f"{'problem':42} {'rival':18} {'ours':>8} {'theirs':>9} {'ratio':>7}   ns per value")
    rows = []
    for problem in GROUPS[options.group]():
        if options.only not in problem.name:
            continue
        for row in compare(problem, options.rounds):
            rows.append(asdict(row))
            print(
                f"{row.problem:42} {row.rival:18} {row.ours_ns:8.2f} "
                f"{row.theirs_ns:9.2f} {row.ratio:7.1f}"
            )
    return {"config": config, "versions": versions, "rows": rows}


def main() -> None:
    options = arguments()
    with threadpool_limits(options.threads), fastvb.threads(options.threads):
        table = report(options)
    if options.json:
        options.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
