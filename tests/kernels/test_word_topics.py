"""The kernels of _word_topics against their NumPy twins."""

from __future__ import annotations

import numpy as np
import pytest
from reference import word_topics as twin

from fastvb import _aligned
from fastvb._kernels import _word_topics as kernels

DTYPES = [np.float32, np.float64]
KINDS = [np.int32, np.int64]


def padded(values, dtype):
    rows = _aligned.empty((len(values), _aligned.padded_length(values.shape[1], dtype)), dtype)
    rows[:] = 0
    rows[:, : values.shape[1]] = values
    return rows


def problem(n_topics, dtype, kind=np.int32, lengths=(3, 0, 1, 70, 64, 65, 0), seed=0):
    """Rows with zeros and logarithms, documents of several blocks and without words."""
    rng = np.random.default_rng([seed, n_topics])
    rows = rng.random((50, n_topics)) + 0.01
    rows[rng.random(rows.shape) < 0.2] = -900
    rows[:, 0] = 1
    theta = rng.dirichlet(np.full(n_topics, 0.3), len(lengths)) + 1e-3
    places = rng.integers(0, 50, sum(lengths)).astype(kind)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(kind)
    return places, indptr, padded(rows, dtype), padded(theta, dtype)


def run(places, indptr, rows, theta, n_topics, tiny=0.0, n_threads=1):
    phi = np.full((len(places), n_topics), np.nan, rows.dtype)
    topics = np.full(len(places), -1, np.int32)
    flags = np.full((2, len(theta)), 9, np.uint8)
    kernels.probabilities(places, indptr, rows, theta, tiny, phi, flags[0], n_threads)
    kernels.most_probable(places, indptr, rows, theta, n_topics, tiny, topics, flags[1], n_threads)
    return phi, topics, *flags


@pytest.mark.parametrize("n_topics", [1, 2, 3, 7, 8, 9, 16, 17, 63, 64, 65])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_against_the_twin(n_topics, dtype, kind):
    arguments = problem(n_topics, dtype, kind)
    phi, topics, *flags = run(*arguments, n_topics)
    expected, top, *_ = twin.word_topics(*arguments, n_topics, 0.0)
    np.testing.assert_allclose(phi, expected, 16 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(topics, top)
    assert not np.any(flags)


@pytest.mark.parametrize("dtype", DTYPES)
def test_documents_with_tiny_weights_are_reported(dtype):
    places, indptr, rows, theta = problem(5, dtype)
    theta[3, 0] = theta[5, :5] = 1e-6
    phi, topics, *flags = run(places, indptr, rows, theta, 5, tiny=1e-3)
    expected, top, *tiny = twin.word_topics(places, indptr, rows, theta, 5, 1e-3)
    assert tiny[0][5]
    for found, right in zip(flags, tiny, strict=True):
        np.testing.assert_array_equal(found, right)
    owner = np.repeat(np.arange(7), np.diff(indptr))
    np.testing.assert_allclose(phi[~tiny[0][owner]], expected[~tiny[0][owner]], 1e-5)
    np.testing.assert_array_equal(topics[~tiny[1][owner]], top[~tiny[1][owner]])


def test_equal_topics():
    rows = padded(np.array([[0.5, 1.0, 1.0, 0.2], [0.0, 0.0, 0.0, 1.0]]), np.float64)
    theta = padded(np.ones((1, 4)), np.float64)
    places, indptr = np.array([0, 1], np.int32), np.array([0, 2], np.int32)
    assert run(places, indptr, rows, theta, 4)[1].tolist() == [1, 3]


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype):
    lengths = np.random.default_rng(0).integers(0, 60, 150)
    arguments = problem(33, dtype, lengths=tuple(lengths))
    results = [run(*arguments, 33, n_threads=n) for n in (1, 2, 5)]
    for other in results[1:]:
        for found, right in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(found, right)


def test_no_entries():
    phi, topics, *flags = run(*problem(3, np.float64, lengths=(0, 0)), 3)
    assert phi.shape == (0, 3)
    assert topics.shape == (0,)
    assert not np.any(flags)
