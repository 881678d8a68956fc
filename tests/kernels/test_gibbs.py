"""The kernels of _gibbs against their twins."""

from __future__ import annotations

import numpy as np
import pytest
from reference import gibbs as twin

from fastvb import _aligned
from fastvb._kernels import _gibbs as kernels

SEED = 0x9E3779B97F4A7C15


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("n_topics", [1, 5, 16, 37])
def test_local_step_and_word_statistics(n_topics, index, dtype):
    rng = np.random.default_rng(n_topics)
    stride = _aligned.padded_length(n_topics, dtype)
    rows, prior = _aligned.empty((9, stride), dtype), _aligned.empty(stride, dtype)
    rows[:], prior[:] = 0, 0
    rows[:, :n_topics] = rng.random((9, n_topics))
    rows[3, 1:n_topics] = -90.0  # the logarithm of what underflows
    prior[:n_topics] = rng.random(n_topics)
    places = np.array([0, 3, 8, 3, 4], index)
    indptr = np.array([0, 3, 3, 5], index)
    counts = np.array([2, 1, 30, 2, 1])
    token_ptr = np.append(0, counts.cumsum()).astype(np.int64)
    topics, gamma = np.empty((36, 6), np.uint16), np.empty((3, n_topics), dtype)
    work = _aligned.empty((2, kernels.work_size(stride, rows.itemsize, 3, 33)), np.int8)
    kernels.local_step(
        places, indptr, token_ptr, rows, prior, SEED, 2, 7, 3, 6, topics, gamma, work, 33, 2
    )
    tokens, line = np.repeat(places, counts), 64 // rows.itemsize
    exact = rows[:, :n_topics].astype(float), prior[:n_topics].astype(float)
    for d, part in enumerate((slice(0, 33), slice(0, 0), slice(33, 36))):
        expected = twin.document(tokens[part], *exact, (3, 6), line, SEED, 2, 7 + d)
        np.testing.assert_array_equal(topics[part], expected)
        n = np.bincount(expected.ravel(), minlength=n_topics) / 6
        np.testing.assert_allclose(gamma[d], exact[1] + n, 1e-6)
    out = np.zeros((9, stride), dtype)
    words, pointer = np.array([0, 3, 4, 8], index), np.array([0, 1, 3, 4, 5], index)
    position = np.array([0, 1, 3, 4, 2], index)
    kernels.word_statistics(
        words, pointer, position, token_ptr, topics, out, np.empty((2, stride)), 2
    )
    expected = np.zeros((9, stride))
    np.add.at(expected, (np.repeat(tokens, 6), topics.ravel()), 1 / 6)
    np.testing.assert_allclose(out, expected, 1e-6)
