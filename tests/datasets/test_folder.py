from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import detect_format, read_corpus


def test_one_document_a_file(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("bee ant\nbee\n\n")
    (tmp_path / "a").write_bytes(gzip.compress(b"cow\nant"))
    (tmp_path / "c").write_text("")
    (tmp_path / ".hidden").write_text("unseen")
    (tmp_path / "empty").mkdir()
    assert detect_format(tmp_path) == "text"
    corpus = read_corpus(tmp_path)
    assert list(corpus.names) == ["a", "b.txt", "c"]
    assert corpus.labels is None
    assert list(corpus.vocabulary) == ["ant", "bee", "cow"]
    np.testing.assert_array_equal(corpus.counts.toarray(), [[1, 0, 1], [1, 2, 0], [0, 0, 0]])


def test_subfolders_are_labels(tmp_path: Path) -> None:
    for name in ("farm/z", "farm/a", "city/old/1", "top", ".git/config", "farm/.a.swp"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("ant")
    corpus = read_corpus(str(tmp_path))
    assert list(corpus.names) == ["city/old/1", "farm/a", "farm/z", "top"]
    assert list(corpus.labels) == ["city/old", "farm", "farm", ""]


def test_given_vocabulary_and_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("C++ and C")
    corpus = read_corpus(tmp_path, vocabulary=["C", "C++"], tokenizer=str.split)
    np.testing.assert_array_equal(corpus.counts.toarray(), [[1, 1]])


def test_text_that_is_not_of_the_encoding(tmp_path: Path) -> None:
    (tmp_path / "good").write_text("ant")
    (tmp_path / "over").write_bytes("ant\nk\xe4se\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"over, line 2: expected utf-8 text, got byte 0xe4"):
        read_corpus(tmp_path)
    assert read_corpus(tmp_path, encoding="latin-1").n_words == 2


def test_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good").write_text("ant")
    (tmp_path / "locked").write_text("ant")
    is_file = Path.is_file

    def vanish(path: Path) -> bool:
        found = is_file(path)
        if path.name == "locked":
            path.unlink()
        return found

    monkeypatch.setattr(Path, "is_file", vanish)
    with pytest.raises(OSError, match="locked"):
        read_corpus(tmp_path)


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected at least one document, got none"):
        read_corpus(tmp_path)
