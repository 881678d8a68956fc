from __future__ import annotations

import dataclasses

import pytest

from fastvb.cli.topics_report import report
from fastvb.cli.topics_result import HeldOut, Topic, TopicsResult


@pytest.fixture
def result() -> TopicsResult:
    words = [f"{letter}{'o' * (i % 7)}" for i, letter in enumerate("abcdefghijklmnopqrst")]
    weights = [0.5, 0.25, 0.2, 0.05]
    return TopicsResult(
        source="a_file.txt",
        documents=2_288,
        words=1,
        tokens=96_716,
        training_tokens=87_000,
        n_components=4,
        learning_method="batch",
        doc_topic_prior=0.1,
        topic_word_prior=0.1,
        seed=0,
        threads=2,
        converged=True,
        lower_bounds=[-1e6 / n for n in range(1, 38)],
        topics=[Topic(k, weight, words, [0.05] * 20, 0.1) for k, weight in enumerate(weights)],
        held_out=HeldOut(229, -6.65, 772.8),
        coherence=0.1234,
        passes=37,
        tokens_per_second=1_234_567.0,
        seconds={"read": 1.5, "fit": 2.0, "score": 0.25},
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
@pytest.mark.parametrize("top_words", [None, 1, 10, 20])
def test_lines_fit(result: TopicsResult, width: int, top_words: int | None) -> None:
    lines = report(result, width, top_words)
    assert max(map(len, lines)) <= width
    assert not any(line != line.rstrip() for line in lines)


def test_words_of_a_topic(result: TopicsResult) -> None:
    words = result.topics[0].words

    def shown(width: int, top_words: int | None) -> list[str]:
        lines = report(result, width, top_words)
        start = next(i for i, line in enumerate(lines) if line.strip().startswith("1 "))
        end = next(i for i, line in enumerate(lines) if line.strip().startswith("2 "))
        return " ".join(lines[start:end]).split()[3:]

    assert shown(120, None) == words[: len(shown(120, None))]
    assert len(shown(120, None)) > len(shown(80, None)) > 5
    assert shown(60, 20) == words  # continued on further lines
    assert shown(80, 3) == words[:3]


def test_bars_are_proportional(result: TopicsResult) -> None:
    bars = [line.split()[2] for line in report(result, 80) if "%" in line]
    assert bars == ["████████", "████", "███▎", "▊"]
    bars = [line.split()[2] for line in report(result, 80, blocks=False) if "%" in line]
    assert bars == ["========", "====", "===", "="]


def test_figures(result: TopicsResult) -> None:
    text = "\n".join(report(result, 80))
    assert "2,288 documents (229 held out), 1 word, 96,716 tokens" in text
    assert "-27,027.0  -0.3107 nats per token; converged after 37 iterations" in text
    assert "-6.6500  nats per completed token; perplexity 772.8" in text
    assert "0.1234  mean NPMI" in text
    assert "1,230,000  87,000 tokens x 37 passes / 2.00 s" in text
    assert "3.75  read 1.50, fit 2.00, score 0.25; 2 threads" in text
    stopped = dataclasses.replace(result, converged=False, held_out=None, coherence=None)
    text = "\n".join(report(stopped, 80))
    assert "stopped after 37 iterations" in text
    assert "2,288 documents, 1 word" in text
    assert "perplexity" not in text
    assert "coherence" not in text
    unscored = dataclasses.replace(result, held_out=HeldOut(1, None, None))
    assert "none  these documents leave no token" in "\n".join(report(unscored, 80))


@pytest.mark.parametrize(
    ("n_iterations", "width", "shown"),
    [
        (1, 80, [1]),
        (3, 80, [1, 2, 3]),
        (37, 120, [1, 2, 3, 5, 10, 20, 30, 37]),
        (37, 40, [1, 30, 37]),
        (1000, 120, [1, 2, 3, 10, 20, 30, 100, 200, 500, 1000]),
    ],
)
def test_trace(result: TopicsResult, n_iterations: int, width: int, shown: list[int]) -> None:
    bounds = [-1e6 / n for n in range(1, n_iterations + 1)]
    lines = report(dataclasses.replace(result, lower_bounds=bounds), width)
    start = next(i for i, line in enumerate(lines) if line.startswith("bound")) + 1
    assert [int(cell.replace(",", "")) for cell in lines[start].split()] == shown
    assert lines[start + 1].split() == [f"{bounds[n - 1]:,.0f}" for n in shown]


def test_words_cannot_command_the_terminal(result: TopicsResult) -> None:
    topic = dataclasses.replace(result.topics[0], words=["\x1b[31mred", "日本"])
    text = "\n".join(report(dataclasses.replace(result, topics=[topic]), 80))
    assert "\x1b" not in text
    assert "?[31mred 日本" in text


def test_wide_letters_count_twice(result: TopicsResult) -> None:
    topic = dataclasses.replace(result.topics[0], words=["日本語"] * 20)
    lines = report(dataclasses.replace(result, topics=[topic]), 80)
    line = next(line for line in lines if "日本語" in line)
    assert len(line) + 3 * line.count("日本語") <= 80
    assert line.count("日本語") > 5
