from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import line_reader, read_corpus

GOOD = "2 0:1 3:2\n0\n1 1:5\n3 2:1 0:7 4:1\n"
DENSE = [[1, 0, 0, 2, 0], [0, 0, 0, 0, 0], [0, 5, 0, 0, 0], [7, 0, 1, 0, 1]]


def write(folder: Path, text: str, name: str = "corpus.ldac") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [GOOD, GOOD.rstrip(), GOOD.replace("\n", "\r\n"), GOOD.replace(" ", "\t"), GOOD + "\n\n"],
)
@pytest.mark.parametrize("name", ["corpus.ldac", "corpus.dat"])
def test_counts(tmp_path: Path, text: str, name: str) -> None:
    corpus = read_corpus(write(tmp_path, text, name))
    np.testing.assert_array_equal(corpus.counts.toarray(), DENSE)
    assert corpus.counts.has_canonical_format
    assert corpus.counts.dtype == np.int32
    assert corpus.counts.indices.dtype == corpus.counts.indptr.dtype == np.int32
    assert corpus.vocabulary is None


def test_repeated_words_add_up_and_zeros_vanish(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, "4 2:1 0:3 2:4 1:0\n"))
    np.testing.assert_array_equal(corpus.counts.toarray(), [[3, 0, 5]])
    assert corpus.counts.nnz == 2


def test_size_of_the_vocabulary(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert read_corpus(path, n_words=9).n_words == 9
    words = ["a", "b", "c", "d", "e", "f"]
    assert list(read_corpus(path, vocabulary=words).vocabulary) == words
    (tmp_path / "words.txt").write_text("\n".join(words) + "\n")
    assert list(read_corpus(path, vocabulary=tmp_path / "words.txt").vocabulary) == words


def test_ids_from_one(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, "2 1:1 4:2\n"), first_id=1)
    np.testing.assert_array_equal(corpus.counts.toarray(), [[1, 0, 0, 2]])


def test_many_blocks_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_reader, "_BLOCK_BYTES", 8)
    np.testing.assert_array_equal(read_corpus(write(tmp_path, GOOD)).counts.toarray(), DENSE)
    with pytest.raises(ValueError, match=r"line 5: expected id:count, two integers, got 'x'"):
        read_corpus(write(tmp_path, GOOD + "1 x\n"))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("3 0:1 3:2", "expected 3 id:count pairs, got 2"),
        ("1 0:1 3:2", "expected 1 id:count pairs, got 2"),
        ("2", "expected 2 id:count pairs, got 0"),
        ("2 0:1 3", "expected id:count, two integers, got '3'"),
        ("2 0:1 3:", "expected id:count, two integers, got '3:'"),
        ("2 0:1 :3", "expected id:count, two integers, got ':3'"),
        ("2 0:1 3 :2", "expected id:count, two integers, got '3'"),
        ("2 0:1 3: 2", "expected id:count, two integers, got '3:'"),
        ("2 0::1 3:2", "expected id:count, two integers, got '0::1'"),
        ("2 0:1 3:2:", "expected id:count, two integers, got '3:2:'"),
        ("2 0:1:3 4", "expected id:count, two integers, got '0:1:3'"),
        ("2 0 1:3 4:", "expected id:count, two integers, got '0'"),
        ("2 0:1 3:2.5", "expected id:count, two integers, got '3:2.5'"),
        ("2 0:1 -3:2", "expected id:count, two integers, got '-3:2'"),
        ("2:1", "expected the number of id:count pairs, got '2:1'"),
        ("two 0:1 3:2", "expected the number of id:count pairs, got 'two'"),
        ("", "expected a document 'N id:count ...', got a blank line"),
        ("1 0:3000000000", "expected a count of at most 2147483647, got '0:3000000000'"),
        ("1 3000000000:1", "expected a word id from 0 to 2147483646, got '3000000000:1'"),
        ("3000000000 0:1", "expected 3000000000 id:count pairs, got 1"),
    ],
)
def test_malformed_line_is_named(tmp_path: Path, bad: str, message: str) -> None:
    path = write(tmp_path, f"{GOOD}{bad}\n{GOOD}")
    with pytest.raises(ValueError, match=re.escape(f"{path}, line 5: {message}")):
        read_corpus(path)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_words": 4}, "line 4: expected a word id from 0 to 3, got '4:1' (first_id=1 reads"),
        ({"n_words": 3}, "line 1: expected a word id from 0 to 2, got '3:2' (first_id=1 reads"),
        ({"first_id": 1}, "line 1: expected a word id from 1 to 2147483647, got '0:1' (first_id=0"),
        ({"vocabulary": ["a", "b"]}, "line 1: expected a word id from 0 to 1, got '3:2'"),
    ],
)
def test_id_outside_of_the_vocabulary(
    tmp_path: Path, kwargs: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_corpus(write(tmp_path, GOOD), **kwargs)
