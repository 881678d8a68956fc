"""What `convert_corpus` writes is what `read_corpus` reads, in memory that does not grow."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastvb.datasets import Corpus, convert_corpus, corpus_writer, line_reader, read_corpus
from fastvb.datasets import converting as converting_module

MATRIXMARKET = "%%MatrixMarket matrix coordinate {} general\n% a comment\n"
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "pairs.ldac": ("2 0:1 3:2\n0\n1 1:5\n4 2:1 0:7 4:1 2:3\n1 9:0\n", {}),
    "ids_from_one.ldac": ("2 1:1 4:2\n", {"first_id": 1, "n_words": 7}),
    "docword.zoo.txt": ("7\n3\n5\n2 1 1\n2 2 2\n\n4 3 1\n4 1 2147483647\n4 1 9\n", {}),
    "whole.mtx": (MATRIXMARKET.format("integer") + "4 3 3\n1 1 1\n1 2 2\n3 3 1\n", {}),
    "real.mm": (MATRIXMARKET.format("real") + "2 3 3\n1 1 0.1\n1 2 16777217\n2 1 2.5\n", {}),
    "pattern.mtx": (MATRIXMARKET.format("pattern") + "2 3 3\n1 1\n1 2\n2 3\n", {}),
    "whole.svm": ("-1 1:1 2:2\n+1 3:1 # a comment\n", {"n_words": 9}),
    "real.svm": ("0.5 1:1 2:2.25\n2\n", {}),
    "lines.txt": ("The ant and the bee.\n\nThe cow and the bee.\n", {}),
    "some.txt": ("The ant and the bee.\nThe cow.\n", {"vocabulary": ["cow", "gnu", "ant"]}),
    "titles.tsv": (
        "id\ttext\tyear\na\tant bee bee\t1914\n\tcow déjà\t1915\n",
        {"text_column": "text", "name_column": "id", "label_column": "year"},
    ),
}  # fmt: skip


def assert_same(ours: Corpus, theirs: Corpus) -> None:
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(ours.counts, name), getattr(theirs.counts, name))
    assert ours.counts.shape == theirs.counts.shape
    for name in ("vocabulary", "names", "labels"):
        a, b = getattr(ours, name), getattr(theirs, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


@pytest.fixture(params=["whole", "piece by piece"])
def _in_small_pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "piece by piece":
        monkeypatch.setattr(line_reader, "_BLOCK_BYTES", 16)
        monkeypatch.setattr(corpus_writer, "_BLOCK_ENTRIES", 2)
        monkeypatch.setattr(corpus_writer, "_MOST_WAITING", 1)
        monkeypatch.setattr(converting_module, "_TOKENS_AT_ONCE", 2)


@pytest.mark.usefixtures("_in_small_pieces")
@pytest.mark.parametrize("name", FILES)
def test_what_read_corpus_reads(name: str, tmp_path: Path) -> None:
    text, options = FILES[name]
    source = tmp_path / name
    source.write_text(text, encoding="utf-8")
    if name == "docword.zoo.txt":
        text = text.replace("2147483647", "2147483638")  # the sum is the largest that both hold
        source.write_text(text)
        (tmp_path / "vocab.zoo.txt").write_text("ant\nbee\ncow\n")
    with convert_corpus(source, tmp_path / "out", **options) as corpus:
        corpus.verify()
        expected = read_corpus(source, **options)
        assert_same(corpus.to_corpus(), expected)
        assert corpus.n_tokens == expected.n_tokens
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(source.read_bytes()))
    with convert_corpus(tmp_path / f"{name}.gz", tmp_path / "out", **options) as corpus:
        assert_same(corpus.to_corpus(), expected)


@pytest.mark.usefixtures("_in_small_pieces")
def test_folder(tmp_path: Path) -> None:
    for name, text in {"a.txt": "ant bee", "sub/b.txt": "", "sub/c.txt": "cow ant"}.items():
        path = tmp_path / "texts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    with convert_corpus(tmp_path / "texts", tmp_path / "out") as corpus:
        assert_same(corpus.to_corpus(), read_corpus(tmp_path / "texts"))


triples = st.lists(st.tuples(*[st.integers(1, 6)] * 2, st.integers(0, 3)), min_size=1, max_size=20)


@given(entries=triples, block_bytes=st.integers(8, 64), is_sorted=st.booleans())
@settings(max_examples=100, deadline=None)
@example(entries=[(2, 1, 1), (1, 1, 1)], block_bytes=8, is_sorted=False)
def test_entries_by_document(
    entries: list[tuple[int, ...]], block_bytes: int, is_sorted: bool
) -> None:
    """Sorted entries are converted; the first that lies too late is named by its line."""
    entries = sorted(entries, key=lambda entry: entry[0]) if is_sorted else entries
    rows = [row for row, _, _ in entries]
    late = [i for i in range(1, len(rows)) if rows[i] < rows[i - 1]]
    lines = "".join(f"{i} {j} {x}\n" for i, j, x in entries)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_reader, "_BLOCK_BYTES", block_bytes)
        patch.setattr(corpus_writer, "_BLOCK_ENTRIES", 3)
        source = Path(folder, "docword.x.txt")
        source.write_text(f"8\n6\n{len(entries)}\n{lines}")
        target = Path(folder, "out")
        if late:
            message = (
                f"{source}, line {late[0] + 4}: expected entries sorted by document, "
                f"got document {rows[late[0]]} after {rows[late[0] - 1]} "
            )
            with pytest.raises(ValueError, match=re.escape(message)):
                convert_corpus(source, target)
            assert sorted(Path(folder).iterdir()) == [source]
            return
        with convert_corpus(source, target) as corpus:
            assert_same(corpus.to_corpus(), read_corpus(source))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.ldac", "1 0:1\n2 0:1\n", r"x.ldac, line 2: expected 2 id:count pairs, got 1"),
        ("x.ldac", "", r"x.ldac: expected at least one document, got none"),
        ("x.ldac", "0\n0\n", r"x.ldac: expected at least one word, got none"),
        ("x.txt", "1 2 3\n", r"x.txt: expected at least one word, got none"),
        ("docword.x", "2\n2\n2\n1 1 1\n", r"docword.x, line 5: expected entry 2 of 2, got the end"),
        (
            "docword.x",
            "2147483647\n1\n2\n1 1 1\n2147483647 1 1\n",
            r"expected at most \d+ documents with 2 entries in all, got 2147483646",
        ),
    ],
)
def test_malformed_files_leave_what_was_there(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "out").write_text("what was there")
    with pytest.raises(ValueError, match=message):
        convert_corpus(tmp_path / name, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "what was there"
    assert {path.name for path in tmp_path.iterdir()} == {name, "out"}


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["kos/docword.kos.txt.gz", "ap/ap.dat.gz"])
def test_real_corpora(name: str, tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    with convert_corpus(shared_data(name), tmp_path / "out") as corpus:
        corpus.verify()
        assert_same(corpus.to_corpus(), read_corpus(shared_data(name)))
