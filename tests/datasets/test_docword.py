from __future__ import annotations

import gzip
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import line_reader, read_corpus

GOOD = "3\n4\n4\n1 2 5\n1 4 1\n3 1 2\n3 2 1\n"
DENSE = [[0, 5, 0, 1], [0, 0, 0, 0], [2, 1, 0, 0]]


def write(folder: Path, text: str, name: str = "docword.tiny.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [GOOD, GOOD.rstrip(), GOOD.replace("\n", "\r\n"), GOOD.replace(" ", "\t"), GOOD + "\n"],
)
@pytest.mark.parametrize("name", ["docword.tiny.txt", "tiny.dat"])
def test_counts(tmp_path: Path, text: str, name: str) -> None:
    corpus = read_corpus(write(tmp_path, text, name))
    np.testing.assert_array_equal(corpus.counts.toarray(), DENSE)
    assert corpus.counts.has_canonical_format
    assert corpus.counts.dtype == corpus.counts.indptr.dtype == np.int32
    assert corpus.vocabulary is None


def test_entries_in_any_order(tmp_path: Path) -> None:
    text = "3\n4\n5\n3 2 1\n1 4 1\n3 1 2\n1 2 2\n1 2 3\n"
    corpus = read_corpus(write(tmp_path, text))
    np.testing.assert_array_equal(corpus.counts.toarray(), DENSE)


def test_many_blocks_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_reader, "_BLOCK_BYTES", 8)
    corpus = read_corpus(write(tmp_path, GOOD))
    np.testing.assert_array_equal(corpus.counts.toarray(), DENSE)
    with pytest.raises(ValueError, match="line 8: expected three integers"):
        read_corpus(write(tmp_path, GOOD + "x"))


@pytest.mark.parametrize("end", ["", ".gz"])
def test_vocabulary_beside_the_file(tmp_path: Path, end: str) -> None:
    path = tmp_path / "docword.tiny.txt.gz"
    path.write_bytes(gzip.compress(GOOD.encode()))
    words = b"ant\nbee\ncow\ndog\n"
    (tmp_path / f"vocab.tiny.txt{end}").write_bytes(gzip.compress(words) if end else words)
    assert list(read_corpus(path).vocabulary) == ["ant", "bee", "cow", "dog"]
    assert list(read_corpus(path, vocabulary=list("wxyz")).vocabulary) == list("wxyz")


def test_sizes(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert read_corpus(path, n_words=6).counts.shape == (3, 6)
    with pytest.raises(ValueError, match="line 2: expected at most n_words=3 words, got 4"):
        read_corpus(path, n_words=3)
    with pytest.raises(ValueError, match="line 2: expected at most n_words=2 words, got 4"):
        read_corpus(path, vocabulary=["a", "b"])


def test_ids_from_zero(tmp_path: Path) -> None:
    path = write(tmp_path, "2\n2\n2\n0 1 5\n1 0 3\n")
    np.testing.assert_array_equal(read_corpus(path, first_id=0).counts.toarray(), [[0, 5], [3, 0]])
    with pytest.raises(ValueError, match=r"got '0' \(first_id=0 reads ids that start at 0\)"):
        read_corpus(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\n4\n0\n", "line 1: expected the number of documents, got 'x'"),
        ("3\n-4\n0\n", "line 2: expected the number of words, got '-4'"),
        ("3\n4\n1 2 5\n", "line 3: expected the number of entries, got '1 2 5'"),
        ("3\n4\n", "line 3: expected the number of entries, got ''"),
        ("", "line 1: expected the number of documents, got ''"),
        ("99999999999\n4\n0\n", "line 1: expected the number of documents, got '99999999999'"),
    ],
)
def test_malformed_header(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=re.escape(f"{path}, {message}")):
        read_corpus(path)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("1 2", "expected three integers 'document word count', got '1 2'"),
        ("1 2 3 4", "expected three integers 'document word count', got '1 2 3 4'"),
        ("1 2 3\n3 1", "expected three integers 'document word count', got '3 1'"),
        ("1 2 -3", "expected three integers 'document word count', got '1 2 -3'"),
        ("1 2 0.5", "expected three integers 'document word count', got '1 2 0.5'"),
        ("one 2 3", "expected three integers 'document word count', got 'one 2 3'"),
        ("4 2 3", "expected a document id from 1 to 3, got '4'"),
        ("0 2 3", "expected a document id from 1 to 3, got '0' (first_id=0 reads"),
        ("1 5 3", "expected a word id from 1 to 4, got '5'"),
        ("1 2 9999999999", "expected a count of at most 2147483647, got '9999999999'"),
    ],
)
def test_malformed_line_is_named(tmp_path: Path, bad: str, message: str) -> None:
    line = 8 + bad.count("\n")
    path = write(tmp_path, f"{GOOD}{bad}\n1 1 1\n")
    with pytest.raises(ValueError, match=re.escape(f"{path}, line {line}: {message}")):
        read_corpus(path)


@pytest.mark.parametrize("entries", ["1 2\n3 1 4 1\n", "1 2 3 1\n4 1\n"])
def test_two_faults_that_cancel_in_number_are_found(tmp_path: Path, entries: str) -> None:
    path = write(tmp_path, "3\n4\n2\n" + entries)
    with pytest.raises(ValueError, match="line 4: expected three integers"):
        read_corpus(path)


def test_blank_lines_between_entries(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("5\n", "5\n\n \n"))
    np.testing.assert_array_equal(read_corpus(path).counts.toarray(), DENSE)


def test_documents_beyond_all_measure(tmp_path: Path) -> None:
    """A header may announce empty documents, but not thousands for each entry."""
    few = read_corpus(write(tmp_path, "1000000\n4\n1\n999999 2 5\n"))
    assert few.n_documents == 1_000_000
    assert few.counts[999998, 1] == 5
    tracemalloc.start()
    with pytest.raises(ValueError, match="line 1: expected at most 16777264 documents with 3 entr"):
        read_corpus(write(tmp_path, "2147483647\n9\n3\n1 1 1\n2 2 2\n2147483647 9 1\n"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_number_of_entries(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 8: expected entry 5 of 9, got the end of the file"):
        read_corpus(write(tmp_path, GOOD.replace("4\n4", "4\n9", 1)))
    with pytest.raises(ValueError, match="line 6: expected the end of the file after 2 entries"):
        read_corpus(write(tmp_path, GOOD.replace("4\n4", "4\n2", 1)))
