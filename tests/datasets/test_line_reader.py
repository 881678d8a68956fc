from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from fastvb.datasets import read_corpus
from fastvb.datasets.line_blocks import line_blocks

TEXT = b"one\n\ntwo three\nfour\n"
COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 5, 7, 100])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n  \n", b" \r\n"])
def test_blocks_are_whole_lines_without_the_blank_end(
    tmp_path: Path, block_bytes: int, end: bytes
) -> None:
    path = tmp_path / "text"
    path.write_bytes(TEXT.rstrip() + end)
    line, found = 1, b""
    for first, block in line_blocks(path, block_bytes):
        assert first == line
        assert block.endswith(b"\n")
        line += block.count(b"\n")
        found += block.replace(b" \r\n", b"\n")
    assert found == TEXT


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\n"])
def test_blank_file_has_no_blocks(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "blank"
    path.write_bytes(content)
    assert list(line_blocks(path)) == []


@pytest.mark.parametrize("name", COMPRESSORS)
def test_compression_is_told_by_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / "no_extension"
    path.write_bytes(COMPRESSORS[name](TEXT))
    assert list(line_blocks(path)) == [(1, TEXT)]


@pytest.mark.parametrize("name", COMPRESSORS)
def test_truncated_compressed_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"cut.{name}"
    path.write_bytes(COMPRESSORS[name](bytes(range(65, 91)) * 1000)[:-9])
    with pytest.raises(ValueError, match=rf"cut\.{name}: expected a complete compressed file"):
        read_corpus(path)


def test_damaged_bz2(tmp_path: Path) -> None:
    data = bytearray(bz2.compress(TEXT * 100))
    data[len(data) // 2] ^= 0xFF
    path = tmp_path / "bad.bz2"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"bad\.bz2: expected a complete compressed file"):
        read_corpus(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.txt"):
        read_corpus(tmp_path / "nothing.txt")
    with pytest.raises(OSError, match=tmp_path.name):
        read_corpus(tmp_path)
