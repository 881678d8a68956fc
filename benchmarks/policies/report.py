"""Tables and a plot of what the policies have reached for their cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.ascent import BUDGETS, POLICIES, REFERENCE

Record = dict[str, Any]


def find(records: list[Record], **key: Any) -> list[Record]:
    """Records with these values."""
    return [r for r in records if all(r[name] == value for name, value in key.items())]


def cost(record: Record, pass_cost: float) -> NDArray[np.float64]:
    """Cost after each pass, in sweeps."""
    trace = record["trace"]
    return np.array(trace["sweeps"]) + pass_cost * np.array(trace["passes"])


def reached(record: Record, at: float, pass_cost: float) -> NDArray[np.float64]:
    """ELBO per token and score for this cost, between passes interpolated in its logarithm."""
    values = []
    for measure, unit in (("elbo", record["n_tokens"]), ("score", 1.0)):
        trace = np.array(record["trace"][measure]) / unit
        there = np.isfinite(trace)
        costs = cost(record, pass_cost)[there]
        values.append(float(np.interp(np.log(at), np.log(costs), trace[there])))
    return np.array(values)


def converged(record: Record, tol: float = 1e-5) -> int:
    """Pass (from 0) after which the estimator's default `tol` ends the fit."""
    elbo = np.array(record["trace"]["elbo"])
    small = np.abs(np.diff(elbo)) < tol * np.abs(elbo[1:])
    return int(np.argmax(small)) + 1 if small.any() else len(elbo) - 1


EQUAL = [f"{measure} @{b}" for b in BUDGETS for measure in ("ELBO", "score")]
OWN = ["10 passes: cost", "ELBO", "score", "tol: passes", "cost", "ELBO", "score"]


def at_equal_cost(reference: Record, record: Record, c: float) -> NDArray[np.float64]:
    """What this run has reached more than the reference for the cost of this one's passes."""
    budgets = [cost(reference, c)[b - 1] for b in BUDGETS]
    return np.ravel([1000 * (reached(record, b, c) - reached(reference, b, c)) for b in budgets])


def in_own_passes(reference: Record, record: Record, c: float) -> NDArray[np.float64]:
    """The same after 10 passes each; and where `tol` ends the run, against 100 passes."""
    costs, own, end = cost(reference, c), cost(record, c), converged(record)
    ten = reached(record, own[9], c) - reached(reference, costs[9], c)
    last = reached(record, own[end], c) - reached(reference, costs[-1], c)
    return np.array([own[9], *(1000 * ten), end + 1, own[end], *(1000 * last)])


def table(records: list[Record], columns: list[str], compare: Any, c: float) -> Iterator[str]:
    """Mean over seeds, averaged over problems, and the standard error that the seeds leave."""
    yield f"{'':24}" + "".join(f"{name:>15}" for name in columns)
    for policy in POLICIES:
        means, variances = [], []
        for problem in keys(records):
            values = []
            for r in find(records, **problem, policy=policy):
                reference = find(records, **problem, policy=REFERENCE, seed=r["seed"])[0]
                values.append(compare(reference, r, c))
            if len(values) > 1:
                means.append(np.mean(values, axis=0))
                variances.append(np.var(values, axis=0, ddof=1) / len(values))
        if len(means) == len(keys(records)):
            errors = np.sqrt(np.sum(variances, axis=0)) / len(means)
            pairs = zip(np.mean(means, axis=0), errors, strict=True)
            yield f"{policy:24}" + "".join(f"{mean:8.1f} ± {error:4.1f}" for mean, error in pairs)


def keys(records: list[Record]) -> list[dict[str, Any]]:
    """The problems of these records."""
    names = ("corpus", "n_topics", "prior")
    values = dict.fromkeys(tuple(r[name] for name in names) for r in records)
    return [dict(zip(names, each, strict=True)) for each in values]


def report(records: list[Record], c: float) -> Iterator[str]:
    """All tables."""
    yield f"A pass costs {c:g} sweeps besides its inner iterations. Differences to {REFERENCE!r} in"
    yield "0.001 nats per token, means over the seeds with standard errors."
    problems = keys(records)
    if len(problems) > 1:
        yield from tables("mean over the problems", records, c)
    for problem in problems:
        part = find(records, **problem)
        name = "{corpus}, {n_topics} topics, priors {prior:g}".format(**problem)
        yield from tables(f"{name}, {len({r['seed'] for r in part})} seeds", part, c)


def tables(title: str, records: list[Record], c: float) -> Iterator[str]:
    """Both views of the same records."""
    yield f"\n{title}\n\nfor equal cost"
    yield from table(records, EQUAL, at_equal_cost, c)
    yield "\nin passes of their own"
    yield from table(records, OWN, in_own_passes, c)


def plot(records: list[Record], policies: list[str], c: float, path: Path) -> None:
    """ELBO and score against cost, means over seeds, of the first problem."""
    import matplotlib.pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "policies", "svg.fonttype": "none"})
    part = find(records, **keys(records)[0])
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    at = np.geomspace(80, max(cost(r, c)[-1] for r in part), 40)
    for policy in policies:
        mean = np.mean([[reached(r, b, c) for b in at] for r in find(part, policy=policy)], axis=0)
        for axis, values in zip(axes, mean.T, strict=True):
            axis.semilogx(at, values, label=policy)
    for axis, name in zip(axes, ("ELBO per token", "held-out completion score"), strict=True):
        axis.set(xlabel="cost [sweeps]", title=name)
    axes[0].legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
