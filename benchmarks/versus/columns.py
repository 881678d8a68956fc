"""A mixture for each column of a table: `fit_columns` against a loop over scikit-learn's fits.

The loop is measured on a sample of the columns, and counts for all of them. Its BLAS has one
thread: with more, products of so few columns take longer.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from fastvb import BayesianGaussianMixture, fit_columns

N_COMPONENTS, N_ITERATIONS = 10, 50


def table(n_rows: int, n_columns: int) -> Any:
    """Columns of one to six modes, in Fortran order; some are skewed, some whole numbers."""
    rng = np.random.default_rng(0)
    X = np.empty((n_rows, n_columns), order="F")
    for j in range(n_columns):
        n_modes = int(rng.integers(1, 7))
        modes = rng.choice(n_modes, n_rows, p=rng.dirichlet(np.full(n_modes, 2.0)))
        x = rng.normal(rng.normal(0, 4, n_modes)[modes], rng.gamma(3, 0.3, n_modes)[modes])
        X[:, j] = (x, np.exp(0.3 * x), np.round(3 * x))[j % 3]
    return X


def process(max_iter: int, *, accelerate: bool = False) -> BayesianGaussianMixture:
    """What is fitted to each column."""
    return BayesianGaussianMixture(
        n_components=N_COMPONENTS, max_iter=max_iter, tol=0.0, accelerate=accelerate,
        random_state=0,
    )  # fmt: skip


def sklearn_fit(x: Any) -> Any:
    """scikit-learn's fit of one column, with its default priors, which are the same."""
    from sklearn.mixture import BayesianGaussianMixture as Theirs

    model = Theirs(
        n_components=N_COMPONENTS, max_iter=N_ITERATIONS, tol=0.0, random_state=0,
        weight_concentration_prior_type="dirichlet_process",
    )  # fmt: skip
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore")  # that it has not converged
        model.fit(x[:, np.newaxis])
    return model.weights_, model.means_[:, 0], model.covariances_[:, 0, 0]


def plug_in(weights: Any, means: Any, variances: Any, x: Any) -> float:
    """Mean log density of Gaussians with these parameters, the weights made to add up to 1."""
    squares = (x[:, np.newaxis] - means) ** 2 / variances + np.log(2 * np.pi * variances)
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights / weights.sum())
    return float(np.logaddexp.reduce(log_weights - 0.5 * squares, axis=1).mean())


def enough_iterations(X: Any, bound: float) -> int:
    """The fewest accelerated ones with which the mean bound is as good."""
    low, high = 1, N_ITERATIONS
    while low < high:
        middle = (low + high) // 2
        found = fit_columns(X, process(middle, accelerate=True)).lower_bound_.mean()
        low, high = (low, middle) if found >= bound else (middle + 1, high)
    return low


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def compare(n_rows: int, n_columns: int, n_sampled: int) -> dict[str, float]:
    """Seconds of all columns, and held-out densities of those sampled."""
    everything = table(n_rows + n_rows // 5, n_columns)
    X, held_out = everything[:n_rows], everything[n_rows:]
    sampled = np.linspace(0, n_columns - 1, n_sampled).astype(int)
    loop = [timed(partial(sklearn_fit, X[:, j])) for j in sampled]
    start, _ = timed(lambda: fit_columns(X, process(0)))
    plain, columns = timed(lambda: fit_columns(X, process(N_ITERATIONS)))
    n_iter = enough_iterations(
        np.asfortranarray(X[:, sampled]), columns.lower_bound_[sampled].mean()
    )
    fast, quick = timed(lambda: fit_columns(X, process(n_iter, accelerate=True)))

    def density(found: Any) -> float:
        parts = zip(found.weights_, found.means_, found.variances_, strict=True)
        of_columns = dict(enumerate(parts))
        return float(np.mean([plug_in(*of_columns[j], held_out[:, j]) for j in sampled]))

    theirs = [plug_in(*found, held_out[:, j]) for j, (_, found) in zip(sampled, loop, strict=True)]
    seconds = n_columns * float(np.mean([one for one, _ in loop]))
    return {
        "rows": n_rows, "columns": n_columns, "sampled": n_sampled, "start": start,
        "plain": plain, "fast": fast, "iterations": n_iter, "scikit_learn": seconds,
        "ratio": seconds / plain, "fast_ratio": seconds / fast,
        "bound": float(columns.lower_bound_[sampled].mean()),
        "fast_bound": float(quick.lower_bound_[sampled].mean()),
        "density": density(columns), "fast_density": density(quick),
        "their_density": float(np.mean(theirs)),
    }  # fmt: skip


def report(options: argparse.Namespace) -> None:
    """Three lines: scikit-learn's loop, plain updates, and accelerated ones to the same ELBO."""
    n_rows, n_columns = (2000, 8) if options.quick else (options.rows, options.columns)
    n_sampled = min(n_columns, 4 if options.quick else options.sampled)
    line = compare(n_rows, n_columns, n_sampled)
    print(
        f"{n_columns} columns x {n_rows} rows, {N_COMPONENTS} components; scikit-learn's loop, "
        f"bounds and densities of {n_sampled} of them\n"
        f"{'':16}{'iterations':>11}{'seconds':>10}{'ms each':>9}{'speed':>8}{'mean ELBO':>14}"
        f"{'held-out':>10}"
    )
    for name, n_iter, seconds, ratio, bound, density in (
        ("scikit-learn", N_ITERATIONS, line["scikit_learn"], 1.0, np.nan, line["their_density"]),
        ("fastvb", N_ITERATIONS, line["plain"], line["ratio"], line["bound"], line["density"]),
        ("accelerated", line["iterations"], line["fast"], line["fast_ratio"], line["fast_bound"],
         line["fast_density"]),
    ):  # fmt: skip
        each = 1e3 * seconds / n_columns / n_iter
        print(
            f"{name:16}{n_iter:11}{seconds:10.2f}{each:9.3f}{ratio:7.1f}x{bound:14.2f}"
            f"{density:10.4f}"
        )
    print(f"start of all columns: {line['start']:.2f} s")
    if options.json:
        options.json.write_text(json.dumps([line], indent=1))
