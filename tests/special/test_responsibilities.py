"""responsibilities: what NumPy and SciPy users expect of it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.special

import fastvb
from fastvb.special import responsibilities

INF, NAN = np.inf, np.nan
EXTREME_ROWS = [
    [-INF, -INF],
    [INF, 1.0],
    [INF, INF],
    [INF, -INF],
    [INF, NAN],
    [NAN, 1.0],
    [NAN, NAN],
    [-INF, NAN],
    [-INF, 3.0],
    [-1.7e308, 1.7e308],
    [-3e38, 3e38],
]


@np.errstate(all="ignore")
def scipy_responsibilities(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scipy.special.softmax(x, axis=-1), scipy.special.logsumexp(x, axis=-1)


def assert_same(result, expected, dtype=np.float64):
    tolerance = 8 * np.finfo(dtype).eps
    for ours, theirs in zip(result, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(0.0, 10.0, (40, 6))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("padding", [0, 1, 2, 6, 7, 31, 40, 1100])
@pytest.mark.parametrize("fill", [-INF, 0.0])
def test_infinities_and_nan(padding, fill, dtype):
    rows = np.full((len(EXTREME_ROWS), 2 + padding), fill)
    rows[:, :2] = EXTREME_ROWS
    with np.errstate(over="ignore"):
        rows = rows.astype(dtype)
    for order in (rows, rows[:, ::-1], np.roll(rows, padding // 2, axis=1)):
        assert_same(responsibilities(order), scipy_responsibilities(order), dtype)


def test_no_floating_point_warning():
    """Neither from the call nor, later, from flags that it leaves behind."""
    rows = np.array([*EXTREME_ROWS, [0.0, -800.0], [0.0, -740.0]])
    with np.errstate(all="raise"):
        for n_columns in (2, 100):
            wide = np.full((len(rows), n_columns), -INF)
            wide[:, :2] = rows
            for values in (wide, wide.astype(np.float64, copy=True)):
                responsibilities(values)
                np.add(np.ones(3), 1.0)
                np.float64(1.0) / np.float64(3.0)


def test_shapes(x):
    expected, expected_norm = scipy_responsibilities(x)
    for shape in ((40, 6), (5, 8, 6), (2, 4, 5, 6)):
        resp, log_norm = responsibilities(x.reshape(shape))
        assert resp.shape == shape
        assert log_norm.shape == shape[:-1]
        assert_same((resp.reshape(40, 6), log_norm.ravel()), (expected, expected_norm))
    resp, log_norm = responsibilities(x[3])
    assert isinstance(log_norm, np.float64)
    assert_same((resp, log_norm), (expected[3], expected_norm[3]))


def test_single_columns_and_empty_arrays():
    resp, log_norm = responsibilities(np.array([[-3.25], [700.0], [-INF], [INF], [NAN]]))
    np.testing.assert_array_equal(resp[:, 0], [1.0, 1.0, NAN, NAN, NAN])
    np.testing.assert_array_equal(log_norm, [-3.25, 700.0, -INF, INF, NAN])
    for shape in ((3, 0), (0, 3), (0, 0), (0,), (2, 0, 5)):
        for dtype in (np.float32, np.float64):
            resp, log_norm = responsibilities(np.empty(shape, dtype))
            assert resp.shape == shape
            assert resp.dtype == log_norm.dtype == dtype
            np.testing.assert_array_equal(log_norm, np.full(shape[:-1], -INF))


@pytest.mark.parametrize(
    ("given", "computed"),
    [
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.int8, np.float64),
        (np.uint64, np.float64),
        (np.bool_, np.float64),
    ],
)
def test_types(given, computed):
    values = np.array([[1, 0, 3], [2, 2, 2]]).astype(given)
    resp, log_norm = responsibilities(values)
    assert resp.dtype == log_norm.dtype == computed
    assert_same((resp, log_norm), scipy_responsibilities(values.astype(computed)), computed)
    assert_same(
        responsibilities(values.tolist()), scipy_responsibilities(values.astype(np.float64))
    )


def views(x):
    buffer = np.empty(x.nbytes + 1, np.uint8)
    misaligned = buffer[1:].view(x.dtype).reshape(x.shape)
    misaligned[:] = x
    read_only = x.copy()
    read_only.setflags(write=False)
    packed = np.empty(x.shape, [("pad", "i4"), ("value", x.dtype)])["value"]
    packed[:] = x
    wide = np.zeros((x.shape[0], 2 * x.shape[1]))
    wide[:, ::-2] = x
    return {
        "F order": np.asfortranarray(x),
        "reversed": x[::-1, ::-1][::-1, ::-1],
        "strided": wide[:, ::-2],
        "misaligned": misaligned,
        "other byte order": x.astype(x.dtype.newbyteorder()),
        "read-only": read_only,
        "packed": packed,
        "repeated rows": np.broadcast_to(x[0], x.shape),
    }


@pytest.mark.parametrize("name", views(np.zeros((40, 6))))
def test_any_memory_layout(name, x):
    view = views(x)[name]
    contiguous = np.ascontiguousarray(view, np.float64)
    for result, expected in zip(responsibilities(view), responsibilities(contiguous), strict=True):
        np.testing.assert_array_equal(result, expected)


def test_out(x):
    expected, expected_norm = responsibilities(x)
    wide = np.full((40, 12), -7.0)
    for out in (np.empty((40, 6)), np.empty((6, 40)).T, wide[:, ::2], np.empty((40, 6), ">f8")):
        resp, log_norm = responsibilities(x, out=out)
        assert resp is out
        np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(log_norm, expected_norm)
    np.testing.assert_array_equal(wide[:, 1::2], -7.0)


def test_out_is_the_input(x):
    for copy in (x.copy(), np.asfortranarray(x), x.astype(">f8"), x[:, :5].copy()[:, ::-1]):
        wanted, _ = responsibilities(copy)
        resp, _ = responsibilities(copy, out=copy)
        assert resp is copy
        np.testing.assert_array_equal(copy, wanted)


@pytest.mark.parametrize("shift", [1, 3, 12])
def test_out_overlaps_the_input(shift):
    x = np.random.default_rng(2).normal(0.0, 10.0, (4000, 6))  # more than a block
    expected, _ = responsibilities(x)
    flat = np.concatenate([x.ravel(), np.zeros(shift)])
    responsibilities(flat[:-shift].reshape(4000, 6), out=flat[shift:].reshape(4000, 6))
    np.testing.assert_array_equal(flat[shift:].reshape(4000, 6), expected)


def test_threads_do_not_show():
    x = np.random.default_rng(1).normal(0.0, 10.0, (30_000, 10))
    with fastvb.threads(1):
        expected = responsibilities(x)
    for n_threads in (2, 3, 7):
        with fastvb.threads(n_threads):
            for result, one in zip(responsibilities(x), expected, strict=True):
                np.testing.assert_array_equal(result, one)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (np.ones((2, 2), complex), TypeError, "log_joint.dtype=complex128"),
        (np.ones((2, 2), np.longdouble), TypeError, "Expected log_joint to hold"),
        (np.array([["a"]]), TypeError, "Expected log_joint to hold"),
        (np.array([[1, None]], object), TypeError, "log_joint.dtype=object"),
        (np.ma.masked_less(np.ones((2, 2)), 0.0), TypeError, "without a mask"),
        (3.0, ValueError, "log_joint.ndim=0"),
    ],
)
def test_bad_input(bad, error, message):
    with pytest.raises(error, match=message):
        responsibilities(bad)


def test_bad_out(x):
    read_only = np.empty((40, 6))
    read_only.setflags(write=False)
    for out, error, message in (
        (np.empty((40, 5)), ValueError, r"out.shape=\(40, 5\)"),
        (np.empty((40, 6), np.float32), TypeError, "out.dtype=float32"),
        (read_only, ValueError, "read-only"),
        ([[0.0] * 6] * 40, TypeError, "got list"),
    ):
        before = x.copy()
        with pytest.raises(error, match=message):
            responsibilities(x, out=out)
        np.testing.assert_array_equal(x, before)
