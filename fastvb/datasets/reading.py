"""`read_corpus`: one door to every file format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_integer
from fastvb.datasets.corpus import Corpus
from fastvb.datasets.docword import looks_like_docword, neighbouring_vocabulary, read_docword
from fastvb.datasets.ldac import looks_like_ldac, read_ldac
from fastvb.datasets.line_blocks import PathLikeStr, line_blocks
from fastvb.datasets.text import Tokenizer, count_words, read_lines, tokenize

__all__ = ["detect_format", "read_corpus"]

Format = Literal["ldac", "docword", "text"]
_FORMATS = ("ldac", "docword", "text")
_PROBED_BYTES = 1 << 16


def read_corpus(
    path: PathLikeStr,
    *,
    file_format: Format | None = None,
    vocabulary: PathLikeStr | Sequence[str] | npt.NDArray[Any] | None = None,
    n_words: int | None = None,
    first_id: int | None = None,
    encoding: str = "utf-8",
    tokenizer: Tokenizer = tokenize,
) -> Corpus:
    r"""Read a corpus from a file, plain or compressed by gzip, bzip2 or xz.

    Parameters
    ----------
    path : str or path-like
        The file. Compression is told by its first bytes.
    file_format : {"ldac", "docword", "text"}, optional
        ``"ldac"``: LDA-C, one document a line, ``N id:count id:count ...``.
        ``"docword"``: UCI Bag of Words, the numbers D, W and NNZ on three lines, then
        ``document word count`` lines; the vocabulary is taken from ``vocab.*.txt`` beside
        ``docword.*.txt`` where it exists.
        ``"text"``: one document a line (a blank line is an empty document).
        By default the name and the first lines decide, see :func:`detect_format`.
    vocabulary : str, path-like or sequence of str, optional
        The words, or a file of them, one a line. For text, words outside of it are left out.
    n_words : int, optional
        Number of words, where the file and the vocabulary do not tell or tell too few (the largest
        id of an LDA-C file is a lower bound only). Not for text.
    first_id : {0, 1}, optional
        The number of the first word (and document); 0 for LDA-C and 1 for UCI by default.
    encoding : str, default="utf-8"
        Encoding of a text or vocabulary file.
    tokenizer : callable, default=tokenize
        Splits a text into words; ``str.split`` takes words as they stand.

    Returns
    -------
    Corpus
        The counts in CSR, with the vocabulary where there is one. Text is not pruned: see
        :meth:`Corpus.prune`.

    Raises
    ------
    ValueError
        If the file is malformed; the message names the file, the line and what was expected.
    OSError
        If a file cannot be read.

    Notes
    -----
    LDA-C is the format of D. M. Blei's ``lda-c``; docword that of the Bag of Words data set, UCI
    Machine Learning Repository, 2008.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fastvb.datasets import read_corpus
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two.ldac")
    ...     _ = path.write_text("2 0:1 3:2\n1 1:5\n")
    ...     read_corpus(path)
    Corpus(2 documents, 4 words, 8 tokens)
    """
    if file_format is not None and file_format not in _FORMATS:
        raise ValueError(
            f"Expected file_format to be one of {_FORMATS}, got file_format={file_format!r}."
        )
    if first_id not in (None, 0, 1):
        raise ValueError(f"Expected first_id to be 0 or 1, got first_id={first_id!r}.")
    file_format = detect_format(path) if file_format is None else file_format
    if vocabulary is None and file_format == "docword":
        vocabulary = neighbouring_vocabulary(path)
    words = _words(vocabulary, encoding)
    if file_format == "text":
        _refuse_for_text(n_words=n_words, first_id=first_id)
        counts, words = count_words(map(tokenizer, read_lines(path, encoding)), words)
    else:
        read = read_ldac if file_format == "ldac" else read_docword
        counts = read(path, first_id=first_id, n_words=_n_words(n_words, words))
    if 0 in counts.shape:
        missing = "document" if counts.shape[0] == 0 else "word"
        raise ValueError(f"{os.fspath(path)}: expected at least one {missing}, got none")
    return Corpus(counts, words)


def detect_format(path: PathLikeStr) -> Format:
    r"""Return the format of a corpus file by its name and its first lines.

    ``docword.*`` is UCI's and ``*.ldac`` LDA-C, whatever they hold; of other names the first lines
    decide, and what is neither of these two is text.

    Parameters
    ----------
    path : str or path-like
        The file, plain or compressed.

    Returns
    -------
    {"ldac", "docword", "text"}
        The `file_format` for :func:`read_corpus`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fastvb.datasets import detect_format
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "notes.txt")
    ...     _ = path.write_text("the first document\nthe second\n")
    ...     detect_format(path)
    'text'
    """
    name = Path(path).name.lower()
    lines: list[bytes] = []
    for _, block in line_blocks(path, _PROBED_BYTES):
        lines = block.split(b"\n")[:-1]
        break
    if name.startswith("docword."):
        return "docword"
    if ".ldac" in name:
        return "ldac"
    if looks_like_docword(lines):
        return "docword"
    return "ldac" if looks_like_ldac(lines) else "text"


def _refuse_for_text(**numeric_only: int | None) -> None:
    for name, value in numeric_only.items():
        if value is not None:
            raise ValueError(f"Expected {name}=None for a text file, got {name}={value!r}.")


def _words(
    vocabulary: PathLikeStr | Sequence[str] | npt.NDArray[Any] | None, encoding: str
) -> npt.NDArray[np.object_] | None:
    if vocabulary is None:
        return None
    if isinstance(vocabulary, (str, os.PathLike)):
        return np.array([line.strip() for line in read_lines(vocabulary, encoding)], dtype=object)
    words = np.array(vocabulary, dtype=object)
    if words.ndim != 1 or not all(isinstance(word, str) for word in words):
        raise TypeError(
            "Expected vocabulary to be a file name or a sequence of str, "
            f"got vocabulary={vocabulary!r}."
        )
    return words


def _n_words(n_words: int | None, words: npt.NDArray[np.object_] | None) -> int | None:
    if n_words is not None:
        n_words = check_integer("n_words", n_words, 1)
    if words is None or n_words is None:
        return n_words if words is None else len(words)
    if n_words != len(words):
        raise ValueError(
            f"Expected n_words to be the length of the vocabulary, {len(words)}, "
            f"got n_words={n_words}."
        )
    return n_words
