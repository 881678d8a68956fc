"""What the reports of all commands are made of: bars, traces, figures, numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

__all__ = [
    "BAR_WIDTH", "PERCENT_WIDTH", "bar", "bounded", "count", "figures", "printable", "rounded",
    "trace",
]  # fmt: skip

PERCENT_WIDTH = 6  # columns of "100.0%"
BAR_WIDTH = 8  # columns of a weight bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_WIDEST, _NARROWEST = 120, 40


def bounded(width: int) -> int:
    """The width of a report in a terminal of this width."""
    return min(max(width, _NARROWEST), _WIDEST)


def bar(share: float, blocks: bool) -> str:
    """A bar of `share` of the column's width, in eighths of a character where blocks print."""
    if not blocks:
        return ("=" * max(1, round(share * BAR_WIDTH))).ljust(BAR_WIDTH)
    full, eighths = divmod(max(1, round(share * BAR_WIDTH * 8)), 8)
    return ("█" * full + _EIGHTHS[eighths]).rstrip().ljust(BAR_WIDTH)


def printable(text: str) -> str:
    """A text from a file may hold anything; a terminal obeys control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def trace(values: list[float], width: int, decimals: int = 0) -> Iterator[str]:
    """Two lines: numbers of iterations, and the values after these."""
    cell = max(len(f"{value:,.{decimals}f}") for value in values) + 2
    shown = _milestones(len(values), max(width // cell, 2))
    yield "".join(f"{n:>{cell},}" for n in shown)
    yield "".join(f"{values[n - 1]:>{cell},.{decimals}f}" for n in shown)


def _milestones(last: int, most: int) -> list[int]:
    """At most `most` of 1, 2, 3, 5, 10, 20, 30, 50, ..., spread evenly, with `last` at the end."""
    steps = [lead * 10**power for power in range(len(str(last))) for lead in (1, 2, 3, 5)]
    steps = [step for step in steps if step < last]
    n_shown = min(len(steps), most - 1)
    chosen = [steps[i * (len(steps) - 1) // max(n_shown - 1, 1)] for i in range(n_shown)]
    return [*chosen, last]


def figures(found: Iterable[tuple[str, str, str]], width: int) -> Iterator[str]:
    """Lines of (name, figure, what it is)."""
    rows = list(found)
    label, value = (max(len(row[i]) for row in rows) for i in (0, 1))
    for name, figure, remark in rows:
        start = f"{name:<{label}}  {figure:>{value}}  "
        yield from textwrap.wrap(start + remark, width, subsequent_indent=" " * len(start))


def rounded(value: float) -> str:
    """Three significant digits: a timing has no more."""
    return f"{float(f'{value:.3g}'):,.0f}"


def count(n: int, noun: str) -> str:
    """A number of things, in the singular or the plural."""
    plural = f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"
