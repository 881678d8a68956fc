"""Learning methods of the command line, corpora that stay on disk, checkpoints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastvb
from fastvb.cli import main
from fastvb.cli.topics_report import report
from fastvb.cli.topics_result import HeldOut, Topic, TopicsResult
from fastvb.datasets import Corpus, CorpusFile, make_lda_corpus
from fastvb.metrics import completion_score

METHODS = (
    "collapsed", "batch", "online", "structured", "structured-full", "memoized", "streaming",
)  # fmt: skip
SHORT = ["--topics", "3", "--iterations", "4", "--batch-size", "16"]
COUNTS = make_lda_corpus(60, 40, 3, document_length=30, random_state=0)[0].counts
WORDS = np.array([f"word{i}" for i in range(40)], dtype=object)


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    path = tmp_path / "corpus.fvb"
    CorpusFile.write(path, Corpus(COUNTS, WORDS)).close()
    return str(path)


@pytest.fixture
def run(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any] | None, str]]:
    """Run the command on the file; status, JSON, and what stderr has got."""

    def run_topics(*options: str) -> tuple[int, dict[str, Any] | None, str]:
        status = main(["topics", corpus, *SHORT, "--json", "-", *options])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else None, err

    return run_topics


def estimator(method: str, **parameters: Any) -> fastvb.LatentDirichletAllocation:
    defaults: dict[str, Any] = {"doc_topic_prior": 0.1, "topic_word_prior": 0.1}
    return fastvb.LatentDirichletAllocation(
        3, learning_method=method, max_iter=4, batch_size=16, random_state=0,
        **(defaults | parameters),
    )  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_a_corpus_file_is_fitted_but_for_its_last_documents(method: str, run: Any) -> None:
    status, result, err = run("--method", method, "--quiet")
    assert (status, err) == (0, "")
    assert (result["documents"], result["words"], result["tokens"]) == (60, 40, COUNTS.sum())
    assert result["learning_method"] == method
    assert result["training_tokens"] == COUNTS[:54].sum()
    assert (result["held_out"]["documents"], result["coherence"]) == (6, None)
    assert result["topics"][0]["words"][0].startswith("word")


@pytest.mark.parametrize("method", METHODS)
def test_topics_are_those_of_the_estimator(
    method: str, run: Any, corpus: str, tmp_path: Path
) -> None:
    save = tmp_path / "model.npz"
    options = ["--learning-decay", "0.6", "--learning-offset", "2", "--quiet", "--save", str(save)]
    result = run("--method", method, *options)[1]
    with CorpusFile(corpus, stop=54) as training:
        lda = estimator(method, learning_decay=0.6, learning_offset=2).fit(training)
    assert result["lower_bounds"] == list(lda.lower_bounds_)
    assert result["held_out"]["score"] == completion_score(lda, COUNTS[54:], random_state=0)
    again = fastvb.LatentDirichletAllocation.load(save)
    np.testing.assert_array_equal(again.components_, lda.components_)
    assert [*again.feature_names_in_] == [*WORDS]


def test_collapsed_by_default(run: Any) -> None:
    assert run("--quiet")[1] == {
        **run("--quiet", "--method", "collapsed")[1],
        "seconds": pytest.approx({"read": 1, "fit": 1, "score": 1}, abs=9),
        "tokens_per_second": pytest.approx(0, abs=1e12),
    }


def test_learned_priors(run: Any) -> None:
    options = ["--method", "batch", "--alpha", "learn", "--eta", "learn", "--quiet"]
    result = run(*options)[1]
    lda = estimator("batch", doc_topic_prior="learn", topic_word_prior="learn").fit(
        COUNTS[:54].astype("f4")
    )
    assert result["doc_topic_prior"] == lda.doc_topic_prior_.tolist()
    assert result["topic_word_prior"] == lda.topic_word_prior_
    status, _, err = run("--method", "memoized", "--eta", "learn-vector", "--quiet")
    assert status == 2
    assert err.startswith("fastvb topics: Expected --eta='learn' with --method='memoized', ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [["--min-df", "2"], ["--max-df", "0.5"], ["--words", "50"], ["--vocabulary", "words"]],
)
def test_words_of_a_corpus_file_are_its_own(options: list[str], run: Any) -> None:
    status, _, err = run(*options)
    assert status == 2
    assert f"argument {options[0]}: expected another FILE" in err


def test_damaged_file(run: Any, corpus: str) -> None:
    content = bytearray(Path(corpus).read_bytes())
    content[200:400] = b"\xff" * 200  # word ids
    Path(corpus).write_bytes(content)
    status, _, err = run("--quiet")
    assert status == 2
    assert len(err.splitlines()) == 1


def test_fractions(run: Any, corpus: str) -> None:
    CorpusFile.write(corpus, COUNTS * 0.5).close()
    status, _, err = run()
    assert status == 2
    assert "expected whole counts in held-out documents" in err
    status, result, _ = run("--held-out", "0", "--quiet")
    assert (status, result["held_out"]) == (0, None)


@pytest.mark.parametrize("method", METHODS)
def test_interrupted_run_goes_on(
    method: str, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("--method", method, "--quiet")[1]
    state = tmp_path / "state"
    options = ["--method", method, "--checkpoint", str(state)]
    lines = run(*options, "--checkpoint-every", "1")[2].splitlines()
    state.unlink()

    def interrupt(_callback: Any, n: int = 2) -> Any:
        def show(state: Any) -> None:
            if state.n_iter == n:
                raise KeyboardInterrupt

        return show

    with monkeypatch.context() as patch:
        real = fastvb.LatentDirichletAllocation.fit

        def fit(self: Any, *args: Any, **parameters: Any) -> Any:
            self.callback = interrupt(self.callback)
            return real(self, *args, **parameters)

        patch.setattr(fastvb.LatentDirichletAllocation, "fit", fit)
        status, _, err = run(*options, "--quiet")
    assert status == 130
    hint = f"the same command with --resume goes on from {state}"
    assert err == f"fastvb: interrupted; {hint}\n"
    status, result, err = run(*options, "--resume")
    assert status == 0
    assert result["lower_bounds"] == expected["lower_bounds"]
    assert result["topics"] == expected["topics"]
    done = err.splitlines()[1:]
    assert [line[:12] for line in done] == [line[:12] for line in lines[-len(done) :]]
    assert 0 < len(done) < len(lines) - 1
    if method != "streaming":
        speed = result["training_tokens"] * len(done) / result["seconds"]["fit"]
        assert result["tokens_per_second"] == pytest.approx(speed)


def test_checkpoint_of_another_run(run: Any, tmp_path: Path) -> None:
    options = ["--checkpoint", str(tmp_path / "state"), "--quiet"]
    assert run(*options)[0] == 0
    status, _, err = run(*options, "--resume", "--alpha", "0.2")
    assert status == 2
    assert "got one with --alpha=0.1 where this fit has --alpha=0.2" in err
    assert len(err.splitlines()) == 1
    (tmp_path / "state").write_bytes(b"something else")
    status, _, err = run(*options, "--resume")
    assert status == 2
    assert len(err.splitlines()) == 1


def test_interrupt_before_the_first_checkpoint(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_args: Any, **_parameters: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fastvb.LatentDirichletAllocation, "fit", interrupt)
    status, _, err = run("--checkpoint", str(tmp_path / "state"), "--quiet")
    assert (status, err) == (130, "fastvb: interrupted\n")


@pytest.mark.parametrize(
    ("method", "head", "figure"),
    [
        (
            "batch",
            "bound (ELBO, nats) after iteration",
            "ELBO -200.0 -2.0000 nats per token;",
        ),
        ("online", "estimated bound (ELBO, nats)", "ELBO -200.0 -2.0000 nats per token;"),
        ("collapsed", "log likelihood of the words", "log lik. -200.0 -2.0000 nats per token;"),
        ("streaming", "of batch, given those before", "sum over 3 batches"),
    ],
)
def test_report_says_what_the_trace_is(method: str, head: str, figure: str) -> None:
    result = TopicsResult(
        source="x", documents=2, words=3, tokens=100, training_tokens=100, n_components=1,
        learning_method=method, doc_topic_prior=0.1, topic_word_prior=0.1, seed=0, threads=1,
        converged=False, lower_bounds=[-500.0, -300.0, -200.0],
        topics=[Topic(0, 1.0, ["ant"], [1.0], None)], held_out=HeldOut(2, -1.0, 2.7),
        coherence=None, passes=3, tokens_per_second=150.0,
        seconds={"read": 1.0, "fit": 2.0, "score": 0.0},
    )  # fmt: skip
    text = " ".join(" ".join(report(result, 100)).split())
    assert head in text
    assert figure in text
    assert ("-1,000.0" in text) == (method == "streaming")
    assert "100 tokens x 3 passes / 2.00 s" in text


def test_progress_of_streaming_counts_batches(run: Any) -> None:
    lines = run("--method", "streaming")[2].splitlines()
    assert lines[0].endswith("corpus.fvb: 60 documents, 40 words, 1,873 tokens")
    assert [line.split()[:3] for line in lines[1:]] == [
        ["batch", f"{n}/4", "bound"] for n in range(1, 5)
    ]
    assert "per token" not in lines[1]
    lines = run("--method", "collapsed")[2].splitlines()
    assert "log likelihood -" in lines[1]
    assert "per token" in lines[1]
