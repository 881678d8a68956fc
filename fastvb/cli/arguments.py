"""Types of command-line arguments: what argparse calls to check and convert one."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

__all__ = [
    "LEAST", "MOST", "document_share", "integer", "number", "one_of", "positive", "prior",
    "proportion",
]  # fmt: skip

MOST = 1_000_000_000  # of anything: more is a slip of the keyboard
LEAST = 1e-9  # of anything positive


def integer(least: int, most: int = MOST) -> Callable[[str], int]:
    """An integer from `least` to `most`."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise _error(f"an integer from {least} to {most}", text)
        return value

    return convert


def positive(text: str) -> float:
    """A number from `LEAST` to `MOST`, far from where a fit would underflow or overflow."""
    value = _number(text)
    if not LEAST <= value <= MOST:
        raise _error(f"a positive number from {LEAST:g} to {MOST:g}", text)
    return value


def proportion(text: str) -> float:
    """A number in [0, 1)."""
    value = _number(text)
    if not 0 <= value < 1:
        raise _error("a number from 0 to below 1", text)
    return value


def document_share(text: str) -> int | float:
    """A number of documents (an integer) or a proportion of them (a decimal up to 1.0)."""
    if text.isdecimal():
        return integer(0)(text)
    value = _number(text)
    if not 0 <= value <= 1:
        raise _error("a number of documents, or a proportion from 0.0 to 1.0", text)
    return value


def number(least: float, most: float) -> Callable[[str], float]:
    """A number from `least` to `most`."""

    def convert(text: str) -> float:
        value = _number(text)
        if not least <= value <= most:
            raise _error(f"a number from {least:g} to {most:g}", text)
        return value

    return convert


def one_of(*choices: str) -> Callable[[str], str]:
    """One of some words."""

    def convert(text: str) -> str:
        if text not in choices:
            raise _error(f"{', '.join(choices[:-1])} or {choices[-1]}", text)
        return text

    return convert


def prior(*words: str) -> Callable[[str], float | str]:
    """A positive number, or a word that says how to learn it."""

    def convert(text: str) -> float | str:
        return text if text in words else positive(text)

    return convert


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _error(expected: str, got: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"expected {expected}, got {got}")
