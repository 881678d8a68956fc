"""Row functions of Dirichlet distributions: values, shapes, bits, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from reference import dirichlet as twin

import fastvb
from fastvb import special

REDUCED = {
    special.dirichlet_log_normalizer: twin.log_normalizer,
    special.dirichlet_entropy: twin.entropy,
}
COLUMNS = [1, 2, 7, 8, 9, 31, 32, 63, 64, 65, 1023, 1024, 1025, 3000]


@pytest.fixture(autouse=True)
def _no_floating_point_flag():
    with np.errstate(all="raise"):
        yield


def concentrations(*shape, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return np.exp(rng.uniform(-3.0, 4.0, shape)).astype(dtype)


def close(actual, expected, dtype=np.float64):
    """Equal up to the rounding of sums of terms that are larger than the result."""
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=20 * eps, atol=3e-13 * expected.size**0.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_columns", COLUMNS)
def test_against_the_twin(n_columns, dtype):
    a = concentrations(67, n_columns, dtype=dtype)
    b = concentrations(67, n_columns, seed=1, dtype=dtype)
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    scale = 3e-13 * n_columns
    eps = 8 * np.finfo(dtype).eps
    for function, reference in REDUCED.items():
        result = function(a)
        assert result.dtype == dtype
        np.testing.assert_allclose(result, reference(wide_a), rtol=eps, atol=scale)
    result = special.dirichlet_kl(a, b)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, twin.kl(wide_a, wide_b), rtol=eps, atol=10 * scale)
    result = special.dirichlet_expectation(a)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, twin.expectation(wide_a), rtol=eps, atol=1e-14)
    result = special.dirichlet_expectation(a, exp=True)
    np.testing.assert_allclose(result, np.exp(twin.expectation(wide_a)), rtol=50 * eps)


def test_entropy_is_that_of_scipy_stats():
    for a in concentrations(20, 4):
        expected = scipy.stats.dirichlet(a).entropy()
        assert special.dirichlet_entropy(a) == pytest.approx(float(expected), rel=1e-11, abs=1e-12)


def test_log_normalizer_completes_the_density():
    a, theta = concentrations(4), np.array([0.1, 0.2, 0.3, 0.4])
    log_density = special.dirichlet_log_normalizer(a) + ((a - 1.0) * np.log(theta)).sum()
    assert log_density == pytest.approx(scipy.stats.dirichlet.logpdf(theta, a), rel=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e8, 1e15])
@pytest.mark.parametrize("step", [1e-1, 1e-3, 1e-6, 1e-9, 1e-12])
def test_kl_keeps_its_digits_where_b_is_near_a(scale, step):
    rng = np.random.default_rng(7)
    a = scale * rng.uniform(0.5, 2.0, (8, 5))
    b = a * (1.0 + step * rng.uniform(-1.0, 1.0, a.shape))
    exact = np.array([twin.exact_kl(x, y) for x, y in zip(a, b, strict=True)])
    np.testing.assert_allclose(special.dirichlet_kl(a, b), exact, rtol=2e-9, atol=1e-300)


EXTREME = [
    [1e-300, 1e-300, 1e-300],
    [1e-300, 1e-3, 1.0],
    [1e3, 1e3, 4e3],
    [1e6, 1e6, 2e6],
    [1e15, 1e15, 1e15],
    [1e15, 1.0, 1e-3],
    [1e-10, 1e10, 1e-10],
    [1e100, 1e99, 3.0],
    [1e300, 1e300, 1e-300],
]


@pytest.mark.parametrize("a", EXTREME)
def test_extreme_concentrations_keep_their_digits(a):
    """Where log Gamma of a row and of its sum cancel to the last digit, too."""
    for function, exact in (
        (special.dirichlet_log_normalizer, twin.exact_log_normalizer),
        (special.dirichlet_entropy, twin.exact_entropy),
    ):
        np.testing.assert_allclose(function(a), exact(a), rtol=5e-12)
    for other in (np.multiply(a, 2.0), np.roll(a, 1), np.multiply(a, [1.0, 1.0, 1.001])):
        np.testing.assert_allclose(
            special.dirichlet_kl(a, other), twin.exact_kl(a, other, digits=700), rtol=5e-12
        )


def test_kl_of_the_same_proportions():
    """Only the total differs: all of the large parts cancel."""
    for total in (1.0, 1e3, 1e8, 1e15):
        a = total * np.array([0.2, 0.3, 0.5])
        for factor in (1.0 + 1e-6, 1.01, 2.0, 1e3):
            np.testing.assert_allclose(
                special.dirichlet_kl(a, factor * a), twin.exact_kl(a, factor * a), rtol=1e-7
            )


@pytest.mark.parametrize("n_columns", COLUMNS)
def test_kl_of_equals_is_zero_and_never_negative(n_columns):
    a = concentrations(9, n_columns)
    np.testing.assert_array_equal(special.dirichlet_kl(a, a), 0.0)
    assert (special.dirichlet_kl(a, np.nextafter(a, np.inf)) >= 0.0).all()


def test_extremes_are_finite():
    a = np.array([[1e-300, 1e-3, 1.0], [1e100, 1e100, 1.0], [1e-10, 1e10, 1e-10]])
    b = a[::-1].copy()
    assert np.isfinite(special.dirichlet_kl(a, b)).all()
    assert np.isfinite(special.dirichlet_entropy(a)).all()
    assert np.isfinite(special.dirichlet_expectation(a)).all()
    assert (special.dirichlet_expectation(a, exp=True)[0] == [0.0, 0.0, 1.0]).tolist()[0]


def test_a_row_does_not_depend_on_its_neighbours():
    a, b = concentrations(500, 10), concentrations(500, 10, seed=1)
    whole = special.dirichlet_kl(a, b)
    expectation = special.dirichlet_expectation(a)
    for start, stop in ((0, 1), (3, 4), (101, 350), (499, 500)):
        np.testing.assert_array_equal(
            special.dirichlet_kl(a[start:stop], b[start:stop]), whole[start:stop]
        )
        np.testing.assert_array_equal(
            special.dirichlet_expectation(a[start:stop]), expectation[start:stop]
        )


@pytest.mark.parametrize("n_columns", [3, 10, 5000])
def test_same_bits_for_any_number_of_threads(n_columns):
    a = concentrations(300_000 // n_columns, n_columns)
    b = concentrations(300_000 // n_columns, n_columns, seed=1)
    results = []
    for n_threads in (1, 2, 3, 7):
        with fastvb.threads(n_threads):
            results.append((
                special.dirichlet_kl(a, b), special.dirichlet_expectation(a),
                special.dirichlet_entropy(a), special.dirichlet_log_normalizer(a),
            ))  # fmt: skip
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "view", [np.s_[::2], np.s_[::-1], np.s_[:, ::3], np.s_[:, ::-1], np.s_[5:5], np.s_[:, :1]]
)
def test_strided_views(view):
    a, b = concentrations(40, 12)[view], concentrations(40, 12, seed=1)[view]
    np.testing.assert_array_equal(
        special.dirichlet_kl(a, b), special.dirichlet_kl(a.copy(), b.copy())
    )
    np.testing.assert_array_equal(
        special.dirichlet_expectation(a), special.dirichlet_expectation(a.copy())
    )


def test_fortran_order_misaligned_and_foreign_byte_order():
    a = concentrations(11, 6)
    expected = special.dirichlet_entropy(a)
    np.testing.assert_array_equal(special.dirichlet_entropy(np.asfortranarray(a)), expected)
    np.testing.assert_array_equal(special.dirichlet_entropy(a.astype(">f8")), expected)
    raw = np.zeros(a.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(a.shape)
    raw[...] = a
    np.testing.assert_array_equal(special.dirichlet_entropy(raw), expected)


def test_shapes_and_broadcasting():
    a = concentrations(2, 3, 4)
    assert special.dirichlet_kl(a, np.ones(4)).shape == (2, 3)
    np.testing.assert_array_equal(
        special.dirichlet_kl(a, np.ones(4)), special.dirichlet_kl(a, np.ones_like(a))
    )
    np.testing.assert_array_equal(
        special.dirichlet_kl(np.ones(4), a), special.dirichlet_kl(np.ones_like(a), a)
    )
    assert special.dirichlet_expectation(a).shape == a.shape
    assert np.ndim(special.dirichlet_entropy(a[0, 0])) == 0
    assert special.dirichlet_entropy([1, 2, 3]).dtype == np.float64


@pytest.mark.parametrize("exp", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_expectation_in_place_and_into_out(dtype, exp):
    a = concentrations(30, 2000, dtype=dtype)
    expected = special.dirichlet_expectation(a, exp=exp)
    out = np.empty_like(a)
    assert special.dirichlet_expectation(a, exp=exp, out=out) is out
    np.testing.assert_array_equal(out, expected)
    buffer = np.concatenate([a, a[:1]])
    special.dirichlet_expectation(buffer[:-1], exp=exp, out=buffer[1:])  # overlapping
    np.testing.assert_array_equal(buffer[1:], expected)
    assert special.dirichlet_expectation(a, exp=exp, out=a) is a
    np.testing.assert_array_equal(a, expected)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("index", [(0, 0), (11, 3), (4999, 6)])
def test_bad_concentrations_are_named(bad, index):
    a, good = concentrations(5000, 7), concentrations(5000, 7, seed=1)
    a[index] = bad
    message = rf"Expected {{}} to be positive and finite, got {{}}\[{index[0]}, {index[1]}\]={bad}"
    for function in (*REDUCED, special.dirichlet_expectation):
        name = "alpha" if function is special.dirichlet_expectation else "a"
        with pytest.raises(ValueError, match=message.format(name, name)):
            function(a)
    with pytest.raises(ValueError, match=message.format("a", "a")):
        special.dirichlet_kl(a, good)
    with pytest.raises(ValueError, match=message.format("b", "b")):
        special.dirichlet_kl(good, a)


def test_a_failed_call_in_place_loses_nothing():
    a = concentrations(50, 7)
    a[40, 2] = -1.0
    before = a.copy()
    with pytest.raises(ValueError, match="positive"):
        special.dirichlet_expectation(a, out=a)
    np.testing.assert_array_equal(a, before)


def test_wrong_kinds_and_shapes():
    a = concentrations(5, 3)
    for wrong in (a.astype(complex), a.astype(np.longdouble), a.astype(str), a.astype(object)):
        with pytest.raises(TypeError, match="Expected a to hold float32, float64 or integers"):
            special.dirichlet_entropy(wrong)
    with pytest.raises(ValueError, match="same number of columns"):
        special.dirichlet_kl(a, a[:, :2])
    with pytest.raises(ValueError, match="broadcast"):
        special.dirichlet_kl(a, a[:2])
    with pytest.raises(ValueError, match="at least one column"):
        special.dirichlet_entropy(a[:, :0])
    with pytest.raises(ValueError, match="at least one axis"):
        special.dirichlet_entropy(3.0)
    with pytest.raises(TypeError, match="Expected out"):
        special.dirichlet_expectation(a, out=np.empty((5, 3), np.float32))
    with pytest.raises(ValueError, match="Expected out"):
        special.dirichlet_expectation(a, out=np.empty((3, 5)))
    with pytest.raises(TypeError, match="without a mask"):
        special.dirichlet_entropy(np.ma.masked_array(a, a > 1.0))
    strided = np.empty((3, 5)).T
    special.dirichlet_expectation(a, out=strided)
    np.testing.assert_array_equal(strided, special.dirichlet_expectation(a))
    assert special.dirichlet_kl(a[:0], a[:0]).shape == (0,)
