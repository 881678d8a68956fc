"""Tables of numbers: CSV, TSV and their like, plain or compressed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastvb.datasets.line_reader import LineReader, PathLikeStr, line_error, shown
from fastvb.datasets.scanning import GrowingArray

__all__ = ["Table", "read_table"]

_DELIMITERS = ("\t", ";", ",")  # tried in this order; else columns are separated by blanks
_MISSING = ("", "?", "na", "n/a", "nan", "null", "none")


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of numbers, and the names of the columns.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        The numbers, float64.
    names : ndarray of str, shape (n_columns,)
        From the file's header; x0, x1, ... where it has none.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.datasets import Table
    >>> Table(np.array([[5.1, 3.5], [6.2, 2.9]]), np.array(["length", "width"], dtype=object))
    Table(2 rows, 2 columns)
    """

    values: npt.NDArray[np.float64]
    names: npt.NDArray[np.object_]

    def __repr__(self) -> str:
        n_rows, n_columns = self.values.shape
        return f"Table({n_rows:,} rows, {n_columns:,} columns)"


def read_table(
    path: PathLikeStr,
    columns: Sequence[int | str] | None = None,
    *,
    delimiter: str | None = None,
    encoding: str = "utf-8",
) -> Table:
    r"""Read a table of numbers, plain or compressed by gzip, bzip2 or xz.

    The first line is a header where a field of it is text above a number.

    Parameters
    ----------
    path : str or path-like
        The file: one row a line, fields that may be quoted, but without line breaks inside.
    columns : sequence of int or str, optional
        The columns to read, in this order, by number from 0 or by name; all by default. Others may
        hold anything.
    delimiter : str, optional
        What separates columns, a single character; ``" "`` stands for any blanks. By default a tab,
        a semicolon, a comma or blanks, whichever of these the first line has.
    encoding : str, default="utf-8"
        Encoding of the file.

    Returns
    -------
    Table
        Values and names.

    Raises
    ------
    ValueError
        If a field is missing or no finite number, a line has not as many fields as the first, a
        column does not exist or the file holds no row; the message names line and column.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fastvb.datasets import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "flowers.csv")
    ...     _ = path.write_text("length,width,kind\n5.1,3.5,setosa\n6.2,2.9,virginica\n")
    ...     table = read_table(path, ["length", "width"])
    >>> table
    Table(2 rows, 2 columns)
    >>> table.values
    array([[5.1, 3.5],
           [6.2, 2.9]])
    """
    if delimiter is not None and len(delimiter) != 1:
        raise ValueError(f"Expected delimiter to be one character, got delimiter={delimiter!r}.")
    with LineReader(path) as reader:
        first = [line.decode(encoding) for line in (reader.next_line(), reader.next_line()) if line]
        if not first:
            raise ValueError(f"{reader.path}: expected at least one row, got an empty file")
        layout = _Layout.of(reader.path, first, columns, delimiter)
        values = GrowingArray(np.float64)
        for line, text, share in _texts(reader, first[layout.has_header :], layout, encoding):
            values.append(layout.numbers(line, text).ravel(), share)
    found = values.finish().reshape(-1, len(layout.chosen))
    if len(found) == 0:
        raise ValueError(f"{reader.path}: expected at least one row below the header, got none")
    return Table(found, layout.names)


def _texts(
    reader: LineReader, first: list[str], layout: _Layout, encoding: str
) -> Iterator[tuple[int, str, float]]:
    """Pieces of the file: number of the first line, whole lines, how much has been read then."""
    if first:
        yield 1 + layout.has_header, "".join(first), reader.share_read
    for block in reader.blocks():
        text = bytes(block).decode(encoding)
        yield block.line, text, reader.share_read
        reader.line += text.count("\n")


