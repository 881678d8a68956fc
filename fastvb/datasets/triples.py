"""Files that announce a matrix and list its entries, one a line: UCI docword and MatrixMarket."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb._kernels import _scan
from fastvb.datasets.corpus import counts_from_entries, counts_from_rows
from fastvb.datasets.line_reader import Block, LineReader, line_error
from fastvb.datasets.scanning import Counts, GrowingArray, scan_blocks

__all__ = ["Announced", "read_entries"]

_RANGES = {
    _scan.ROW: "expected a document id from {first} to {last_row}, got {field}",
    _scan.COLUMN: "expected a word id from {first} to {last_column}, got {field}",
}
_TOO_LARGE = "expected a count of at most {biggest}, got {field}"
_NO_COUNT = "expected a count that is finite and not negative, got {field}"
# Documents without an entry are believed up to so many, and so many for each entry.
_EMPTY_DOCUMENTS, _DOCUMENTS_PER_ENTRY = 1 << 24, 16


class Announced:
    """The sizes in a file's header, with the line that says them.

    Nothing is allocated from them: entries take what they need as they come, and the number of
    documents must bear a relation to them before an array of that length is made.
    """

    def __init__(self, n_documents: int, n_words: int, n_entries: int, line: int) -> None:
        self.n_documents, self.n_words, self.n_entries = n_documents, n_words, n_entries
        self.line = line  # of the number of documents

    def check_end(self, reader: LineReader, n_entries: int) -> None:
        """Refuse a file that holds fewer entries, or a number of documents beyond all measure."""
        if n_entries < self.n_entries:
            message = f"expected entry {n_entries + 1} of {self.n_entries}, got the end of the file"
            raise line_error(reader.path, reader.line, message)
        most = _EMPTY_DOCUMENTS + _DOCUMENTS_PER_ENTRY * n_entries
        if self.n_documents > most:
            message = (
                f"expected at most {most} documents with {n_entries} entries in all, "
                f"got {self.n_documents}"
            )
            raise line_error(reader.path, self.line, message)

    def check_more(self, path: str, block: Block, n_before: int, n_entries: int) -> None:
        """Refuse a file that holds more entries, by the line of the first."""
        if n_entries > self.n_entries:
            lines = bytes(block).split(b"\n")
            visible = [i for i, line in enumerate(lines) if line.strip()]
            line = block.line + visible[self.n_entries - n_before]
            message = f"expected the end of the file after {self.n_entries} entries, got another"
            raise line_error(path, line, message)


def read_entries(
    reader: LineReader,
    announced: Announced,
    first_id: int,
    n_words: int,
    *,
    kind: str,
    form: str,
) -> sparse.csr_array:
    """Read the entries behind a header, in any order.

    `kind` is "integer" or "real" for lines of three numbers, "pattern" for lines of two; `form`
    says for error messages what a line holds.
    """
    ids = (first_id, announced.n_documents, announced.n_words)
    types = (np.int32, np.int32, np.float64 if kind == "real" else np.int32)
    messages = _RANGES | {
        _scan.LINE: f"expected {form}, got {{line}}",
        _scan.VALUE: _TOO_LARGE if kind == "integer" else _NO_COUNT,
    }
    kernel = _scan.scan_couples if kind == "pattern" else _scan.scan_triples
    columns, runs, n_entries = GrowingArray(np.int32), _RowRuns(), 0
    counts = Counts() if kind == "real" else GrowingArray(np.int32)
    outputs = types[:2] if kind == "pattern" else types
    for block, numbers in scan_blocks(reader, kernel, ids, (), outputs, messages):
        n, share = len(numbers[0]), reader.share_read
        announced.check_more(reader.path, block, n_entries, n_entries + n)
        runs.append(numbers[0], n_entries)
        columns.append(numbers[1], share)
        if kind != "pattern":
            counts.append(numbers[2], share)
        n_entries += n
    announced.check_end(reader, n_entries)
    data = np.ones(n_entries, np.int32) if kind == "pattern" else counts.finish()
    return runs.counts(columns.finish(), data, (announced.n_documents, n_words))


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
