"""Corpora to files, piece by piece: memory for some blocks, whatever the size of the corpus."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb._atomic import atomic_file
from fastvb.datasets.corpus import BIGGEST, Corpus
from fastvb.datasets.corpus_layout import BLOCK_ROW, DATA_START, Layout, Section, pack_header
from fastvb.datasets.corpus_spool import Spool

__all__ = ["write_pieces"]

_BLOCK_ENTRIES = 1 << 20  # 8 MB: read in a few milliseconds, shuffled in memory
_BLOCK_DOCUMENTS = 1 << 18
_MOST_WAITING = 256
_MOST_EXACT = 2.0**53


def write_pieces(
    path: str | os.PathLike[str],
    pieces: Iterable[Corpus],
    source: str,
    *,
    n_words: int | None,
    vocabulary: npt.NDArray[Any] | None,
) -> None:
    """Write consecutive parts of a corpus, canonical but perhaps with zeros, as one file.

    Without `n_words`, the widest piece decides. `source` is what an empty corpus is blamed on.
    """
    folder = os.path.dirname(os.path.realpath(path))
    with atomic_file(path) as file, _Writer(file, folder, n_words) as writer:
        for piece in pieces:
            writer.add(piece)
        writer.finish(source, vocabulary)


class _Writer:
    """A file that grows block by block."""

    def __init__(self, file: BinaryIO, folder: str, n_words: int | None) -> None:
        self._file = file
        self._most_words = BIGGEST + 1 if n_words is None else n_words
        self._n_words = 0 if n_words is None else n_words
        self._index_type = "<i4" if self._most_words <= BIGGEST + 1 else "<i8"
        self._waiting: list[Any] = []  # parts of the next block
        self._n_waiting = np.zeros(2, np.int64)  # documents and entries in them
        self._n_written = np.zeros(2, np.int64)
        self._blocks: list[tuple[int, ...]] = []
        self._n_tokens, self._is_whole = 0.0, True
        self._spools = {name: Spool(folder) for name in ("vocabulary", "names", "labels")}
        file.seek(DATA_START)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for spool in self._spools.values():
            spool.close()

    def add(self, piece: Corpus) -> None:
        """Add documents at the end."""
        n_documents = int(self._n_written[0] + self._n_waiting[0]) + piece.n_documents
        for name, values in (("names", piece.names), ("labels", piece.labels)):
            spool = self._spools[name]
            if values is not None:
                spool.append(values)
            if spool.size != (0 if values is None else n_documents):
                raise ValueError(f"Expected {name} in all parts of the corpus or in none.")
        counts = piece.counts
        if counts.data.min(initial=1) == 0:
            counts = counts.copy()
            counts.eliminate_zeros()
        self._n_words = max(self._n_words, counts.shape[1])
        for part in _parts(counts):
            part.resize((part.shape[0], self._most_words))
            n = np.array([part.shape[0], part.nnz])
            if self._waiting and (self._n_waiting + n > (_BLOCK_DOCUMENTS, _BLOCK_ENTRIES)).any():
                self._write_block()
            self._waiting.append(part)
            self._n_waiting += n
        if len(self._waiting) > _MOST_WAITING:
            self._waiting = [sparse.vstack(self._waiting, format="csr")]

    def finish(self, source: str, vocabulary: npt.NDArray[Any] | None) -> None:
        """Write what waits, the sections, and the header."""
        self._write_block()
        n_documents, n_entries = map(int, self._n_written)
        if n_documents == 0 or self._n_words == 0:
            missing = "document" if n_documents == 0 else "word"
            raise ValueError(f"{source}: expected at least one {missing}, got none")
        if vocabulary is not None:
            self._spools["vocabulary"].append(vocabulary)
        end = (self._file.tell(), n_documents, n_entries, 0, 0)
        sections = {
            name: Section(*spool.move_to(self._file))
            for name, spool in self._spools.items()
            if spool.size > 0
        }
        table = np.array([*self._blocks, end], BLOCK_ROW).tobytes()
        sections["blocks"] = Section(self._file.tell(), len(table), zlib.crc32(table))
        self._file.write(table)
        is_integer = self._is_whole and self._n_tokens < _MOST_EXACT
        layout = Layout(
            n_documents,
            self._n_words,
            n_entries,
            int(self._n_tokens) if is_integer else self._n_tokens,
            self._index_type,
            self._spools["labels"].kind,
            self._file.tell(),
            sections,
        )
        self._file.seek(0)
        self._file.write(pack_header(layout))

    def _write_block(self) -> None:
        if not self._waiting:
            return
        counts = sparse.vstack(self._waiting, format="csr")
        self._waiting = []
        data = _stored(counts.data)
        offset, checksum = self._file.tell(), 0
        for array in (counts.indptr.astype("<i8"), counts.indices.astype(self._index_type), data):
            checksum = zlib.crc32(array.data, checksum)
            self._file.write(array.data)
        self._blocks.append((offset, *map(int, self._n_written), data.itemsize, checksum))
        self._n_written += self._n_waiting
        self._n_waiting[:] = 0
        with np.errstate(over="ignore"):
            self._n_tokens += float(counts.data.sum(dtype=np.float64))
        self._is_whole = self._is_whole and bool((data == np.floor(data)).all())


def _parts(counts: Any) -> Iterator[Any]:
    """Copies of consecutive documents, each with no more than a block holds, or one document."""
    start, n_documents = 0, counts.shape[0]
    while start < n_documents:
        most = int(counts.indptr[start]) + _BLOCK_ENTRIES
        stop = int(np.searchsorted(counts.indptr, most, side="right")) - 1
        stop = min(max(stop, start + 1), start + _BLOCK_DOCUMENTS, n_documents)
        yield counts[start:stop]
        start = stop


def _stored(counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Counts as float32 where that is exact, else as float64."""
    with np.errstate(over="ignore"):
        narrow = counts.astype("<f4")
    return narrow if (narrow == counts).all() else counts.astype("<f8")
