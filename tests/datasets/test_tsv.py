from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import read_corpus

LINES = ["a1\tfarm\tbee ant bee", "a2\tcity\t", "a3\tfarm\tant 'cow\""]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.tsv"
    path.write_text("\n".join(LINES) + "\n")
    return path


def test_columns_by_number(path: Path) -> None:
    corpus = read_corpus(path, name_column=0, label_column=1, text_column=2)
    assert list(corpus.names) == ["a1", "a2", "a3"]
    assert list(corpus.labels) == ["farm", "city", "farm"]
    assert list(corpus.vocabulary) == ["ant", "bee", "cow"]
    np.testing.assert_array_equal(corpus.counts.toarray(), [[1, 2, 0], [0, 0, 0], [1, 0, 1]])


def test_text_is_the_first_column_by_default(path: Path) -> None:
    corpus = read_corpus(path, tokenizer=str.split)
    assert list(corpus.vocabulary) == ["a1", "a2", "a3"]
    assert corpus.names is None
    assert corpus.labels is None


@pytest.mark.parametrize("label_column", ["place", 1])
def test_columns_by_name(path: Path, label_column: int | str) -> None:
    path.write_bytes(("\ufeffid\tplace\ttext\r\n" + "\r\n".join(LINES)).encode())
    corpus = read_corpus(path, name_column="id", label_column=label_column, text_column=2)
    assert list(corpus.names) == ["a1", "a2", "a3"]
    assert list(corpus.labels) == ["farm", "city", "farm"]
    assert corpus.n_tokens == 5


def test_last_column_has_no_carriage_return(path: Path) -> None:
    path.write_bytes(b"bee\tx\r\nant\ty\r\n")
    assert list(read_corpus(path, label_column=1).labels) == ["x", "y"]


def test_given_vocabulary_and_format(path: Path) -> None:
    plain = path.rename(path.with_suffix(".txt"))
    corpus = read_corpus(plain, file_format="tsv", text_column=2, vocabulary=["cow", "bee"])
    np.testing.assert_array_equal(corpus.counts.toarray(), [[0, 2], [0, 0], [1, 0]])


@pytest.mark.parametrize("line", ["one\ttwo", "1\t2\t3\t4", ""])
def test_line_of_other_columns(path: Path, line: str) -> None:
    path.write_text("\n".join([*LINES, line, *LINES]))
    n = line.count("\t") + 1
    message = f"{path}, line 4: expected 3 columns separated by tabs as in line 1, got {n}: "
    with pytest.raises(ValueError, match=re.escape(message)):
        read_corpus(path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text_column": 3}, "expected a column number 3, from 0 on, got 3 columns"),
        ({"label_column": "x"}, "expected a column named 'x', got 'a1\\tfarm\\tbee ant bee'"),
    ],
)
def test_missing_column(path: Path, columns: dict[str, int | str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{path}, line 1: {message}")):
        read_corpus(path, **columns)


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"text_column": -1}, ValueError, "Expected text_column to be at least 0"),
        ({"name_column": 1.0}, TypeError, "Expected name_column to be an integer"),
        ({"n_words": 3}, ValueError, "Expected n_words=None for a tsv file"),
        ({"file_format": "text", "text_column": 1}, ValueError, "Expected text_column=None for a"),
    ],
)
def test_refused_arguments(
    path: Path, columns: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_corpus(path, **columns)


def test_encoding(path: Path) -> None:
    path.write_bytes("ant\tbee\nk\xe4se\tbee\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"line 2: expected utf-8 text, got byte 0xe4"):
        read_corpus(path)
    assert "käse" in read_corpus(path, encoding="latin-1").vocabulary
