"""The kernels of _cvb0 against their twins."""

from __future__ import annotations

import numpy as np
import pytest
from reference import cvb0 as twin

from fastvb import _aligned
from fastvb._kernels import _cvb0 as kernels

PLACES, INDPTR = [0, 3, 8, 3, 4, 5, 5], [0, 3, 3, 6, 7]
COUNTS = [2, 1, 30, 0.25, 1, 300, 3]


def padded(values, dtype):
    rows = _aligned.empty(
        (*values.shape[:-1], _aligned.padded_length(values.shape[-1], dtype)), dtype
    )
    rows[:] = 0
    rows[..., : values.shape[-1]] = values
    return rows


def run(places, indptr, counts, rows, alpha, tol=0.0, max_iter=5, n_threads=2):
    dtype, stride, n_topics = rows.dtype, rows.shape[1], len(alpha)
    expected = _aligned.empty((len(counts), stride), dtype)
    gamma = np.empty((len(indptr) - 1, n_topics), dtype)
    size = kernels.work_size(stride, dtype.itemsize, int(np.diff(indptr).max()))
    work = _aligned.empty((n_threads, size), np.int8)
    kernels.local_step(
        np.asarray(counts, dtype), places, indptr, rows, padded(alpha, dtype), expected, gamma,
        work, tol, max_iter, n_threads,
    )  # fmt: skip
    return expected, gamma


def log_rows(rows, n_topics):
    """What the rows stand for: numbers, or the logarithms of those that underflow."""
    exact = rows[:, :n_topics].astype(float)
    return np.where(exact > 0, np.log(np.where(exact > 0, exact, 1)), exact)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("n_topics", [1, 5, 16, 37])
def test_local_step_and_word_statistics(n_topics, index, dtype):
    rng = np.random.default_rng(n_topics)
    values = rng.random((9, n_topics))
    values /= values.max(axis=1, keepdims=True)
    values[3, 1:] = -900.0  # the logarithm of what underflows
    values[3, 0] = 1.0
    rows, alpha = padded(values, dtype), rng.random(n_topics)
    places, indptr = np.array(PLACES, index), np.array(INDPTR, index)
    logs, rtol = log_rows(rows, n_topics), 1e-3 if dtype == np.float32 else 1e-11
    for tol, max_iter in ((0.0, 0), (0.0, 1), (0.0, 7), (1e-2, 100)):
        expected, gamma = run(places, indptr, COUNTS, rows, alpha, tol, max_iter)
        for d, (begin, end) in enumerate(zip(INDPTR, INDPTR[1:], strict=False)):
            part = slice(begin, end)
            exact = twin.document(np.array(COUNTS)[part], logs[PLACES[part]], alpha, tol, max_iter)
            np.testing.assert_allclose(expected[part, :n_topics], exact, rtol, 1e-30)
            np.testing.assert_allclose(gamma[d], alpha + exact.sum(axis=0), rtol)
    np.testing.assert_array_equal(expected[:, n_topics:], 0)
    out = np.zeros_like(rows)
    out[1] = out[8] = 1
    words, pointer = np.array([0, 3, 4, 5, 8], index), np.array([0, 1, 3, 4, 6, 7], index)
    position = np.array([0, 1, 3, 4, 5, 6, 2], index)
    kernels.word_statistics(
        words, pointer, position, expected, out, np.empty((2, rows.shape[1])), 2
    )
    sums = np.zeros(rows.shape)
    sums[1] = sums[8] = 1
    np.add.at(sums, PLACES, expected)
    np.testing.assert_allclose(out, sums, 1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_words_whose_norm_underflows(dtype):
    """Where the document has its topics, the word's beta underflow; where not, alpha is tiny."""
    tiny = float(np.finfo(dtype).tiny)
    lowest = np.log(tiny)
    rows = padded(np.array([[1, 0.5, 2 * lowest, 0.2], [lowest - 4, lowest - 3, 1, 0]]), dtype)
    alpha = np.array([1e-2, 1e-2, tiny, 1e-2])
    places, indptr = np.array([0, 1], np.int32), np.array([0, 2], np.int32)
    logs = log_rows(rows, 4)
    logs[1, 3] = -np.inf  # a topic without the word
    for sweeps in (1, 6):
        expected, _ = run(places, indptr, [5, 1], rows, alpha, 0.0, sweeps)
        exact = twin.document(np.array([5.0, 1]), logs, alpha, 0.0, sweeps)
        np.testing.assert_allclose(expected[:, :4], exact, 1e-3, 1e-30)
    assert 0.05 < expected[1, 0] < 0.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neither_threads_nor_neighbours_show(dtype):
    rng, n_docs = np.random.default_rng(3), 90
    indptr = np.append(0, rng.integers(0, 30, n_docs).cumsum()).astype(np.int32)
    places = rng.integers(0, 40, indptr[-1]).astype(np.int32)
    counts = rng.integers(1, 4, indptr[-1])
    values = rng.gamma(0.3, size=(40, 21))
    rows, alpha = padded(values / values.max(axis=1, keepdims=True), dtype), np.full(21, 0.1)
    expected, gamma = run(places, indptr, counts, rows, alpha, 1e-4, 50, 1)
    for n_threads in (2, 3, 7):
        again = run(places, indptr, counts, rows, alpha, 1e-4, 50, n_threads)
        np.testing.assert_array_equal(again[0], expected)
        np.testing.assert_array_equal(again[1], gamma)
    last = slice(indptr[-2], indptr[-1])
    alone = run(
        places[last], np.array([0, last.stop - last.start], np.int32), counts[last], rows, alpha,
        1e-4, 50, 1,
    )  # fmt: skip
    np.testing.assert_array_equal(alone[1][0], gamma[-1])
