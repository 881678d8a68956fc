"""The text that ``fastvb topics`` prints."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator

from fastvb.cli.report_parts import (
    BAR_WIDTH,
    PERCENT_WIDTH,
    bar,
    bounded,
    count,
    figures,
    printable,
    rounded,
    trace,
)
from fastvb.cli.topics_result import TopicsResult

__all__ = ["report"]

_EXACT = "bound (ELBO, nats) after iteration"
_TRACES = {  # what lower_bounds_ are, where they are not that
    "collapsed": "log likelihood of the words (nats; no bound) after iteration",
    "online": "estimated bound (ELBO, nats) after iteration",
    "structured": "estimated bound (ELBO, nats) after iteration",
    "structured-full": "estimated bound (ELBO, nats) after iteration",
    "streaming": "bound (ELBO, nats) of batch, given those before",
}


def report(
    result: TopicsResult, width: int, top_words: int | None = None, blocks: bool = True
) -> list[str]:
    """Lines of at most `width` columns: head, topics, bound, figures.

    `top_words` None shows as many words as fit on a line; `blocks` says whether the terminal can
    show block characters.
    """
    width = bounded(width)
    sections = (
        _head(result, width),
        _table(result, width, top_words, blocks),
        _trace(result, width),
        figures(_figure_rows(result), width),
    )
    return [line.rstrip() for section in sections for line in (*section, "")][:-1]


def _head(result: TopicsResult, width: int) -> Iterator[str]:
    title = f"{count(result.n_components, 'topic')} of {printable(result.source)}"
    yield from textwrap.wrap(title, width, break_on_hyphens=False)
    held_out = f" ({result.held_out.documents:,} held out)" if result.held_out else ""
    sizes = (
        count(result.documents, "document") + held_out,
        count(result.words, "word"),
        count(result.tokens, "token"),
    )
    yield from textwrap.wrap(", ".join(sizes), width)


def _table(result: TopicsResult, width: int, top_words: int | None, blocks: bool) -> Iterator[str]:
    number = len("topic")
    indent = number + 2 + PERCENT_WIDTH + 1 + BAR_WIDTH + 2
    yield f"topic  {'weight':<{PERCENT_WIDTH + 1 + BAR_WIDTH}}  top words"
    heaviest = result.topics[0].weight
    for topic in result.topics:
        share = topic.weight / heaviest if heaviest > 0 else 0.0
        words = [printable(word) for word in topic.words]
        lines = list(_fill(words[:top_words], width - indent))
        shown = lines[:1] if top_words is None else lines
        weight = f"{topic.weight:>{PERCENT_WIDTH}.1%} {bar(share, blocks)}"
        yield f"{topic.index:>{number}}  {weight}  {shown[0]}"
        for line in shown[1:]:
            yield " " * indent + line


def _fill(words: list[str], width: int) -> Iterator[str]:
    """Words joined into lines of at most `width` columns, a longer word alone on its line."""
    line = words[0]
    for word in words[1:]:
        if _columns(line) + 1 + _columns(word) > width:
            yield line
            line = word
        else:
            line += " " + word
    yield line


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _trace(result: TopicsResult, width: int) -> Iterator[str]:
    bounds = result.lower_bounds
    yield _TRACES.get(result.learning_method, _EXACT)
    yield from trace(bounds, width)


def _figure_rows(result: TopicsResult) -> Iterator[tuple[str, str, str]]:
    """(name, figure, what it is)."""
    yield _objective(result)
    held = result.held_out
    if held is not None and held.score is not None:
        remark = f"nats per completed token; perplexity {held.perplexity:,.1f}"
        yield "held-out", f"{held.score:.4f}", remark
    elif held is not None:
        yield "held-out", "none", "these documents leave no token to score"
    if result.coherence is not None:
        remark = "mean NPMI of the topics' top words"
        yield "coherence", f"{result.coherence:.4f}", remark
    tokens, fit = result.training_tokens, result.seconds["fit"]
    remark = f"{count(tokens, 'token')} x {count(result.passes, 'pass')} / {fit:.2f} s"
    yield "tokens/s", rounded(result.tokens_per_second), remark
    phases = ", ".join(f"{name} {value:.2f}" for name, value in result.seconds.items())
    remark = f"{phases}; {count(result.threads, 'thread')}"
    yield "seconds", f"{sum(result.seconds.values()):.2f}", remark


def _objective(result: TopicsResult) -> tuple[str, str, str]:
    """What the fit has reached of what it strives for."""
    tokens, bounds = result.training_tokens, result.lower_bounds
    if result.learning_method == "streaming":
        name, value, ending = "ELBO", sum(bounds), f"sum over {count(len(bounds), 'batch')}"
    else:
        name = "log lik." if result.learning_method == "collapsed" else "ELBO"
        value, verb = bounds[-1], "converged" if result.converged else "stopped"
        ending = f"{verb} after {count(len(bounds), 'iteration')}"
    return name, f"{value:,.1f}", f"{value / tokens:.4f} nats per token; {ending}"
