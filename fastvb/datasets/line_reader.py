"""Plain and compressed files as blocks of whole lines, and errors that name the line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from os import PathLike, fspath
from typing import BinaryIO, NoReturn, TypeAlias, cast

__all__ = [
    "PathLikeStr",
    "fail_at_first_fault",
    "line_blocks",
    "line_error",
    "open_binary",
    "shown",
]

PathLikeStr: TypeAlias = str | PathLike[str]

_BLOCK_BYTES = 1 << 22  # large enough for NumPy's calls to vanish, small enough for the cache
_OPENERS: dict[bytes, Callable[..., object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_DAMAGED = (EOFError, OSError, lzma.LZMAError, zlib.error)


def open_binary(path: PathLikeStr) -> BinaryIO:
    """Open a file for reading bytes; gzip, bzip2 and xz are told by their first bytes."""
    with open(path, "rb") as file:
        magic = file.read(6)
    for prefix, opener in _OPENERS.items():
        if magic.startswith(prefix):
            return cast(BinaryIO, opener(path, "rb"))
    return open(path, "rb")


def line_blocks(path: PathLikeStr, block_bytes: int = _BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    r"""Yield (number of the first line, block) with blocks of whole lines.

    Every line of a block ends with ``\n``, the last of the file too. Blank lines at the end of
    the file are left out.
    """
    line, rest, at_end = 1, b"", False
    with open_binary(path) as file:
        while not at_end:
            try:
                chunk = file.read(block_bytes)
            except _DAMAGED as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the machine's fault, not the file's
                raise ValueError(
                    f"{fspath(path)}: expected a complete compressed file, got {error}"
                ) from None
            at_end = len(chunk) < block_bytes
            rest += chunk
            if at_end:
                rest = rest.rstrip() + b"\n" if rest.strip() else b""
            # What follows the last newline before visible text may yet turn out to be the end.
            cut = len(rest) if at_end else rest.rfind(b"\n", 0, len(rest.rstrip())) + 1
            if cut:
                block, rest = rest[:cut], rest[cut:]
                yield line, block
                line += block.count(b"\n")


def line_error(path: PathLikeStr, line: int, message: str) -> ValueError:
    """Return the error ``{path}, line {line}: {message}``."""
    return ValueError(f"{fspath(path)}, line {line}: {message}")


def fail_at_first_fault(
    path: PathLikeStr, line: int, block: bytes, fault: Callable[[bytes], str | None]
) -> NoReturn:
    """Raise for the first line in which `fault` finds one; the block is known to have one.

    Bulk parsing only learns that a block is wrong; this slow walk finds out where and why.
    """
    for offset, text in enumerate(block.split(b"\n")[:-1]):
        message = fault(text)
        if message is not None:
            raise line_error(path, line + offset, message)
    raise AssertionError(f"{fspath(path)}: bulk parsing and line check disagree")


def shown(text: bytes | str, width: int = 40) -> str:
    """A piece of a file for an error message: quoted, printable, short."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text.strip()
    return repr(text if len(text) <= width else text[: width - 3] + "...")
