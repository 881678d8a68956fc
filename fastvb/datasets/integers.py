"""Bulk parsing of non-negative integers in blocks of text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BIGGEST", "BLANKS", "number_starts", "other_first_id", "parse_numbers", "whole_number"]

BIGGEST = 2**31 - 1  # ids and counts are int32
BLANKS = b" \t\r\n\v\f"  # where bytes.split and np.fromstring split

_ZERO, _NEWLINE = ord("0"), ord("\n")
_BLANK_COLONS = bytes.maketrans(b":", b" ")


def parse_numbers(block: bytes, separators: bytes) -> npt.NDArray[np.int64] | None:
    """Every integer of the block, or None where it holds anything but digits and separators.

    `separators` are white space and perhaps colons. None also for a number above `BIGGEST`.
    """
    if block.translate(None, b"0123456789" + separators):
        return None
    numbers = np.fromstring(block.translate(_BLANK_COLONS), dtype=np.int64, sep=" ")
    return None if numbers.size and numbers.max() > BIGGEST else numbers


def whole_number(digits: bytes) -> int:
    """The number, or 10**18 where it is longer: int refuses thousands of digits."""
    digits = digits.lstrip(b"0")
    return int(digits or b"0") if len(digits) <= 18 else 10**18


def number_starts(
    block: bytes,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[Any], npt.NDArray[Any]]:
    """Bytes of the block, where its numbers start, and where its lines end."""
    letters = np.frombuffer(block, dtype=np.uint8)
    digit = (letters - np.uint8(_ZERO)) < 10
    starts = digit.copy()
    starts[1:] &= ~digit[:-1]
    return letters, np.flatnonzero(starts), np.flatnonzero(letters == _NEWLINE)


def other_first_id(number: int, first_id: int, last_id: int) -> str:
    """The way out, for an error message, where an id is one too small or one too large."""
    if first_id == 1 and number == 0:
        return " (first_id=0 reads ids that start at 0)"
    if first_id == 0 and number == last_id + 1:
        return " (first_id=1 reads ids that start at 1)"
    return ""
