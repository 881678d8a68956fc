"""One EM iteration of mixtures: the fused pass against scikit-learn's or NumPy's two steps."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fastvb import threads
from fastvb._kernels import _mixture
from fastvb._threads import effective_n_threads
from fastvb.models import Mixture, Observations, PointBernoullis, PointWeights
from fastvb.models._bernoulli_components import BetaCounts
from fastvb.models.mixture import MixtureGlobals
from versus.measure import interleaved
from versus.mixture_problems import BERNOULLI, GAUSSIAN, Bernoulli, Gaussian, bernoulli, gaussian


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


def fastvb_bernoulli_iteration(problem: Bernoulli) -> Callable[[], Any]:
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


def numpy_bernoulli_iteration(problem: Bernoulli) -> Callable[[], Any]:
    """What one writes with NumPy: two products, dense or of SciPy's sparse matrices."""
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


class Sides(NamedTuple):
    """Two ways to the same result, and the sizes of the problem."""

    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    float32: Callable[[], Any]
    n_pairs: int  # rows times components


def gaussian_sides(name: str, share: float) -> Sides:
    """Ours and scikit-learn's."""
    problem, single = gaussian(name, share=share), gaussian(name, "float32", share)
    n_pairs = len(problem.X) * len(problem.means)
    return Sides(fastvb_pass(problem), sklearn_iteration(problem), fastvb_pass(single), n_pairs)


def bernoulli_sides(name: str, share: float) -> Sides:
    """Ours and NumPy's."""
    problem, single = bernoulli(name, share=share), bernoulli(name, "float32", share)
    n_pairs = problem.X.shape[0] * len(problem.probabilities)
    return Sides(
        fastvb_bernoulli_iteration(problem), numpy_bernoulli_iteration(problem),
        fastvb_bernoulli_iteration(single), n_pairs,
    )  # fmt: skip


def compare(name: str, sides: Sides, rounds: int) -> dict[str, Any]:
    """Medians over the rounds; stops where the results differ."""
    for a, b in zip(sides.ours(), sides.theirs(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)

    def on_two_threads() -> None:
        with threads(2):
            sides.ours()

    taken = interleaved(
        {
            "ours": sides.ours,
            "theirs": sides.theirs,
            "float32": sides.float32,
            "two": on_two_threads,
        },
        rounds,
    )
    return {
        "problem": name,
        "ours_ns": float(np.median(taken["ours"])) * 1e9 / sides.n_pairs,
        "ratio": float(np.median(taken["theirs"] / taken["ours"])),
        "float32": float(np.median(taken["ours"] / taken["float32"])),
        "two_threads": float(np.median(taken["ours"] / taken["two"])),
    }


def report(options: argparse.Namespace) -> None:
    """A line for each problem; ns are per row and component."""
    share, rounds = (0.02, 3) if options.quick else (1.0, 7)
    lines = []
    for rival, names, sides_of in (
        ("scikit-learn", GAUSSIAN, gaussian_sides),
        ("NumPy", BERNOULLI, bernoulli_sides),
    ):
        print(f"{'one EM iteration':24}{'ns':>9}{rival:>14}{'float32':>9}{'2 threads':>11}")
        for name in names:
            if options.only not in name:
                continue
            line = compare(name, sides_of(name, share), rounds)
            lines.append(line)
            print(
                f"{name:24}{line['ours_ns']:9.3f}{line['ratio']:13.1f}x{line['float32']:8.2f}x"
                f"{line['two_threads']:10.2f}x"
            )
    if options.json:
        options.json.write_text(json.dumps(lines, indent=1))
