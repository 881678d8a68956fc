from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from fastvb.datasets import read_corpus
from fastvb.datasets.line_reader import LineReader

TEXT = b"one\n\ntwo three\nfour\n"
COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def blocks(path: Path, block_bytes: int | None = None) -> list[bytes]:
    with LineReader(path, block_bytes) as reader:
        return [bytes(block) for block in reader.blocks()]


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 5, 7, 100])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n  \n", b" \r\n", b"\n" * 300])
def test_blocks_are_whole_lines_without_the_blank_end(
    tmp_path: Path, block_bytes: int, end: bytes
) -> None:
    path = tmp_path / "text"
    path.write_bytes(TEXT.rstrip() + end)
    found = blocks(path, block_bytes)
    assert all(block.endswith(b"\n") for block in found)
    assert b"".join(found).replace(b" \r\n", b"\n") == TEXT


@pytest.mark.parametrize("block_bytes", [1, 5, 100])
def test_lines_before_blocks(tmp_path: Path, block_bytes: int) -> None:
    path = tmp_path / "text"
    path.write_bytes(TEXT)
    with LineReader(path, block_bytes) as reader:
        assert [reader.next_line(), reader.next_line()] == [b"one\n", b"\n"]
        assert reader.line == 3
        assert b"".join(map(bytes, reader.blocks())) == b"two three\nfour\n"
        assert reader.next_line() is None
        assert reader.share_read == 1.0


@pytest.mark.parametrize("n", [63, 64, 65, 5000])
def test_line_longer_than_a_block(tmp_path: Path, n: int) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"a" * n + b"\n" + b"b" * n + b"\nc")
    assert b"".join(blocks(path, 16)) == b"a" * n + b"\n" + b"b" * n + b"\nc\n"


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_blank_file_has_no_blocks(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "blank"
    path.write_bytes(content)
    assert blocks(path) == []


def test_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "bom"
    path.write_bytes(b"\xef\xbb\xbf2 0:1 3:2\n\xef\xbb\xbf")
    assert blocks(path) == [b"2 0:1 3:2\n\xef\xbb\xbf\n"]


@pytest.mark.parametrize("name", COMPRESSORS)
def test_compression_is_told_by_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / "no_extension"
    path.write_bytes(COMPRESSORS[name](TEXT))
    assert blocks(path) == [TEXT]


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


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.txt"):
        read_corpus(tmp_path / "nothing.txt")
    with pytest.raises(OSError, match=tmp_path.name):
        read_corpus(tmp_path, file_format="ldac")
