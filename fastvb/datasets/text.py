"""Text to word counts: one tokenizer for plain text files and for documentation strings."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb.datasets.corpus import counts_from_rows
from fastvb.datasets.line_blocks import PathLikeStr, line_blocks, line_error

__all__ = ["Tokenizer", "count_words", "read_lines", "tokenize"]

Tokenizer = Callable[[str], Iterable[str]]

_WORD = re.compile(r"[^\W\d_]{2,}")


def tokenize(text: str) -> list[str]:
    """Split text into lower-case words: runs of two or more letters of any alphabet.

    Digits, underscores and punctuation separate words, so ``start_response`` gives two.

    Parameters
    ----------
    text : str
        One document.

    Returns
    -------
    list of str
        The words in their order.

    Examples
    --------
    >>> from fastvb.datasets import tokenize
    >>> tokenize("The WSGI server calls start_response() 2 times: déjà vu!")
    ['the', 'wsgi', 'server', 'calls', 'start', 'response', 'times', 'déjà', 'vu']
    """
    return _WORD.findall(text.lower())


def count_words(
    documents: Iterable[Iterable[str]], vocabulary: npt.NDArray[np.object_] | None = None
) -> tuple[sparse.csr_array, npt.NDArray[np.object_]]:
    """Count the words of tokenised documents.

    Without a vocabulary it is found: all words, sorted. With one, other words are left out.
    """
    lengths, ids = array("q"), array("i")
    if vocabulary is None:
        found: defaultdict[str, int] = defaultdict()
        found.default_factory = found.__len__
        for words in documents:
            before = len(ids)
            ids.extend(map(found.__getitem__, words))
            lengths.append(len(ids) - before)
        vocabulary = np.array(sorted(found), dtype=object)
        rank = np.empty(len(found), dtype=np.int32)
        rank[[found[word] for word in vocabulary]] = np.arange(len(found), dtype=np.int32)
        columns = rank[np.asarray(ids)]
    else:
        known = {word: i for i, word in enumerate(vocabulary)}
        for words in documents:
            before = len(ids)
            ids.extend(known[word] for word in words if word in known)
            lengths.append(len(ids) - before)
        columns = np.array(ids, dtype=np.int32)
    ones = np.ones(len(columns), dtype=np.int32)
    return counts_from_rows(np.asarray(lengths), columns, ones, len(vocabulary)), vocabulary


def read_lines(path: PathLikeStr, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a (compressed) text file; a line that is not `encoding` is named."""
    for first_line, block in line_blocks(path):
        try:
            text = block.decode(encoding)
        except UnicodeDecodeError as error:
            line = first_line + block.count(b"\n", 0, error.start)
            raise line_error(
                path,
                line,
                f"expected {encoding} text, got byte 0x{block[error.start]:02x} "
                "(encoding='latin-1' reads any byte)",
            ) from None
        if first_line == 1:
            text = text.removeprefix("\ufeff")
        yield from text.split("\n")[:-1]
