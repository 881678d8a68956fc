"""The text that ``fastvb mixture`` prints."""

from __future__ import annotations

import math
import statistics
import textwrap
from collections.abc import Iterator

from fastvb.cli.mixture_result import MixtureResult
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

__all__ = ["report"]

_MOST_DECIMALS, _LARGEST = 6, 1e7  # of numbers that are written without an exponent
_LONGEST_NAME = 20


def report(result: MixtureResult, width: int, letters: bool = True) -> list[str]:
    """Lines of at most `width` columns: head, components, bound, figures.

    `letters` says whether the terminal can show block characters and a plus-minus sign.
    """
    width = bounded(width)
    sections = (
        _head(result, width),
        _table(result, width, letters),
        _trace(result, width),
        figures(_figure_rows(result), width),
    )
    return [line.rstrip() for section in sections for line in (*section, "")][:-1]


def _head(result: MixtureResult, width: int) -> Iterator[str]:
    title = f"{count(result.n_components, 'component')} of {printable(result.source)}"
    yield from textwrap.wrap(title, width, break_on_hyphens=False)
    sizes = f"{count(result.rows, 'row')}, {count(len(result.columns), 'column')}"
    yield f"{sizes}, {result.covariance_type} covariance"


def _table(result: MixtureResult, width: int, letters: bool) -> Iterator[str]:
    """Mean and standard deviation of as many columns as there is room for."""
    label = len("component")
    weight_width = PERCENT_WIDTH + 1 + BAR_WIDTH
    left = width - label - 2 - weight_width
    shown = result.components[: max(result.components_with_rows, 1)]
    cells: list[list[str]] = []
    for j, name in enumerate(result.columns):
        column = [_short(printable(name)), *_column(result, j, len(shown), letters)]
        cell = 2 + max(map(len, column))
        if cells and cell > left:
            break
        cells.append([f"{text:>{cell}}" for text in column])
        left -= cell
    heads, *lines = ("".join(parts) for parts in zip(*cells, strict=True))
    yield f"component  {'weight':<{weight_width}}{heads}"
    heaviest = shown[0].weight
    for component, line in zip(shown, lines, strict=True):
        weight = f"{component.weight:>{PERCENT_WIDTH}.1%} "
        weight += bar(component.weight / heaviest, letters)
        yield f"{component.index:>{label}}  {weight}{line}"
    hidden = result.n_components - len(shown)
    if hidden:
        yield f"{'':>{label}}  and {count(hidden, 'component')} without rows"
    if len(cells) < len(result.columns):
        yield f"{'':>{label}}  and {count(len(result.columns) - len(cells), 'column')} (see --json)"


def _column(result: MixtureResult, j: int, n: int, letters: bool) -> Iterator[str]:
    """Mean and standard deviation of a column, to two digits of the usual deviation."""
    found = [(c.means[j], c.standard_deviations[j]) for c in result.components[:n]]
    usual = statistics.median(deviation for _, deviation in found)
    decimals = max(0, 1 - math.floor(math.log10(usual))) if usual > 0 else _MOST_DECIMALS
    largest = max(abs(value) for pair in found for value in pair)
    plain = decimals <= _MOST_DECIMALS and largest < _LARGEST
    form = f".{decimals}f" if plain else ".3g"
    sign = "±" if letters else "+-"
    means, deviations = (
        [f"{value:{form}}" for value in values] for values in zip(*found, strict=True)
    )
    room = max(map(len, deviations))
    for mean, deviation in zip(means, deviations, strict=True):
        yield f"{mean} {sign} {deviation:>{room}}"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 3] + "..."


def _trace(result: MixtureResult, width: int) -> Iterator[str]:
    estimated = "estimated " if result.learning_method == "online" else ""
    if result.inference == "em":
        yield f"{estimated}log likelihood (nats per row) before the update of iteration"
        yield from trace(result.lower_bounds, width, decimals=4)
    else:
        yield f"{estimated}bound (ELBO, nats) after iteration"
        yield from trace(result.lower_bounds, width)


def _figure_rows(result: MixtureResult) -> Iterator[tuple[str, str, str]]:
    """(name, figure, what it is)."""
    n_iterations = len(result.lower_bounds)
    ending = "converged" if result.converged else "stopped"
    ending += f" after {count(n_iterations, 'iteration')}"
    bound = result.lower_bound
    if result.inference == "em":
        yield "log lik.", f"{bound:.4f}", f"nats per row; {ending}"
    else:
        yield "ELBO", f"{bound:,.1f}", f"{bound / result.rows:.4f} nats per row; {ending}"
    for name, value in (("BIC", result.bic), ("AIC", result.aic)):
        if value is not None:
            yield name, f"{value:,.1f}", "lower is better"
    remark = f"{count(result.rows, 'row')} x {count(n_iterations, 'iteration')}"
    yield "rows/s", rounded(result.rows_per_second), f"{remark}, without the start"
    phases = ", ".join(f"{name} {value:.2f}" for name, value in result.seconds.items())
    remark = f"{phases}; {count(result.threads, 'thread')}"
    yield "seconds", f"{sum(result.seconds.values()):.2f}", remark
