"""What a user may pass as X."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.datasets import CorpusFile
from fastvb.models import (
    BatchMinibatches,
    FileMinibatches,
    MatrixMinibatches,
    is_streamed,
    minibatches_of,
)

DENSE = np.array([[2.0, 1, 0], [0, 3, 1], [1, 0, 1], [0, 0, 4], [5, 0, 0]])


class Batches:
    def __iter__(self) -> Any:
        return iter([DENSE[:3], DENSE[3:]])


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (DENSE, MatrixMinibatches),
        (DENSE.tolist(), MatrixMinibatches),
        (tuple(map(tuple, DENSE)), MatrixMinibatches),
        ([*DENSE], MatrixMinibatches),
        (sp.csc_matrix(DENSE), MatrixMinibatches),
        ([sp.csr_array(DENSE[:3]), sp.csr_array(DENSE[3:])], BatchMinibatches),
        ((DENSE[:3], DENSE[3:]), BatchMinibatches),
        (Batches(), BatchMinibatches),
    ],
)
def test_kinds(X: Any, kind: type) -> None:
    assert is_streamed(X) == (kind is not MatrixMinibatches)
    minibatches = minibatches_of(X, 3, None, user="fit", dtype=np.float32, n_words=3)
    assert type(minibatches) is kind
    batches = [*minibatches.epoch(0)]
    assert [len(batch) for batch in batches] == [3, 2]
    assert {batch.counts.dtype for batch in batches} == {np.dtype(np.float32)}
    assert sum(batch.n_tokens for batch in batches) == DENSE.sum()
    with pytest.raises(ValueError, match="X has 3 features, but LDA is expecting 4"):
        next(minibatches_of(X, 3, None, user="LDA.fit", n_words=4).epoch(0))


def test_corpus_file(tmp_path: Path) -> None:
    with CorpusFile.write(tmp_path / "x", DENSE) as corpus:
        assert is_streamed(corpus)
        minibatches = minibatches_of(corpus, 3, None, user="fit", dtype=np.float64, n_words=3)
        assert isinstance(minibatches, FileMinibatches)
        assert [len(batch) for batch in minibatches.epoch(0)] == [3, 2]
        with pytest.raises(ValueError, match="X has 3 features, but LDA is expecting 4"):
            minibatches_of(corpus, 3, None, user="LDA.fit", n_words=4)


@pytest.mark.parametrize("X", [7, "text", None, {}, [], [[1, -1]], [["a"]]])
def test_what_holds_no_counts(X: Any) -> None:
    assert not is_streamed(X)
    with pytest.raises((TypeError, ValueError), match=r"xpected|egative"):
        minibatches_of(X, 3, None, user="fit")


def test_generators() -> None:
    with pytest.raises(TypeError, match="pass a list or an object with __iter__"):
        minibatches_of((DENSE for _ in range(2)), 3, None, user="fit")
