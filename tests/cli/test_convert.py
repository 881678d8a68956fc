from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastvb.cli import main
from fastvb.datasets import CorpusFile, read_corpus


def test_convert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "titles.tsv", tmp_path / "titles.fvb"
    source.write_text("id\ttext\tyear\na\tant bee bee\t1914\nb\tcow\t1915\n")
    options = ["--text-column", "text", "--name-column", "0", "--label-column", "year"]
    assert main(["convert", str(source), str(target), *options]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("2 documents, 3 words, 4 tokens, 3 entries: 0.0 MB in ")
    assert err == ""
    with CorpusFile(target) as corpus:
        assert corpus.vocabulary is not None
        assert [*corpus.vocabulary] == ["ant", "bee", "cow"]
        np.testing.assert_array_equal(corpus.rows(0, 2).toarray(), [[1, 2, 0], [0, 0, 1]])
        assert corpus.names is not None
        assert [*corpus.names] == ["a", "b"]
        assert corpus.labels is not None
        assert [*corpus.labels] == ["1914", "1915"]


def test_options_of_the_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, words, target = tmp_path / "counts", tmp_path / "words", tmp_path / "out"
    source.write_text("1 0:2\n1 1:1\n")
    words.write_text("ant\nbee\ncow\n")
    arguments = ["convert", str(source), str(target), "--format", "ldac", "--quiet"]
    assert main([*arguments, "--vocabulary", str(words)]) == 0
    assert capsys.readouterr().out == ""
    with CorpusFile(target) as corpus:
        assert corpus.shape == (2, 3)
        expected = read_corpus(source, file_format="ldac", n_words=3).counts.toarray()
        np.testing.assert_array_equal(corpus.rows(0, 2).toarray(), expected)
    assert main([*arguments, "--words", "7"]) == 0
    with CorpusFile(target) as corpus:
        assert corpus.shape == (2, 7)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("1 0:x\n", [], "counts.ldac, line 1: expected id:count, two integers, got '0:x'"),
        ("1 0:1\n", ["--text-column", "1"], "Expected --text-column=None for a ldac file, got"),
        ("1 0:1\n", ["--name-column", "1"], "Expected --name-column=None for a ldac file, got"),
        ("1 0:1\n", ["--format", "pdf"], "Expected --format to be one of"),
        ("1 0:1\n", ["--words", "0"], "argument --words: expected an integer from 1 to"),
    ],
)
def test_one_line_for_what_is_wrong(
    text: str,
    options: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, target = tmp_path / "counts.ldac", tmp_path / "out"
    source.write_text(text)
    assert main(["convert", str(source), str(target), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fastvb convert: ")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not target.exists()


def test_files_that_cannot_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "counts.ldac"
    assert main(["convert", str(source), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"fastvb convert: {source}: No such file or directory\n"
    source.write_text("1 0:1\n")
    assert main(["convert", str(source), str(tmp_path / "no" / "out")]) == 2
    assert "No such file or directory" in capsys.readouterr().err
