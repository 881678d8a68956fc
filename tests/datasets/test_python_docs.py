from __future__ import annotations

import sysconfig
from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import Corpus, load_python_docs

SOURCE = '''\
"""Ants carry leaves under tall trees."""

def outer():
    """Bees gather sweet honey everywhere."""
    def inner():
        """Cows chew grass slowly."""

if True:
    class Zoo:
        """Zebras and lions."""
        async def feed(self):
            """Zebras eat grass."""
        def again(self):
            """Zebras eat grass."""

def undocumented():
    return 1

def short():
    """Done."""
'''


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_python_docs()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    package = tmp_path / "farm" / "sub"
    package.mkdir(parents=True)
    (tmp_path / "farm" / "__init__.py").write_text(SOURCE)
    (package / "leaf.py").write_text('"""A leaf falls down in autumn."""')
    (package / "broken.py").write_text("def (:\n")
    (package / "null.py").write_bytes(b"x = '\0'")
    (package / "warns.py").write_text('"""Escapes like \\d warn here."""\nx = 1 is 1\n')
    for name in ("tests", "site-packages", "encodings"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hidden.py").write_text('"""Nobody may see these many words."""')
    return tmp_path


def load(path: Path, **kwargs: object) -> Corpus:
    kwargs = {"min_words": 2, "min_df": 1, "max_df": 1.0, "stop_words": (), **kwargs}
    return load_python_docs(path, **kwargs)


def words_of(corpus: Corpus, name: str) -> dict[str, int]:
    row = corpus.counts[[list(corpus.names).index(name)]]
    return dict(zip(corpus.vocabulary[row.indices], row.data.tolist(), strict=True))


def test_documents_of_a_tree(tree: Path) -> None:
    corpus = load(tree)
    assert list(corpus.names) == [
        "farm",
        "farm.outer",
        "farm.Zoo",
        "farm.sub.leaf",
        "farm.sub.warns",
    ]
    assert words_of(corpus, "farm")["leaves"] == 1
    assert {"honey", "grass"} <= set(words_of(corpus, "farm.outer"))
    # a class speaks with its methods; a docstring that comes twice counts once
    assert words_of(corpus, "farm.Zoo") == {"zebras": 2, "and": 1, "lions": 1, "eat": 1, "grass": 1}
    assert "nobody" not in corpus.vocabulary


def test_pruning(tree: Path) -> None:
    assert list(load(tree, min_df=2).vocabulary) == ["grass"]
    assert "and" not in load(tree, stop_words={"and"}).vocabulary
    assert list(load(tree, min_words=6).names) == ["farm", "farm.outer", "farm.Zoo"]
    assert list(load(tree, min_words=6, stop_words={"and"}).names) == ["farm", "farm.outer"]


def test_standard_library(corpus: Corpus) -> None:
    assert corpus.n_documents > 1000
    assert 1000 < corpus.n_words < 5000
    assert corpus.n_tokens > 30_000
    assert len(set(corpus.names)) == corpus.n_documents
    df = np.bincount(corpus.counts.indices, minlength=corpus.n_words)
    assert df.min() >= 5
    assert not {"self", "the", "returns"} & set(corpus.vocabulary)
    assert not any(name.startswith(("test.", "idlelib.idle_test")) for name in corpus.names)
    assert words_of(corpus, "json.decoder.JSONDecoder")["json"] >= 1


def test_deterministic(corpus: Corpus) -> None:
    again = load_python_docs()
    np.testing.assert_array_equal(again.names, corpus.names)
    np.testing.assert_array_equal(again.vocabulary, corpus.vocabulary)
    assert (again.counts != corpus.counts).nnz == 0


@pytest.mark.parametrize("where", ["nowhere", "python311.zip", "empty"])
def test_no_sources(tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "python311.zip").write_bytes(b"PK")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / where))
    with pytest.raises(FileNotFoundError, match="Expected Python sources"):
        load_python_docs()


def test_sources_without_documentation(tmp_path: Path) -> None:
    (tmp_path / "stripped.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match="Expected a documented module"):
        load_python_docs(tmp_path)
