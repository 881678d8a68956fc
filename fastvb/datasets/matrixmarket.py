"""MatrixMarket coordinate files: documents are rows, words columns, ids from 1."""

from __future__ import annotations

import re

from fastvb.datasets.corpus import BIGGEST
from fastvb.datasets.line_reader import LineReader, line_error, shown
from fastvb.datasets.triples import Announced, Entries

__all__ = ["looks_like_matrixmarket", "matrixmarket_entries"]

_BANNER = "%%MatrixMarket matrix coordinate {integer|real|pattern} general"
_KINDS = {"integer": "integer", "unsigned-integer": "integer", "real": "real", "pattern": "pattern"}
_FORMS = {
    "integer": "three integers 'document word count'",
    "real": "two integers and a number, 'document word count'",
    "pattern": "two integers 'document word'",
}
_SIZES = re.compile(rb"\s*0*(\d{1,18})\s+0*(\d{1,18})\s+0*(\d{1,18})\s*")


def looks_like_matrixmarket(lines: list[bytes]) -> bool:
    """Whether a file starts with the banner, in any letter case."""
    return lines[:1] != [] and lines[0].lower().startswith(b"%%matrixmarket")


def matrixmarket_entries(
    reader: LineReader, *, first_id: int | None, n_words: int | None
) -> Entries:
    """Read the header; `n_words` may be larger than its number of columns."""
    kind = _read_banner(reader)
    announced = _read_sizes(reader)
    if n_words is not None and n_words < announced.n_words:
        message = f"expected at most n_words={n_words} columns, got {announced.n_words}"
        raise line_error(reader.path, announced.line, message)
    return Entries(
        reader,
        announced,
        1 if first_id is None else first_id,
        announced.n_words if n_words is None else n_words,
        kind=kind,
        form=_FORMS[kind],
    )


def _read_banner(reader: LineReader) -> str:
    """The kind of the values."""
    line = reader.next_line() or b""
    fields = line.decode("ascii", "replace").lower().split()
    if fields[:3] == ["%%matrixmarket", "matrix", "coordinate"] and fields[4:] == ["general"]:
        kind = _KINDS.get(fields[3])
        if kind is not None:
            return kind
    raise line_error(reader.path, 1, f"expected {_BANNER!r}, got {shown(line, 80)}")


def _read_sizes(reader: LineReader) -> Announced:
    """The line of sizes, after comments and blank lines."""
    line = reader.next_line()
    while line is not None and (line.startswith(b"%") or not line.strip()):
        line = reader.next_line()
    number = reader.line - (line is not None)
    match = _SIZES.fullmatch(line or b"")
    sizes = [int(group) for group in match.groups()] if match else [BIGGEST + 1] * 3
    if max(sizes[:2]) > BIGGEST:
        message = (
            f"expected 'rows columns entries', rows and columns at most {BIGGEST}, "
            f"got {shown(line or b'')}"
        )
        raise line_error(reader.path, number, message)
    return Announced(sizes[0], sizes[1], sizes[2], line=number)
