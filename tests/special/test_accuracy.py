"""Accuracy on the mpmath tables, SciPy's values at the edges, no floating-point warning."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from reference.tables import allowed_ulp, distance_ulp, load

from fastvb import special

FUNCTIONS = ["digamma", "trigamma", "gammaln", "exp_digamma", "inv_digamma"]
OF_X = [name for name in FUNCTIONS if name != "inv_digamma"]
INF, NAN = np.inf, np.nan
EDGES = [0.0, -0.0, -1.0, -2.0, -30.0, -(2.0**52), -(2.0**53), -1e300, INF, -INF, NAN]

SCIPY = {
    "digamma": scipy.special.psi,
    "trigamma": lambda x: scipy.special.polygamma(1, x),
    "gammaln": scipy.special.gammaln,
    "exp_digamma": lambda x: np.exp(scipy.special.psi(x)),
}


@pytest.fixture(autouse=True)
def _no_floating_point_flag():
    with np.errstate(all="raise"):
        yield


def edges(dtype):
    with np.errstate(over="ignore"):
        return np.array(EDGES).astype(dtype)


def tables(names=FUNCTIONS):
    axes = [(name, axis) for name in names for axis in ("positive", "negative")]
    return [pair for pair in axes if pair != ("inv_digamma", "negative")]


def arguments32(name, axis):
    """float32 arguments: the table's, and many more of ordinary size."""
    x = load(name, axis).x
    if name == "inv_digamma":
        more = np.linspace(-40.0, 90.0, 200_003)
    else:
        more = np.geomspace(1e-6, 1e6, 200_003) * (1.0 if axis == "positive" else -1.0)
        more = np.concatenate([more, np.linspace(0.5, 4.0, 100_003)])
    with np.errstate(over="ignore", under="ignore"):
        return np.concatenate([x, more]).astype(np.float32)


@pytest.mark.parametrize(("name", "axis"), tables())
def test_float64_against_mpmath(name, axis):
    table = load(name, axis)
    error = table.error_ulp(getattr(special, name)(table.x))
    worst = np.argmax(np.where(np.isnan(error), INF, error / allowed_ulp(name, table)))
    message = f"{name}({table.x[worst]!r}) is off by {error[worst]:.2f} ulp"
    assert error[worst] <= allowed_ulp(name, table)[worst], message


@pytest.mark.parametrize(("name", "axis"), tables())
def test_float32_against_rounded_float64(name, axis):
    function = getattr(special, name)
    x = arguments32(name, axis)
    with np.errstate(over="ignore", under="ignore"):
        expected = function(x.astype(np.float64)).astype(np.float32)
    distance = distance_ulp(function(x), expected)
    worst = np.argmax(distance)
    assert distance[worst] <= 2, f"{name}({x[worst]!r}) is off by {distance[worst]} ulp"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OF_X)
def test_edges_are_scipys(name, dtype):
    x = edges(dtype)
    with np.errstate(all="ignore"):
        expected = [SCIPY[name](v) for v in x]
    np.testing.assert_array_equal(getattr(special, name)(x), np.array(expected, dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("position", [0, 5, 511, 1099])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_edge_leaves_its_neighbours_alone(name, dtype, position):
    function = getattr(special, name)
    plain = np.linspace(0.1, 9.0, 1100, dtype=dtype)
    expected = function(plain)
    for edge in edges(dtype):
        x = plain.copy()
        x[position] = edge
        result = function(x)
        np.testing.assert_array_equal(result[position], function(edge))
        np.testing.assert_array_equal(np.delete(result, position), np.delete(expected, position))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inv_digamma_edges(dtype):
    y = np.array([-INF, INF, NAN], dtype)
    np.testing.assert_array_equal(special.inv_digamma(y), np.array([0.0, INF, NAN], dtype))


def test_inv_digamma_round_trips():
    x = np.geomspace(1e-12, 1e12, 10_001)
    y = scipy.special.psi(x)
    condition = np.abs(y / (x * scipy.special.polygamma(1, x)))
    error = np.abs(special.inv_digamma(y) / x - 1.0)
    assert np.all(error <= (4.0 + 4.0 * condition) * np.finfo(np.float64).eps)
