"""The kernels of _responsibilities against their NumPy twins."""

from __future__ import annotations

import numpy as np
import pytest
from reference import responsibilities as twin

from fastvb._kernels import _responsibilities as kernels

DTYPES = [np.float32, np.float64]
COLUMNS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 34, 63, 64, 65, 127, 1023, 1025, 2060]
ROWS = [1, 7, 8, 9, 33, 65]


def log_densities(n_rows, n_columns, dtype, seed=0):
    """Spread over thousands of nats in some rows, over few in others, with a few -inf."""
    rng = np.random.default_rng([seed, n_rows, n_columns])
    scale = 10.0 ** rng.uniform(-2.0, 3.5, (n_rows, 1))
    x = scale * rng.standard_normal((n_rows, n_columns)) + rng.choice([0.0, -500.0], (n_rows, 1))
    x[rng.random(x.shape) < 0.02] = -np.inf
    return x.astype(dtype)


def run(x, n_threads=1, stride=None):
    resp, log_norm = np.empty(x.shape, x.dtype), np.empty(len(x), x.dtype)
    kernels.responsibilities(x, resp, log_norm, n_threads)
    return resp, log_norm


def assert_close(result, expected, dtype, ulp=4.0):
    """Within `ulp` of the precision, absolutely below 1; the same infinities and nans."""
    tolerance = ulp * np.finfo(dtype).eps
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_columns", COLUMNS)
def test_rows(n_columns, dtype):
    for n_rows in ROWS:
        x = log_densities(n_rows, n_columns, dtype)
        resp, log_norm = run(x)
        expected, expected_norm = twin.responsibilities(x)
        assert_close(log_norm, expected_norm, dtype)
        assert_close(resp, expected, dtype)
        only_norm = np.empty_like(log_norm)
        kernels.logsumexp_rows(x, only_norm, 1)
        np.testing.assert_array_equal(only_norm, log_norm)


@pytest.mark.parametrize("n_columns", [3, 10, 32, 100])
def test_small_responsibilities_are_relatively_accurate(n_columns):
    """Down to the subnormals, where SciPy's softmax underflows gradually, too."""
    x = -np.linspace(0.0, 744.0, n_columns)[np.newaxis]
    resp, _ = run(x)
    expected, _ = twin.responsibilities(x)
    np.testing.assert_allclose(resp, expected, rtol=1e-14, atol=5e-324)
    assert resp.min() > 0.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_columns", COLUMNS)
def test_a_row_does_not_depend_on_the_others(n_columns, dtype):
    x = log_densities(70, n_columns, dtype)
    resp, log_norm = run(x)
    for start, stop in ((0, 1), (3, 12), (11, 70)):
        part, part_norm = run(x[start:stop])
        np.testing.assert_array_equal(part, resp[start:stop])
        np.testing.assert_array_equal(part_norm, log_norm[start:stop])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_columns", [1, 5, 10, 31, 100, 1030])
def test_strided_rows_and_in_place(n_columns, dtype):
    wide = log_densities(90, n_columns + 3, dtype)
    for view in (wide[:, 2 : 2 + n_columns], wide[::-2, :n_columns], wide[:, 3:]):
        resp, log_norm = run(np.ascontiguousarray(view))
        for result, expected in zip(run(view), (resp, log_norm), strict=True):
            np.testing.assert_array_equal(result, expected)
    x = np.ascontiguousarray(wide[:, :n_columns])
    resp, log_norm = run(x)
    norm = np.empty_like(log_norm)
    kernels.responsibilities(x, x, norm, 1)
    np.testing.assert_array_equal(x, resp)
    np.testing.assert_array_equal(norm, log_norm)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(300_000, 2), (20_011, 10), (5001, 33), (7, 50_001)])
def test_same_bits_for_any_number_of_threads(shape, dtype):
    x = log_densities(*shape, dtype)
    resp, log_norm = run(x)
    for n_threads in (2, 3, 7):
        for result, expected in zip(run(x, n_threads), (resp, log_norm), strict=True):
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_columns", [1, 3, 8, 16, 17, 64, 65, 511, 512, 513, 1100])
def test_columns(n_columns, dtype):
    for n_outer, n_rows, slab_rows in ((1, 1, 4), (2, 65, 65), (1, 200, 64), (3, 7, 3)):
        x = log_densities(n_outer * n_rows, n_columns, dtype).reshape(n_outer, n_rows, n_columns)
        n_slabs = -(-n_rows // slab_rows)
        result = np.empty((n_outer, n_slabs, n_columns), dtype)
        kernels.logsumexp_columns(x, result, slab_rows, 1)
        for slab in range(n_slabs):
            part = x[:, slab * slab_rows : (slab + 1) * slab_rows]
            assert_close(result[:, slab], twin.logsumexp(part, 1), dtype, ulp=8.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_columns_have_the_same_bits_for_any_number_of_threads(dtype):
    x = log_densities(400, 1300, dtype)[np.newaxis]
    results = []
    for n_threads in (1, 2, 3, 7):
        result = np.empty((1, 4, 1300), dtype)
        kernels.logsumexp_columns(x, result, 100, n_threads)
        results.append(result)
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_float32_sums_of_long_rows_do_not_drift():
    x = np.zeros((1, 10_000_019), np.float32)
    _, log_norm = run(x)
    assert_close(log_norm, np.log([10_000_019.0]), np.float32, ulp=1.0)
    columns = np.empty((1, 1, 16), np.float32)
    kernels.logsumexp_columns(np.zeros((1, 1_000_003, 16), np.float32), columns, 1_000_003, 1)
    assert_close(columns.ravel(), np.full(16, np.log(1_000_003.0)), np.float32, ulp=1.0)
