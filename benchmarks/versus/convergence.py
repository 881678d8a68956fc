"""Passes over overlapping Gaussians until EM stops, and accelerated to the same bound."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fastvb
from fastvb.datasets import make_mixture
from fastvb.inference import Monitor, em
from fastvb.models import Observations
from versus.adapters.fastvb import mixture_start, point_mixture

TYPES = ("full", "tied", "diag", "spherical")
TOLERANCES = (1e-3, 1e-4, 1e-5)  # of the change of the log-likelihood per row
MOST_PASSES = 10_000
REG_COVAR = 1e-6  # as the estimator has it


@dataclass(frozen=True)
class Row:
    """Passes from one start."""

    data: str
    covariance_type: str
    tol: float
    seed: int
    plain: int
    accelerated: int | None  # None where it did not get there in as many iterations


class Trace(NamedTuple):
    """Log-likelihoods per row, and how many passes had been made at each."""

    bounds: NDArray[np.float64]
    passes: NDArray[np.int64]


def stop_of(trace: Trace, tol: float) -> int:
    """The iteration, from 0, at which a change below `tol` ends a fit; else the last."""
    small = np.flatnonzero(np.abs(np.diff(trace.bounds)) < tol)
    return int(small[0]) + 1 if len(small) else len(trace.bounds) - 1


def passes_to(trace: Trace, bound: float) -> int | None:
    """How many passes reach a bound."""
    there = np.flatnonzero(trace.bounds >= bound)
    return int(trace.passes[there[0]]) if len(there) else None


def compare(name: str, X: NDArray[Any], n_components: int, kind: str, seed: int) -> list[Row]:
    """Both ways from what the estimator's first iteration has found."""
    first = fastvb.GaussianMixture(
        n_components, covariance_type=kind, reg_covar=REG_COVAR, max_iter=1, tol=0.0,
        random_state=seed,
    ).fit(X)  # fmt: skip
    model, batch = point_mixture(X, n_components, kind, REG_COVAR), Observations(X)
    start = mixture_start(model, len(X), first.weights_, first.means_, first.covariances_)

    def trace(limit: int, enough: Any, accelerate: bool) -> Trace:
        passes: list[int] = []
        monitor = Monitor(limit, stop=enough, callback=lambda _: passes.append(monitor.n_updates))
        em(model, [batch], monitor, globals_=start, accelerate=accelerate)
        return Trace(np.array(monitor.lower_bounds) / len(X), np.array(passes))

    least = min(TOLERANCES) * len(X)
    plain = trace(MOST_PASSES, lambda state: abs(state.change) < least, False)
    target = plain.bounds[-1] * len(X)
    fast = trace(len(plain.bounds), lambda state: state.lower_bound >= target, True)
    rows = []
    for tol in TOLERANCES:
        at = stop_of(plain, tol)
        rows.append(
            Row(name, kind, tol, seed, int(plain.passes[at]), passes_to(fast, plain.bounds[at]))
        )
    return rows


def data_of(options: argparse.Namespace) -> list[tuple[str, NDArray[Any], int]]:
    """Names, rows and numbers of components."""
    if options.data:
        return [labelled(file) for file in options.data]
    n_rows = 2000 if options.quick else 20_000
    X = make_mixture(n_rows, 26, 16, separation=0.5, random_state=0)[0]
    return [(f"{n_rows:,} x 16, K=26", X, 26)]


def labelled(file: Path) -> tuple[str, NDArray[Any], int]:
    """A table whose first column is a class; as many components as there are classes."""
    rows = np.loadtxt(file, dtype=str, delimiter=",")
    return file.name.split(".")[0], rows[:, 1:].astype(np.float64), len(np.unique(rows[:, 0]))


def report(options: argparse.Namespace) -> list[Row]:
    """Print a line for each covariance type and tolerance: medians over the seeds."""
    chosen = [data for data in data_of(options) if options.only in data[0]]
    if not chosen:
        return []
    print(
        f"\n{'EM until it stops':26}{'type':>10}{'tol':>8}{'passes':>8}{'accelerated':>13}"
        f"{'ratio':>7}{'least':>7}{'missed':>8}"
    )
    found = []
    for name, X, n_components in chosen:
        for kind in TYPES:
            rows = [
                row
                for seed in range(1 if options.quick else options.seeds)
                for row in compare(name, X, n_components, kind, seed)
            ]
            found += rows
            for tol in TOLERANCES:
                print(line([row for row in rows if row.tol == tol]), flush=True)
    return found


def line(rows: list[Row]) -> str:
    """Of several seeds."""
    plain = np.array([row.plain for row in rows])
    fast = np.array([np.inf if row.accelerated is None else row.accelerated for row in rows])
    return (
        f"{rows[0].data:26}{rows[0].covariance_type:>10}{rows[0].tol:8.0e}{np.median(plain):8.0f}"
        f"{np.median(fast):13.0f}{np.median(plain / fast):7.2f}{min(plain / fast):7.2f}"
        f"{np.isinf(fast).sum():8d}"
    )
