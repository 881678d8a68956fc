"""The text that ``fastvb topics`` prints."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator

from fastvb.cli.topics_result import TopicsResult

__all__ = ["report"]

_WIDEST, _NARROWEST = 120, 40
_PERCENT = 6  # columns of "100.0%"
_BAR = 8  # columns of a weight bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"

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
    width = min(max(width, _NARROWEST), _WIDEST)
    sections = (
        _head(result, width),
        _table(result, width, top_words, blocks),
        _trace(result, width),
        _figures(result, width),
    )
    return [line.rstrip() for section in sections for line in (*section, "")][:-1]


def _head(result: TopicsResult, width: int) -> Iterator[str]:
    title = f"{_count(result.n_components, 'topic')} of {_printable(result.source)}"
    yield from textwrap.wrap(title, width, break_on_hyphens=False)
    held_out = f" ({result.held_out.documents:,} held out)" if result.held_out else ""
    sizes = (
        _count(result.documents, "document") + held_out,
        _count(result.words, "word"),
        _count(result.tokens, "token"),
    )
    yield from textwrap.wrap(", ".join(sizes), width)


def _table(result: TopicsResult, width: int, top_words: int | None, blocks: bool) -> Iterator[str]:
    number = len("topic")
    indent = number + 2 + _PERCENT + 1 + _BAR + 2
    yield f"topic  {'weight':<{_PERCENT + 1 + _BAR}}  top words"
    heaviest = result.topics[0].weight
    for topic in result.topics:
        bar = _bar(topic.weight / heaviest if heaviest > 0 else 0.0, blocks)
        words = [_printable(word) for word in topic.words]
        lines = list(_fill(words[:top_words], width - indent))
        shown = lines[:1] if top_words is None else lines
        yield f"{topic.index:>{number}}  {topic.weight:>{_PERCENT}.1%} {bar}  {shown[0]}"
        for line in shown[1:]:
            yield " " * indent + line


def _bar(share: float, blocks: bool) -> str:
    """A bar of `share` of the column's width, in eighths of a character where blocks print."""
    if not blocks:
        return ("=" * max(1, round(share * _BAR))).ljust(_BAR)
    full, eighths = divmod(max(1, round(share * _BAR * 8)), 8)
    return ("█" * full + _EIGHTHS[eighths]).rstrip().ljust(_BAR)


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


def _printable(word: str) -> str:
    """A word of a vocabulary file may hold anything; a terminal obeys control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in word)


def _trace(result: TopicsResult, width: int) -> Iterator[str]:
    bounds = result.lower_bounds
    yield _TRACES.get(result.learning_method, _EXACT)
    cell = max(len(f"{bound:,.0f}") for bound in bounds) + 2
    shown = _milestones(len(bounds), max(width // cell, 2))
    yield "".join(f"{n:>{cell},}" for n in shown)
    yield "".join(f"{bounds[n - 1]:>{cell},.0f}" for n in shown)


def _milestones(last: int, most: int) -> list[int]:
    """At most `most` of 1, 2, 3, 5, 10, 20, 30, 50, ..., spread evenly, with `last` at the end."""
    steps = [lead * 10**power for power in range(len(str(last))) for lead in (1, 2, 3, 5)]
    steps = [step for step in steps if step < last]
    n_shown = min(len(steps), most - 1)
    chosen = [steps[i * (len(steps) - 1) // max(n_shown - 1, 1)] for i in range(n_shown)]
    return [*chosen, last]


def _figures(result: TopicsResult, width: int) -> Iterator[str]:
    rows = list(_figure_rows(result))
    label, value = (max(len(row[i]) for row in rows) for i in (0, 1))
    for name, figure, remark in rows:
        start = f"{name:<{label}}  {figure:>{value}}  "
        yield from textwrap.wrap(start + remark, width, subsequent_indent=" " * len(start))


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
    remark = f"{_count(tokens, 'token')} x {_count(result.passes, 'pass')} / {fit:.2f} s"
    yield "tokens/s", _rounded(result.tokens_per_second), remark
    phases = ", ".join(f"{name} {value:.2f}" for name, value in result.seconds.items())
    remark = f"{phases}; {_count(result.threads, 'thread')}"
    yield "seconds", f"{sum(result.seconds.values()):.2f}", remark


def _objective(result: TopicsResult) -> tuple[str, str, str]:
    """What the fit has reached of what it strives for."""
    tokens, bounds = result.training_tokens, result.lower_bounds
    if result.learning_method == "streaming":
        name, value, ending = "ELBO", sum(bounds), f"sum over {_count(len(bounds), 'batch')}"
    else:
        name = "log lik." if result.learning_method == "collapsed" else "ELBO"
        value, verb = bounds[-1], "converged" if result.converged else "stopped"
        ending = f"{verb} after {_count(len(bounds), 'iteration')}"
    return name, f"{value:,.1f}", f"{value / tokens:.4f} nats per token; {ending}"


def _rounded(value: float) -> str:
    """Three significant digits: a timing has no more."""
    return f"{float(f'{value:.3g}'):,.0f}"


def _count(n: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"