@dataclass(frozen=True)
class _Layout:
    """How the lines of a file are made up, and which of their fields to read."""

    path: str
    delimiter: str | None  # None: blanks
    has_header: bool
    all_names: list[str]
    chosen: list[int]

    @classmethod
    def of(
        cls, path: str, first: list[str], columns: Sequence[int | str] | None, delimiter: str | None
    ) -> _Layout:
        """The layout that the first line or two show."""
        if delimiter is None:
            delimiter = next((d for d in _DELIMITERS if d in first[0]), " ")
        separator = None if delimiter == " " else delimiter
        fields = [_fields(line, separator) for line in first]
        below = fields[-1] if len(fields) == 2 else ["0"] * len(fields[0])
        has_header = any(
            _is_text(head) and _number(value) is not None
            for head, value in zip(fields[0], below, strict=False)
        )
        names = [f"x{i}" for i in range(len(fields[0]))]
        if has_header:
            names = [field.strip() or name for field, name in zip(fields[0], names, strict=True)]
        if columns is None:
            chosen = list(range(len(names)))
        else:
            chosen = [_column_number(path, column, names) for column in columns]
        return cls(path, separator, has_header, names, chosen)

    @property
    def names(self) -> npt.NDArray[np.object_]:
        """Of the columns that are read."""
        return np.array([self.all_names[i] for i in self.chosen], dtype=object)

    def numbers(self, line: int, text: str) -> npt.NDArray[np.float64]:
        """The numbers of whole lines, the first of which is number `line`."""
        n_columns = len(self.all_names)
        some = self.chosen != list(range(n_columns))
        try:
            values = np.loadtxt(
                io.StringIO(text), delimiter=self.delimiter, comments=None, quotechar='"', ndmin=2,
                usecols=self.chosen if some else None,
            )  # fmt: skip
        except ValueError:
            values = None
        if (
            values is None
            or values.shape != (text.count("\n"), len(self.chosen))
            or not np.isfinite(values).all()
            or (some and any(len(self._split(one)) != n_columns for one in _lines(text)))
        ):
            raise self._first_fault(line, text)
        return values

    def _split(self, line: str) -> list[str]:
        return _fields(line, self.delimiter)

    def _first_fault(self, line: int, text: str) -> ValueError:
        """What is wrong with the first line that cannot be read."""
        for number, one in enumerate(_lines(text), start=line):
            fields = self._split(one)
            if len(fields) != len(self.all_names):
                message = (
                    f"expected {len(self.all_names)} columns as in line 1, "
                    f"got {len(fields)}: {shown(one)}"
                )
                return line_error(self.path, number, message)
            for i in self.chosen:
                fault = _fault(fields[i])
                if fault:
                    column = f"column {i} ({self.all_names[i]!r})"
                    return line_error(self.path, number, f"expected a number in {column}, {fault}")
        raise AssertionError(f"no fault in the {text.count(chr(10))} lines from {line} on")


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _fields(line: str, delimiter: str | None) -> list[str]:
    r"""The fields of a line, which may end with ``\n``."""
    line = line.rstrip("\r\n")
    if delimiter is None:
        return next(csv.reader([" ".join(line.split())], delimiter=" "), [])
    return next(csv.reader([line], delimiter=delimiter), [])


def _number(field: str) -> float | None:
    try:
        return None if "_" in field else float(field)
    except ValueError:
        return None


def _is_text(field: str) -> bool:
    return _number(field) is None and field.strip().lower() not in _MISSING


def _fault(field: str) -> str | None:
    """Why a field is no number that can be fitted, None if it is one."""
    if field.strip().lower() in _MISSING:
        return (
            f"got a missing value ({shown(field)}): leave out such lines, or read other columns "
            "by columns=..."
        )
    number = _number(field)
    if number is None:
        return f"got {shown(field)}: read other columns by columns=..."
    return None if np.isfinite(number) else f"got {shown(field)}, which is not finite"


def _column_number(path: str, column: Any, names: list[str]) -> int:
    if isinstance(column, str) and column in names:
        return names.index(column)
    if not isinstance(column, str) and 0 <= column < len(names):
        return int(column)
    wanted = f"named {column!r}" if isinstance(column, str) else f"number {column}, from 0 on"
    listed = shown(", ".join(names), 200)
    raise ValueError(
        f"{path}: expected a column {wanted} for columns=..., got {len(names)} columns: {listed}"
    )
