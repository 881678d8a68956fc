"""The kernels of _mixture against their NumPy twins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reference import mixture as twin

from fastvb._kernels import _mixture as kernels

TYPES = ["full", "tied", "diag", "spherical"]
FAMILY = {
    "full": kernels.FULL,
    "tied": kernels.TIED,
    "diag": kernels.DIAG,
    "spherical": kernels.SPHERICAL,
}
DTYPES = [np.float64, np.float32]
SHAPES = [  # rows, features, components
    (1, 1, 1), (7, 1, 3), (65, 1, 10), (513, 2, 1), (64, 2, 5), (300, 3, 4), (63, 4, 7),
    (129, 5, 6), (97, 6, 2), (130, 7, 9), (200, 8, 20), (65, 9, 3), (66, 10, 2), (90, 11, 5),
    (150, 12, 4), (131, 13, 3), (70, 16, 5), (257, 17, 2), (66, 33, 3), (40, 64, 2),
    (77, 24, 3), (131, 25, 4), (45, 31, 3), (301, 65, 2), (267, 130, 2), (35, 256, 2),
]  # fmt: skip


@dataclass
class Problem:
    covariance_type: str
    X: NDArray[Any]
    origin: NDArray[Any]
    offset: NDArray[np.float64]
    means: NDArray[np.float64]
    factors: NDArray[np.float64]
    weights: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    log_prior: NDArray[Any] = field(default_factory=lambda: np.empty((0, 0)))

    def row_weights(self):
        return self.weights.astype(float) if len(self.weights) else np.ones(len(self.X))


def problem(covariance_type, shape, dtype, *, shift=0.0, weighted=True, seed=0):
    """Rows near their components, whose scales differ by a factor of ten."""
    n_rows, n_features, n_components = shape
    rng = np.random.default_rng([seed, *shape])
    scale = 10.0 ** rng.uniform(-0.5, 0.5, n_features)
    means = 3.0 * rng.normal(size=(n_components, n_features)) * scale
    X = means[rng.integers(n_components, size=n_rows)] + scale * rng.normal(
        size=(n_rows, n_features)
    )
    n_factors = {"tied": 1}.get(covariance_type, n_components)
    factors = 10.0 ** rng.uniform(-0.3, 0.3, (n_factors, n_features)) / scale
    if covariance_type == "spherical":
        factors = factors[:, :1].copy()
    elif covariance_type in ("full", "tied"):
        a, b = np.triu_indices(n_features)
        skew = 0.3 * rng.normal(size=(n_factors, len(a))) / scale[b] / np.sqrt(n_features)
        factors = np.where(a == b, factors[:, a], skew)
    X = (X + shift).astype(dtype)
    origin = np.full(n_features, shift, dtype)
    result = Problem(covariance_type, X, origin, rng.normal(size=n_components), means, factors)
    result.weights = np.empty(0, dtype)
    result.log_prior = np.empty((0, 0), dtype)
    if weighted:
        result.weights = (rng.exponential(size=n_rows) * (rng.random(n_rows) < 0.8)).astype(dtype)
        result.log_prior = rng.normal(size=(n_rows, n_components)).astype(dtype)
        result.log_prior[rng.random(result.log_prior.shape) < 0.1] = -np.inf
        result.log_prior[:, 0] = 0.0
    return result


def empty_statistics(p):
    n_components, n_features = p.means.shape
    n_squares = kernels.n_squares(FAMILY[p.covariance_type], n_features)
    squares = np.full((n_components if n_squares else 0, n_squares), np.nan)
    return twin.Statistics(
        np.full(n_components, np.nan), np.full((n_components, n_features), np.nan), squares
    )


def work_of(p, n_threads):
    size = kernels.work_size(
        FAMILY[p.covariance_type], *p.means.shape, p.X.itemsize, len(p.X), p.X.size, n_threads
    )
    return np.empty(size, np.int8)


def run(p, n_threads=1):
    """(pass, statistics, status) of the kernel."""
    n_rows, n_components = len(p.X), len(p.means)
    stats = empty_statistics(p)
    log_norm = np.empty(n_rows, p.X.dtype)
    resp = np.empty((n_rows, n_components), p.X.dtype)
    labels = np.empty(n_rows, np.intc)
    total = np.empty(1)
    status = kernels.gaussian_pass(
        FAMILY[p.covariance_type], p.X, p.origin, p.weights, p.log_prior, p.offset, p.means,
        p.factors, *stats, log_norm, resp, labels, total, work_of(p, n_threads), n_threads,
    )  # fmt: skip
    return twin.Pass(log_norm, resp, labels, float(total[0])), stats, status


def expected(p):
    log_prior = p.log_prior.astype(float) if len(p.log_prior) else 0.0
    result = twin.gaussian_pass(
        p.covariance_type, p.X, p.origin, p.row_weights(), log_prior, p.offset, p.means, p.factors
    )
    memberships = p.row_weights()[:, np.newaxis] * result.responsibilities
    return result, twin.gaussian_statistics(p.covariance_type, p.X, p.origin, memberships)


def assert_close(p, result, wanted):
    """Errors of log densities are relative to their largest terms, those of sums to the sums of
    absolute values."""
    eps = np.finfo(p.X.dtype).eps
    y = np.abs((p.X - p.origin).astype(float)).max(initial=1.0) + np.abs(p.means).max(initial=1.0)
    size = 50.0 * eps * (1.0 + y * np.abs(p.factors).max()) ** 2
    np.testing.assert_allclose(result.log_norm, wanted.log_norm, rtol=4 * eps, atol=size)
    np.testing.assert_allclose(
        result.responsibilities, wanted.responsibilities, rtol=size, atol=size
    )
    np.testing.assert_allclose(result.total, wanted.total, rtol=size, atol=size)
    top = wanted.responsibilities.max(axis=1)
    picked = np.take_along_axis(wanted.responsibilities, result.labels[:, np.newaxis], 1)[:, 0]
    np.testing.assert_allclose(picked, top, rtol=2 * size, atol=2 * size)


def assert_statistics_close(p, stats, wanted, *, tolerance=None):
    eps = np.finfo(p.X.dtype).eps
    y = np.abs((p.X - p.origin).astype(float)).max(initial=1.0) + np.abs(p.means).max(initial=1.0)
    if tolerance is None:
        tolerance = 50.0 * eps * (1.0 + y * np.abs(p.factors).max()) ** 2
    scale = p.row_weights().sum() * np.array([1.0, y, y * y * p.means.shape[1]])
    for result, value, size in zip(stats, wanted, scale, strict=True):
        np.testing.assert_allclose(result, value.reshape(result.shape), atol=tolerance * size)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_pass(shape, covariance_type, dtype):
    for weighted in (True, False):
        p = problem(covariance_type, shape, dtype, weighted=weighted)
        result, stats, status = run(p)
        wanted, wanted_stats = expected(p)
        assert status == kernels.OK
        assert_close(p, result, wanted)
        assert_statistics_close(p, stats, wanted_stats)


@pytest.mark.parametrize("n_features", [1, 2, 5, 17, 35])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_any_strides(covariance_type, n_features):
    p = problem(covariance_type, (150, n_features, 4), np.float64)
    result, stats, _ = run(p)
    X, log_prior = p.X, p.log_prior
    wide = np.full((2 * len(X), 3 * n_features + 1), np.nan)
    wide[::2, 1::3] = X
    for view in (np.asfortranarray(X), wide[::2, 1::3], X[::-1].copy()[::-1]):
        p.X, p.log_prior = view, np.asfortranarray(log_prior)
        for a, b in zip((*result, *stats), (*run(p)[0], *run(p)[1]), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("shape", [(40_000, 2, 10), (10_001, 7, 3), (3000, 20, 6), (1501, 40, 3)])
def test_same_bits_for_any_number_of_threads(shape, covariance_type, dtype):
    p = problem(covariance_type, shape, dtype)
    result, stats, _ = run(p)
    for n_threads in (2, 3, 7):
        again, stats_again, _ = run(p, n_threads)
        for a, b in zip((*result, *stats), (*again, *stats_again), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("dtype", "shift"), [(np.float64, 1e8), (np.float32, 1e4)])
@pytest.mark.parametrize("n_features", [1, 3, 17, 35])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_common_offset_costs_no_digits(covariance_type, n_features, dtype, shift):
    p = problem(covariance_type, (500, n_features, 4), dtype, shift=shift)
    result, stats, _ = run(p)
    wanted, wanted_stats = expected(p)
    assert_close(p, result, wanted)
    assert_statistics_close(p, stats, wanted_stats)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("n_features", [1, 4, 15, 35])
def test_statistics_of_given_components(n_features, covariance_type, dtype):
    p = problem(covariance_type, (333, n_features, 5), dtype)
    rng = np.random.default_rng(4)
    resp = rng.dirichlet(np.ones(5), 333).astype(dtype)
    labels = rng.integers(-1, 5, 333, dtype=np.intc)
    of_labels = (labels[:, np.newaxis] == np.arange(5)).astype(float)
    no_rows, no_labels = np.empty((0, 0), dtype), np.empty(0, np.intc)
    for given, memberships in (
        ((resp, no_labels), resp),
        ((np.asfortranarray(resp), no_labels), resp),
        ((no_rows, labels), of_labels),
        ((no_rows, no_labels), np.eye(5)[np.zeros(333, int)]),
    ):
        stats = empty_statistics(p)
        kernels.gaussian_statistics(
            FAMILY[covariance_type], p.X, p.origin, p.weights, *given, *stats, work_of(p, 2), 2
        )
        weighted = p.row_weights()[:, np.newaxis] * memberships
        wanted = twin.gaussian_statistics(covariance_type, p.X, p.origin, weighted)
        assert_statistics_close(p, stats, wanted, tolerance=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("n_features", [1, 2, 14])
def test_rows_far_from_every_component(n_features, covariance_type, dtype):
    p = problem(covariance_type, (80, n_features, 3), dtype, weighted=False)
    p.X[5] = 1e15
    p.X[77] = -3e16
    result, _, status = run(p)
    wanted, _ = expected(p)
    assert status == kernels.OK
    np.testing.assert_allclose(result.log_norm, wanted.log_norm, rtol=1e-4)
    np.testing.assert_allclose(result.responsibilities.sum(axis=1), 1.0, rtol=1e-5)
    assert np.isfinite(result.responsibilities).all()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_component_that_is_shut_off_takes_nothing(covariance_type):
    p = problem(covariance_type, (200, 3, 4), np.float64, weighted=False)
    p.offset[2] = -np.inf
    result, stats, status = run(p)
    assert status == kernels.OK
    assert (result.responsibilities[:, 2] == 0.0).all()
    assert stats.counts[2] == 0.0
    np.testing.assert_allclose(stats.counts.sum(), 200.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("n_features", [1, 3, 16])
def test_status_of_a_value_that_is_not_finite(n_features, covariance_type, dtype):
    p = problem(covariance_type, (400, n_features, 3), dtype, weighted=False)
    p.X[311, n_features // 2] = np.nan
    assert run(p)[2] == kernels.NOT_FINITE


def test_status_of_a_row_without_any_component():
    p = problem("full", (70, 2, 3), np.float64)
    p.log_prior[8] = -np.inf
    p.weights[8] = 1.0
    result, _, status = run(p)
    assert status == kernels.NOT_FINITE
    assert result.log_norm[8] == -np.inf
    p.weights[8] = 0.0
    _, stats, status = run(p)
    assert status == kernels.OK
    np.testing.assert_allclose(stats.counts.sum(), p.weights.sum())


@pytest.mark.parametrize("covariance_type", TYPES)
def test_no_rows(covariance_type):
    p = problem(covariance_type, (0, 3, 2), np.float64, weighted=False)
    result, stats, status = run(p)
    assert status == kernels.OK
    assert result.total == 0.0
    assert not stats.counts.any()
    assert not stats.squares.any()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_outputs_that_are_not_wanted(covariance_type):
    p = problem(covariance_type, (100, 3, 4), np.float64)
    wanted, stats, _ = run(p)
    none, total = np.empty(0), np.empty(1)
    kernels.gaussian_pass(
        FAMILY[covariance_type], p.X, p.origin, p.weights, p.log_prior, p.offset, p.means,
        p.factors, none, np.empty((0, 0)), np.empty((0, 0)), none, np.empty((0, 0)),
        np.empty(0, np.intc), total, work_of(p, 1), 1,
    )  # fmt: skip
    assert total[0] == wanted.total
    only = empty_statistics(p)
    kernels.gaussian_pass(
        FAMILY[covariance_type], p.X, p.origin, p.weights, p.log_prior, p.offset, p.means,
        p.factors, *only, none, np.empty((0, 0)), np.empty(0, np.intc), total, work_of(p, 1), 1,
    )  # fmt: skip
    for a, b in zip(only, stats, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_rows", [1, 700, 5000])
def test_columns(n_rows, dtype):
    """A pass of all columns is a pass of each."""
    rng = np.random.default_rng(n_rows)
    X = rng.normal(size=(n_rows, 6)).astype(dtype) + dtype(7.0)
    columns, origin = np.array([4, 0, 3]), np.array([7.0, 6.5, 7.0], dtype)
    weights = rng.exponential(size=n_rows).astype(dtype)
    offset, means = rng.normal(size=(2, 3, 10))
    factors = rng.exponential(size=(3, 10)) + 0.5
    results = []
    for n_threads in (1, 2, 7):
        counts, sums, squares = np.empty((3, 3, 10))
        total = np.empty(3)
        work = np.empty(kernels.columns_work_size(10, X.itemsize, n_threads), np.int8)
        status = kernels.gaussian_columns(
            X, columns, origin, weights, offset, means, factors, counts, sums, squares, total,
            work, n_threads,
        )  # fmt: skip
        assert status == kernels.OK
        results.append((counts, sums, squares, total))
    for result in results[1:]:
        for a, b in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(a, b)
    for i, column in enumerate(columns):
        p = Problem(
            "diag", X[:, [column]], origin[i : i + 1], offset[i], means[i, :, np.newaxis],
            factors[i, :, np.newaxis], weights, np.empty((0, 10), dtype),
        )  # fmt: skip
        wanted, stats = expected(p)
        counts, sums, squares, total = results[0]
        np.testing.assert_allclose(total[i], wanted.total, rtol=1e3 * np.finfo(dtype).eps)
        own = twin.Statistics(counts[i], sums[i], squares[i])
        assert_statistics_close(p, own, twin.Statistics(*(value.ravel() for value in stats)))


def test_status_of_a_column_that_is_not_finite():
    X = np.ones((50, 2))
    X[20, 1] = np.nan
    one = np.ones((2, 1))
    statistics = np.empty((3, 2, 1))
    total = np.empty(2)
    work = np.empty(kernels.columns_work_size(1, 8, 1), np.int8)
    status = kernels.gaussian_columns(
        X, np.arange(2), np.zeros(2), np.empty(0), one, one, one, *statistics, total, work, 1
    )
    assert status == kernels.NOT_FINITE
    assert np.isfinite(total).tolist() == [True, False]
