"""logsumexp is SciPy's, in every argument."""

from __future__ import annotations

import inspect
import itertools

import numpy as np
import pytest
import scipy.special
from scipy.special import logsumexp as scipy_logsumexp

import fastvb
from fastvb.special import logsumexp


def assert_same(result, expected, dtype=np.float64, ulp=8):
    assert type(result) is type(expected)
    assert result.shape == expected.shape
    assert result.dtype == expected.dtype
    tolerance = ulp * np.finfo(dtype).eps
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


def normal(*shape, dtype=np.float64):
    return np.random.default_rng(shape).normal(0.0, 10.0, shape).astype(dtype)


def test_signature():
    ours, theirs = (inspect.signature(f).parameters for f in (logsumexp, scipy_logsumexp))
    assert list(ours) == list(theirs)
    assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_axis_and_order(dtype):
    x = normal(3, 5, 4, 7, dtype=dtype)
    choices = [
        None,
        *itertools.chain.from_iterable(itertools.permutations(range(4), n) for n in (1, 2, 3, 4)),
    ]
    for array in (x, np.asfortranarray(x), x.transpose(1, 3, 0, 2), x[:, ::-2, 1:, ::3]):
        for axis in choices:
            expected = scipy_logsumexp(array.astype(np.float64), axis=axis).astype(dtype)
            assert_same(logsumexp(array, axis=axis), expected[()], dtype)
    for axis in (-1, -4, (0, -1)):
        for keepdims in (False, True):
            expected = scipy_logsumexp(x, axis=axis, keepdims=keepdims)
            assert_same(logsumexp(x, axis=axis, keepdims=keepdims), expected, dtype)
    kept = logsumexp(x, keepdims=True)
    assert kept.shape == (1, 1, 1, 1)


@pytest.mark.parametrize(
    "shape",
    [
        (1, 1),
        (2000, 1),
        (1, 2000),
        (63, 2),
        (65, 3),
        (517, 10),
        (5000, 64),
        (70_001, 3),
        (300, 601),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns(shape, dtype):
    x = normal(*shape, dtype=dtype)
    expected = scipy_logsumexp(x.astype(np.float64), axis=0).astype(dtype)
    assert_same(logsumexp(x, axis=0), expected, dtype)
    cube = normal(3, *shape, dtype=dtype) if x.size < 10_000 else x[np.newaxis]
    expected = scipy_logsumexp(cube.astype(np.float64), axis=1).astype(dtype)
    assert_same(logsumexp(cube, axis=1), expected, dtype)


@pytest.mark.parametrize("size", [1, 2, 1000, 65_536, 65_537, 81_920, 200_003])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_elements(size, dtype):
    x = normal(size, dtype=dtype)
    expected = scipy_logsumexp(x.astype(np.float64)).astype(dtype)
    assert_same(logsumexp(x), expected, dtype)
    assert_same(logsumexp(x[np.newaxis], axis=1)[0], expected, dtype)
    assert_same(logsumexp(x[:, np.newaxis], axis=0)[0], expected, dtype)


@pytest.mark.parametrize(
    "row",
    [
        [-np.inf, -np.inf],
        [np.inf, 1.0],
        [np.inf, np.nan],
        [np.nan, 1.0],
        [np.inf, -np.inf],
        [-np.inf, np.nan],
        [-np.inf, 3.0],
        [np.nan, np.nan],
    ],
)
@pytest.mark.parametrize("padding", [0, 6, 70, 3000])
def test_infinities_and_nan(row, padding):
    for fill in (-np.inf, -1.0):
        x = np.array(row + [fill] * padding)
        expected = scipy_logsumexp(x)
        for order in (x, x[::-1].copy(), np.roll(x, padding // 2)):
            with np.errstate(all="raise"):
                np.testing.assert_allclose(logsumexp(order), expected, rtol=1e-15)
                for width in (3, 70):
                    columns = np.repeat(order[:, np.newaxis], width, axis=1)
                    np.testing.assert_allclose(logsumexp(columns, axis=0), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_near_zero_keep_their_relative_accuracy(dtype):
    for n in (2, 9, 40, 1030):
        x = np.full((3, n), -40.0 - np.log(n - 1.0), dtype)
        x[[0, 1, 2], [0, n // 2, n - 1]] = 0.0
        expected = np.full(3, np.exp(-40.0))
        tolerance = 300 * np.finfo(dtype).eps
        np.testing.assert_allclose(logsumexp(x, axis=1), expected, rtol=tolerance)
        np.testing.assert_allclose(
            logsumexp(np.repeat(x.T, 30, axis=1), axis=0), np.repeat(expected, 30), rtol=tolerance
        )


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (2, 0, 4)])
def test_empty(shape):
    x = np.empty(shape)
    assert logsumexp(x) == -np.inf  # where SciPy raises for two axes
    for axis in range(len(shape)):
        assert_same(logsumexp(x, axis=axis), scipy_logsumexp(x, axis=axis))


def test_scalars_lists_and_integers():
    for value in (
        3.0,
        3,
        True,
        np.float32(3.0),
        np.int8(3),
        [1, 2],
        [[1.5, 2.0], [0.0, 1.0]],
        (1,),
    ):
        assert_same(logsumexp(value), scipy_logsumexp(value))
    assert logsumexp(np.float32(3.0)).dtype == np.float32


def test_what_is_passed_on_to_scipy():
    x = normal(4, 5)
    b = np.where(x > 0.0, 1.0, -2.0)
    pairs = [
        (
            logsumexp(x, axis=1, b=b, return_sign=True),
            scipy_logsumexp(x, axis=1, b=b, return_sign=True),
        ),
        (logsumexp(x, 0, np.abs(b)), scipy_logsumexp(x, 0, np.abs(b))),
        (logsumexp(x, return_sign=True), scipy_logsumexp(x, return_sign=True)),
        (logsumexp(x + 1j, axis=0), scipy_logsumexp(x + 1j, axis=0)),
        (logsumexp(x.astype(np.float16), axis=0), scipy_logsumexp(x.astype(np.float16), axis=0)),
        (logsumexp(x.astype(np.longdouble), 0), scipy_logsumexp(x.astype(np.longdouble), 0)),
        (logsumexp(np.ma.masked_less(x, 0.0)), scipy_logsumexp(np.ma.masked_less(x, 0.0))),
        (logsumexp(x, axis=()), scipy_logsumexp(x, axis=())),
    ]
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)
        assert getattr(ours, "dtype", None) == getattr(theirs, "dtype", None)


def test_bad_axis():
    x = normal(4, 5)
    for axis in (2, -3, (0, 2)):
        with pytest.raises(np.exceptions.AxisError):
            logsumexp(x, axis=axis)
    with pytest.raises(ValueError, match="each axis once"):
        logsumexp(x, axis=(0, -2))
    with pytest.raises(TypeError):
        logsumexp(x, axis=0.5)


def test_threads_do_not_show():
    arrays = [
        (normal(300_007), None),
        (normal(100_003, 3), 0),
        (normal(3000, 70), 0),
        (normal(2, 1, 90_001), 2),
    ]
    for x, axis in arrays:
        with fastvb.threads(1):
            expected = logsumexp(x, axis=axis)
        for n_threads in (2, 3, 7):
            with fastvb.threads(n_threads):
                np.testing.assert_array_equal(logsumexp(x, axis=axis), expected)


def test_special_is_not_shadowed():
    assert logsumexp is not scipy.special.logsumexp
