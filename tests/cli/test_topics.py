from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fastvb
from fastvb.cli import main, topics_learning
from fastvb.datasets import make_lda_corpus
from fastvb.metrics import coherence_npmi, completion_score

QUICK = ["--topics", "3", "--iterations", "12", "--quiet"]


@pytest.fixture(scope="module")
def ldac(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 documents of 40 words from 3 topics, with a vocabulary beside it."""
    counts = make_lda_corpus(60, 40, 3, document_length=30, random_state=0)[0].counts
    folder = tmp_path_factory.mktemp("corpus")
    path = folder / "corpus.ldac"
    with path.open("w") as file:
        for row in range(60):
            document = counts[[row]]
            pairs = zip(document.indices, document.data, strict=True)
            file.write(f"{document.nnz} {' '.join(f'{w}:{c}' for w, c in pairs)}\n")
    (folder / "words.txt").write_text("".join(f"word{i}\n" for i in range(40)))
    return path


def run_json(path: Path, *options: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert main(["topics", str(path), *QUICK, *options, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_report(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vocabulary = str(ldac.parent / "words.txt")
    assert main(["topics", str(ldac), *QUICK, "--vocabulary", vocabulary]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("3 topics of ")
    assert "60 documents (6 held out), 40 words, " in out
    assert all(len(line) <= 80 for line in lines if str(ldac) not in line)
    shown = [line.split()[0] for line in lines if "word1" in line or "word2" in line]
    assert sorted(shown) == list("012")
    for label in (
        "log likelihood of the words (nats",
        "log lik.",
        "perplexity",
        "NPMI",
        "tokens/s",
        "seconds",
    ):
        assert label in out


def test_json_schema(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_json(ldac, "--threads", "3", "--method", "batch", capsys=capsys)
    assert result["fastvb"] == fastvb.__version__
    assert set(result) == {
        "fastvb", "schema", "source", "documents", "words", "tokens", "training_tokens",
        "n_components", "learning_method", "doc_topic_prior", "topic_word_prior", "seed", "threads",
        "converged", "lower_bounds", "topics", "held_out", "coherence",
        "passes", "tokens_per_second", "seconds",
    }  # fmt: skip
    assert set(result["topics"][0]) == {"index", "weight", "words", "probabilities", "coherence"}
    counts = fastvb.datasets.read_corpus(ldac).counts
    assert (result["schema"], result["documents"], result["words"]) == (1, *counts.shape)
    assert (result["doc_topic_prior"], result["topic_word_prior"]) == (0.1, 0.1)
    assert result["threads"] == 3
    assert set(result["held_out"]) == {"documents", "score", "perplexity"}
    assert result["held_out"]["documents"] == 6
    assert result["held_out"]["perplexity"] == pytest.approx(np.exp(-result["held_out"]["score"]))
    assert set(result["seconds"]) == {"read", "fit", "score"}
    bounds = np.array(result["lower_bounds"])
    assert 1 <= len(bounds) <= 12
    assert (np.diff(bounds) >= 0).all()
    speed = result["training_tokens"] * len(bounds) / result["seconds"]["fit"]
    assert result["tokens_per_second"] == pytest.approx(speed)


def test_topics_are_those_of_the_estimator(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same split, fit, order and words, from the public interface."""
    result = run_json(ldac, "--seed", "5", "--held-out", "0.2", capsys=capsys)
    counts = fastvb.datasets.read_corpus(ldac).counts
    held = np.sort(np.random.default_rng(5).choice(60, 12, replace=False))
    training = counts[np.setdiff1d(np.arange(60), held)]
    lda = fastvb.LatentDirichletAllocation(
        3, doc_topic_prior=0.1, topic_word_prior=0.1, learning_method="collapsed", max_iter=12,
        random_state=5,
    ).fit(training)  # fmt: skip
    assert result["lower_bounds"] == list(lda.lower_bounds_)
    assert result["training_tokens"] == training.sum()
    expected = completion_score(lda, counts[held], random_state=5)
    assert result["held_out"]["score"] == pytest.approx(expected, rel=1e-12)
    coherence = coherence_npmi(lda, counts)
    assert result["coherence"] == pytest.approx(coherence.mean())
    weights = [topic["weight"] for topic in result["topics"]]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == pytest.approx(1.0)
    for topic in result["topics"]:
        probabilities = lda.topic_word_distribution()[topic["index"]]
        assert topic["probabilities"] == sorted(probabilities, reverse=True)[:20]
        assert topic["words"][0] == str(np.argmax(probabilities))
        assert topic["coherence"] == pytest.approx(coherence[topic["index"]])


def test_deterministic(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run_json(ldac, "--threads", "1", capsys=capsys)
    second = run_json(ldac, "--threads", "2", capsys=capsys)
    other = run_json(ldac, "--seed", "1", capsys=capsys)
    for name in ("lower_bounds", "topics", "held_out"):
        assert first[name] == second[name]
        assert first[name] != other[name]


def test_priors_are_passed_on(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_json(ldac, "--alpha", "0.5", "--eta", "0.25", capsys=capsys)
    assert (result["doc_topic_prior"], result["topic_word_prior"]) == (0.5, 0.25)


def test_without_held_out_documents(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_json(ldac, "--held-out", "0", capsys=capsys)
    assert result["held_out"] is None
    assert result["training_tokens"] == result["tokens"]
    assert main(["topics", str(ldac), *QUICK, "--held-out", "0"]) == 0
    assert "perplexity" not in capsys.readouterr().out


def test_text_is_pruned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "text.txt"
    lines = ["the ant eats leaves", "an ant likes leaves", "the bee eats honey", "one bee, honey"]
    path.write_text("\n".join(lines * 5 + ["singular"]))
    result = run_json(path, capsys=capsys)
    assert set(result["topics"][0]["words"]) == {"ant", "bee", "eats", "honey", "leaves", "likes"}
    assert result["words"] == 6
    result = run_json(path, "--min-df", "6", capsys=capsys)
    assert set(result["topics"][0]["words"]) == {"ant", "bee", "eats", "honey", "leaves"}
    result = run_json(path, "--max-df", "0.3", "--min-df", "1", capsys=capsys)
    assert set(result["topics"][0]["words"]) == {"likes", "singular"}


def test_given_vocabulary_is_taken_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, words = tmp_path / "text.txt", tmp_path / "words.txt"
    path.write_text("the ant and the bee\n" * 4 + "the ant\n")
    words.write_text("the\nant\nbee\ncow\n")
    result = run_json(path, "--vocabulary", str(words), "--held-out", "0", capsys=capsys)
    assert set(result["topics"][0]["words"]) == {"the", "ant", "bee", "cow"}


def test_format_and_number_of_words(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_json(ldac, "--words", "50", capsys=capsys)["words"] == 50
    assert run_json(ldac, "--words", "50", capsys=capsys)["topics"][0]["words"][0].isdecimal()
    assert main(["topics", str(ldac), *QUICK, "--format", "text"]) == 2
    assert "expected at least one word, got none" in capsys.readouterr().err


TEXTS = ["ant bee ant leaf", "bee leaf cow", "cow ant bee", "leaf cow cow"] * 3


def write_folder(path: Path) -> None:
    path.mkdir()
    for i, text in enumerate(TEXTS):
        (path / f"{i}.txt").write_text(text)


def write_lines(path: Path) -> None:
    path.write_text("\n".join(TEXTS))


def write_tsv(path: Path) -> None:
    path.write_text("\n".join(["name\ttext", *(f"n\t{text}" for text in TEXTS)]))


@pytest.mark.parametrize(
    ("name", "write", "options"),
    [
        ("folder", write_folder, []),
        ("lines.txt", write_lines, []),
        ("table.tsv", write_tsv, ["--text-column", "text"]),
    ],
)
def test_texts(
    name: str,
    write: Callable[[Path], None],
    options: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path / name)
    result = run_json(tmp_path / name, *options, "--max-df", "1.0", capsys=capsys)
    assert set(result["topics"][0]["words"]) == {"ant", "bee", "leaf", "cow"}
    assert (result["documents"], result["tokens"]) == (12, 39)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mtx", "%%MatrixMarket matrix coordinate real general\n2 3 2\n1 1 2.5\n2 3 12\n"),
        ("a.svm", "1 1:2.5\n-1 3:12\n"),
    ],
)
def test_fractional_counts(
    name: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert main(["topics", str(path), *QUICK]) == 2
    err = capsys.readouterr().err
    assert "expected whole counts in held-out documents" in err
    result = run_json(path, "--held-out", "0", capsys=capsys)
    assert result["documents"] == 2
    assert result["training_tokens"] == 15  # 14.5


@pytest.mark.parametrize(("largest", "status"), [("1e-300", 0), ("1.7e308", 2)])
def test_counts_at_the_ends_of_the_scale(
    largest: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.svm"
    path.write_text(f"1 1:{largest}\n1 2:{largest}\n")
    assert main(["topics", str(path), "--topics", "1", "--quiet", "--held-out", "0"]) == status
    out, err = capsys.readouterr()
    assert ("0.0%" in out) == (status == 0)
    assert ("expected counts with a finite sum" in err) == (status == 2)


def test_documents_that_leave_no_token_to_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "strangers.ldac"
    path.write_text("".join(f"1 {word}:2\n" for word in range(10)))
    result = run_json(path, capsys=capsys)
    assert result["held_out"] == {"documents": 1, "score": None, "perplexity": None}
    assert len(result["topics"]) == 3


def test_one_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.ldac"
    path.write_text("1 0:5\n" * 9)
    result = run_json(path, "--topics", "2", "--held-out", "0", capsys=capsys)
    assert result["coherence"] is None
    assert [topic["coherence"] for topic in result["topics"]] == [None, None]


def test_more_topics_than_memory(
    ldac: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(topics_learning, "_memory", lambda: 1e3)
    assert main(["topics", str(ldac), *QUICK]) == 2
    assert "--topics: expected fewer, got 3: they need" in capsys.readouterr().err
    monkeypatch.setattr(topics_learning, "_memory", lambda: 1e6)
    assert main(["topics", str(ldac), *QUICK]) == 0


def test_json_file(ldac: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.json"
    assert main(["topics", str(ldac), *QUICK, "--json", str(path)]) == 0
    assert "top words" in capsys.readouterr().out
    assert json.loads(path.read_text(encoding="utf-8"))["n_components"] == 3


@pytest.mark.usefixtures("python_docs_read_once")
def test_python_docs_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", "--topics", "4", "--iterations", "2"]) == 0
    out, err = capsys.readouterr()
    assert "4 topics of the documentation strings of Python 3." in out
    assert err.splitlines()[0].startswith("the documentation strings of Python 3.")
    assert [line.split()[:2] for line in err.splitlines()[1:]] == [
        ["iteration", "1/2"],
        ["iteration", "2/2"],
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "fastvb: the following arguments are required: COMMAND (see fastvb --help)"),
        (["topic"], "fastvb: argument COMMAND: invalid choice: 'topic'"),
        (["topics", "--topics", "0"], "--topics: expected an integer from 1 to 100000, got 0"),
        (["topics", "--topics", "2.5"], "--topics: expected an integer from 1 to 100000, got 2.5"),
        (["topics", "--topics", "100000000000"], "--topics: expected an integer from 1 to 100000"),
        (["topics", "--seed", "4294967296"], "--seed: expected an integer from 0 to 4294967295"),
        (["topics", "--threads", "5000"], "--threads: expected an integer from 1 to 1024, got"),
        (["topics", "--min-df", "9" * 400], "--min-df: expected an integer from 0 to 1000000000"),
        (["topics", "--json", ""], "--json: expected a file that can be written"),
        (["topics", "--topics"], "argument --topics: expected one argument"),
        (
            ["topics", "--alpha", "-1"],
            "--alpha: expected a positive number from 1e-09 to 1e+09, got -1",
        ),
        (
            ["topics", "--eta", "nan"],
            "--eta: expected a positive number from 1e-09 to 1e+09, got nan",
        ),
        (["topics", "--alpha", "teach"], "--alpha: expected a positive number from 1e-09 to"),
        (["topics", "--learning-decay", "2"], "--learning-decay: expected a number from 0 to 1"),
        (["topics", "--learning-offset", "0"], "--learning-offset: expected a number from 1 to"),
        (["topics", "--resume"], "--resume: expected a --checkpoint FILE that it belongs to"),
        (["topics", "--checkpoint-every", "2"], "--checkpoint-every: expected a --checkpoint FILE"),
        (["topics", "--checkpoint", "no/x"], "--checkpoint: expected a file that can be written"),
        (["topics", "--alpha", "1e-320"], "--alpha: expected a positive number from 1e-09 to"),
        (["topics", "--eta", "1e308"], "--eta: expected a positive number from 1e-09 to 1e+09"),
        (["topics", "--held-out", "1"], "--held-out: expected a number from 0 to below 1, got 1"),
        (["topics", "--max-df", "1.5"], "--max-df: expected a number of documents"),
        (
            ["topics", "--method", "svi"],
            "--method: expected collapsed, batch, online, structured, structured-full, memoized",
        ),
        (["topics", "--vocabulary", "words"], "--vocabulary: expected a FILE that it belongs to"),
        (["topics", "--words", "9"], "--words: expected a FILE that it belongs to"),
        (["topics", "--text-column", "1"], "--text-column: expected a FILE that it belongs to"),
        (["topics", "--format", "text"], "--format: expected a FILE that it belongs to"),
        (
            ["topics", "--topics", "99000", "--quiet"],
            "--topics: expected fewer, got 99000: the documents to",
        ),
        (["topics", "--json", "no/such/folder/x"], "--json: expected a file that can be written"),
        (["topics", "--json", "."], "--json: expected a file that can be written"),
        (["topics", "--quiet", "--progress"], "not allowed with argument --quiet"),
        (["topics", "a", "b"], "unrecognized arguments: b"),
        (["topics", "no_such_file"], "fastvb topics: no_such_file: No such file or directory"),
    ],
)
def test_wrong_usage(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("2 0:1 1:1\n2 0:1\n", [], "line 2: expected 2 id:count pairs, got 1"),
        ("2 0:1 1:1\n", ["--vocabulary", "nowhere"], "nowhere: No such file or directory"),
        ("caf\xe9 au lait\n", [], "line 1: expected utf-8 text"),
        ("some words\n", ["--encoding", "klingon"], "unknown encoding: klingon"),
        ("some words\nother things\n", [], "lower --min-df or raise --max-df"),
        ("some words\nother things\n", ["--format", "klingon"], "Expected --format to be one of"),
        ("some words\nother things\n", ["--words", "9"], "Expected --words=None for a text file"),
        ("2 0:1 8:1\n2 0:1 1:1\n", ["--words", "3"], "got "),
        ("1 0:2\n1 0:2\n", ["--held-out", "0.9"], "expected a word in the documents to fit"),
        ("0\n0\n", [], "expected at least one word, got none"),
    ],
)
def test_unreadable_input(
    tmp_path: Path,
    content: str,
    options: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / ("corpus.ldac" if ":" in content or "0" in content else "corpus.txt")
    path.write_bytes(content.encode("latin-1"))
    assert main(["topics", str(path), "--quiet", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "the fit does not fit in memory: expected fewer topics, got --topics 3"),
        (FloatingPointError("not finite."), "not finite. (--alpha 0.1, --eta 0.1)"),
    ],
)
def test_fit_beyond_the_machine(
    ldac: Path,
    error: Exception,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(fastvb.LatentDirichletAllocation, "fit", fail)
    assert main(["topics", str(ldac), *QUICK]) == 2
    assert capsys.readouterr() == ("", f"fastvb topics: {message}\n")


@pytest.mark.parametrize("option", ["--alpha", "--eta"])
@pytest.mark.parametrize("prior", ["1e-9", "1e9"])
def test_extreme_priors(
    ldac: Path, option: str, prior: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run_json(ldac, option, prior, capsys=capsys)
    assert np.isfinite(result["lower_bounds"]).all()
    assert np.isfinite(result["held_out"]["perplexity"])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_full_disk(ldac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report of a fit is not lost with its file."""
    assert main(["topics", str(ldac), *QUICK, "--json", "/dev/full"]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("3 topics of ")
    assert err == "fastvb topics: argument --json: /dev/full: No space left on device\n"
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "fastvb", "topics", ldac, *QUICK],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    message = "fastvb: the output cannot be written: No space left on device\n"
    assert (run.returncode, run.stderr) == (2, message)


def test_interrupt(
    ldac: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fastvb.LatentDirichletAllocation, "fit", interrupt)
    assert main(["topics", str(ldac), *QUICK]) == 130
    assert capsys.readouterr() == ("", "fastvb: interrupted\n")


def test_bug_is_not_taken_for_wrong_input(ldac: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(fastvb.LatentDirichletAllocation, "fit", fail)
    with pytest.raises(ValueError, match="a bug"):
        main(["topics", str(ldac), *QUICK])


def test_installed_script(ldac: Path) -> None:
    script = Path(sys.executable).with_name("fastvb")
    run = subprocess.run(
        [script, "topics", ldac, *QUICK],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "60", "PYTHONIOENCODING": "utf-8"},
        check=True,
    )
    assert run.stdout.startswith("3 topics of")
    assert run.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="needs a pipe that closes")
def test_reader_that_leaves(ldac: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "fastvb", "topics", ldac, *QUICK],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (run.returncode, run.stderr) == (141, "")


@pytest.mark.real_data
def test_ap(shared_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    vocabulary = str(shared_data("ap/vocab.txt"))
    options = ["--topics", "10", "--iterations", "8", "--vocabulary", vocabulary]
    result = run_json(shared_data("ap/ap.dat.gz"), *options, capsys=capsys)
    assert (result["documents"], result["tokens"]) == (2246, 435838)
    words = {word for topic in result["topics"] for word in topic["words"]}
    assert {"bush", "soviet", "percent", "police"} <= words
    assert -8.5 < result["held_out"]["score"] < -6.5
