"""Batch, memoized and stochastic inference of the same models: ELBO against laps and seconds.

    python benchmarks/laps.py --data ap.dat.gz --write laps

A lap is a pass over the data. All three start from the same q, and the exact mean-field ELBO is
computed after each lap, untimed: that of one more local step at the q that the lap has led to. The
table has the laps and seconds until the bound of batch inference after its last lap, within 0.1
per mille; of LDA all methods take topics from a random start, so their optima differ.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import fastvb
from fastvb.datasets import make_lda_corpus, make_mixture, read_corpus
from fastvb.inference import Monitor, RobbinsMonro, cavi, memoized, svi
from fastvb.models import (
    DirichletWeights,
    DocumentBatch,
    LDAModel,
    MatrixMinibatches,
    Mixture,
    NormalWishart,
    ObservationMinibatches,
    Observations,
)

NEAR = 1e-4  # of the bound
METHODS = {"batch": "tab:blue", "memoized": "tab:orange", "svi": "tab:green"}


class Study(NamedTuple):
    """A model, and its data whole, in parts and as mini-batches."""

    name: str
    model: Any
    whole: Any
    parts: list[Any]
    minibatches: Any
    laps: int


class Curve(NamedTuple):
    """After each lap."""

    seconds: list[float]
    bounds: list[float]


def gaussian_mixture(quick: bool) -> Study:
    n, d, k = (600, 2, 4) if quick else (200_000, 8, 20)
    X = make_mixture(n, k, d, separation=2.0, random_state=0)[0]
    X = X[np.random.default_rng(0).permutation(n)]
    gaussians = NormalWishart.of("full", k, X.mean(axis=0), 1.0, X.mean(axis=0), d, np.cov(X.T))
    whole, size = Observations(X), n // 50
    return Study(
        f"mixture of {k} Gaussians, {n:,} x {d}",
        Mixture(DirichletWeights(np.full(k, 1.0)), gaussians),
        whole,
        [Observations(X[i : i + size]) for i in range(0, n, size)],
        ObservationMinibatches(whole, size, seed=0),
        5 if quick else 60,
    )


def lda(file: Path | None, quick: bool) -> Study:
    if file is not None:
        counts, name = read_corpus(file).counts.astype(float), file.name.removesuffix(".gz")
    else:
        n = 100 if quick else 2000
        counts = make_lda_corpus(n, 5000, 20, document_length=200, random_state=0)[0].counts
        counts, name = counts.astype(float), f"{n:,} documents"
    k, size = 5 if quick else 100, 128
    model = LDAModel(np.full(k, 0.1), 0.1, counts.shape[1], max_doc_update_iter=50)
    return Study(
        f"LDA, {k} topics, {name}",
        model,
        DocumentBatch(counts),
        [DocumentBatch(counts[i : i + size]) for i in range(0, counts.shape[0], size)],
        MatrixMinibatches(counts, size, seed=0),
        3 if quick else 40,
    )


def run(study: Study, method: str) -> Curve:
    """All laps of a method."""
    rng = np.random.default_rng(1)
    start = study.model.init_globals(study.whole, rng)
    trace, untimed = Curve([], []), 0.0

    def bound(q: Any) -> float:
        nonlocal untimed
        since = time.perf_counter()
        trace.seconds.append(since - begin - untimed)
        model, view = study.model, study.model.expect(q)
        stats, h, _ = model.local_step(study.whole, view)
        trace.bounds.append(stats.inner(view) + h + model.global_bound(q))
        untimed += time.perf_counter() - since
        return trace.bounds[-1]

    monitor, begin = Monitor(study.laps, score=bound), time.perf_counter()
    if method == "batch":
        cavi(study.model, [study.whole], monitor, globals_=start, rng=rng)
    elif method == "memoized":
        memoized(study.model, study.parts, monitor, globals_=start, rng=rng, wait=True, bound="lap")
    else:
        schedule = RobbinsMonro(0.6, 1.0)
        svi(
            study.model, study.minibatches, monitor, schedule=schedule, globals_=start, rng=rng,
            bound=None,
        )  # fmt: skip
    return trace


def studies(files: list[Path], quick: bool) -> Iterator[Study]:
    yield gaussian_mixture(quick)
    for file in files or [None]:
        yield lda(file, quick)


def table(name: str, curves: dict[str, Curve]) -> Iterator[str]:
    goal = curves["batch"].bounds[-1]
    goal -= NEAR * abs(goal)
    yield name
    yield f"{'':10}{'ELBO after':>14}{'laps':>5}{'seconds':>9}   to that of batch: laps, seconds"
    for method, curve in curves.items():
        near = np.flatnonzero(np.array(curve.bounds) >= goal)
        to = f"{near[0] + 1:12}{curve.seconds[near[0]]:10.2f}" if len(near) else f"{'never':>12}"
        end = f"{curve.bounds[-1]:14,.0f}{len(curve.bounds):5}{curve.seconds[-1]:9.2f}"
        yield f"{method:10}{end}{to}"


def draw(found: dict[str, dict[str, Curve]]) -> Figure:
    figure = Figure(figsize=(8, 3 * len(found)), layout="constrained")
    panels = np.reshape(figure.subplots(len(found), 2), (-1, 2))
    for (name, curves), (by_laps, by_seconds) in zip(found.items(), panels, strict=True):
        for method, curve in curves.items():
            laps = range(1, len(curve.bounds) + 1)
            by_laps.plot(laps, curve.bounds, color=METHODS[method], label=method)
            by_seconds.plot(curve.seconds, curve.bounds, color=METHODS[method])
        ends = [curve.bounds[-1] for curve in curves.values()]
        low = min(curve.bounds[2] for curve in curves.values())
        for ax, what in ((by_laps, "laps"), (by_seconds, "seconds")):
            ax.set(xscale="log", xlabel=what, ylim=(low, max(ends) + 0.05 * (max(ends) - low)))
        by_laps.set_title(name, fontsize=9)
        by_laps.set_ylabel("ELBO, nats")
        by_laps.legend()
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="corpora")
    parser.add_argument("--write", metavar="PREFIX", help="a table and a picture")
    parser.add_argument("--quick", action="store_true", help="small problems: a smoke test")
    args = parser.parse_args()
    found, lines = {}, [f"{fastvb.get_num_threads()} threads"]
    for study in studies(args.data, args.quick):
        found[study.name] = {method: run(study, method) for method in METHODS}
        lines += ["", *table(study.name, found[study.name])]
        print("\n".join(lines[-5:]), flush=True)
    if args.write:
        Path(f"{args.write}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        draw(found).savefig(f"{args.write}.svg")


if __name__ == "__main__":
    main()
