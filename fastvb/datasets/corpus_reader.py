"""Documents, strings and labels out of a corpus file."""

from __future__ import annotations

import os
import threading
import weakref
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb.datasets.corpus import BIGGEST
from fastvb.datasets.corpus_layout import read_layout
from fastvb.datasets.corpus_spool import strings_from_bytes

__all__ = ["CorpusReader"]

_PREADV = getattr(os, "preadv", None)  # not on Windows
_CHECKED_BYTES = 1 << 18  # at a time, so that they are still in the cache when they are summed up


class CorpusReader:
    """An open corpus file. Several threads, also of forked processes, may read at once.

    A block's checksum is compared before anything of it is read for the first time. Threads that
    come to it together may each compare it: that costs time, and nothing else.
    """

    def __init__(self, path: str) -> None:
        self._path, self._lock = path, threading.Lock()
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 (closed at the end)
        try:
            self.layout = read_layout(self._file, path)
        except BaseException:
            self._file.close()
            raise
        self.close = weakref.finalize(self, self._file.close)
        self._blocks = self.layout.blocks
        self._is_checked = np.zeros(len(self._blocks), bool)
        is_wide = (self._blocks["count_bytes"] == 8).any()
        self.dtype = np.dtype("<f8" if is_wide else "<f4")

    def rows(self, start: int, stop: int) -> sparse.csr_array:
        """Documents `start` to `stop - 1`."""
        starts = self._blocks["document"]
        first = int(np.searchsorted(starts, start, side="right")) - 1
        blocks = range(first, int(np.searchsorted(starts, stop, side="left")))
        for b in blocks:
            if not self._is_checked[b]:
                self._check_block(b)
        ends = [self._entry_ends(b, start, stop) for b in blocks]  # within each block
        n_entries = sum(int(e[-1] - e[0]) for e in ends)
        index_type = self.layout.index_type if n_entries <= BIGGEST else "<i8"
        indptr = np.zeros(stop - start + 1, index_type)
        indices, data = np.empty(n_entries, index_type), np.empty(n_entries, self.dtype)
        document = entry = 0
        for b, block_ends in zip(blocks, ends, strict=True):
            n, n_documents = int(block_ends[-1] - block_ends[0]), len(block_ends) - 1
            part = slice(entry, entry + n)
            self._read_entries(b, int(block_ends[0]), indices[part], data[part])
            indptr[document + 1 : document + n_documents + 1] = (
                block_ends[1:] - block_ends[0] + entry
            )
            document, entry = document + n_documents, entry + n
        if n_entries and not 0 <= indices.min() <= indices.max() < self.layout.n_words:
            raise self._damaged(f"documents {start} to {stop - 1}")
        counts = sparse.csr_array(
            (data, indices, indptr), shape=(stop - start, self.layout.n_words)
        )
        counts.has_canonical_format = True  # as it was written; not looked at again
        return counts

    def strings(self, name: str, n: int) -> npt.NDArray[np.object_] | None:
        """The `n` strings of a section; None where there is none."""
        if name not in self.layout.sections:
            return None
        return np.array(strings_from_bytes(self.section(name), n), dtype=object)

    def section(self, name: str) -> bytes:
        """The bytes of a section, compared with their checksum."""
        section = self.layout.sections[name]
        content = self._read(np.empty(section.size, np.uint8), section.offset)
        if zlib.crc32(content.data) != section.checksum:
            raise self._damaged(f"a section {name!r}")
        return content.tobytes()

    def verify(self) -> None:
        """Compare all checksums."""
        for b in range(len(self._blocks) - 1):
            self._check_block(b)
        for name in self.layout.sections:
            self.section(name)

    def _check_block(self, b: int) -> None:
        """Compare the checksum of block b."""
        block, following = self._blocks[b], self._blocks[b + 1]
        buffer, checksum = np.empty(_CHECKED_BYTES, np.uint8), 0
        for offset in range(int(block["offset"]), int(following["offset"]), _CHECKED_BYTES):
            part = buffer[: int(following["offset"]) - offset]
            checksum = zlib.crc32(self._read(part, offset).data, checksum)
        if checksum != block["checksum"]:
            documents = f"documents {block['document']} to {following['document'] - 1}"
            raise self._damaged(f"block {b} ({documents})")
        self._is_checked[b] = True

    def _entry_ends(self, b: int, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Where the entries of those documents that lie in block b start, and the last one ends."""
        block, following = self._blocks[b], self._blocks[b + 1]
        first, last = max(start, block["document"]), min(stop, following["document"])
        offset = int(block["offset"]) + 8 * int(first - block["document"])
        ends = self._read(np.empty(int(last - first) + 1, "<i8"), offset)
        if (
            ends[0] < 0
            or ends[-1] > following["entry"] - block["entry"]
            or (np.diff(ends) < 0).any()
        ):
            raise self._damaged(f"documents {first} to {last - 1}")
        return ends

    def _read_entries(
        self, b: int, start: int, indices: npt.NDArray[Any], data: npt.NDArray[Any]
    ) -> None:
        """Fill arrays with the entries of block b from `start` on."""
        block, following = self._blocks[b], self._blocks[b + 1]
        n_entries = int(following["entry"] - block["entry"])
        offset = int(block["offset"]) + 8 * (int(following["document"] - block["document"]) + 1)
        for array, source in (
            (indices, np.dtype(self.layout.index_type)),
            (data, np.dtype("<f4" if block["count_bytes"] == 4 else "<f8")),
        ):
            place = array if array.dtype == source else np.empty(len(array), source)
            self._read(place, offset + start * source.itemsize)
            if place is not array:
                array[:] = place
            offset += n_entries * source.itemsize

    def _read(self, array: npt.NDArray[Any], offset: int) -> npt.NDArray[Any]:
        """Fill an array with the bytes from `offset` on."""
        view = array.view(np.uint8).data
        while len(view) > 0:
            if _PREADV is not None:
                n = _PREADV(self._file.fileno(), [view], offset)
            else:
                with self._lock:
                    self._file.seek(offset)
                    n = self._file.readinto(view)
            if not n:
                raise ValueError(f"{self._path}: expected {len(view)} bytes more, got the end")
            view, offset = view[n:], offset + n
        return array

    def _damaged(self, what: str) -> ValueError:
        return ValueError(f"{self._path}: expected {what} as written, got damaged content")
