"""UCI Bag of Words: three header lines D, W, NNZ, then ``document word count``, ids from 1."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

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
from fastvb.datasets.line_blocks import (
    PathLikeStr,
    fail_at_first_fault,
    line_blocks,
    line_error,
    shown,
)

__all__ = ["looks_like_docword", "neighbouring_vocabulary", "read_docword"]

_HEADER = (
    "the number of documents",
    "the number of words",
    "the number of entries",
)
_COLUMNS = ("document", "word")


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


def read_docword(
    path: PathLikeStr, *, first_id: int | None = None, n_words: int | None = None
) -> sparse.csr_array:
    """Read the counts; `n_words` may be larger than the header's number of words."""
    first_id = 1 if first_id is None else first_id
    blocks = line_blocks(path)
    header, block = _split_header(path, next(blocks, (1, b""))[1])
    if n_words is not None and n_words < header[1]:
        raise line_error(path, 2, f"expected at most n_words={n_words} words, got {header[1]}")
    parts = [np.empty((0, 3), dtype=np.int32)]
    for line, lines in chain([(4, block)], blocks):
        entries = _parse(lines)
        if entries is None or not _ids_fit(entries, first_id, header):
            fail_at_first_fault(path, line, lines, lambda text: _fault(text, first_id, header))
        parts.append(entries)
    entries = np.concatenate(parts)
    _check_number_of_entries(path, len(entries), header[2])
    entries[:, :2] -= first_id
    return _counts(entries, header[0], header[1] if n_words is None else n_words)


def _split_header(path: PathLikeStr, block: bytes) -> tuple[list[int], bytes]:
    lines = block.split(b"\n", 3)
    header = []
    for i, meaning in enumerate(_HEADER):
        text = lines[i].strip() if i < len(lines) else b""
        if not text.isdigit() or (i < 2 and whole_number(text) > BIGGEST):
            raise line_error(path, i + 1, f"expected {meaning}, got {shown(text)}")
        header.append(whole_number(text))
    return header, lines[3]


def _parse(block: bytes) -> npt.NDArray[np.int32] | None:
    """Entries (document, word, count) of a block; None where it is not three integers a line."""
    numbers = parse_numbers(block, BLANKS)
    if numbers is None:
        return None
    _, starts, line_ends = number_starts(block)
    if len(starts) != 3 * len(line_ends):
        return None
    if (starts[2::3] > line_ends).any() or (starts[3::3] < line_ends[:-1]).any():
        return None
    return numbers.astype(np.int32).reshape(-1, 3)


def _ids_fit(entries: npt.NDArray[np.int32], first_id: int, header: list[int]) -> bool:
    if len(entries) == 0:
        return True
    ids = entries[:, :2]
    return bool(ids.min() >= first_id and (ids.max(axis=0) - first_id < header[:2]).all())


def _fault(line: bytes, first_id: int, header: list[int]) -> str | None:
    """What is wrong with a line, None when nothing is."""
    fields = line.split()
    if len(fields) != 3 or not all(field.isdigit() for field in fields):
        return f"expected three integers 'document word count', got {shown(line)}"
    for name, size, field in zip(_COLUMNS, header, fields, strict=False):
        last = first_id + size - 1
        number = whole_number(field)
        if not first_id <= number <= last:
            way_out = other_first_id(number, first_id, last)
            return f"expected a {name} id from {first_id} to {last}, got {shown(field)}{way_out}"
    if whole_number(fields[2]) > BIGGEST:
        return f"expected a count of at most {BIGGEST}, got {shown(fields[2])}"
    return None


def _check_number_of_entries(path: PathLikeStr, found: int, announced: int) -> None:
    if found < announced:
        message = f"expected entry {found + 1} of {announced}, got the end of the file"
        raise line_error(path, found + 4, message)
    if found > announced:
        message = f"expected the end of the file after {announced} entries, got {found} entries"
        raise line_error(path, announced + 4, message)


def _counts(entries: npt.NDArray[np.int32], n_documents: int, n_words: int) -> sparse.csr_array:
    documents = entries[:, 0]
    if (documents[1:] < documents[:-1]).any():
        entries = entries[np.argsort(documents, kind="stable")]
    lengths = np.bincount(documents, minlength=n_documents)
    return counts_from_rows(lengths, entries[:, 1], entries[:, 2], n_words)
