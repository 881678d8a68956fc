"""LDA-C: one document a line, ``N id:count id:count ...`` with N pairs, ids from 0."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb.datasets.corpus import counts_from_rows
from fastvb.datasets.integers import (
    BIGGEST,
    BLANKS,
    number_starts,
    other_first_id,
    parse_numbers,
    whole_number,
)
from fastvb.datasets.line_blocks import PathLikeStr, fail_at_first_fault, line_blocks, shown

__all__ = ["looks_like_ldac", "read_ldac"]

_PAIR = re.compile(rb"(\d+):(\d+)")
_Entries = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]


def looks_like_ldac(lines: list[bytes]) -> bool:
    """Whether the first document that is not empty starts as ``N id:count`` (N may be off)."""
    first = next((line for line in lines if line.strip() != b"0"), b"")
    return re.match(rb"\s*\d+[ \t]+\d+:\d", first) is not None


def read_ldac(
    path: PathLikeStr, *, first_id: int | None = None, n_words: int | None = None
) -> sparse.csr_array:
    """Read the counts; `n_words` None takes the largest id."""
    first_id = 0 if first_id is None else first_id
    parts: list[_Entries] = []
    for line, block in line_blocks(path):
        entries = _parse(block)
        if entries is None or not _ids_fit(entries[1], first_id, n_words):
            fail_at_first_fault(path, line, block, lambda text: _fault(text, first_id, n_words))
        parts.append(entries)
    lengths, ids, counts = (
        np.concatenate([np.empty(0, np.int32), *(part[i] for part in parts)]) for i in range(3)
    )
    ids -= first_id
    if n_words is None:
        n_words = int(ids.max(initial=-1)) + 1
    return counts_from_rows(lengths, ids, counts, n_words)


def _parse(block: bytes) -> _Entries | None:
    """Pairs per line, ids and counts of a block; None where it is not LDA-C."""
    numbers = parse_numbers(block, b":" + BLANKS)
    if numbers is None:
        return None
    letters, starts, line_ends = number_starts(block)
    first = np.searchsorted(starts, np.concatenate(([0], line_ends[:-1])))
    per_line = np.diff(first, append=len(starts))
    if not per_line.all():
        return None
    lengths = numbers[first]
    if not np.array_equal(per_line, 2 * lengths + 1) or block.count(b":") != lengths.sum():
        return None
    # Without the lengths the numbers alternate: an id after a blank, a count after a colon.
    rest = np.ones(len(numbers), dtype=bool)
    rest[first] = False
    positions = starts[rest]
    after_colon = letters[positions - 1] == ord(":")
    if after_colon[0::2].any() or not after_colon[1::2].all():
        return None
    if (letters[positions[1::2] - 2] <= ord(" ")).any():  # "id :count"
        return None
    pairs = numbers[rest].astype(np.int32)
    return lengths.astype(np.int32), pairs[0::2], pairs[1::2]


def _ids_fit(ids: npt.NDArray[Any], first_id: int, n_words: int | None) -> bool:
    if ids.size == 0:
        return True
    return bool(ids.min() >= first_id and (n_words is None or ids.max() - first_id < n_words))


def _fault(line: bytes, first_id: int, n_words: int | None) -> str | None:
    """What is wrong with a line, None when nothing is."""
    fields = line.split(maxsplit=1)
    if not fields:
        return "expected a document 'N id:count ...', got a blank line (an empty document is '0')"
    if not fields[0].isdigit():
        return f"expected the number of id:count pairs, got {shown(fields[0])}"
    text = fields[1] if len(fields) > 1 else b""
    last = BIGGEST if n_words is None else first_id + n_words - 1
    pairs = text.split()
    for pair in pairs:
        match = _PAIR.fullmatch(pair)
        if match is None:
            return f"expected id:count, two integers, got {shown(pair)}"
        word, count = map(whole_number, match.groups())
        if not first_id <= word <= last:
            return (
                f"expected a word id from {first_id} to {last}, got {shown(pair)}"
                f"{other_first_id(word, first_id, last)}"
            )
        if count > BIGGEST:
            return f"expected a count of at most {BIGGEST}, got {shown(pair)}"
    n_pairs = whole_number(fields[0])
    if n_pairs > BIGGEST:
        return f"expected at most {BIGGEST} id:count pairs, got {shown(fields[0])}"
    if len(pairs) != n_pairs:
        return f"expected {n_pairs} id:count pairs, got {len(pairs)}"
    return None
