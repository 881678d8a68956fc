"""Held-out score against seconds: who finds good topics first."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import fastvb
from fastvb.datasets import load_python_docs
from versus import adapters
from versus.curves import (
    Contestant,
    Median,
    Points,
    curves,
    first_as_good,
    measure,
    problems,
    stored,
)

HEAD = (
    f"{'library':34} {'best score':>18} {'budget':>6} {'seconds':>8} "
    f"{'ahead':>7} {'ratio':>6} {'ours':>7}"
)


def report(options: argparse.Namespace) -> None:
    """Fit, score, print; points that the file of --json holds are not measured again."""
    chosen = [one for one in contestants() if options.only in one.name]
    points = stored(options.json)
    for problem in problems(options, python_docs):
        print(f"\n{problem}", flush=True)
        for contestant in chosen:
            measure(points, problem, contestant, options)
        threads = fastvb.get_num_threads()
        print(table(curves(points, problem.corpus, problem.topics, threads)), flush=True)
    if options.plot:
        draw(options.plot, points)


def python_docs() -> tuple[str, Any]:
    return "Python documentation", load_python_docs().counts


def contestants() -> list[Contestant]:
    """Our learning methods, and the libraries that are installed, each setting by itself."""
    rivals, versions, missing = adapters.offering("lda", {"lda_curve"})
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    if missing:
        print(f"Not installed, left out: {', '.join(missing)}")
    return [
        Contestant(f"{adapter.NAME}{label}", adapter, adapter.BUDGETS, setting)
        for adapter in (*adapters.ours(), *rivals.values())
        for label, setting in getattr(adapter, "SETTINGS", {"": {}}).items()
    ]


def table(medians: dict[str, list[Median]]) -> str:
    """Each library's best, and who of ours takes how long to a score as good.

    "ahead" is how much our best score is above the library's.
    """
    ours = {name: curve for name, curve in medians.items() if name.startswith("fastvb")}
    best_of_ours = max((m.score for curve in ours.values() for m in curve), default=np.nan)
    lines = [HEAD]
    for library, curve in medians.items():
        best = max(curve, key=lambda median: median.score)
        score = f"{best.score:.4f} +- {best.spread:.4f}"
        line = f"{library:34} {score:>18} {best.budget:6} {best.seconds:8.2f}"
        if library not in ours:
            line += f" {best_of_ours - best.score:+7.3f}"
            if (reached := first_as_good(ours, best.score)) is not None:
                name, at = reached
                line += f" {best.seconds / at.seconds:6.1f} {at.seconds:7.3f} {name}, {at.budget}"
            else:
                line += " not reached"
        lines.append(line)
    return "\n".join(lines)


def draw(file: Path, points: Points) -> None:
    """One panel per corpus and number of threads: median score against median seconds."""
    from matplotlib.figure import Figure

    shown = sorted({(p.corpus, p.topics, p.threads) for p in points.values()})
    figure = Figure(figsize=(5.5 * len(shown), 5.6), layout="constrained")
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    lines: dict[str, Any] = {}  # by library, which has one colour in all panels
    for axes, (corpus, topics, threads) in zip(panels, shown, strict=True):
        for library, curve in curves(points, corpus, topics, threads).items():
            _, seconds, scores, spreads = zip(*curve, strict=True)
            ours, number = library.startswith("fastvb"), len(lines)
            color = lines[library][0].get_color() if library in lines else f"C{number % 10}"
            line = axes.errorbar(
                seconds, scores, spreads, color=color, linewidth=2.5 if ours else 1.5,
                linestyle="-" if ours else "--", marker="o" if ours else "x",
            )  # fmt: skip
            lines.setdefault(library, line)
        axes.set(xscale="log", xlabel="seconds")
        axes.set_title(f"{corpus}, {topics} topics, {threads} thread{'s' * (threads > 1)}")
    panels[0].set_ylabel("held-out completion, nats per token")
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=4)
    figure.savefig(file, dpi=120)
