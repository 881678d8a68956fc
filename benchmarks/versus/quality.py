"""Held-out score against seconds: who finds good topics first.

Every library fits the same training documents with the same number of topics, symmetric priors of
0.1 and the same threads, from several seeds, to a growing number of passes. Its topics are then
scored by one yardstick, document completion, on held-out documents without the words that training
has not seen. Fits are timed, conversions and scores are not.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastvb.datasets import load_python_docs, read_corpus
from fastvb.metrics import completion_score
from versus import adapters

PRIOR = 0.1  # of documents and of topics
HELD_OUT = 0.1  # of the documents
ENOUGH = 60.0  # seconds after which a library's budget is not raised further


@dataclass(frozen=True)
class Point:
    """One fit."""

    corpus: str
    topics: int
    library: str
    budget: int  # passes or sweeps
    seed: int
    seconds: float
    score: float  # nats per token


class Median(NamedTuple):
    """Of one budget over the seeds."""

    seconds: float
    score: float
    spread: float  # standard deviation of the scores


Points = dict[tuple[Any, ...], Point]  # by all of a point but seconds and score


def report(options: argparse.Namespace) -> None:
    """Fit, score, print; points that the file of --json holds are not measured again."""
    libraries, versions, missing = adapters.offering("lda", {"lda_curve"})
    libraries = {**{adapter.NAME: adapter for adapter in adapters.ours()}, **libraries}
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    if missing:
        print(f"Not installed, left out: {', '.join(missing)}")
    points = stored(options.json)
    for name, topics, counts in corpora(options):
        train, test = split(counts)
        print(f"\n{name}, {topics} topics: {train.shape[0]:,} documents, {train.nnz:,} non-zeros")
        for library, adapter in libraries.items():
            if options.only in library:
                measure(points, (name, topics, library), adapter, (train, test), options)
        print(table(curves(points, name, topics)), flush=True)
    if options.plot:
        draw(options.plot, points)


def corpora(options: argparse.Namespace) -> Iterator[tuple[str, int, Any]]:
    """Name, number of topics and counts of the given files, or of Python's documentation."""
    files = options.data or [None]
    topics = options.topics * len(files) if len(options.topics) == 1 else options.topics
    if len(topics) != len(files):
        raise SystemExit(f"Expected --topics to be one number or {len(files)}, got {topics}.")
    for file, k in zip(files, topics, strict=True):
        counts = (load_python_docs() if file is None else read_corpus(file)).counts
        name = "Python documentation" if file is None else file.name.removesuffix(".gz")
        yield (name, 5, counts[:200]) if options.quick else (name, k, counts)


def split(counts: Any) -> tuple[Any, Any]:
    """Training and held-out documents, of the words that training has seen."""
    order = np.random.default_rng(0).permutation(counts.shape[0])
    n_test = round(HELD_OUT * len(order))
    train, test = counts[np.sort(order[n_test:])], counts[np.sort(order[:n_test])]
    seen = np.unique(train.indices)
    return train[:, seen], test[:, seen]


def measure(
    points: Points, key: tuple[Any, ...], adapter: Any, data: tuple[Any, Any], options: Any
) -> None:
    """Add what is missing of one library's points, from the smallest budget upwards."""
    train, test = data
    budgets, seeds = adapter.BUDGETS, range(options.seeds)
    if options.quick:
        budgets, seeds = budgets[:2], range(1)
    if any((*key, budget, seed) not in points for budget in budgets for seed in seeds):
        list(timed_fits(adapter, train[:50], key[1], budgets[:1], 0))  # starts processes
    runs = [budgets] if "lda_curve_by_steps" in adapter.TASKS else [(one,) for one in budgets]
    for run in runs:
        for seed in seeds:
            if all((*key, budget, seed) in points for budget in run):
                continue
            fits = list(timed_fits(adapter, train, key[1], run, seed))
            for budget, (seconds, topics) in zip(run, fits, strict=True):
                score = completion_score(topics, test, doc_topic_prior=PRIOR)
                found = (*key, budget, seed)
                points[found] = Point(*found, seconds, score)
            store(options.json, points)
        if np.mean([points[(*key, run[-1], seed)].seconds for seed in seeds]) > ENOUGH:
            break


