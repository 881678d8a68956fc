"""How a corpus lies in a file: header, blocks of documents, strings and labels behind them.

All numbers are little-endian::

    0       magic (8 bytes), length of the JSON (4), CRC-32 of the JSON (4), JSON, zeros
    4096    blocks of whole documents, each: where a document's entries start (int64, from 0, one
            more than documents), word ids (int32 or int64), counts (float32 or float64)
    then    sections in any order: "blocks", the table of the blocks; "vocabulary" and "names", the
            ends of the strings (int64) and the strings (UTF-8); "labels", numbers or strings

Every block and every section has its own CRC-32.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK_ROW", "DATA_START", "MAGIC", "Layout", "Section", "pack_header", "read_layout"]

DATA_START = 4096
BLOCK_ROW = np.dtype(
    [
        ("offset", "<i8"),  # in the file
        ("document", "<i8"),  # number of the first
        ("entry", "<i8"),
        ("count_bytes", "<u4"),  # 4: float32, 8: float64
        ("checksum", "<u4"),
    ]
)
MAGIC = b"\x89fastvb\n"
_FORMAT, _VERSION = "fastvb corpus", 1
_PREFIX = struct.Struct("<8sII")


@dataclass(frozen=True)
class Section:
    """Bytes of the file that belong together."""

    offset: int
    size: int
    checksum: int


@dataclass(frozen=True)
class Layout:
    """What the header says, and the table of the blocks."""

    n_documents: int
    n_words: int
    n_entries: int
    n_tokens: int | float
    index_type: str
    label_type: str | None  # "<i8", "<f8", or "str"
    size: int  # of the whole file
    sections: dict[str, Section]
    blocks: npt.NDArray[Any] = field(  # of BLOCK_ROW, with one row more for where the last one ends
        default_factory=lambda: np.empty(0, BLOCK_ROW), compare=False
    )


def pack_header(layout: Layout) -> bytes:
    """The first bytes of a file."""
    record = asdict(layout)
    del record["blocks"]
    text = json.dumps({"format": _FORMAT, "version": _VERSION, **record}).encode()
    header = _PREFIX.pack(MAGIC, len(text), zlib.crc32(text)) + text
    return header.ljust(DATA_START, b"\0")


def read_layout(file: BinaryIO, path: str) -> Layout:
    """Read and check what is needed to find everything else."""
    header = file.read(DATA_START)
    size = file.seek(0, 2)
    if not header.startswith(MAGIC):
        raise _other(path, "another kind of file" if header else "an empty file")
    if len(header) < DATA_START:
        raise _other(path, f"only its first {size} bytes")
    _, length, checksum = _PREFIX.unpack_from(header)
    text = header[_PREFIX.size : _PREFIX.size + length]
    if zlib.crc32(text) != checksum:
        raise _other(path, "a damaged header")
    record = json.loads(text)
    if record.pop("format") != _FORMAT or record.pop("version") != _VERSION:
        raise _other(path, f"one of another version than {_VERSION}, which this fastvb reads")
    record["sections"] = {name: Section(**s) for name, s in record["sections"].items()}
    layout = Layout(**record)
    if size != layout.size:
        raise _other(path, f"{size} bytes where its header says {layout.size}")
    return Layout(**record, blocks=_read_blocks(file, path, layout))


def _read_blocks(file: BinaryIO, path: str, layout: Layout) -> npt.NDArray[Any]:
    section = layout.sections["blocks"]
    file.seek(section.offset)
    table = file.read(section.size)
    if zlib.crc32(table) != section.checksum:
        raise _other(path, "a damaged table of blocks")
    return np.frombuffer(table, BLOCK_ROW)


def _other(path: str, got: str) -> ValueError:
    return ValueError(f"{path}: expected a corpus file of fastvb, got {got}")
