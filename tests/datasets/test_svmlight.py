from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import line_reader, read_corpus, scanning

GOOD = "1 1:1 4:2\n-1\n+3 2:5 # a comment 9:9\n1 qid:7 3:1 1:7 5:1\n"
DENSE = [[1, 0, 0, 2, 0], [0, 0, 0, 0, 0], [0, 5, 0, 0, 0], [7, 0, 1, 0, 1]]


def write(folder: Path, text: str, name: str = "corpus.svm") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.rstrip(),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(" ", "\t"),
        "# first\n\n" + GOOD.replace("\n", "\n # more 1:1\n"),
        "\ufeff" + GOOD,
        GOOD.replace("4:2", "4:2.0").replace("1:7", "1:0.7e1"),
    ],
)
@pytest.mark.parametrize("name", ["corpus.svm", "corpus.dat"])
@pytest.mark.parametrize("part_bytes", [4, 1 << 16])
def test_counts_and_labels(
    tmp_path: Path, text: str, name: str, part_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_PART_BYTES", part_bytes)
    corpus = read_corpus(write(tmp_path, text, name))
    np.testing.assert_array_equal(corpus.counts.toarray(), DENSE)
    assert corpus.counts.has_canonical_format
    assert corpus.counts.dtype == corpus.counts.indices.dtype == np.int32
    assert corpus.labels.tolist() == [1, -1, 3, 1]
    assert corpus.labels.dtype == np.int64


def test_many_blocks_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_reader, "_BLOCK_BYTES", 8)
    corpus = read_corpus(write(tmp_path, GOOD))
    np.testing.assert_array_equal(corpus.counts.toarray(), DENSE)
    assert corpus.labels.tolist() == [1, -1, 3, 1]
    with pytest.raises(ValueError, match=r"line 5: expected a label, a number, got 'x'"):
        read_corpus(write(tmp_path, GOOD + "x 1:1\n"))


@pytest.mark.parametrize("block_bytes", [8, 1 << 22])
def test_fractions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    monkeypatch.setattr(line_reader, "_BLOCK_BYTES", block_bytes)
    corpus = read_corpus(write(tmp_path, "1 1:3 2:1\n0.5 1:0.25\n1 2:0.0\n"))
    assert corpus.counts.dtype == corpus.labels.dtype == np.float64
    np.testing.assert_array_equal(corpus.counts.toarray(), [[3, 1], [0.25, 0], [0, 0]])
    assert corpus.counts.nnz == 3
    assert corpus.labels.tolist() == [1, 0.5, 1]
    assert corpus.n_tokens == 4.25


def test_size_of_the_vocabulary(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert read_corpus(path, n_words=9).n_words == 9
    assert list(read_corpus(path, vocabulary=list("abcdef")).vocabulary) == list("abcdef")
    zero = read_corpus(write(tmp_path, "1 0:1 4:2\n"), first_id=0)
    np.testing.assert_array_equal(zero.counts.toarray(), [[1, 0, 0, 0, 2]])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("1,2 1:1", "expected a label, a number, got '1,2'"),
        ("nan 1:1", "expected a label, a number, got 'nan'"),
        ("1e999 1:1", "expected a label, a number, got '1e999'"),
        ("1:1 2:1", "expected a label, a number, got '1:1'"),
        ("1 1", "expected id:count, an integer and a number, got '1'"),
        ("1 1:", "expected id:count, an integer and a number, got '1:'"),
        ("1 :1", "expected id:count, an integer and a number, got ':1'"),
        ("1 1:1:1", "expected id:count, an integer and a number, got '1:1:1'"),
        ("1 1:x", "expected id:count, an integer and a number, got '1:x'"),
        ("1 1:nan", "expected id:count, an integer and a number, got '1:nan'"),
        ("1 -1:1", "expected id:count, an integer and a number, got '-1:1'"),
        ("1 qid:x 1:1", "expected id:count, an integer and a number, got 'qid:x'"),
        ("1 1:1 qid:1", "expected id:count, an integer and a number, got 'qid:1'"),
        ("1 1:-2", "expected a count that is finite and not negative, got '1:-2'"),
        ("1 1:1e400", "expected a count that is finite and not negative, got '1:1e400'"),
        ("1 0:1", "expected a word id from 1 to 2147483647, got '0:1' (first_id=0 reads"),
        ("1 99999999999:1", "expected a word id from 1 to 2147483647, got '99999999999:1'"),
    ],
)
def test_malformed_line_is_named(tmp_path: Path, bad: str, message: str) -> None:
    path = write(tmp_path, f"{GOOD}\n{bad}\n{GOOD}")
    with pytest.raises(ValueError, match=re.escape(f"{path}, line 6: {message}")):
        read_corpus(path)


def test_id_outside_of_the_vocabulary(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 4: expected a word id from 1 to 4, got '5:1'"):
        read_corpus(write(tmp_path, GOOD), n_words=4)
