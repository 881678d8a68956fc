"""Twins of the kernels in _scan.pyx: one line after the other, by regular expressions."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

BIGGEST = 2**31 - 1
INTEGER = rb"\d+"
REAL = rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
BLANKS = b" \t\r\v\f"
_FIELD = re.compile(rb"[^ \t\r\v\f\n]+")


class Result(NamedTuple):
    """The lines before the first fault, and the fault: its kind and byte, ("OK", 0) for none."""

    lines: list[tuple[float, ...]]  # row, column, value; or label and length
    entries: list[tuple[int, float]]  # column, value of pairs
    status: str
    position: int


def _lines(text: bytes):
    """Position and content of each line."""
    position = 0
    for line in text.split(b"\n")[:-1]:
        yield position, line
        position += len(line) + 1


def _is_in(number: int, first: int, n: int) -> bool:
    return first <= number < first + n


def _is_count(value: float, kind: bytes) -> bool:
    return value <= BIGGEST if kind == INTEGER else 0.0 <= value < math.inf


def triples(text, first_id, n_rows, n_columns, kind) -> Result:
    """Lines of row, column and, unless `kind` is None, a value of that kind."""
    pattern = rb"\d+[ \t\r\v\f]+\d+" + (b"" if kind is None else rb"[ \t\r\v\f]+" + kind)
    found: list[tuple[float, ...]] = []
    for position, line in _lines(text):
        if not line.strip(BLANKS):
            continue
        if not re.fullmatch(pattern, line.strip(BLANKS)):
            return Result(found, [], "LINE", position)
        fields = [(position + m.start(), m[0]) for m in _FIELD.finditer(line)]
        row, column = (_integer(field) for _, field in fields[:2])
        value = 1 if kind is None else _number(fields[2][1], kind)
        if not _is_in(row, first_id, n_rows):
            return Result(found, [], "ROW", fields[0][0])
        if not _is_in(column, first_id, n_columns):
            return Result(found, [], "COLUMN", fields[1][0])
        if not _is_count(value, INTEGER if kind is None else kind):
            return Result(found, [], "VALUE", fields[2][0])
        found.append((row - first_id, column - first_id, value))
    return Result(found, [], "OK", 0)


def counted_pairs(text, first_id, n_columns) -> Result:
    lines: list[tuple[float, ...]] = []
    entries: list[tuple[int, float]] = []
    for position, line in _lines(text):
        fields = [(position + m.start(), m[0]) for m in _FIELD.finditer(line)]
        if not fields:
            return Result(lines, entries, "BLANK", position)
        start, head = fields[0]
        if not head.isdigit():
            return Result(lines, entries, "HEAD", start)
        pairs, status, position = _pairs(fields[1:], first_id, n_columns, INTEGER)
        if status != "OK":
            return Result(lines, entries, status, position)
        if len(pairs) != _integer(head):
            return Result(lines, entries, "LENGTH", start)
        lines.append((len(pairs),))
        entries += pairs
    return Result(lines, entries, "OK", 0)


def labelled_pairs(text, first_id, n_columns) -> Result:
    lines: list[tuple[float, ...]] = []
    entries: list[tuple[int, float]] = []
    for position, line in _lines(text):
        fields = [(position + m.start(), m[0]) for m in _FIELD.finditer(line.partition(b"#")[0])]
        if not fields:
            continue
        start, head = fields[0]
        if not re.fullmatch(REAL, head) or not math.isfinite(float(head)):
            return Result(lines, entries, "HEAD", start)
        if len(fields) > 1 and re.fullmatch(rb"qid:\d+", fields[1][1]):
            del fields[1]
        pairs, status, position = _pairs(fields[1:], first_id, n_columns, REAL)
        if status != "OK":
            return Result(lines, entries, status, position)
        lines.append((float(head), len(pairs)))
        entries += pairs
    return Result(lines, entries, "OK", 0)


def _pairs(fields, first_id, n_columns, kind):
    pairs = []
    for position, field in fields:
        if not re.fullmatch(INTEGER + b":" + kind, field):
            return [], "PAIR", position
        column, value = field.split(b":")
        if not _is_in(_integer(column), first_id, n_columns):
            return [], "COLUMN", position
        if not _is_count(_number(value, kind), kind):
            return [], "VALUE", position
        pairs.append((_integer(column) - first_id, _number(value, kind)))
    return pairs, "OK", 0


def _integer(digits: bytes) -> int:
    return int(digits.lstrip(b"0")[:1000] or b"0")  # int refuses thousands of digits


def _number(text: bytes, kind: bytes) -> float:
    return _integer(text) if kind == INTEGER else float(text)
