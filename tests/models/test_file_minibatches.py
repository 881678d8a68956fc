"""Mini-batches of a file: every document once an epoch, and again where an epoch was left."""

from __future__ import annotations

import gc
import tempfile
import threading
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastvb.datasets import CorpusFile, corpus_writer
from fastvb.models import DocumentBatch, FileMinibatches
from fastvb.models._prefetching import prefetched


def write(path: Path, n_docs: int, block_entries: int = 20) -> CorpusFile:
    """Document i holds the word 0 i times and sometimes others: some documents are empty."""
    X = np.zeros((n_docs, 5))
    X[:, 0] = np.arange(n_docs)
    X[:, 1:] = np.random.default_rng(0).poisson(0.5, (n_docs, 4)) * (X[:, :1] > 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_writer, "_BLOCK_ENTRIES", block_entries)
        return CorpusFile.write(path, X)


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[CorpusFile]:
    with write(tmp_path / "x", 103) as corpus:
        yield corpus


def documents(batch: DocumentBatch) -> list[int]:
    """Which ones they are."""
    firsts = [batch.counts[i] if i < j else 0 for i, j in pairwise(batch.indptr)]
    return [int(first) for first in firsts]


def epoch(minibatches: FileMinibatches, number: int, start: int = 0) -> list[list[int]]:
    return [documents(batch) for batch in minibatches.epoch(number, start)]


def flat(batches: list[list[int]]) -> list[int]:
    return [*chain.from_iterable(batches)]


@pytest.mark.parametrize("seed", [0, None])
@pytest.mark.parametrize("window", [1, 3, 100])
@pytest.mark.parametrize("batch_size", [1, 8, 50, 200])
def test_every_document_once(
    corpus: CorpusFile, batch_size: int, window: int, seed: int | None
) -> None:
    minibatches = FileMinibatches(corpus, batch_size, seed, window=window)
    assert minibatches.n_total == 103
    batches = epoch(minibatches, 0)
    full, short = divmod(103, batch_size)
    assert [len(batch) for batch in batches] == [batch_size] * full + [short] * (short > 0)
    numbers = flat(batches)
    assert sorted(numbers) == list(range(103))
    assert (numbers == sorted(numbers)) == (seed is None)


@given(
    n_docs=st.integers(1, 40),
    block_entries=st.integers(1, 30),
    batch_size=st.integers(1, 50),
    window=st.integers(1, 5),
    start=st.integers(0, 12),
)
@settings(max_examples=60, deadline=None)
def test_an_epoch_goes_on_where_it_was_left(
    n_docs: int, block_entries: int, batch_size: int, window: int, start: int
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        write(Path(folder, "x"), n_docs, block_entries) as corpus,
    ):
        minibatches = FileMinibatches(corpus, batch_size, 3, window=window)
        whole = epoch(minibatches, 5)
        assert sorted(flat(whole)) == list(range(n_docs))
        assert epoch(minibatches, 5, start) == whole[start:]


def test_the_order_depends_on_seed_and_epoch(corpus: CorpusFile) -> None:
    minibatches = FileMinibatches(corpus, 8, 7, window=2)
    assert epoch(minibatches, 3) == epoch(FileMinibatches(corpus, 8, 7, window=2), 3)
    assert epoch(minibatches, 3) != epoch(minibatches, 4)
    assert epoch(minibatches, 3) != epoch(FileMinibatches(corpus, 8, 8, window=2), 3)


def test_blocks_and_documents_are_shuffled(corpus: CorpusFile) -> None:
    block_of = np.searchsorted(corpus.block_starts, np.arange(103), side="right")
    numbers = flat(epoch(FileMinibatches(corpus, 8, 0, window=1), 0))
    blocks = block_of[numbers]
    runs = blocks[np.flatnonzero(np.diff(blocks, prepend=-1))]
    assert len(runs) == len(corpus.block_starts) - 1  # a window is one block
    assert runs.tolist() != sorted(runs)
    first = [number for number in numbers if block_of[number] == block_of[50]]
    assert first != sorted(first)
    wide = flat(epoch(FileMinibatches(corpus, 8, 0, window=4), 0))
    assert len(set(block_of[wide[:8]])) > 1  # a mini-batch mixes blocks of the window


@pytest.mark.parametrize("dtype", [np.float32, np.float64, None])
def test_type_of_the_counts(corpus: CorpusFile, dtype: type | None) -> None:
    for batch in FileMinibatches(corpus, 40, 0, dtype=dtype).epoch(0):
        assert batch.counts.dtype == (dtype or np.float32)
        assert batch.indices.dtype == batch.indptr.dtype == np.int32


def reading_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("fastvb-read")]


def test_no_thread_is_left(corpus: CorpusFile) -> None:
    minibatches = FileMinibatches(corpus, 8, 0)
    batches = minibatches.epoch(0)
    next(batches)
    assert reading_threads()
    batches.close()  # type: ignore[attr-defined]
    assert not reading_threads()
    for _ in minibatches.epoch(0):
        break
    del _
    gc.collect()
    assert not reading_threads()
    assert len([*minibatches.epoch(0)]) == 13
    assert not reading_threads()


def test_errors_of_the_thread_are_raised(tmp_path: Path) -> None:
    with write(tmp_path / "x", 103) as corpus:
        offset = int(corpus._reader.layout.blocks["offset"][-2])
    content = bytearray((tmp_path / "x").read_bytes())
    content[offset + 7] ^= 0x80
    (tmp_path / "x").write_bytes(content)
    met = []
    with CorpusFile(tmp_path / "x") as corpus:
        with pytest.raises(ValueError, match=r"x: expected block \d+ .* got damaged content"):
            met.extend(FileMinibatches(corpus, 8, None, window=1).epoch(0))
        assert len(met) > 5  # what came before the damage
        assert not reading_threads()


def test_at_most_two_are_made_ahead() -> None:
    made = []

    def items() -> Iterator[int]:
        for i in range(10):
            made.append(i)
            yield i

    ahead = prefetched(items())
    for i in range(3):
        assert next(ahead) == i
    assert len(made) <= 5
    assert [*ahead] == [*range(3, 10)]
