from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from fastvb.datasets import (
    Corpus,
    CorpusFile,
    convert_corpus,
    corpus_reader,
    corpus_writer,
    detect_format,
    read_corpus,
)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_writer, "_BLOCK_ENTRIES", 50)
    monkeypatch.setattr(corpus_writer, "_BLOCK_DOCUMENTS", 12)
    monkeypatch.setattr(corpus_writer, "_MOST_WAITING", 3)
    monkeypatch.setattr(corpus_reader, "_PREADV", os.preadv if hasattr(os, "preadv") else None)


def random_counts(n_documents: int = 100, n_words: int = 30, seed: int = 0) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    counts = sparse.csr_array(rng.poisson(0.2, (n_documents, n_words)).astype(np.float64))
    counts.indices, counts.indptr = counts.indices.astype("i4"), counts.indptr.astype("i4")
    return counts


def assert_same(ours: Any, theirs: Any) -> None:
    assert ours.shape == theirs.shape
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_attributes(tmp_path: Path) -> None:
    counts = random_counts()
    words = [f"word{i} ß" for i in range(30)]
    names = [f"{i}\udcff" for i in range(100)]
    labels = np.arange(100) % 3
    path = tmp_path / "x.fvb"
    corpus = CorpusFile.write(path, Corpus(counts, words, names, labels))
    assert corpus.shape == (corpus.n_documents, corpus.n_words) == (100, 30)
    assert corpus.nnz == counts.nnz
    assert corpus.n_tokens == counts.sum()
    assert isinstance(corpus.n_tokens, int)
    assert corpus.dtype == np.float32
    assert corpus.vocabulary is not None
    assert list(corpus.vocabulary) == words
    assert corpus.names is not None
    assert list(corpus.names) == names
    np.testing.assert_array_equal(corpus.labels, labels)
    assert (
        repr(corpus)
        == f"CorpusFile({str(path)!r}: 100 documents, 30 words, {counts.sum():.0f} tokens)"
    )
    assert corpus.block_starts[0] == 0
    assert corpus.block_starts[-1] == 100
    assert len(corpus.block_starts) > 10
    again = pickle.loads(pickle.dumps(corpus))
    assert_same(again.rows(0, 100), counts)
    corpus.verify()
    corpus.close()


def test_without_names(tmp_path: Path) -> None:
    with CorpusFile.write(tmp_path / "x", random_counts()) as corpus:
        assert corpus.vocabulary is None
        assert corpus.names is None
        assert corpus.labels is None


