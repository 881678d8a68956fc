"""Progress of a fit on stderr: a bar for people, a line per iteration for logs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Literal

__all__ = ["Mode", "choose_mode", "progress"]

Mode = Literal["bar", "lines", "none"]


def choose_mode(*, wanted: bool, quiet: bool) -> Mode:
    """A bar where tqdm is installed and stderr is a terminal (or one is `wanted`)."""
    if quiet:
        return "none"
    return "bar" if (wanted or sys.stderr.isatty()) and find_spec("tqdm") else "lines"


@contextmanager
def progress(mode: Mode, n_tokens: int, max_iter: int) -> Iterator[Callable[[Any], None]]:
    """Yield a callback for the estimator, which shows the bound after each iteration."""
    if mode == "bar":
        with _bar(n_tokens, max_iter) as show:
            yield show
    elif mode == "lines":
        yield lambda state: print(_line(state, n_tokens), file=sys.stderr, flush=True)
    else:
        yield _show_nothing


@contextmanager
def _bar(n_tokens: int, max_iter: int) -> Iterator[Callable[[Any], None]]:
    from tqdm import tqdm

    bar = tqdm(
        total=max_iter,
        desc="fitting",
        bar_format="{desc} {bar} {n_fmt}/{total_fmt} [{elapsed}<{remaining}]",
        file=sys.stderr,
        leave=False,
        dynamic_ncols=True,
        mininterval=0,
    )

    def show(state: Any) -> None:
        bar.set_description_str(f"bound {_per_token(state, n_tokens)}", refresh=False)
        bar.update()

    try:
        yield show
    finally:
        bar.close()


def _show_nothing(_state: Any) -> None:
    pass


def _line(state: Any, n_tokens: int) -> str:
    return (
        f"iteration {state.n_iter:>{len(str(state.max_iter))}}/{state.max_iter}  "
        f"bound {state.lower_bound:,.1f} ({_per_token(state, n_tokens)})  {state.seconds:.1f} s"
    )


def _per_token(state: Any, n_tokens: int) -> str:
    return f"{state.lower_bound / n_tokens:.4f} per token"
