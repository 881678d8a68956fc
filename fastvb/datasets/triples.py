"""Files that announce a matrix and list its entries, one a line: UCI docword and MatrixMarket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb._kernels import _scan
from fastvb.datasets.corpus import counts_from_entries, counts_from_rows
from fastvb.datasets.line_reader import Block, LineReader, line_error
from fastvb.datasets.scanning import Counts, GrowingArray, scan_blocks

__all__ = ["Announced", "Entries"]

_RANGES = {
    _scan.ROW: "expected a document id from {first} to {last_row}, got {field}",
    _scan.COLUMN: "expected a word id from {first} to {last_column}, got {field}",
}
_TOO_LARGE = "expected a count of at most {biggest}, got {field}"
_NO_COUNT = "expected a count that is finite and not negative, got {field}"
# Documents without an entry are believed up to so many, and so many for each entry.
_EMPTY_DOCUMENTS, _DOCUMENTS_PER_ENTRY = 1 << 24, 16
_DOCUMENTS_AT_ONCE = 1 << 18


class Announced:
    """The sizes in a file's header, with the line that says them.

    Nothing is allocated from them: entries take what they need as they come, and the number of
    documents must bear a relation to them before an array of that length is made.
    """

    def __init__(self, n_documents: int, n_words: int, n_entries: int, line: int) -> None:
        self.n_documents, self.n_words, self.n_entries = n_documents, n_words, n_entries
        self.line = line  # of the number of documents

    def check_end(self, reader: LineReader, n_entries: int) -> None:
        """Refuse a file that holds fewer entries, or far too few for its documents."""
        if n_entries < self.n_entries:
            message = f"expected entry {n_entries + 1} of {self.n_entries}, got the end of the file"
            raise line_error(reader.path, reader.line, message)
        self.check_documents(reader, self.n_documents, n_entries)

    def check_documents(self, reader: LineReader, n_documents: int, n_entries: int) -> None:
        """Refuse a number of documents beyond all measure."""
        most = _EMPTY_DOCUMENTS + _DOCUMENTS_PER_ENTRY * n_entries
        if n_documents > most:
            message = (
                f"expected at most {most} documents with {n_entries} entries in all, "
                f"got {n_documents}"
            )
            raise line_error(reader.path, self.line, message)

    def check_more(self, path: str, block: Block, n_before: int, n_entries: int) -> None:
        """Refuse a file that holds more entries, by the line of the first."""
        if n_entries > self.n_entries:
            line = block.line + _line_of(block, self.n_entries - n_before)
            message = f"expected the end of the file after {self.n_entries} entries, got another"
            raise line_error(path, line, message)


@dataclass(frozen=True)
class Entries:
    """The entries behind a header.

    `kind` is "integer" or "real" for lines of three numbers, "pattern" for lines of two; `form`
    says for error messages what a line holds.
    """

    reader: LineReader
    announced: Announced
    first_id: int
    n_words: int
    kind: str
    form: str

    def blocks(self) -> Iterator[tuple[Block, list[npt.NDArray[Any]]]]:
        """Yield documents, words and, but for patterns, counts; the next block overwrites them."""
        announced, n_entries = self.announced, 0
        ids = (self.first_id, announced.n_documents, self.n_words)
        types = (np.int32, np.int32, np.float64 if self.kind == "real" else np.int32)
        messages = _RANGES | {
            _scan.LINE: f"expected {self.form}, got {{line}}",
            _scan.VALUE: _TOO_LARGE if self.kind == "integer" else _NO_COUNT,
        }
        kernel = _scan.scan_couples if self.kind == "pattern" else _scan.scan_triples
        outputs = types[:2] if self.kind == "pattern" else types
        for block, numbers in scan_blocks(self.reader, kernel, ids, (), outputs, messages):
            n = len(numbers[0])
            announced.check_more(self.reader.path, block, n_entries, n_entries + n)
            yield block, numbers
            n_entries += n
        announced.check_end(self.reader, n_entries)

    def read(self) -> sparse.csr_array:
        """All counts, from entries in any order."""
        columns, runs, n_entries = GrowingArray(np.int32), _RowRuns(), 0
        counts = Counts() if self.kind == "real" else GrowingArray(np.int32)
        for _, numbers in self.blocks():
            share = self.reader.share_read
            runs.append(numbers[0], n_entries)
            columns.append(numbers[1], share)
            if self.kind != "pattern":
                counts.append(numbers[2], share)
            n_entries += len(numbers[0])
        data = np.ones(n_entries, np.int32) if self.kind == "pattern" else counts.finish()
        return runs.counts(columns.finish(), data, (self.announced.n_documents, self.n_words))

    def documents(self) -> Iterator[list[npt.NDArray[Any]]]:
        """Yield lengths, words and counts of some documents, from entries document by document."""
        types = (np.int32, np.int32, np.float64)
        rest: list[npt.NDArray[Any]] = [np.empty(0, t) for t in types]  # of one document
        n_done = n_entries = 0  # documents yielded, entries read
        for block, numbers in self.blocks():
            if len(numbers[0]) == 0:
                continue
            self._check_order(block, numbers[0], rest[0])
            n_entries += len(numbers[0])
            self.announced.check_documents(self.reader, int(numbers[0][-1]), n_entries)
            if self.kind == "pattern":
                numbers = [*numbers, np.ones(len(numbers[0]))]
            merged = [np.concatenate(pair) for pair in zip(rest, numbers, strict=True)]
            last = int(merged[0][-1])  # may go on in the next block
            cut = int(np.searchsorted(merged[0], last))
            yield from _by_length([array[:cut] for array in merged], n_done, last)
            rest, n_done = [array[cut:] for array in merged], last
        yield from _by_length(rest, n_done, self.announced.n_documents)

    def _check_order(
        self, block: Block, rows: npt.NDArray[np.int32], before: npt.NDArray[np.int32]
    ) -> None:
        falls = np.flatnonzero(np.diff(rows, prepend=before[-1:]) < 0)
        if falls.size == 0:
            return
        i = int(falls[0]) + (0 if before.size else 1)  # of the entry that lies too late
        earlier = rows[i - 1] if i else before[-1]
        message = (
            f"expected entries sorted by document, got document {rows[i] + self.first_id} after "
            f"{earlier + self.first_id} (read_corpus takes any order, in memory)"
        )
        raise line_error(self.reader.path, block.line + _line_of(block, i), message)


def _by_length(
    entries: list[npt.NDArray[Any]], start: int, stop: int
) -> Iterator[list[npt.NDArray[Any]]]:
    """Documents `start` to `stop - 1` as lengths, words and counts, not too many at a time."""
    rows, words, counts = entries
    for first in range(start, stop, _DOCUMENTS_AT_ONCE):
        last = min(first + _DOCUMENTS_AT_ONCE, stop)
        part = slice(*np.searchsorted(rows, (first, last)))
        yield [np.bincount(rows[part] - first, minlength=last - first), words[part], counts[part]]


def _line_of(block: Block, entry: int) -> int:
    """The line of an entry, from 0 in its block."""
    lines = bytes(block).split(b"\n")
    return [i for i, line in enumerate(lines) if line.strip()][entry]


class _RowRuns:
    """Rows of entries as runs of equal ones: a few numbers where entries lie row by row."""

    def __init__(self) -> None:
        self._rows: list[npt.NDArray[np.int32]] = [np.empty(0, np.int32)]
        self._starts: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)]

    def append(self, rows: npt.NDArray[np.int32], offset: int) -> None:
        """Add the rows of the entries from number `offset` on."""
        if len(rows) == 0:
            return
        first = np.concatenate(([0], np.flatnonzero(rows[1:] != rows[:-1]) + 1))
        self._rows.append(rows[first])
        self._starts.append(first + offset)

    def counts(
        self, columns: npt.NDArray[np.int32], values: npt.NDArray[Any], shape: tuple[int, int]
    ) -> sparse.csr_array:
        """CSR counts: one pass when rows ascend, else a counting sort."""
        rows, starts = np.concatenate(self._rows), np.concatenate(self._starts)
        lengths = np.diff(starts, append=len(columns))
        if (rows[1:] < rows[:-1]).any():
            return counts_from_entries(np.repeat(rows, lengths), columns, values, shape)
        by_row = np.zeros(shape[0], np.int32)
        np.add.at(by_row, rows, lengths)  # a run may go on in the next block
        return counts_from_rows(by_row, columns, values, shape[1])