def timed_fits(
    adapter: Any, train: Any, topics: int, budgets: Sequence[int], seed: int
) -> Iterator[tuple[float, np.ndarray]]:
    """One fit for each budget; or one that goes on, where that makes no difference."""
    task = "lda_curve_by_steps" if len(budgets) > 1 else "lda_curve"
    budget = budgets if len(budgets) > 1 else budgets[0]
    data: tuple[Any, ...] = (train, topics, PRIOR, PRIOR, budget, seed)
    prepare = getattr(adapter, "PREPARE", {}).get(task)
    if prepare is not None:
        data = prepare(*data)
    start = time.perf_counter()
    result = adapter.TASKS[task](*data)
    for found in result if len(budgets) > 1 else [result]:
        yield time.perf_counter() - start, found


def stored(file: Path | None) -> Points:
    if file is None or not file.exists():
        return {}
    rows = json.loads(file.read_text(encoding="utf-8"))["points"]
    return {astuple(point)[:5]: point for point in (Point(**row) for row in rows)}


def store(file: Path | None, points: Points) -> None:
    if file is not None:
        text = json.dumps({"points": [asdict(point) for point in points.values()]}, indent=1)
        file.write_text(text + "\n", encoding="utf-8")


def curves(points: Points, corpus: str, topics: int) -> dict[str, list[Median]]:
    """Each library's medians, by rising budget."""
    chosen = [p for p in points.values() if (p.corpus, p.topics) == (corpus, topics)]
    found: dict[str, list[Median]] = {}
    for library, budget in sorted({(p.library, p.budget) for p in chosen}):
        fits = [p for p in chosen if (p.library, p.budget) == (library, budget)]
        scores = [p.score for p in fits]
        seconds = float(np.median([p.seconds for p in fits]))
        median = Median(seconds, float(np.median(scores)), float(np.std(scores)))
        found.setdefault(library, []).append(median)
    return found


def table(medians: dict[str, list[Median]]) -> str:
    """Each library's best, and who of ours takes how long to a score as good.

    That is the first budget that is; "ahead" is how much our best score is above the library's.
    """
    ours = {name: curve for name, curve in medians.items() if name.startswith("fastvb")}
    best_of_ours = max((m.score for curve in ours.values() for m in curve), default=np.nan)
    lines = [
        f"{'library':20} {'best score':>18} {'seconds':>8} {'ahead':>7} {'ratio':>6} {'ours':>8}"
    ]
    for library, curve in medians.items():
        best = max(curve, key=lambda median: median.score)
        score = f"{best.score:.4f} +- {best.spread:.4f}"
        line = f"{library:20} {score:>18} {best.seconds:8.2f}"
        if library not in ours:
            reached = [
                (median.seconds, name)
                for name, ours_ in ours.items()
                for median in ours_
                if median.score >= best.score
            ]
            line += f" {best_of_ours - best.score:+7.3f}"
            if reached:
                seconds, name = min(reached)
                line += f" {best.seconds / seconds:6.1f} {seconds:8.2f} {name}"
            else:
                line += " not reached"
        lines.append(line)
    return "\n".join(lines)


def draw(file: Path, points: Points) -> None:
    """One panel per corpus: median score against median seconds."""
    from matplotlib.figure import Figure

    problems = sorted({(p.corpus, p.topics) for p in points.values()})
    figure = Figure(figsize=(5.5 * len(problems), 4.8), layout="constrained")
    panels = figure.subplots(1, len(problems), squeeze=False)[0]
    lines: dict[str, Any] = {}  # by library, which has one colour in all panels
    for axes, (corpus, topics) in zip(panels, problems, strict=True):
        for library, curve in curves(points, corpus, topics).items():
            seconds, scores, spreads = zip(*curve, strict=True)
            color = lines[library][0].get_color() if library in lines else f"C{len(lines)}"
            width = 2.5 if library.startswith("fastvb") else 1.5
            line = axes.errorbar(seconds, scores, spreads, marker="o", color=color, linewidth=width)
            lines.setdefault(library, line)
        axes.set(xscale="log", xlabel="seconds", title=f"{corpus}, {topics} topics")
    panels[0].set_ylabel("held-out completion, nats per token")
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=3)
    figure.savefig(file, dpi=120)
