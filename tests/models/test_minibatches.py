"""Mini-batches hold every document once an epoch, and resume where they were left."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.models import MatrixMinibatches


def corpus(n_docs=23):
    return sp.csr_matrix(np.arange(1.0, n_docs + 1)[:, None] * [1, 0, 2])


def rows(batches):
    return [batch.counts[::2].tolist() for batch in batches]


@pytest.mark.parametrize("seed", [0, None])
@pytest.mark.parametrize("batch_size", [1, 4, 23, 100])
def test_an_epoch_has_every_document_once(batch_size, seed):
    minibatches = MatrixMinibatches(corpus(), batch_size, seed)
    assert minibatches.n_total == 23
    sizes = [len(batch) for batch in minibatches.epoch(0)]
    assert sum(sizes) == 23
    assert set(sizes[:-1]) <= {batch_size}
    numbers = [number for batch in rows(minibatches.epoch(0)) for number in batch]
    assert sorted(numbers) == list(range(1, 24))
    assert (numbers == sorted(numbers)) == (seed is None)


def test_the_order_depends_on_seed_and_epoch():
    minibatches = MatrixMinibatches(corpus(), 4, 7)
    assert rows(minibatches.epoch(3)) == rows(MatrixMinibatches(corpus(), 4, 7).epoch(3))
    assert rows(minibatches.epoch(3)) != rows(minibatches.epoch(2))
    assert rows(minibatches.epoch(3)) != rows(MatrixMinibatches(corpus(), 4, 8).epoch(3))
    for start in range(7):
        assert rows(minibatches.epoch(3, start)) == rows(minibatches.epoch(3))[start:]