@pytest.mark.parametrize("preadv", [True, False])
def test_parts(preadv: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not preadv:
        monkeypatch.setattr(corpus_reader, "_PREADV", None)
    counts = random_counts()
    corpus = CorpusFile.write(tmp_path / "x", counts)
    bounds = [0, 1, 12, 13, 24, 50, 99, 100]
    for start in bounds:
        for stop in (stop for stop in bounds if stop >= start):
            rows = corpus.rows(start, stop)
            assert_same(rows, counts[start:stop])
            assert rows.indices.dtype == rows.indptr.dtype == np.int32
            assert rows.dtype == np.float32
    for seed, n in enumerate([1, 2, 10, 100, 300]):
        wanted = np.random.default_rng(seed).integers(0, 100, n)
        assert_same(corpus.take(wanted), counts[wanted])
    assert corpus.take([]).shape == (0, 30)
    for n in (1, 7, 100, 1000):
        parts = [*corpus.blocks(n)]
        assert [part.shape[0] for part in parts] == [n] * (100 // n) + [100 % n] * (100 % n > 0)
        assert_same(sparse.vstack(parts, format="csr"), counts)
    corpus.close()


def test_what_is_asked_for_exists(tmp_path: Path) -> None:
    corpus = CorpusFile.write(tmp_path / "x", random_counts())
    for start, stop in ((0, 101), (5, 4)):
        with pytest.raises(ValueError, match=r"Expected start <= stop <= 100, got start="):
            corpus.rows(start, stop)
    with pytest.raises(ValueError, match="Expected start to be at least 0"):
        corpus.rows(-1, 3)
    for wrong in ([100], [3, -1]):
        with pytest.raises(
            ValueError, match=f"Expected documents to be from 0 to 99, got {wrong[-1]}"
        ):
            corpus.take(wrong)
    with pytest.raises(ValueError, match="Expected documents to be a sequence of integers"):
        corpus.take([0.5])
    with pytest.raises(ValueError, match="Expected n_documents to be at least 1"):
        next(corpus.blocks(0))
    corpus.close()


@pytest.mark.parametrize("size", [1, 3, 40])
def test_streams_of_parts(size: int, tmp_path: Path) -> None:
    counts = random_counts()
    words = np.array([f"w{i}" for i in range(30)], dtype=object)
    parts = (
        Corpus(counts[i : i + size], words, labels=[f"{j}" for j in range(100)][i : i + size])
        for i in range(0, 100, size)
    )
    with CorpusFile.write(tmp_path / "x", parts) as corpus:
        assert_same(corpus.rows(0, 100), counts)
        assert corpus.labels is not None
        assert [*corpus.labels] == [f"{j}" for j in range(100)]
        assert corpus.vocabulary is not None
        assert (corpus.vocabulary == words).all()
        with CorpusFile.write(tmp_path / "y", corpus) as copy:
            assert (tmp_path / "y").read_bytes() == (tmp_path / "x").read_bytes()
            assert_same(copy.rows(0, 100), counts)


def test_parts_are_made_canonical(tmp_path: Path) -> None:
    indices, data = np.array([2, 0, 2, 1]), np.array([1.0, 4.0, 2.0, 0.0])
    part = sparse.csr_array((data, indices, np.array([0, 3, 4])), shape=(2, 3))
    with CorpusFile.write(tmp_path / "x", [part, [[0, 5, 0]]]) as corpus:
        rows = corpus.rows(0, 3)
        np.testing.assert_array_equal(rows.toarray(), [[4, 0, 3], [0, 0, 0], [0, 5, 0]])
        assert rows.nnz == 3
    np.testing.assert_array_equal(part.data, data)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([[[1, 2]], [[1, -2]]], "In part 1: Negative values in data passed to CorpusFile.write"),
        ([[[1, 2]], [[1, 2]], [[1, 2, 3]]], "In part 2: X has 3 features"),
        ([[[1, np.inf]]], "In part 0: Expected X to be finite, got inf"),
        ([[["a"]]], "In part 0: Expected X to hold numbers"),
        ([], "Expected at least one part of a corpus, got none"),
        (
            [Corpus(sparse.csr_array([[1]]), names=["a"]), Corpus(sparse.csr_array([[1]]))],
            "Expected names in all parts of the corpus or in none",
        ),
        (
            [Corpus(sparse.csr_array([[1]])), Corpus(sparse.csr_array([[1]]), labels=[2])],
            "Expected labels in all parts of the corpus or in none",
        ),
    ],
)
def test_bad_parts_leave_what_was_there(parts: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("what was there")
    with pytest.raises((TypeError, ValueError), match=message):
        CorpusFile.write(path, iter(parts))
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text() == "what was there"
    with pytest.raises(ValueError, match=r"Expected vocabulary to have 2 words, got len\(vocab"):
        CorpusFile.write(path, np.array([[1, 2]]), vocabulary=["a"])


counts_of_any_kind = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.integers(1, 8)),
    elements=st.sampled_from([0, 0, 0, 1, 2, 0.1, 1e-300, 1e300, 2**24, 2**24 + 1, 1e39])
    | st.floats(0, 1e15),
)


