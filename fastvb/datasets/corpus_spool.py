"""Strings and numbers, one for each document or word, on their way into a corpus file and back."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

__all__ = ["Spool", "strings_from_bytes"]

_COPIED_BYTES = 1 << 20


class Spool:
    """Values in temporary files: strings, or numbers, as the first ones are.

    Floats that turn out to be whole become integers.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._files: list[Any] = []
        self._end = 0  # of the strings
        self._is_whole = True
        self.size = 0
        self.kind: str | None = None  # "<i8", "<f8" or "str"

    def close(self) -> None:
        """Remove the temporary files."""
        for file in self._files:
            file.close()

    def append(self, values: npt.NDArray[Any]) -> None:
        """Add values of the kind of the first."""
        values = np.asarray(values)
        kind = {"b": "<i8", "i": "<i8", "u": "<i8", "f": "<f8"}.get(values.dtype.kind, "str")
        if self.kind is None:
            self.kind = kind
            self._files = [tempfile.TemporaryFile(dir=self._folder) for _ in range(2)]  # noqa: SIM115
        if kind != self.kind:
            raise ValueError(f"Expected values of one kind, got {values.dtype} after {self.kind}.")
        self.size += len(values)
        if kind != "str":
            numbers = values.astype(kind)
            self._is_whole = self._is_whole and _is_whole(numbers)
            self._files[0].write(numbers.data)
            return
        encoded = [str(value).encode("utf-8", "surrogatepass") for value in values]
        ends = self._end + np.cumsum([len(text) for text in encoded], dtype="<i8")
        self._end += sum(map(len, encoded))
        self._files[0].write(ends.data)
        self._files[1].write(b"".join(encoded))

    def move_to(self, target: BinaryIO) -> tuple[int, int, int]:
        """Write all at the end of a file; where it begins, its bytes, their CRC-32."""
        offset, checksum = target.tell(), 0
        if self.kind == "<f8" and self._is_whole:
            self.kind, source = "<i8", "<f8"
        else:
            source = ""
        for piece in self._pieces():
            content = np.frombuffer(piece, source).astype("<i8").data if source else piece
            checksum = zlib.crc32(content, checksum)
            target.write(content)
        return offset, target.tell() - offset, checksum

    def _pieces(self) -> Iterator[bytes]:
        for file in self._files:
            file.seek(0)
            while piece := file.read(_COPIED_BYTES):
                yield piece


def _is_whole(numbers: npt.NDArray[Any]) -> bool:
    return bool(((numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53)).all())


def strings_from_bytes(content: bytes, n: int) -> list[str]:
    """The `n` strings of a section."""
    ends = np.frombuffer(content, "<i8", n).tolist()
    text = memoryview(content)[8 * n :]
    starts = [0, *ends[:-1]]
    pairs = zip(starts, ends, strict=True)
    return [str(text[start:end], "utf-8", "surrogatepass") for start, end in pairs]
