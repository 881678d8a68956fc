"""One EM iteration of mixtures of Bernoullis, against other libraries' and against NumPy."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb.models import Mixture, Observations, PointBernoullis, PointWeights
from fastvb.models._bernoulli_components import BetaCounts
from fastvb.models.mixture import MixtureGlobals
from versus import adapters
from versus.measure import interleaved
from versus.ratios import on_two_threads

TASK, NUMPY = "bernoulli_iteration", "NumPy"

# rows, features, components, share of ones where they are sparse
BERNOULLI = {
    "16 bits": (200_000, 16, 16, None),
    "112 bits": (50_000, 112, 64, None),
    "180 bits": (50_000, 180, 16, None),
    "2000 bits, sparse": (50_000, 2000, 32, 0.01),
}


class Bernoulli(NamedTuple):
    """Zeros and ones, dense or CSR, and the probabilities that an iteration starts from."""

    X: Any
    probabilities: NDArray[np.float64]


def bernoulli(name: str, dtype: str = "float64", share: float = 1.0) -> Bernoulli:
    """A problem of `BERNOULLI`, or a share of its rows; weights are equal."""
    n_rows, n_features, n_components, density = BERNOULLI[name]
    rng = np.random.default_rng(0)
    most = 0.98 if density is None else 2 * density
    probabilities = rng.uniform(0.02 * most, most, (n_components, n_features))
    size = int(n_rows * share)
    kinds = rng.integers(n_components, size=size)
    X = (rng.random((size, n_features), np.float32) < probabilities[kinds]).astype(dtype)
    return Bernoulli(X if density is None else sp.csr_matrix(X), probabilities)


def fastvb_iteration(problem: Bernoulli) -> Callable[[], Any]:
    """Ours, the M-step included."""
    X, p = problem
    model = Mixture(PointWeights.of(len(p)), PointBernoullis.of(*p.shape))
    weights = model.weights.step(np.full(len(p), 1.0 / len(p)), None)
    q, batch = MixtureGlobals(weights, BetaCounts(p, 1 - p)), Observations(X)

    def step() -> Any:
        stats, total = model.bounded_step(batch, model.expect(q))
        new = model.global_step(stats, None)
        return stats.counts, model.components.probabilities(new.components), total / len(batch)

    return step


def numpy_iteration(problem: Bernoulli) -> Callable[[], Any]:
    """Two products, dense or of SciPy's sparse matrices."""
    X, p = problem

    def step() -> Any:
        slopes, constants = np.log(p) - np.log1p(-p), np.log1p(-p).sum(axis=1) - np.log(len(p))
        joint = X @ slopes.T + constants
        most = joint.max(axis=1, keepdims=True)
        np.exp(joint - most, out=joint)
        total = joint.sum(axis=1, keepdims=True)
        joint /= total
        counts = joint.sum(axis=0)
        log_norm = float((np.log(total) + most).mean())
        return counts, (X.T @ joint).T / counts[:, np.newaxis], log_norm

    return step


@dataclass(frozen=True)
class Row:
    """One problem; times are medians, ratios are medians over the rounds."""

    problem: str
    ours_ns: float  # per row and component
    ratios: dict[str, float]  # how many times longer NumPy and each rival take
    float32: float  # how many times faster than float64
    two_threads: float  # and than one thread


def compare(name: str, rivals: dict[str, Any], share: float, rounds: int) -> Row:
    """Time all sides; stops where the results differ."""
    problem = bernoulli(name, share=share)
    ours, theirs = fastvb_iteration(problem), {NUMPY: numpy_iteration(problem)}
    for rival, adapter in rivals.items():
        data = adapter.PREPARE[TASK](*problem)
        if data is not None:
            theirs[rival] = partial(adapter.TASKS[TASK], *data)
    for call in theirs.values():
        for a, b in zip(ours(), call(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)
    calls = theirs | {
        "ours": ours, "two": on_two_threads(ours),
        "float32": fastvb_iteration(bernoulli(name, "float32", share)),
    }  # fmt: skip
    taken = interleaved(calls, rounds)
    return Row(
        name,
        float(np.median(taken["ours"])) * 1e9 / (problem.X.shape[0] * len(problem.probabilities)),
        {rival: float(np.median(taken[rival] / taken["ours"])) for rival in theirs},
        float(np.median(taken["ours"] / taken["float32"])),
        float(np.median(taken["ours"] / taken["two"])),
    )


def report(options: argparse.Namespace) -> None:
    """A line for each problem."""
    rivals, versions, missing = adapters.offering(options.group, {TASK})
    if versions:
        print(", ".join(f"{name} {version}" for name, version in versions.items()))
    if missing:
        print(f"Not installed, left out: {', '.join(missing)}")
    names = [NUMPY, *rivals]
    print(
        f"{'one EM iteration':24}{'ns':>9}"
        + "".join(f"{name:>14}" for name in names)
        + f"{'float32':>9}{'1->2':>7}"
    )
    rows = []
    for name in BERNOULLI:
        if options.only in name:
            share, rounds = (0.02, 3) if options.quick else (1.0, 7)
            rows.append(compare(name, rivals, share, rounds))
            print(line(rows[-1], names), flush=True)
    if options.json:
        lines = json.dumps([asdict(row) for row in rows], indent=2)
        options.json.write_text(lines + "\n", encoding="utf-8")


def line(row: Row, names: list[str]) -> str:
    ratios = (f"{row.ratios[name]:.1f}" if name in row.ratios else "" for name in names)
    return (
        f"{row.problem:24}{row.ours_ns:9.3f}"
        + "".join(f"{ratio:>14}" for ratio in ratios)
        + f"{row.float32:9.2f}{row.two_threads:7.2f}"
    )
