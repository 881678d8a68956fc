"""Plain and compressed files as blocks of whole lines, and errors that name the line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from os import PathLike, fspath
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self, TypeAlias, cast

import numpy as np
import numpy.typing as npt

__all__ = ["Block", "LineReader", "PathLikeStr", "line_error", "shown"]

PathLikeStr: TypeAlias = str | PathLike[str]

_BLOCK_BYTES = 1 << 22  # large enough for Python's calls to vanish, small enough for the cache
_PADDING = 64  # readable bytes behind a block: kernels load eight at a time
_LEAST_SHARE = 1 / 64
_BOM = b"\xef\xbb\xbf"
_OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_DAMAGED = (EOFError, OSError, lzma.LZMAError, zlib.error)


class Block(NamedTuple):
    r"""Whole lines of a file, each ending with ``\n``; valid until the next block is read."""

    line: int  # number of the first line, from 1
    text: npt.NDArray[np.uint8]  # the lines, and bytes without meaning behind them
    size: int  # bytes of the lines

    def __bytes__(self) -> bytes:
        return self.text[: self.size].tobytes()


class LineReader:
    r"""A file, plain or compressed by gzip, bzip2 or xz, as its first bytes tell.

    First lines may be taken one by one, the rest comes in blocks. A byte-order mark and blank lines
    at the end of the file are left out, and the last line ends with ``\n`` in any case.
    """

    def __init__(self, path: PathLikeStr, block_bytes: int | None = None) -> None:
        self.path = fspath(path)
        self.line = 1  # number of the next line
        self._block_bytes = _BLOCK_BYTES if block_bytes is None else block_bytes
        self._buffer = bytearray(self._block_bytes + _PADDING)
        self._start = self._cut = self._stop = 0  # whole lines up to cut, read up to stop
        self._at_end = self._has_begun = False
        self._raw = open(self.path, "rb", buffering=0)  # noqa: SIM115 (closed by __exit__)
        magic = self._raw.read(6)
        self._raw.seek(0)
        opener = next((o for m, o in _OPENERS.items() if magic.startswith(m)), None)
        self._file = self._raw if opener is None else cast(BinaryIO, opener(self._raw, "rb"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        self._raw.close()

    @property
    def share_read(self) -> float:
        """How much of the file has been read, at most 1.

        Of a compressed file never less than 1/64: its first part may be denser than the rest.
        """
        size = os.fstat(self._raw.fileno()).st_size
        if self._at_end or size == 0:
            return 1.0
        least = 0.0 if self._file is self._raw else _LEAST_SHARE
        return min(1.0, max(self._raw.tell() / size, least))

    def next_line(self) -> bytes | None:
        r"""Return one line with its ``\n``, None after the last."""
        if not self._has_lines():
            return None
        end = self._buffer.index(b"\n", self._start) + 1
        line = bytes(self._buffer[self._start : end])
        self._start = end
        self.line += 1
        return line

    def blocks(self) -> Iterator[Block]:
        """Yield the lines that are left. `line` is the consumer's to advance, who counts them."""
        while self._has_lines():
            text = np.frombuffer(self._buffer, dtype=np.uint8)[self._start :]
            block = Block(self.line, text, self._cut - self._start)
            self._start = self._cut
            yield block

    def _has_lines(self) -> bool:
        """Whether a whole line is in the buffer, after reading if need be."""
        while self._start == self._cut and not self._at_end:
            self._make_room()
            self._read()
            if not self._has_begun and self._buffer.startswith(_BOM):
                self._start = self._cut = len(_BOM)
            self._has_begun = True
            end = self._visible_end()
            if self._at_end:
                self._buffer[end : end + 1] = b"\n"
                self._cut = end + 1 if end > self._start else self._start
            else:  # what follows the last newline before visible text may yet be the file's end
                self._cut = max(self._start, self._buffer.rfind(b"\n", self._start, end) + 1)
        return self._start < self._cut

    def _make_room(self) -> None:
        """Move the rest to the front; in a larger buffer where it fills this one."""
        rest = self._stop - self._start
        moved = memoryview(self._buffer)[self._start : self._stop]
        # The old buffer may belong to a block: never resized, and not reused when too small.
        large = rest > (len(self._buffer) - _PADDING) // 2
        buffer = bytearray(2 * len(self._buffer)) if large else self._buffer
        buffer[:rest] = bytes(moved)
        self._buffer = buffer
        self._start, self._cut, self._stop = 0, 0, rest

    def _read(self) -> None:
        view = memoryview(self._buffer)
        limit = len(self._buffer) - _PADDING
        while self._stop < limit:
            try:
                n = self._file.readinto(view[self._stop : limit])  # type: ignore[attr-defined]
            except _DAMAGED as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the machine's fault, not the file's
                raise ValueError(
                    f"{self.path}: expected a complete compressed file, got {error}"
                ) from None
            if n == 0:
                self._at_end = True
                return
            self._stop += n

    def _visible_end(self) -> int:
        """One behind the last byte of the buffer that is not blank."""
        stop = self._stop
        while stop > self._start:
            tail = bytes(self._buffer[max(self._start, stop - 64) : stop])
            visible = len(tail.rstrip())
            if visible:
                return stop - len(tail) + visible
            stop -= len(tail)
        return self._start


def line_error(path: PathLikeStr, line: int, message: str) -> ValueError:
    """Return the error ``{path}, line {line}: {message}``."""
    return ValueError(f"{fspath(path)}, line {line}: {message}")


def shown(text: bytes | str, width: int = 40) -> str:
    """A piece of a file for an error message: quoted, printable, short."""
    if isinstance(text, bytes):
        text = text[: 4 * width].decode("utf-8", "replace")
    text = text.strip()
    return repr(text if len(text) <= width else text[: width - 3] + "...")
