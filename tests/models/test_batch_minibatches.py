"""Mini-batches of matrices that come one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fastvb.models import BatchMinibatches


class Days:
    """Matrices anew each time; counts how often."""

    def __init__(self, *matrices: Any) -> None:
        self.matrices, self.n_started = matrices, 0

    def __iter__(self) -> Iterator[Any]:
        self.n_started += 1
        return iter(self.matrices)


def dense(batches: Any) -> list[np.ndarray]:
    return [
        sp.csr_array((b.counts, b.indices, b.indptr), shape=(len(b), b.n_words)).toarray()
        for b in batches
    ]


matrices = st.lists(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 7), st.just(3)),
        elements=st.sampled_from([0, 0, 1, 0.25, 1e30, 3]),
    ),
    min_size=1,
    max_size=5,
)


@given(matrices=matrices, batch_size=st.integers(1, 8), start=st.integers(0, 10))
@settings(max_examples=100, deadline=None)
def test_cut_in_order(matrices: list[np.ndarray], batch_size: int, start: int) -> None:
    """Empty documents, one word, huge and fractional counts; never joined across matrices."""
    expected = [
        X[i : i + batch_size] for X in matrices for i in range(0, len(X), batch_size)
    ]  # fmt: skip
    given_ = [sp.csr_array(X) if i % 2 else X for i, X in enumerate(matrices)]
    minibatches = BatchMinibatches(given_, batch_size, user="fit")
    assert minibatches.n_total == sum(map(len, matrices))
    assert minibatches.n_words == 3
    for number in (0, 1):
        got = dense(minibatches.epoch(number, start))
        for ours, theirs in zip(got, expected[start:], strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_gone_through_once_per_epoch() -> None:
    days = Days(sp.csr_array(np.ones((3, 2))), sp.csr_array(np.ones((1, 2))))
    minibatches = BatchMinibatches(days, 2, user="fit", n_words=2)
    assert minibatches.n_total is None
    assert minibatches.n_words == 2
    for number in range(3):
        assert [len(batch) for batch in minibatches.epoch(number)] == [2, 1, 1]
    assert days.n_started == 3


def test_types() -> None:
    batches = [sp.csr_array(np.ones((2, 2), np.int64))]
    for dtype in (np.float32, np.float64):
        (batch,) = BatchMinibatches(batches, 5, user="fit", dtype=dtype).epoch(0)
        assert batch.counts.dtype == dtype
    unsorted = sp.csr_array((np.ones(3), np.array([1, 0, 1]), np.array([0, 3])), shape=(1, 2))
    (counts,) = dense(BatchMinibatches([unsorted], 5, user="fit").epoch(0))
    np.testing.assert_array_equal(counts, [[1, 2]])


def test_iterators_are_refused() -> None:
    message = (
        "Expected batches that can be gone through once per epoch, got an iterator, generator: "
        "pass a list or an object with __iter__ that starts anew each time, or use partial_fit"
    )
    with pytest.raises(TypeError, match=message):
        BatchMinibatches((np.ones((1, 2)) for _ in range(3)), 2, user="fit")


def test_an_iterator_in_disguise_is_found_in_the_second_epoch() -> None:
    class Once:
        def __init__(self) -> None:
            self.batches = iter([np.ones((1, 2))])

        def __iter__(self) -> Iterator[Any]:
            return self.batches

    minibatches = BatchMinibatches(Once(), 2, user="fit")
    assert len([*minibatches.epoch(0)]) == 1
    with pytest.raises(ValueError, match="at least one batch of documents in epoch 1, got none"):
        next(minibatches.epoch(1))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.array([[1.0, -1]]), "In batch 1: Negative values in data passed to LDA.fit"),
        (np.array([[1.0, np.nan]]), "In batch 1: Expected X to be finite, got NaN"),
        (np.ones((1, 3)), "In batch 1: X has 3 features, but LDA is expecting 2"),
        (np.ones((0, 2)), "In batch 1: Expected X to have at least one sample"),
        (7, "In batch 1: Expected X to be an array or a sparse matrix"),
    ],
)
def test_the_bad_batch_is_named(bad: Any, message: str) -> None:
    minibatches = BatchMinibatches([np.ones((1, 2)), bad], 2, user="LDA.fit")
    batches = minibatches.epoch(0)
    assert len(next(batches)) == 1
    with pytest.raises(ValueError, match=message):
        next(batches)
