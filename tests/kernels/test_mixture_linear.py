"""The kernels of _mixture_linear against their NumPy twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference import mixture as twin
from scipy import sparse

from fastvb._kernels import _mixture
from fastvb._kernels import _mixture_linear as kernels

DTYPES = [np.float64, np.float32]
SHAPES = [(1, 1, 1), (65, 3, 2), (130, 10, 7), (700, 17, 5), (64, 40, 9), (3000, 5, 12)]
SHAPES += [(90, 6, 33), (70, 5, 77)]  # sparse: four vectors of components at a time


def data(shape, dtype, *, missing=0.0, seed=0):
    """Binary rows, weights, log priors, and the Bernoulli parameters of components."""
    n_rows, n_features, n_components = shape
    rng = np.random.default_rng([seed, *shape])
    p = rng.uniform(0.05, 0.95, (n_components, n_features))
    X = (rng.random((n_rows, n_features)) < p[rng.integers(n_components, size=n_rows)]).astype(
        dtype
    )
    X[rng.random(X.shape) < missing] = np.nan
    weights = rng.exponential(size=n_rows).astype(dtype)
    log_prior = rng.normal(size=(n_rows, n_components)).astype(dtype)
    return X, weights, log_prior, np.log(p) - np.log1p(-p), np.log1p(-p)


def new_results(n_rows, n_components, dtype):
    return (
        np.empty(n_rows, dtype), np.empty((n_rows, n_components), dtype),
        np.empty(n_rows, np.intc), np.empty(1),
    )  # fmt: skip


def work_of(family, X, n_components, n_threads):
    n_entries = X.nnz if family == _mixture.SPARSE else X.size
    size = _mixture.work_size(
        family, n_components, X.shape[1], X.dtype.itemsize, X.shape[0], n_entries, n_threads
    )
    return np.empty(size, np.int8)


def run_linear(X, weights, log_prior, offset, slopes, intercepts, n_threads=1):
    stats = np.empty(len(slopes)), np.empty(slopes.shape), np.empty(intercepts.shape)
    results = new_results(len(X), len(slopes), X.dtype)
    family = _mixture.INCOMPLETE if len(intercepts) else _mixture.LINEAR
    status = kernels.linear_pass(
        X, weights, log_prior, offset, slopes, intercepts, *stats, *results,
        work_of(family, X, len(slopes), n_threads), n_threads,
    )  # fmt: skip
    assert status == _mixture.OK
    return results, stats


def run_sparse(X, weights, log_prior, offset, slopes, n_threads=1, *, ones=False):
    stats = np.empty(len(slopes)), np.empty(slopes.shape)
    results = new_results(X.shape[0], len(slopes), X.dtype)
    status = kernels.sparse_pass(
        X.data[:0] if ones else X.data, X.indices, X.indptr, weights, log_prior, offset, slopes,
        *stats, *results, work_of(_mixture.SPARSE, X, len(slopes), n_threads),
        n_threads,
    )  # fmt: skip
    assert status == _mixture.OK
    return results, stats


def assert_close(results, stats, wanted, X, weights, dtype):
    log_norm, resp, labels, total = results
    tolerance = 100.0 * np.finfo(dtype).eps
    np.testing.assert_allclose(log_norm, wanted.log_norm, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(resp, wanted.responsibilities, atol=tolerance * X.shape[1])
    atol = tolerance * weights.astype(float).sum()  # each log norm is sure to that
    np.testing.assert_allclose(total[0], wanted.total, rtol=tolerance, atol=atol)
    picked = np.take_along_axis(wanted.responsibilities, labels[:, np.newaxis], 1)[:, 0]
    np.testing.assert_allclose(picked, wanted.responsibilities.max(axis=1), atol=1e-4)
    memberships = weights[:, np.newaxis] * wanted.responsibilities
    for result, value in zip(stats, twin.linear_statistics(X, memberships), strict=False):
        if result.size:
            np.testing.assert_allclose(result, value, rtol=tolerance, atol=tolerance * len(X))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_complete(shape, dtype):
    X, weights, log_prior, slopes, intercepts = data(shape, dtype)
    offset = intercepts.sum(axis=1)
    wanted = twin.linear_pass(X, weights.astype(float), log_prior, offset, slopes)
    for x in (X, np.asfortranarray(X)):
        results, stats = run_linear(x, weights, log_prior, offset, slopes, np.empty((0, shape[1])))
        assert_close(results, stats, wanted, X, weights, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_incomplete(shape, dtype):
    X, weights, log_prior, slopes, intercepts = data(shape, dtype, missing=0.3)
    X[len(X) // 2] = np.nan
    offset = np.linspace(-1.0, 1.0, shape[2])
    wanted = twin.linear_pass(X, weights.astype(float), log_prior, offset, slopes, intercepts)
    results, stats = run_linear(X, weights, log_prior, offset, slopes, intercepts)
    assert_close(results, stats, wanted, X, weights, dtype)


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_sparse(shape, dtype, index):
    X, weights, log_prior, slopes, intercepts = data(shape, dtype)
    offset = intercepts.sum(axis=1)
    wanted = twin.linear_pass(X, weights.astype(float), log_prior, offset, slopes)
    csr = sparse.csr_array(X)
    csr.indices, csr.indptr = csr.indices.astype(index), csr.indptr.astype(index)
    for ones in (True, False):
        results, stats = run_sparse(csr, weights, log_prior, offset, slopes, ones=ones)
        assert_close(results, stats, wanted, X, weights, dtype)


def test_categories_are_sparse_rows():
    """One entry per feature, its index that of a category: the densities are products of tables."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 3, (200, 4))
    tables = rng.dirichlet(np.ones(3), (5, 4))
    indices = (codes + 3 * np.arange(4)).ravel().astype(np.int32)
    X = sparse.csr_array((np.ones(800), indices, np.arange(0, 801, 4, dtype=np.int32)))
    none = np.empty(0)
    (log_norm, resp, _, _), (counts, sums) = run_sparse(
        X,
        none,
        np.empty((0, 5)),
        np.full(5, -np.log(5.0)),
        np.log(tables).reshape(5, 12),
        ones=True,
    )
    density = np.prod(tables[:, np.arange(4), codes], axis=2).T / 5.0
    np.testing.assert_allclose(log_norm, np.log(density.sum(axis=1)), rtol=1e-13)
    np.testing.assert_allclose(resp, density / density.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(sums.reshape(5, 4, 3).sum(axis=2), np.tile(counts, (4, 1)).T)


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype):
    X, weights, log_prior, slopes, intercepts = data((20_000, 30, 8), dtype, missing=0.1)
    zero = np.zeros(8)
    csr = sparse.csr_array(np.nan_to_num(X))
    runs = [
        lambda n: run_linear(X, weights, log_prior, zero, slopes, intercepts, n),
        lambda n: run_sparse(csr, weights, log_prior, zero, slopes, n),
    ]
    for function in runs:
        first = function(1)
        for n_threads in (2, 3, 7):
            for a, b in zip(sum(first, ()), sum(function(n_threads), ()), strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", DTYPES)
def test_statistics_of_given_components(dtype):
    X, weights, _, _, _ = data((300, 6, 4), dtype, missing=0.2)
    rng = np.random.default_rng(2)
    resp = rng.dirichlet(np.ones(4), 300).astype(dtype)
    labels = rng.integers(-1, 4, 300, dtype=np.intc)
    complete = np.nan_to_num(X)
    for assigned, memberships in (
        ((resp, np.empty(0, np.intc)), resp),
        ((np.empty((0, 4), dtype), labels), labels[:, np.newaxis] == np.arange(4)),
    ):
        weighted = weights[:, np.newaxis] * memberships
        stats = np.empty(4), np.empty((4, 6)), np.empty((4, 6))
        work = work_of(_mixture.INCOMPLETE, X, 4, 2)
        kernels.linear_statistics(X, weights, *assigned, *stats, work, 2)
        for result, value in zip(stats, twin.linear_statistics(X, weighted), strict=True):
            np.testing.assert_allclose(result, value, rtol=1e-4 if dtype == np.float32 else 1e-12)
        csr = sparse.csr_array(complete)
        counts, sums = np.empty(4), np.empty((4, 6))
        kernels.sparse_statistics(
            csr.data, csr.indices, csr.indptr, weights, *assigned, counts, sums,
            work_of(_mixture.SPARSE, csr, 4, 2), 2,
        )  # fmt: skip
        np.testing.assert_allclose(counts, stats[0], rtol=1e-4 if dtype == np.float32 else 1e-12)
        np.testing.assert_allclose(sums, stats[1], rtol=1e-4 if dtype == np.float32 else 1e-12)


@settings(deadline=None, max_examples=60)
@example(1, 2, 2, False, 5712)  # a log norm near 0
@given(
    st.integers(1, 140), st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 10**6)
)
def test_any_shape(n_rows, n_features, n_components, missing, seed):
    shape = n_rows, n_features, n_components
    X, weights, log_prior, slopes, intercepts = data(shape, np.float64, missing=0.5, seed=seed)
    if not missing:
        X = np.nan_to_num(X)
    wanted = twin.linear_pass(X, weights, log_prior, np.zeros(n_components), slopes, intercepts)
    zero = np.zeros(n_components)
    results, stats = run_linear(X, weights, log_prior, zero, slopes, intercepts)
    assert_close(results, stats, wanted, X, weights, np.float64)
