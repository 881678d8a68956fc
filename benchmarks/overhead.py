"""What a driver costs beside a bare loop over the same model.

    python benchmarks/overhead.py

The loop calls the functions of the model, adds up statistics and the bound, and nothing else: no
monitor, no checks. Both make the same iterations from the same start, in turns; printed are medians
of the microseconds per update, what the driver adds to them, and that in per cent of the loop.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import fastvb
from fastvb.datasets import make_lda_corpus, make_mixture
from fastvb.inference import Monitor, RobbinsMonro, cavi, em, memoized, svi
from fastvb.inference.draws import STEPS, generator
from fastvb.models import (
    DirichletWeights,
    DocumentBatch,
    LDAModel,
    Mixture,
    NormalWishart,
    ObservationMinibatches,
    Observations,
    PointGaussians,
    PointWeights,
)

sys.path.insert(0, str(Path(__file__).parent))
from versus.measure import interleaved

N_ITER = 20


def em_loop(model: Any, batch: Any, q: Any) -> Callable[[], Any]:
    def loop() -> float:
        globals_, bound = q, 0.0
        for _ in range(N_ITER):
            view = model.expect(globals_)
            stats, bound = model.bounded_step(batch, view)
            bound += model.global_bound(globals_)
            globals_ = model.global_step(stats, globals_)
        return bound

    return loop


def cavi_loop(model: Any, batch: Any, q: Any) -> Callable[[], Any]:
    def loop() -> float:
        bound, local, view = 0.0, None, model.expect(q)
        globals_ = q
        for _ in range(N_ITER):
            stats, h, local = model.local_step(batch, view, local)
            globals_ = model.global_step(stats, globals_)
            if hasattr(model, "posterior_bound"):
                bound = h + model.posterior_bound(globals_)
                view = model.expect(globals_)
            else:
                view = model.expect(globals_)
                bound = stats.inner(view) + h + model.global_bound(globals_)
        return bound

    return loop


def svi_loop(model: Any, batches: Any, q: Any, schedule: RobbinsMonro) -> Callable[[], Any]:
    def loop() -> Any:
        globals_, t = q, 0
        for number in range(N_ITER):
            for batch in batches.epoch(number):
                t += 1
                rng = generator(0, STEPS, t)
                stats, _ = model.bounded_step(batch, model.expect(globals_), rng)
                target = model.global_step(stats.scale(batches.n_total / len(batch)), globals_)
                globals_ = model.blend(globals_, target, schedule.rate(t))
        return globals_

    return loop


def memoized_loop(model: Any, parts: list[Any], q: Any) -> Callable[[], Any]:
    def loop() -> Any:
        globals_ = q
        kept: list[Any] = [None] * len(parts)
        total = None
        for _ in range(N_ITER):
            for i, part in enumerate(parts):
                stats, _, _ = model.local_step(part, model.expect(globals_))
                total = stats if total is None else total + stats
                total = total if kept[i] is None else total - kept[i]
                kept[i] = stats
                globals_ = model.global_step(total, globals_)
        return globals_

    return loop


Pair = tuple[Callable[[], Any], Callable[[], Any]]


def pairs(quick: bool) -> Iterator[tuple[str, int, Pair]]:
    """Name, iterations, and both calls."""
    for n, d, k in ((1000, 2, 3), (20_000, 8, 10)):
        n = n // 10 if quick else n
        X = make_mixture(n, k, d, random_state=0)[0]
        normal_wishart = NormalWishart.of("full", k, X[0], 1.0, X.mean(axis=0), d, np.eye(d))
        batch, rng = Observations(X), np.random.default_rng(0)
        points = Mixture(PointWeights.of(k), PointGaussians.most_probable(normal_wishart))
        bayes = Mixture(DirichletWeights(np.ones(k)), normal_wishart)
        q, p = points.init_globals(batch, rng), bayes.init_globals(batch, rng)
        size = f"Gaussian mixture, {n:,} x {d}, K={k}"
        yield f"em, {size}", N_ITER, (driven(em, points, [batch], q), em_loop(points, batch, q))
        yield f"cavi, {size}", N_ITER, (driven(cavi, bayes, [batch], p), cavi_loop(bayes, batch, p))
        schedule, minibatches = RobbinsMonro(), ObservationMinibatches(batch, n // 4, seed=0)
        steps = driven(svi, bayes, minibatches, p, schedule=schedule, bound=None)
        bare = svi_loop(bayes, minibatches, p, schedule)
        n_steps = sum(1 for _ in minibatches.epoch(0))
        yield f"svi, {size}, {n_steps} steps", n_steps * N_ITER, (steps, bare)
        parts = [Observations(part) for part in np.array_split(X, 4)]
        visits = driven(memoized, bayes, parts, p, bound=None)
        yield f"memoized, {size}, 4 parts", 4 * N_ITER, (visits, memoized_loop(bayes, parts, p))
    n = 20 if quick else 500
    counts = make_lda_corpus(n, 2000, 10, random_state=0)[0].counts
    model, documents = LDAModel(np.full(10, 0.1), 0.1, 2000), DocumentBatch(counts.astype(float))
    topics = model.init_globals(documents, np.random.default_rng(0))
    calls = driven(cavi, model, [documents], topics), cavi_loop(model, documents, topics)
    yield f"cavi, LDA, {n} documents, K=10", N_ITER, calls


def driven(driver: Any, model: Any, data: Any, q: Any, **options: Any) -> Callable[[], Any]:
    return lambda: driver(model, data, Monitor(N_ITER), globals_=q, **options)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="small problems: a smoke test")
    args = parser.parse_args()
    print(f"{'microseconds per update':54}{'driver':>9}{'loop':>9}{'more':>8}{'per cent':>9}")
    with fastvb.threads(args.threads):
        for name, n_iter, (driver, loop) in pairs(args.quick):
            calls = {"driver": driver, "loop": loop}
            taken = interleaved(calls, 1 if args.quick else args.rounds)
            times = {side: float(np.median(t)) * 1e6 / n_iter for side, t in taken.items()}
            more = float(np.median(taken["driver"] - taken["loop"])) * 1e6 / n_iter
            print(
                f"{name:54}{times['driver']:9.0f}{times['loop']:9.0f}{more:8.0f}"
                f"{100 * more / times['loop']:9.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
