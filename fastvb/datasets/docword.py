"""UCI Bag of Words: three header lines D, W, NNZ, then ``document word count``, ids from 1."""

from __future__ import annotations

import re
from pathlib import Path

from fastvb.datasets.corpus import BIGGEST
from fastvb.datasets.line_reader import LineReader, PathLikeStr, line_error, shown
from fastvb.datasets.triples import Announced, Entries

__all__ = ["docword_entries", "looks_like_docword", "neighbouring_vocabulary"]


def looks_like_docword(lines: list[bytes]) -> bool:
    """Whether a file starts with three lines of one integer and then one of three integers."""
    start = b"\n".join(lines[:4])
    return re.fullmatch(rb"(\s*\d+\s*\n){2}\s*\d+\s*(\n\s*\d+\s+\d+\s+\d+\s*)?", start) is not None


def neighbouring_vocabulary(path: PathLikeStr) -> Path | None:
    """``vocab.*.txt`` beside ``docword.*.txt``, either of them perhaps compressed."""
    path = Path(path)
    match = re.fullmatch(r"docword\.(.*?)\.txt(\.\w+)?", path.name)
    if match is None:
        return None
    plain = path.with_name(f"vocab.{match[1]}.txt")
    for end in ("", ".gz", ".bz2", ".xz"):
        candidate = plain.with_name(plain.name + end)
        if candidate.is_file():
            return candidate
    return None


def docword_entries(reader: LineReader, *, first_id: int | None, n_words: int | None) -> Entries:
    """Read the header; `n_words` may be larger than its number of words."""
    announced = Announced(
        _header_number(reader, "the number of documents", BIGGEST),
        _header_number(reader, "the number of words", BIGGEST),
        _header_number(reader, "the number of entries"),
        line=1,
    )
    if n_words is not None and n_words < announced.n_words:
        message = f"expected at most n_words={n_words} words, got {announced.n_words}"
        raise line_error(reader.path, 2, message)
    return Entries(
        reader,
        announced,
        1 if first_id is None else first_id,
        announced.n_words if n_words is None else n_words,
        kind="integer",
        form="three integers 'document word count'",
    )


def _header_number(reader: LineReader, meaning: str, most: int = 10**18) -> int:
    line = reader.line
    text = (reader.next_line() or b"").strip()
    digits = text.lstrip(b"0")[:20]
    if not text.isdigit() or int(digits or b"0") > most:
        raise line_error(reader.path, line, f"expected {meaning}, got {shown(text)}")
    return int(digits or b"0")
