"""Files and letters that come out of `fastvb topics`, and what is said when they cannot."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastvb
from fastvb.cli import main, topics_picture
from fastvb.cli.topics_result import TopicsResult

QUICK = ["--topics", "3", "--iterations", "4", "--held-out", "0", "--quiet"]
WORDS = ["ant", "bee", "cow", "straße", "日本"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    lines = ["ant bee ant bee", "cow straße cow", "日本 straße 日本", "bee 日本 cow"]
    path.write_text("\n".join(lines * 3), encoding="utf-8")
    return path


def run(text: Path, *options: str | Path) -> int:
    return main(["topics", str(text), *QUICK, *map(str, options)])


def test_saved_model(text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.npz"
    assert run(text, "--save", path, "--json", "-") == 0
    result = json.loads(capsys.readouterr().out)
    lda = fastvb.LatentDirichletAllocation.load(path)
    assert list(lda.feature_names_in_) == WORDS
    assert list(lda.lower_bounds_) == result["lower_bounds"]
    for topic in result["topics"]:
        probabilities = lda.topic_word_distribution()[topic["index"]]
        assert topic["words"][0] == WORDS[np.argmax(probabilities)]
    counts = fastvb.datasets.read_corpus(text).counts
    assert lda.transform(counts).shape == (12, 3)  # without a warning


@pytest.mark.parametrize(
    ("suffix", "magic"), [(".png", b"\x89PNG"), (".PDF", b"%PDF"), (".svg", b"<?xml")]
)
def test_picture_file(
    suffix: str, magic: bytes, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"picture{suffix}"
    assert run(text, "--plot", path) == 0
    assert path.read_bytes().startswith(magic)
    assert capsys.readouterr().err == ""


def test_letters_without_a_glyph(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [option for option in QUICK if option != "--quiet"]
    assert main(["topics", str(text), *options, "--plot", str(tmp_path / "a.png")]) == 0
    err = capsys.readouterr().err.splitlines()
    assert err[-1].endswith("a.png: boxes stand for letters that the font does not have")
    assert sum("boxes" in line for line in err) == 1


@pytest.mark.parametrize(("n_topics", "top_words"), [(1, None), (3, 2), (120, 500)])
def test_picture_shows_topics_and_bound(
    n_topics: int, top_words: int | None, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = np.random.default_rng(0).poisson(2.0, size=(30, 60))
    lda = fastvb.LatentDirichletAllocation(n_topics, max_iter=3, random_state=0).fit(counts)
    result = TopicsResult(
        source="$a_file$.txt", documents=30, words=60, tokens=int(counts.sum()),
        training_tokens=int(counts.sum()), n_components=n_topics, learning_method="batch",
        doc_topic_prior=0.1, topic_word_prior=0.1, seed=0, threads=2, converged=False,
        lower_bounds=list(lda.lower_bounds_), topics=[], held_out=None, coherence=None,
        passes=1, tokens_per_second=1.0, seconds={},
    )  # fmt: skip
    figure = topics_picture.picture(lda, result, top_words)
    *panels, trace = figure.axes
    assert len(panels) == min(n_topics, 100)
    assert len(panels[0].patches) == {None: 10, 2: 2, 500: 40}[top_words]
    assert trace.lines[0].get_ydata() == pytest.approx(lda.lower_bounds_ / counts.sum())
    (title,) = figure.subfigs[0].texts
    assert title.get_text().endswith(f"{n_topics} topics of $a_file$.txt")
    assert title.get_text().startswith("The heaviest 100 of") is (n_topics > 100)


@pytest.mark.parametrize("option", ["--save", "--plot", "--json"])
def test_unwritable_path_is_told_before_the_work(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "x.png"
    (tmp_path / "folder.png").mkdir()
    for path in (tmp_path / "folder.png", tmp_path / "no" / name, "", f"a\0{name}"):
        assert main(["topics", "no_such_file", option, str(path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        message = f"argument {option}: expected a file that can be written, got {path}".rstrip()
        assert err == f"fastvb topics: {message}\n"


@pytest.mark.parametrize("name", ["topics", "topics.gif", "topics.png.txt", ".png"])
def test_format_of_the_picture_is_told_before_the_work(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["topics", "no_such_file", "--plot", name]) == 2
    message = f"argument --plot: expected a name that ends in .png, .pdf, .svg, got {name}"
    assert capsys.readouterr() == ("", f"fastvb topics: {message}\n")


def test_missing_matplotlib_is_told_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["topics", "no_such_file", "--plot", "topics.png"]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "expected matplotlib, found none (pip install 'fastvb[plot]')" in err


def test_inputs_are_not_overwritten(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = text.read_bytes()
    assert run(text, "--json", tmp_path / "." / text.name) == 2
    assert "argument --json: expected a file of its own, got the input" in capsys.readouterr().err
    (tmp_path / "link.txt").symlink_to(text)
    assert run(text, "--save", tmp_path / "link.txt") == 2
    assert text.read_bytes() == before
    assert run(text, "--json", tmp_path / "a.png", "--plot", tmp_path / "a.png") == 2
    assert not (tmp_path / "a.png").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("option", ["--save", "--plot"])
def test_full_disk(
    option: str, text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "full.png"
    path.symlink_to("/dev/full")
    assert run(text, option, path) == 2
    out, err = capsys.readouterr()
    assert out.startswith("3 topics of")
    assert err == f"fastvb topics: argument {option}: {path}: No space left on device\n"
    assert Path("/dev/full").is_char_device()


def run_ascii(*arguments: str | bytes | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "fastvb", "topics", *arguments, *QUICK],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "30"},
        check=False,
    )


def test_ascii_terminal(text: Path) -> None:
    run = run_ascii(text)
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"stra?e" in run.stdout
    run = run_ascii(text, "--json", "-")
    words = {word for topic in json.loads(run.stdout)["topics"] for word in topic["words"]}
    assert words == set(WORDS)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes files")
def test_without_stdout(text: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.npz"
    command = [sys.executable, "-m", "fastvb", "topics", text, *QUICK, "--save", model]
    run = subprocess.run(
        f"{shlex.join(map(str, command))} >&-", shell=True, stderr=subprocess.PIPE, check=False
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert model.exists()


@pytest.mark.skipif(os.name != "posix", reason="needs file names of any bytes")
def test_name_that_is_no_text(text: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        os.rename(os.fsencode(text), name)
    except OSError:
        pytest.skip("the file system wants UTF-8")
    run = run_ascii(name, "--json", tmp_path / "out.json")
    assert (run.returncode, run.stderr) == (0, b"")
    source = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["source"]
    assert source.endswith("/caf\ufffd.txt")
