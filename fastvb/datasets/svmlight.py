"""svmlight: one document a line, ``label id:count id:count ... # comment``, ids from 1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb._kernels import _scan
from fastvb.datasets.corpus import BIGGEST, counts_from_rows
from fastvb.datasets.line_reader import LineReader, PathLikeStr
from fastvb.datasets.scanning import Counts, GrowingArray, scan_blocks

__all__ = ["looks_like_svmlight", "read_svmlight", "svmlight_blocks"]

_NUMBER = rb"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?"
_DOCUMENT = re.compile(
    rb"\s*" + _NUMBER + rb"(?:\s+qid:\d+)?(?:\s+\d+:" + _NUMBER + rb")+\s*(?:#.*)?"
)
_MESSAGES = {
    _scan.HEAD: "expected a label, a number, got {field}",
    _scan.PAIR: "expected id:count, an integer and a number, got {field}",
    _scan.COLUMN: "expected a word id from {first} to {last_column}, got {field}",
    _scan.VALUE: "expected a count that is finite and not negative, got {field}",
}


def looks_like_svmlight(lines: list[bytes]) -> bool:
    """Whether the first line that is not a comment is a label and id:count pairs."""
    first = next((line for line in lines if line.partition(b"#")[0].strip()), b"")
    return _DOCUMENT.fullmatch(first) is not None


def svmlight_blocks(
    reader: LineReader, *, first_id: int | None, n_words: int | None
) -> Iterator[list[npt.NDArray[Any]]]:
    """Yield labels, lengths, word ids and counts of some documents, until the next block."""
    ids = (1 if first_id is None else first_id, BIGGEST if n_words is None else n_words)
    outputs = (np.float64, np.int32), (np.int32, np.float64)
    for _, numbers in scan_blocks(reader, _scan.scan_labelled_pairs, ids, *outputs, _MESSAGES):
        yield numbers


def read_svmlight(
    path: PathLikeStr, *, first_id: int | None = None, n_words: int | None = None
) -> tuple[sparse.csr_array, npt.NDArray[Any]]:
    """Read counts and labels; `n_words` None takes the largest id.

    Labels are int64 where all are whole numbers, float64 elsewhere.
    """
    labels, lengths = GrowingArray(np.float64), GrowingArray(np.int32)
    words, counts = GrowingArray(np.int32), Counts()
    with LineReader(path) as reader:
        for numbers in svmlight_blocks(reader, first_id=first_id, n_words=n_words):
            share = reader.share_read
            for array, values in zip((labels, lengths, words), numbers[:3], strict=True):
                array.append(values, share)
            counts.append(numbers[3], share)
    word_ids = words.finish()
    if n_words is None:
        n_words = int(word_ids.max(initial=-1)) + 1
    matrix = counts_from_rows(lengths.finish(), word_ids, counts.finish(), n_words)
    return matrix, _whole(labels.finish())


def _whole(labels: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    is_whole = ((labels == np.floor(labels)) & (np.abs(labels) < 2**53)).all()
    return labels.astype(np.int64) if is_whole else labels
