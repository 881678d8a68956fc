"""LDA-C: one document a line, ``N id:count id:count ...`` with N pairs, ids from 0."""

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
from fastvb.datasets.scanning import GrowingArray, scan_blocks

__all__ = ["ldac_blocks", "looks_like_ldac", "read_ldac"]

_DOCUMENT = re.compile(rb"\s*(\d{1,9})((?:[ \t]+\d+:\d+)*)\s*")
_MESSAGES = {
    _scan.BLANK: (
        "expected a document 'N id:count ...', got a blank line (an empty document is '0')"
    ),
    _scan.HEAD: "expected the number of id:count pairs, got {field}",
    _scan.PAIR: "expected id:count, two integers, got {field}",
    _scan.COLUMN: "expected a word id from {first} to {last_column}, got {field}",
    _scan.VALUE: "expected a count of at most {biggest}, got {field}",
    _scan.LENGTH: "expected {head} id:count pairs, got {pairs}",
}


def looks_like_ldac(lines: list[bytes]) -> bool:
    """Whether lines hold id:count pairs, at least half of them as many as they say, or id 0.

    In svmlight files, where a label stands first and ids start at 1, neither is likely.
    """
    documents = [_DOCUMENT.fullmatch(line) for line in lines]
    n_right = sum(d is not None and int(d[1]) == d[2].count(b":") for d in documents)
    pairs = b"".join(d[2] for d in documents if d is not None)
    has_id_0 = re.search(rb"[ \t]0+:", pairs) is not None
    return pairs != b"" and (has_id_0 or 2 * n_right >= len(lines))


def ldac_blocks(
    reader: LineReader, *, first_id: int | None, n_words: int | None
) -> Iterator[list[npt.NDArray[Any]]]:
    """Yield lengths, word ids and counts of some documents; the next block writes them over."""
    ids = (0 if first_id is None else first_id, BIGGEST if n_words is None else n_words)
    outputs = (np.int32,), (np.int32, np.int32)
    for _, numbers in scan_blocks(reader, _scan.scan_counted_pairs, ids, *outputs, _MESSAGES):
        yield numbers


def read_ldac(
    path: PathLikeStr, *, first_id: int | None = None, n_words: int | None = None
) -> sparse.csr_array:
    """Read the counts; `n_words` None takes the largest id."""
    lengths, words, counts = (GrowingArray(np.int32) for _ in range(3))
    with LineReader(path) as reader:
        for numbers in ldac_blocks(reader, first_id=first_id, n_words=n_words):
            for array, values in zip((lengths, words, counts), numbers, strict=True):
                array.append(values, reader.share_read)
    word_ids = words.finish()
    if n_words is None:
        n_words = int(word_ids.max(initial=-1)) + 1
    return counts_from_rows(lengths.finish(), word_ids, counts.finish(), n_words)
