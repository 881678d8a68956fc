"""The elementwise functions are NumPy ufuncs in every respect."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.special

from fastvb import special

NAMES = ["digamma", "exp_digamma", "gammaln", "inv_digamma", "trigamma"]
SIZES = [0, 1, 7, 8, 9, 63, 64, 65, 511, 512, 513, 1025]


@pytest.fixture(params=NAMES)
def function(request):
    return getattr(special, request.param)


def arguments(size, dtype=np.float64):
    """Ordinary arguments with a few that leave the fast path."""
    x = np.random.default_rng(size).gamma(0.7, 5.0, size).astype(dtype)
    x[::29] = [0.0, np.inf, -0.25, np.nan, 1e-30, 1e30][size % 6]
    return x


def one_by_one(function, x):
    """The reference: each element through a call of its own."""
    return np.array([function(v) for v in x.ravel()], x.dtype).reshape(x.shape)


def test_signature(function):
    assert isinstance(function, np.ufunc)
    assert (function.nin, function.nout) == (1, 1)
    assert function.types[:2] == ["f->f", "d->d"]
    assert function.__name__ in NAMES


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_sizes(function, size, dtype):
    x = arguments(size, dtype)
    result = function(x)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, one_by_one(function, x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "view", [np.s_[::-1], np.s_[::3], np.s_[5:], np.s_[1::-2], np.s_[700:3:-7]]
)
def test_strided(function, view, dtype):
    x = arguments(1025, dtype)
    expected = function(x)[view]
    np.testing.assert_array_equal(function(x[view]), expected)
    out = np.full(2 * expected.size, -7.0, dtype)
    function(x[view], out=out[::-2])
    np.testing.assert_array_equal(out[::-2], expected)
    np.testing.assert_array_equal(out[::-1][1::2], -7.0)


def test_two_dimensions_in_any_order(function):
    x = arguments(35 * 17).reshape(35, 17)
    expected = one_by_one(function, x)
    for view in (x, np.asfortranarray(x)):
        np.testing.assert_array_equal(function(view), expected)
    np.testing.assert_array_equal(function(x.T), expected.T)
    np.testing.assert_array_equal(function(x[::2, ::-3]), expected[::2, ::-3])


def test_stride_zero(function):
    x = np.broadcast_to(np.float64(2.5), (600,))
    assert x.strides == (0,)
    np.testing.assert_array_equal(function(x), np.full(600, function(2.5)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_misaligned(function, dtype):
    x = arguments(513, dtype)
    buffer = np.empty(x.nbytes + 1, np.uint8)
    shifted = buffer[1:].view(dtype)
    shifted[:] = x
    assert not shifted.flags.aligned
    np.testing.assert_array_equal(function(shifted), function(x))
    function(x, out=shifted)
    np.testing.assert_array_equal(shifted, function(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_foreign_byte_order(function, dtype):
    x = arguments(100, dtype)
    foreign = x.astype(x.dtype.newbyteorder())
    assert not foreign.dtype.isnative
    np.testing.assert_array_equal(function(foreign), function(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("view", [np.s_[:], np.s_[::-1], np.s_[::3]])
def test_in_place(function, view, dtype):
    x = arguments(1025, dtype)
    expected = function(x)[view]
    returned = function(x[view], out=x[view])
    np.testing.assert_array_equal(x[view], expected)
    assert np.shares_memory(returned, x)


@pytest.mark.parametrize("shift", [1, 3, 8, 100])
def test_overlapping_out(function, shift):
    x = arguments(700)
    expected = function(x)
    forward, backward = x.copy(), x.copy()
    function(forward[:-shift], out=forward[shift:])
    np.testing.assert_array_equal(forward[shift:], expected[:-shift])
    function(backward[shift:], out=backward[:-shift])
    np.testing.assert_array_equal(backward[:-shift], expected[shift:])


def test_where_leaves_the_rest_untouched(function):
    x = arguments(257)
    mask = np.arange(257) % 5 < 2
    out = np.full(257, 123.0)
    function(x, out=out, where=mask)
    np.testing.assert_array_equal(out[mask], function(x)[mask])
    np.testing.assert_array_equal(out[~mask], 123.0)


def test_broadcast_into_out(function):
    x = np.array([[0.5], [2.0], [30.0]])
    out = np.empty((3, 4))
    assert function(x, out=out) is out
    np.testing.assert_array_equal(out, np.repeat(function(x), 4, axis=1))


@pytest.mark.parametrize(
    ("given", "computed"),
    [
        (np.float16, np.float32),
        (np.int8, np.float32),
        (np.int16, np.float32),
        (np.int32, np.float64),
        (np.int64, np.float64),
        (np.uint64, np.float64),
        (np.bool_, np.float32),
    ],
)
def test_casting(function, given, computed):
    x = np.array([1, 0, 1], given) if given is np.bool_ else np.array([1, 2, 30], given)
    result = function(x)
    assert result.dtype == computed
    np.testing.assert_array_equal(result, function(x.astype(computed)))


def test_python_scalars(function):
    assert isinstance(function(3), np.float64)
    assert function(3) == function(3.0) == function(np.array(3.0))
    assert isinstance(function(np.float32(3.0)), np.float32)
    assert function([1.0, 2.0]).shape == (2,)


def test_float64_into_float32_out(function):
    x = arguments(65)
    out = np.empty(65, np.float32)
    with np.errstate(over="ignore", under="ignore"):
        expected = function(x).astype(np.float32)
        function(x, out=out)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(
        function(np.float32(x), dtype=np.float64), function(np.float64(np.float32(x)))
    )


def test_unsupported_kinds_are_type_errors(function):
    for bad in (np.array(["a"]), np.array([1, 2], object), np.longdouble(1.5)):
        with pytest.raises(TypeError):
            function(bad)
    with pytest.raises(TypeError):
        function(np.ones(3), out=np.empty(3, np.int64))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pickle asks all modules
def test_pickling(function):
    assert pickle.loads(pickle.dumps(function)) is function


def test_subclasses_survive(function):
    masked = np.ma.masked_less(np.array([0.5, -1.0, 3.0]), 0.0)
    result = function(masked)
    assert isinstance(result, np.ma.MaskedArray)
    np.testing.assert_array_equal(result.mask, [False, True, False])


def test_same_value_wherever_it_stands(function):
    """Remainder loops and block edges compute as the middle of a block does."""
    for value in (0.03, 0.7, 1.4616321449683623, 2.0, 9.5, 700.0):
        for dtype in (np.float32, np.float64):
            assert len(np.unique(function(np.full(77, value, dtype)))) == 1


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_complex_digamma_is_scipys(dtype):
    x = (np.linspace(-3.3, 4.0, 12) + 1j * np.linspace(2.0, -1.0, 12)).astype(dtype)
    np.testing.assert_array_equal(special.digamma(x), scipy.special.psi(x))
    np.testing.assert_array_equal(special.digamma(x[::-2]), scipy.special.psi(x[::-2]))
    with pytest.raises(TypeError):
        special.gammaln(x)  # as scipy.special.gammaln
