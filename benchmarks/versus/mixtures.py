"""One EM iteration of Gaussian mixtures: the fused pass against scikit-learn's two steps."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from fastvb import threads
from fastvb._kernels import _mixture
from fastvb._threads import effective_n_threads
from versus.measure import interleaved
from versus.mixture_problems import GAUSSIAN, Gaussian, gaussian


def _unit_factors(covariance_type: str, n_components: int, n_features: int) -> Any:
    a, b = np.triu_indices(n_features)
    triangle = (a == b).astype(float)
    return {
        "full": np.tile(triangle, (n_components, 1)),
        "tied": triangle[np.newaxis],
        "diag": np.ones((n_components, n_features)),
        "spherical": np.ones((n_components, 1)),
    }[covariance_type]


def fastvb_pass(problem: Gaussian) -> Callable[[], Any]:
    """The fused pass: log densities, responsibilities, statistics."""
    X, means, kind = problem
    family = getattr(_mixture, kind.upper())
    n_components, n_features = means.shape
    factors = _unit_factors(kind, n_components, n_features)
    offset = np.full(n_components, -np.log(n_components) - 0.5 * n_features * np.log(2.0 * np.pi))
    n_squares = _mixture.n_squares(family, n_features)
    squares = np.empty((n_components if n_squares else 0, n_squares))
    counts, sums, total = np.empty(n_components), np.empty(means.shape), np.empty(1)
    row, rows, labels = np.empty(0, X.dtype), np.empty((0, 0), X.dtype), np.empty(0, np.intc)

    def step() -> Any:
        n_threads = effective_n_threads()
        work = np.empty(
            _mixture.work_size(family, n_components, n_features, X.itemsize, len(X), n_threads),
            np.int8,
        )
        _mixture.gaussian_pass(
            family, X, np.zeros(n_features, X.dtype), row, rows, offset, means, factors, counts,
            sums, squares, row, rows, labels, total, work, n_threads,
        )  # fmt: skip
        return counts, sums / counts[:, np.newaxis], total[0] / len(X)

    return step


def sklearn_iteration(problem: Gaussian) -> Callable[[], Any]:
    """scikit-learn's E-step and M-step from the same start."""
    from sklearn.mixture import GaussianMixture

    X, means, kind = problem
    n_components, n_features = means.shape
    model = GaussianMixture(n_components, covariance_type=kind)
    unit = np.eye(n_features)
    precisions = {
        "full": np.tile(unit, (n_components, 1, 1)),
        "tied": unit,
        "diag": np.ones((n_components, n_features)),
        "spherical": np.ones(n_components),
    }[kind]

    def step() -> Any:
        model.weights_ = np.full(n_components, 1.0 / n_components)
        model.means_, model.precisions_cholesky_ = means, precisions
        log_norm, log_resp = model._e_step(X)
        model._m_step(X, log_resp)
        return model.weights_ * len(X), model.means_, log_norm

    return step


def compare(name: str, share: float, rounds: int) -> dict[str, Any]:
    """Medians over the rounds; stops where the results differ."""
    problem = gaussian(name, share=share)
    ours, theirs = fastvb_pass(problem), sklearn_iteration(problem)
    for a, b in zip(ours(), theirs(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)

    def on_two_threads() -> None:
        with threads(2):
            ours()

    taken = interleaved(
        {
            "ours": ours,
            "theirs": theirs,
            "float32": fastvb_pass(gaussian(name, "float32", share)),
            "two": on_two_threads,
        },
        rounds,
    )
    pairs = len(problem.X) * len(problem.means)
    return {
        "problem": name,
        "ours_ns": float(np.median(taken["ours"])) * 1e9 / pairs,
        "ratio": float(np.median(taken["theirs"] / taken["ours"])),
        "float32": float(np.median(taken["ours"] / taken["float32"])),
        "two_threads": float(np.median(taken["ours"] / taken["two"])),
    }


def report(options: argparse.Namespace) -> None:
    """A line for each problem; ns are per row and component."""
    print(f"{'one EM iteration':24}{'ns':>9}{'scikit-learn':>14}{'float32':>9}{'2 threads':>11}")
    lines = []
    for name in GAUSSIAN:
        if options.only in name:
            line = compare(name, 0.02 if options.quick else 1.0, 3 if options.quick else 7)
            lines.append(line)
            print(
                f"{name:24}{line['ours_ns']:9.3f}{line['ratio']:13.1f}x{line['float32']:8.2f}x"
                f"{line['two_threads']:10.2f}x"
            )
    if options.json:
        options.json.write_text(json.dumps(lines, indent=1))
