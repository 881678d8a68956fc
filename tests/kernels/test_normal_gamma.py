"""The kernels of _normal_gamma against their NumPy twins."""

from __future__ import annotations

import numpy as np
import pytest
from reference import normal_gamma as twin

from fastvb._kernels import _normal_gamma as kernels

SIZES = [1, 7, 8, 9, 63, 64, 65, 255, 256, 257, 1000, 20_000]


def parameters(n, seed=0):
    rng = np.random.default_rng(seed)
    mean = rng.standard_normal(n)
    return (mean, *np.exp(rng.uniform(-3.0, 3.0, (3, n))))


def log_partition(q, n, n_threads=1):
    out = np.full(n, np.nan)
    kernels.log_partition(*q[1:], out, n_threads)
    return out


def kl(q, p, n, n_threads=1):
    out = np.full(n, np.nan)
    kernels.kl(*q, *p, out, n_threads)
    return out


@pytest.mark.parametrize("n", SIZES)
def test_against_the_twin(n):
    q, p = parameters(n), parameters(n, 1)
    np.testing.assert_allclose(log_partition(q, n), twin.log_partition(*q[1:]), atol=1e-12)
    np.testing.assert_allclose(kl(q, p, n), twin.kl(*q, *p), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n", SIZES)
def test_one_number_stands_for_all(n):
    q, p = parameters(n), tuple(x[:1] for x in parameters(n, 1))
    full = tuple(np.repeat(x, n) for x in p)
    np.testing.assert_array_equal(kl(q, p, n), kl(q, full, n))
    np.testing.assert_array_equal(kl(p, q, n), kl(full, q, n))
    np.testing.assert_array_equal(log_partition(p, n), log_partition(full, n))


def test_bits_depend_neither_on_threads_nor_on_the_rest_of_the_batch():
    n = 40_001
    q, p = parameters(n), parameters(n, 1)
    near = tuple(x * (1.0 + 1e-9) for x in q)
    for other in (p, near):
        expected = kl(q, other, n)
        for n_threads in (2, 5):
            np.testing.assert_array_equal(kl(q, other, n, n_threads), expected)
            np.testing.assert_array_equal(
                log_partition(q, n, n_threads), log_partition(q, n)
            )  # fmt: skip
        for start, stop in ((0, 1), (3, 260), (31_111, 31_112)):
            part = [tuple(x[start:stop].copy() for x in each) for each in (q, other)]
            np.testing.assert_array_equal(kl(*part, stop - start), expected[start:stop])


@pytest.mark.parametrize("scale", [1e-100, 1e-20, 1.0, 1e20, 1e100])
def test_no_nan_far_out(scale):
    """Beyond what the fast functions take as ordinary."""
    q = tuple(np.array([x]) for x in (0.0, scale, scale, scale))
    p = tuple(np.array([x]) for x in (0.0, 2.0 * scale, scale, scale))
    assert kl(q, p, 1)[0] == pytest.approx(0.5 * (1.0 - np.log(2.0)), rel=1e-12)
    assert kl(q, q, 1)[0] == 0.0
    assert np.isfinite(log_partition(q, 1)[0])
