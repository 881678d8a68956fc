"""A file of some format and the arguments that say how to read it, checked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_choice, check_integer
from fastvb.datasets.docword import docword_entries, neighbouring_vocabulary
from fastvb.datasets.formats import FORMATS, Format, detect_format
from fastvb.datasets.line_reader import LineReader, PathLikeStr
from fastvb.datasets.matrixmarket import matrixmarket_entries
from fastvb.datasets.text import Tokenizer, read_lines
from fastvb.datasets.triples import Entries
from fastvb.datasets.tsv import Column, TabSeparated

__all__ = ["Source"]

_Words = npt.NDArray[np.object_]


class Source:
    """What the readers of all formats need to know."""

    def __init__(
        self,
        path: PathLikeStr,
        file_format: Format | None,
        *,
        vocabulary: PathLikeStr | Sequence[str] | npt.NDArray[Any] | None,
        n_words: int | None,
        first_id: int | None,
        encoding: str,
        tokenizer: Tokenizer,
        columns: dict[str, Column | None],
    ) -> None:
        if file_format is not None:
            check_choice("file_format", file_format, FORMATS)
        if first_id not in (None, 0, 1):
            raise ValueError(f"Expected first_id to be 0 or 1, got first_id={first_id!r}.")
        self.path = os.fspath(path)
        self.file_format = detect_format(path) if file_format is None else file_format
        if self.file_format == "tsv":
            for name, column in columns.items():
                _check_column(f"{name}_column", column)
        else:
            self._refuse({f"{name}_column": column for name, column in columns.items()})
        if self.file_format == "fastvb":
            self._refuse({"vocabulary": vocabulary, "n_words": n_words, "first_id": first_id})
        elif self.is_text:
            self._refuse({"n_words": n_words, "first_id": first_id})
        elif vocabulary is None and self.file_format == "docword":
            vocabulary = neighbouring_vocabulary(path)
        self.words = _words(vocabulary, encoding)
        self.n_words = None if self.is_text else _n_words(n_words, self.words)
        self.first_id, self.encoding, self.tokenizer = first_id, encoding, tokenizer
        self._columns = columns

    @property
    def is_text(self) -> bool:
        """Whether words are found, not numbered."""
        return self.file_format in ("text", "tsv")

    def entries(self, reader: LineReader) -> Entries:
        """The entries of a docword or MatrixMarket file, whose header is read."""
        find = docword_entries if self.file_format == "docword" else matrixmarket_entries
        return find(reader, first_id=self.first_id, n_words=self.n_words)

    def table(self) -> TabSeparated:
        """The columns of a tsv file."""
        text, name, label = (self._columns[key] for key in ("text", "name", "label"))
        return TabSeparated(self.path, self.encoding, 0 if text is None else text, name, label)

    def _refuse(self, arguments: dict[str, Any]) -> None:
        """Refuse arguments that mean nothing for the format."""
        for name, value in arguments.items():
            if value is not None:
                raise ValueError(
                    f"Expected {name}=None for a {self.file_format} file, got {name}={value!r}."
                )


def _check_column(name: str, column: Column | None) -> None:
    if column is not None and not isinstance(column, str):
        check_integer(name, column, 0)


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
