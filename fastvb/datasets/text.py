"""Text to word counts: one tokenizer for plain text files and for documentation strings."""

from __future__ import annotations

import os
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb.datasets.corpus import counts_from_rows
from fastvb.datasets.line_reader import LineReader, PathLikeStr, line_error

__all__ = ["Tokenizer", "count_known_words", "count_words", "read_folder", "read_lines", "tokenize"]

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
    if vocabulary is None:
        lengths, ids = array("q"), array("i")
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
        ones = np.ones(len(columns), dtype=np.int32)
        counts = counts_from_rows(np.asarray(lengths), columns, ones, len(vocabulary))
        return counts, vocabulary
    known = {word: i for i, word in enumerate(vocabulary)}
    return count_known_words(documents, known, len(vocabulary)), vocabulary


def count_known_words(
    documents: Iterable[Iterable[str]], known: dict[str, int], n_words: int
) -> sparse.csr_array:
    """Count the words of tokenised documents that have a number."""
    lengths, ids = array("q"), array("i")
    for words in documents:
        before = len(ids)
        ids.extend(known[word] for word in words if word in known)
        lengths.append(len(ids) - before)
    ones = np.ones(len(ids), dtype=np.int32)
    return counts_from_rows(np.asarray(lengths), np.array(ids, np.int32), ones, n_words)


def read_lines(path: PathLikeStr, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a (compressed) text file; a line that is not `encoding` is named."""
    with LineReader(path) as reader:
        for block in reader.blocks():
            raw = bytes(block)
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                line = block.line + raw.count(b"\n", 0, error.start)
                raise line_error(
                    path,
                    line,
                    f"expected {encoding} text, got byte 0x{raw[error.start]:02x} "
                    "(encoding='latin-1' reads any byte)",
                ) from None
            lines = text.split("\n")[:-1]
            reader.line += len(lines)
            for line_text in lines:
                yield line_text.removesuffix("\r")


def read_folder(
    path: PathLikeStr, encoding: str = "utf-8"
) -> tuple[list[str], list[str], Iterator[str]]:
    """Names, folders and texts of the files in a folder and its subfolders, sorted by name.

    Both are relative and written with slashes. What is hidden (begins with a dot) is left out.
    """
    files = []
    for folder, subfolders, names in os.walk(path, onerror=_raise):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        files += [Path(folder, name) for name in names if not name.startswith(".")]
    files = sorted(file for file in files if file.is_file())
    relative = [file.relative_to(path) for file in files]
    folders = [name.parent.as_posix().removeprefix(".") for name in relative]
    texts = ("\n".join(read_lines(file, encoding)) for file in files)
    return [name.as_posix() for name in relative], folders, texts


def _raise(error: OSError) -> None:
    raise error