@given(dense=counts_of_any_kind, block_entries=st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_any_counts_come_back(dense: np.ndarray, block_entries: int) -> None:
    """Empty documents, one word, huge and fractional counts."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_writer, "_BLOCK_ENTRIES", block_entries)
        with CorpusFile.write(Path(folder, "x"), dense) as corpus:
            np.testing.assert_array_equal(corpus.rows(0, len(dense)).toarray(), dense)
            order = np.arange(len(dense))[::-1]
            np.testing.assert_array_equal(corpus.take(order).toarray(), dense[::-1])
            with np.errstate(over="ignore"):
                is_single = (dense.astype(np.float32) == dense).all()
            assert corpus.dtype == (np.float32 if is_single else np.float64)
            np.testing.assert_allclose(corpus.n_tokens, dense.sum(), rtol=1e-12)
            np.testing.assert_array_equal(corpus.to_corpus().counts.toarray(), dense)


def test_wide_indices(tmp_path: Path) -> None:
    counts = sparse.csr_array(
        (np.ones(2), np.array([5, 2**40]), np.array([0, 1, 2])), shape=(2, 2**40 + 1)
    )
    with CorpusFile.write(tmp_path / "x", counts) as corpus:
        assert_same(corpus.rows(0, 2), counts)


def test_a_killed_writer_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.fvb"
    CorpusFile.write(path, random_counts()).close()
    content = path.read_bytes()
    code = f"""
        import os, signal
        import numpy as np
        from fastvb.datasets import CorpusFile

        def parts():
            for _ in range(20):
                yield np.ones((1000, 100))
            os.kill(os.getpid(), signal.SIGKILL)

        CorpusFile.write({str(path)!r}, parts())
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert run.returncode != 0
    assert path.read_bytes() == content


PEAK = """
    import resource, sys
    import numpy as np
    from scipy import sparse
    from fastvb.datasets import CorpusFile
    from fastvb.models import FileMinibatches

    path, n_parts = sys.argv[1], int(sys.argv[2])
    rng = np.random.default_rng(0)

    def parts():
        for _ in range(n_parts):
            words = rng.random((1000, 100)).argsort().astype(np.int32)
            words += 900 * np.arange(100, dtype=np.int32)
            yield sparse.csr_array(
                (np.ones(words.size), words.ravel(), np.arange(0, words.size + 1, 100)),
                shape=(1000, 100_000),
            )

    corpus = CorpusFile.write(path, parts())
    for counts in corpus.blocks(1000):
        counts.sum()
    corpus.take(rng.integers(0, corpus.n_documents, 1000))
    for batch in FileMinibatches(corpus, 512, seed=0, window=1).epoch(0):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts kilobytes on Linux")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A file of 15 MB and one of 150 MB: written, read in order, at random, in mini-batches."""
    peaks = []
    for n_parts in (20, 200):
        command = [sys.executable, "-c", textwrap.dedent(PEAK), str(tmp_path / "x"), str(n_parts)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(run.stdout) / 1024)
        assert (tmp_path / "x").stat().st_size > 7e5 * n_parts
    assert peaks[1] < peaks[0] + 10, peaks


@pytest.mark.parametrize("name", ["x.fvb", "x"])
def test_a_format_among_others(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    CorpusFile.write(path, Corpus(random_counts(), [f"w{i}" for i in range(30)])).close()
    assert detect_format(path) == "fastvb"
    corpus = read_corpus(path)
    np.testing.assert_array_equal(corpus.counts.toarray(), random_counts().toarray())
    assert corpus.counts.dtype == np.int32
    assert corpus.vocabulary[3] == "w3"
    with convert_corpus(path, tmp_path / "copy") as copy:
        assert (tmp_path / "copy").read_bytes() == path.read_bytes()
        assert copy.shape == (100, 30)
    with pytest.raises(ValueError, match="Expected n_words=None for a fastvb file, got n_words=7"):
        read_corpus(path, n_words=7)


@pytest.mark.parametrize("stop", [0, 1, 12, 37, 99, 100])
def test_documents_before_a_number(tmp_path: Path, stop: int) -> None:
    """As if the file held no others: 37 is within a block, 12 between two, 99 within the last."""
    counts, path = random_counts(), tmp_path / "x.fvb"
    names, labels = [f"name{i}" for i in range(100)], np.arange(100) % 3
    CorpusFile.write(path, Corpus(counts, None, names, labels)).close()
    with CorpusFile(path, stop=stop) as part, pickle.loads(pickle.dumps(part)) as again:
        for corpus in (part, again):
            assert corpus.shape == (stop, 30)
            assert (corpus.nnz, corpus.n_tokens) == (counts[:stop].nnz, counts[:stop].sum())
            assert_same(corpus.rows(0, stop), counts[:stop].astype("f4"))
            assert corpus.block_starts[-1] == stop
            assert (np.diff(corpus.block_starts) > 0).all()
            assert [*corpus.names] == names[:stop]
            np.testing.assert_array_equal(corpus.labels, labels[:stop])
        with pytest.raises(ValueError, match=f"Expected start <= stop <= {stop}, got"):
            part.rows(0, stop + 1)
        if stop > 0:
            CorpusFile.write(tmp_path / "part.fvb", part).close()
            assert_same(read_corpus(tmp_path / "part.fvb").counts, counts[:stop].astype("i4"))
    with pytest.raises(ValueError, match="Expected stop to be at most 100, got stop=101"):
        CorpusFile(path, stop=101)
