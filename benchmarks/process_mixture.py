"""How many components a mixture of Bernoulli distributions finds: mean field and structured.

    python benchmarks/process_mixture.py --write process_mixture

The experiment of Hoffman and Blei (2015), section 4.1: 1000 rows of 100 bits from a finite
approximation of a Dirichlet process mixture, 100 components of weights Dirichlet(20 / 100) and bits
Beta(1, 1). Both methods see all rows in every iteration and start from the same q: "rows", about
rows drawn by chance, or "parameters", Gamma draws of all parameters of q. A component is found when
it has at least one row. KL is the divergence of the predictive distribution from the true one, by
rows that nobody has seen.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import fastvb
from fastvb.inference import Monitor, RobbinsMonro, cavi, structured_svi
from fastvb.models import (
    BetaBernoullis,
    DirichletWeights,
    Mixture,
    ObservationMinibatches,
    Observations,
)
from fastvb.models._bernoulli_components import BetaCounts
from fastvb.models._mixture_weights import WeightCounts
from fastvb.models.mixture import MixtureGlobals
from fastvb.special import logsumexp

CONCENTRATION = 20.0
STARTS = ("rows", "parameters")
METHODS = ("mean field", "structured")


class Truth(NamedTuple):
    """Bits, and what they were drawn from."""

    X: Any  # (n_rows, n_features)
    unseen: Any  # of the same distribution
    log_density: Any  # of the unseen rows
    n_used: int  # components that have rows


class Visit(NamedTuple):
    """Where a fit was."""

    seconds: float
    found: int
    divergence: float


def truth(seed: int, n_rows: int, n_features: int, k: int) -> Truth:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(k, CONCENTRATION / k))
    bits = rng.beta(1.0, 1.0, (k, n_features))

    def rows(n: int) -> Any:
        labels = rng.choice(k, n, p=weights)
        return (rng.random((n, n_features)) < bits[labels]).astype(float), labels

    X, labels = rows(n_rows)
    unseen = rows(10 * n_rows)[0]
    with np.errstate(divide="ignore"):
        joint = unseen @ (np.log(bits) - np.log1p(-bits)).T + np.log1p(-bits).sum(axis=1)
        joint += np.log(weights)
    return Truth(X, unseen, logsumexp(joint, axis=1), len(np.unique(labels)))


def start(model: Mixture, X: Any, kind: str, seed: int) -> MixtureGlobals:
    rng = np.random.default_rng(seed)
    globals_ = model.init_globals(Observations(X), rng)
    if kind == "rows":
        return globals_
    weights, bits = globals_.weights, globals_.components
    return MixtureGlobals(
        WeightCounts(rng.gamma(100.0, 0.01, weights.counts.shape)),
        BetaCounts(*rng.gamma(100.0, 0.01, (2, *bits.ones.shape))),
    )


def fit(method: str, model: Mixture, X: Any, q: MixtureGlobals, n_iter: int) -> list[Any]:
    """(seconds, q) after every iteration."""
    trace, begin = [], time.perf_counter()

    def keep(q: MixtureGlobals) -> float:
        trace.append((time.perf_counter() - begin, q))
        return 0.0

    monitor = Monitor(n_iter, tol=1e-10, score=keep)  # structured steps have no bound here
    if method == "mean field":
        cavi(model, [Observations(X)], monitor, globals_=q)
    else:
        minibatches = ObservationMinibatches(Observations(X), len(X), seed=None)
        structured_svi(
            model, minibatches, monitor, schedule=RobbinsMonro(0.75, 0.0), globals_=q, bound=None
        )
    return trace


def visit(model: Mixture, data: Truth, seconds: float, q: MixtureGlobals) -> Visit:
    found = q.weights.counts - model.weights.concentration >= 1
    divergence = data.log_density - model.predictive(q).log_density(data.unseen)
    return Visit(seconds, int(found.sum()), float(divergence.mean()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=3, help="of the data")
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--write", metavar="PREFIX", help="a table and a picture")
    parser.add_argument("--quick", action="store_true", help="a small problem: a smoke test")
    args = parser.parse_args()
    n_rows, n_features, k = (50, 10, 8) if args.quick else (1000, 100, 100)
    if args.quick:
        args.draws, args.iterations = 1, 20
    kept = np.unique(np.geomspace(1, args.iterations, 30).round().astype(int))
    prior = DirichletWeights(np.full(k, CONCENTRATION / k))
    model = Mixture(prior, BetaBernoullis.of(k, n_features, (1.0, 1.0)))
    size = f"{n_rows:,} x {n_features} bits, {k} components at most"
    curves, lines = (
        {},
        [
            f"{size}, {args.iterations:,} iterations, {fastvb.get_num_threads()} threads",
            "",
            f"{'data':6}{'true':>6}  {'start':12}{'method':12}{'found':>7}{'KL':>8}{'seconds':>9}",
        ],
    )
    for draw in range(args.draws):
        data = truth(draw, n_rows, n_features, k)
        for kind in STARTS:
            for method in METHODS:
                q = start(model, data.X, kind, draw)
                trace = fit(method, model, data.X, q, args.iterations)
                ends = [n for n in kept if n < len(trace)] + [len(trace)]
                curve = [visit(model, data, *trace[n - 1]) for n in ends]
                curves[draw, kind, method] = curve
                lines.append(
                    f"{draw:<6}{data.n_used:6}  {kind:12}{method:12}{curve[-1].found:7}"
                    f"{curve[-1].divergence:8.3f}{curve[-1].seconds:9.2f}"
                )
                print("\n".join(lines[-1:] if len(lines) > 4 else lines), flush=True)
    if args.write:
        Path(f"{args.write}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        picture(curves).savefig(f"{args.write}.svg")


def picture(curves: dict[tuple[int, str, str], list[Visit]]) -> Figure:
    """Divergence and components against seconds: a line per draw of the data."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    panels = figure.subplots(1, 2)
    colours = dict(zip(METHODS, ("tab:blue", "tab:orange"), strict=True))
    dashes = dict(zip(STARTS, ("-", ":"), strict=True))
    for (draw, kind, method), curve in curves.items():
        label = f"{method}, from {kind}" if draw == 0 else None
        for ax, name in zip(panels, ("divergence", "found"), strict=True):
            ax.plot(
                [at.seconds for at in curve], [getattr(at, name) for at in curve], dashes[kind],
                color=colours[method], label=label, linewidth=1,
            )  # fmt: skip
            ax.set_xscale("log")
            ax.set_xlabel("seconds")
    panels[0].set_ylabel("KL to the truth, nats per row")
    panels[0].legend(fontsize=7)
    panels[1].set_ylabel("components with rows")
    return figure


if __name__ == "__main__":
    main()
