"""The numbers of a file, block by block: what every numeric format shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from fastvb._kernels import _scan
from fastvb._threads import effective_n_threads
from fastvb.datasets.corpus import BIGGEST
from fastvb.datasets.line_reader import Block, LineReader, line_error, shown

__all__ = ["Counts", "GrowingArray", "scan_blocks"]

_PART_BYTES = 1 << 16  # that a thread reads at a time, some 50 microseconds
_LINES = 2  # column of the kernels' results; that of the entries is next


class GrowingArray:
    """An array that grows at its end, and how far is not known before."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._memory: npt.NDArray[Any] = np.empty(0, dtype)
        self._size = 0

    def append(self, values: npt.NDArray[Any], share: float) -> None:
        """Add values at the end; `share` is how much of the file will have come with them.

        Memory that is reserved but never touched costs nothing, so the guess is generous.
        """
        needed = self._size + len(values)
        if needed > len(self._memory):
            capacity = int(1.05 * needed / share) if share < 1.0 else needed
            memory = np.empty(capacity, self._memory.dtype)
            memory[: self._size] = self._memory[: self._size]
            self._memory = memory
        self._memory[self._size : needed] = values
        self._size = needed

    def finish(self) -> npt.NDArray[Any]:
        """The array, without room to spare."""
        self._memory.resize(self._size, refcheck=False)
        return self._memory


class Counts:
    """Values that are int32 as long as all are whole numbers, and float64 from the first other."""

    def __init__(self) -> None:
        self._values = GrowingArray(np.int32)
        self._is_whole = True

    def append(self, values: npt.NDArray[np.float64], share: float) -> None:
        """Add the values of a block."""
        if self._is_whole and not ((values == np.floor(values)) & (values <= BIGGEST)).all():
            self._is_whole = False
            before, self._values = self._values.finish(), GrowingArray(np.float64)
            self._values.append(before.astype(np.float64), share)
        self._values.append(values, share)

    def finish(self) -> npt.NDArray[Any]:
        """All values."""
        return self._values.finish()


def scan_blocks(
    reader: LineReader,
    kernel: Callable[..., None],
    ids: tuple[int, ...],
    by_line: tuple[npt.DTypeLike, ...],
    by_entry: tuple[npt.DTypeLike, ...],
    messages: dict[int, str],
) -> Iterator[tuple[Block, list[npt.NDArray[Any]]]]:
    """Read the rest of a file by a kernel of _scan; yield blocks and the numbers in them.

    `ids` are the kernel's: the first id, the number of rows where it takes one, the number of
    columns. `by_line` and `by_entry` are the types of its outputs; without `by_line`, a line is an
    entry. The outputs are written over by the next block: several threads that touched the memory
    of a whole corpus for the first time would get into each other's way. `messages` word the faults
    of a format, with fields such as {line} and {last_column} for `_fail` to fill in.
    """
    memory = [np.empty(0, dtype) for dtype in (*by_line, *by_entry)]
    for block in reader.blocks():
        n_parts = -(-block.size // _PART_BYTES)
        n_threads = effective_n_threads() if n_parts > 1 else 1
        starts = np.empty(n_parts + 1, np.intp)
        counts = np.empty((n_parts, 2), np.intp)
        results = np.empty((n_parts, 4), np.intp)
        _scan.cut_lines(block.text, block.size, starts, counts, n_threads)
        n_lines = int(counts[:, 0].sum())
        if not by_line:
            counts[:, 1] = counts[:, 0]
        offsets = np.cumsum(counts, axis=0) - counts
        for i, array in enumerate(memory):
            needed = int(counts[:, 0 if i < len(by_line) else 1].sum())
            if needed > len(array):
                memory[i] = np.empty(needed + needed // 8, array.dtype)
        kernel(block.text, starts, offsets, *ids, *memory, results, n_threads)
        if results[:, 0].any():
            _fail(reader.path, block, results, ids, messages)
        found = []
        for i, array in enumerate(memory):
            column = 0 if i < len(by_line) else 1
            n = _close_gaps(array, offsets[:, column], results[:, _LINES + column])
            found.append(array[:n])
        yield block, found
        reader.line += n_lines


def _close_gaps(
    array: npt.NDArray[Any], offsets: npt.NDArray[np.intp], found: npt.NDArray[np.intp]
) -> int:
    """Move the parts of an array together, where they hold less than there was room for."""
    ends = np.cumsum(found)
    for part in np.flatnonzero(ends - found < offsets):
        start = offsets[part]
        array[ends[part] - found[part] : ends[part]] = array[start : start + found[part]]
    return int(ends[-1])


def _fail(
    path: str,
    block: Block,
    results: npt.NDArray[np.intp],
    ids: tuple[int, ...],
    messages: dict[int, str],
) -> None:
    """Raise the error that words the first fault."""
    status, position = (int(number) for number in results[np.flatnonzero(results[:, 0])[0], :2])
    text = bytes(block)
    start = text.rfind(b"\n", 0, position) + 1
    line = text[start : text.index(b"\n", position)]
    fields = line[position - start :].split(maxsplit=1)
    field = fields[0] if fields else b""
    message = messages[status].format(
        line=shown(line),
        field=shown(field),
        head=shown(field)[1:-1],
        pairs=len(line.split()) - 1,
        first=ids[0],
        last_row=ids[0] + ids[-2] - 1,
        last_column=ids[0] + ids[-1] - 1,
        biggest=BIGGEST,
    )
    message += _other_first_id(status, field, ids)
    raise line_error(path, block.line + text.count(b"\n", 0, start), message)


def _other_first_id(status: int, field: bytes, ids: tuple[int, ...]) -> str:
    """The way out where an id is one too small or one too large."""
    if status not in (_scan.ROW, _scan.COLUMN):
        return ""
    first, n = ids[0], ids[-2] if status == _scan.ROW else ids[-1]
    digits = field.partition(b":")[0].lstrip(b"0") or b"0"
    if first == 1 and digits == b"0":
        return " (first_id=0 reads ids that start at 0)"
    if first == 0 and digits == str(n).encode():
        return " (first_id=1 reads ids that start at 1)"
    return ""
