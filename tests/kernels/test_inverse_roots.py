"""The kernel of _inverse_roots against its NumPy twin."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from reference import inverse_roots as twin

from fastvb._kernels import _inverse_roots as kernels

SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 100, 256]


def covariances(n, number=3, seed=0):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((number, n, 2 * n)) * np.exp(rng.uniform(-2, 2, (number, n, 1)))
    return root @ root.swapaxes(1, 2)


def call(matrices, least=None):
    n = matrices.shape[1]
    roots, status = np.full(matrices.shape, np.nan), np.full(len(matrices), -1, np.int8)
    least = np.zeros(n) if least is None else least
    kernels.inverse_roots(matrices, least, roots, status, np.full((n, n), np.nan))
    return roots, status


@pytest.mark.parametrize("n", SIZES)
def test_against_the_twin(n):
    matrices = covariances(n)
    roots, status = call(matrices)
    assert (status == kernels.OK).all()
    for root, matrix in zip(roots, matrices, strict=True):
        expected = twin.inverse_root(matrix)
        np.testing.assert_allclose(root, np.triu(expected), atol=1e-11 * abs(expected).max())
        np.testing.assert_array_equal(np.tril(root, -1), 0)
        whitened = root @ matrix @ root.T
        np.testing.assert_allclose(whitened, np.eye(n), atol=1e-11)


@pytest.mark.parametrize("n", SIZES)
def test_a_matrix_is_by_itself(n):
    """Its bits do not depend on the others, nor on what is wrong with them."""
    matrices = covariances(n, 5)
    expected, _ = call(matrices[2:3])
    matrices[0] = np.nan
    matrices[1, -1, -1] = -1.0
    roots, status = call(matrices)
    np.testing.assert_array_equal(roots[2], expected[0])
    assert status.tolist() == [kernels.SMALL] * 2 + [kernels.OK] * 3
    assert np.isnan(roots[:2]).all()  # not written


def test_small_pivots():
    """They are variances given the features behind."""
    matrix = np.array([[[4.0, 1.0], [1.0, 0.5]]])  # 4 - 1 / 0.5 = 2, then 0.5
    for least, status in (
        ([1.99, 0.49], kernels.OK), ([2.01, 0.0], kernels.SMALL), ([0.0, 0.51], kernels.SMALL)
    ):  # fmt: skip
        assert call(matrix, np.array(least))[1] == [status]
    assert call(np.array([[[1.0, 1.0], [1.0, 1.0]]]))[1] == [kernels.SMALL]
    assert call(np.array([[[np.inf]]]))[1] == [kernels.SMALL]
    assert call(np.zeros((1, 1, 1)))[1] == [kernels.SMALL]


@pytest.mark.parametrize("n", [600, 700])
def test_ranges_between_looks_at_signals(n):
    """A matrix that is done in parts."""
    matrices = covariances(n, 1)
    roots, _ = call(matrices)
    expected = np.triu(twin.inverse_root(matrices[0]))
    np.testing.assert_allclose(roots[0], expected, atol=1e-10 * abs(expected).max())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer")
def test_a_signal_stops_a_matrix_on_its_way():
    def stop(number, frame):
        raise InterruptedError

    def interrupted():
        signal.setitimer(signal.ITIMER_REAL, 1e-3)
        kernels.inverse_roots(matrices, least, roots, status, work)

    matrices = covariances(1200, 1)
    roots, status = np.full(matrices.shape, np.nan), np.full(1, -1, np.int8)
    least, work = np.zeros(1200), np.empty((1200, 1200))
    before = signal.signal(signal.SIGALRM, stop)
    try:
        with pytest.raises(InterruptedError):
            interrupted()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert np.isnan(roots[0, 0]).all()  # the row that is made last


def test_no_matrix():
    roots, status = call(np.empty((0, 3, 3)))
    assert roots.shape == (0, 3, 3)
    assert status.shape == (0,)
