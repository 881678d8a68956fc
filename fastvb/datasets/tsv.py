"""Tab-separated values: one document a line, its text, name and label in columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fastvb.datasets.line_reader import PathLikeStr, line_error, shown
from fastvb.datasets.text import read_lines

__all__ = ["Column", "TabSeparated"]

Column = int | str


class TabSeparated:
    """The text, name and label columns of a file, by number from 0 or by the first line's names.

    The first line is a header exactly when a column is chosen by name. There is no quoting: a tab
    always separates.
    """

    def __init__(
        self,
        path: PathLikeStr,
        encoding: str,
        text: Column,
        name: Column | None = None,
        label: Column | None = None,
    ) -> None:
        self._path, self._encoding = path, encoding
        self._text, self._name, self._label = text, name, label
        self.names: list[str] | None = None if name is None else []
        self.labels: list[str] | None = None if label is None else []

    def texts(self) -> Iterator[str]:
        """Yield the text of each document; `names` and `labels` fill up with it."""
        rows = self._rows()
        first = next(rows, None)
        if first is None:
            return
        text = self._index(self._text, first)
        kept = [
            (values, self._index(column, first))
            for values, column in ((self.names, self._name), (self.labels, self._label))
            if values is not None and column is not None
        ]
        has_header = any(isinstance(c, str) for c in (self._text, self._name, self._label))
        for fields in rows if has_header else chain([first], rows):
            for values, index in kept:
                values.append(fields[index])
            yield fields[text]

    def _rows(self) -> Iterator[list[str]]:
        """Yield the columns of each line: as many as in the first."""
        n_columns = 0
        for number, line in enumerate(read_lines(self._path, self._encoding), start=1):
            fields = line.split("\t")
            n_columns = n_columns or len(fields)
            if len(fields) != n_columns:
                message = (
                    f"expected {n_columns} columns separated by tabs as in line 1, "
                    f"got {len(fields)}: {shown(line)}"
                )
                raise line_error(self._path, number, message)
            yield fields

    def _index(self, column: Column, header: list[str]) -> int:
        """The number of a column."""
        if isinstance(column, str):
            if column in header:
                return header.index(column)
            wanted, got = f"a column named {column!r}", shown("\t".join(header))
        elif column < len(header):
            return column
        else:
            wanted, got = f"a column number {column}, from 0 on", f"{len(header)} columns"
        raise line_error(self._path, 1, f"expected {wanted}, got {got}")
