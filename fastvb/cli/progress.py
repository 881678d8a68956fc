"""Progress of a fit on stderr: a bar for people, a line per iteration for logs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

__all__ = ["Mode", "Trace", "choose_mode", "progress"]

Mode = Literal["bar", "lines", "none"]


def choose_mode(*, wanted: bool, quiet: bool) -> Mode:
    """A bar where tqdm is installed and stderr is a terminal (or one is `wanted`)."""
    if quiet:
        return "none"
    return "bar" if (wanted or sys.stderr.isatty()) and find_spec("tqdm") else "lines"


@dataclass(frozen=True)
class Trace:
    """What a fit tells after each iteration, and how to call it."""

    total: int  # iterations at most
    n_tokens: int | None  # that the number is the sum of; None where it is not always the same
    noun: str = "iteration"
    quantity: str = "bound"


@contextmanager
def progress(mode: Mode, trace: Trace) -> Iterator[Callable[[Any], None]]:
    """Yield a callback for the estimator, which shows the trace after each iteration."""
    if mode == "bar":
        with _bar(trace) as show:
            yield show
    elif mode == "lines":
        yield lambda state: print(_line(state, trace), file=sys.stderr, flush=True)
    else:
        yield _show_nothing


@contextmanager
def _bar(trace: Trace) -> Iterator[Callable[[Any], None]]:
    from tqdm import tqdm

    bar = tqdm(
        total=trace.total,
        desc="fitting",
        bar_format="{desc} {bar} {n_fmt}/{total_fmt} [{elapsed}<{remaining}]",
        file=sys.stderr,
        leave=False,
        dynamic_ncols=True,
        mininterval=0,
    )

    def show(state: Any) -> None:
        bar.set_description_str(f"{trace.quantity} {_short(state, trace)}", refresh=False)
        bar.update(state.n_iter - bar.n)  # a fit that is resumed does not begin with 1

    try:
        yield show
    finally:
        bar.close()


def _show_nothing(_state: Any) -> None:
    pass


def _line(state: Any, trace: Trace) -> str:
    number = f"{trace.noun} {state.n_iter:>{len(str(trace.total))}}/{trace.total}"
    value = f"{state.lower_bound:,.1f}"
    if trace.n_tokens is not None:
        value += f" ({_short(state, trace)})"
    return f"{number}  {trace.quantity} {value}  {state.seconds:.1f} s"


def _short(state: Any, trace: Trace) -> str:
    if trace.n_tokens is None:
        return f"{state.lower_bound:,.1f}"
    return f"{state.lower_bound / trace.n_tokens:.4f} per token"
