from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import read_corpus, tokenize
from fastvb.datasets.stop_words import ENGLISH, PYTHON


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Don't PANIC", ["don", "panic"]),
        ("start_response(x) 42 utf8", ["start", "response", "utf"]),
        ("Ärger, ναι; 你好", ["ärger", "ναι", "你好"]),
    ],
)
def test_tokenize(text: str, words: list[str]) -> None:
    assert tokenize(text) == words


def test_one_document_a_line(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes("\ufeffbee ant bee\r\n\n3 dogs, 1 ant\n".encode())
    corpus = read_corpus(path)
    assert list(corpus.vocabulary) == ["ant", "bee", "dogs"]
    np.testing.assert_array_equal(corpus.counts.toarray(), [[1, 2, 0], [0, 0, 0], [1, 0, 1]])
    assert corpus.counts.has_canonical_format


def test_words_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("64bit C++\n64bit\n")
    assert list(read_corpus(path, tokenizer=str.split).vocabulary) == ["64bit", "C++"]


def test_given_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("bee ant bee\nemu\n")
    corpus = read_corpus(path, vocabulary=["cow", "bee"])
    assert list(corpus.vocabulary) == ["cow", "bee"]
    np.testing.assert_array_equal(corpus.counts.toarray(), [[0, 2], [0, 0]])


def test_encoding(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes("plain words\nfor £5 or über\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.txt, line 2: expected utf-8 text, got byte 0xa3"):
        read_corpus(path)
    assert "über" in read_corpus(path, encoding="latin-1").vocabulary


@pytest.mark.parametrize("kwargs", [{"n_words": 3}, {"first_id": 1}])
def test_arguments_of_numeric_formats(tmp_path: Path, kwargs: dict[str, int]) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("some words\n")
    with pytest.raises(ValueError, match=r"Expected \w+=None for a text file"):
        read_corpus(path, **kwargs)


def test_stop_words_are_words_of_the_tokenizer() -> None:
    for word in ENGLISH | PYTHON:
        assert tokenize(word) == [word]
    assert {"the", "isn", "which"} <= ENGLISH
    assert {"self", "returns"} <= PYTHON
