"""`convert_corpus`: from every file format to a corpus file, some documents at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastvb.datasets.corpus import Corpus, counts_from_rows
from fastvb.datasets.corpus_file import CorpusFile
from fastvb.datasets.corpus_writer import write_pieces
from fastvb.datasets.formats import Format
from fastvb.datasets.ldac import ldac_blocks
from fastvb.datasets.line_reader import LineReader, PathLikeStr
from fastvb.datasets.source import Source
from fastvb.datasets.svmlight import svmlight_blocks
from fastvb.datasets.text import Tokenizer, count_known_words, read_folder, read_lines, tokenize
from fastvb.datasets.tsv import Column

__all__ = ["convert_corpus"]

_TOKENS_AT_ONCE = 1 << 17


def convert_corpus(
    source: PathLikeStr,
    target: PathLikeStr,
    *,
    file_format: Format | None = None,
    vocabulary: PathLikeStr | Sequence[str] | npt.NDArray[Any] | None = None,
    n_words: int | None = None,
    first_id: int | None = None,
    encoding: str = "utf-8",
    tokenizer: Tokenizer = tokenize,
    text_column: Column | None = None,
    name_column: Column | None = None,
    label_column: Column | None = None,
) -> CorpusFile:
    r"""Convert a file that :func:`read_corpus` reads to a corpus file, in bounded memory.

    Parameters
    ----------
    source : str or path-like
        The file, plain or compressed, or folder to read.
    target : str or path-like
        The file to write. What was there is replaced when all is written, and stays otherwise.
    file_format : str, optional
        As for :func:`read_corpus`. Entries of a docword or MatrixMarket file must lie document by
        document.
    vocabulary : str, path-like or sequence of str, optional
        The words, or a file of them, one a line. For text, words outside of it are left out;
        without it, text is read twice: once for its words, once for its counts.
    n_words : int, optional
        Number of words, where the file and the vocabulary do not tell or tell too few.
    first_id : {0, 1}, optional
        The number of the first word (and document).
    encoding : str, default="utf-8"
        Encoding of a text or vocabulary file.
    tokenizer : callable, default=tokenize
        Splits a text into words.
    text_column, name_column, label_column : int or str, optional
        Columns of a ``"tsv"`` file.

    Returns
    -------
    CorpusFile
        The new file, opened; it holds what :func:`read_corpus` would return.

    Raises
    ------
    ValueError
        If the source is malformed; the message names the file, the line and what was expected.
    OSError
        If a file cannot be read or written.

    Notes
    -----
    In memory are the vocabulary and some blocks of documents, at least one document; of a folder
    also the names of its files.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fastvb.datasets import convert_corpus
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two.ldac")
    ...     _ = path.write_text("2 0:1 3:2\n1 1:5\n")
    ...     with convert_corpus(path, pathlib.Path(folder, "two.fvb")) as corpus:
    ...         corpus.rows(1, 2).toarray()
    array([[0., 5., 0., 0.]], dtype=float32)
    """
    wanted = Source(
        source,
        file_format,
        vocabulary=vocabulary,
        n_words=n_words,
        first_id=first_id,
        encoding=encoding,
        tokenizer=tokenizer,
        columns={"text": text_column, "name": name_column, "label": label_column},
    )
    if wanted.file_format == "fastvb":
        with CorpusFile(wanted.path) as corpus:
            return CorpusFile.write(target, corpus)
    if wanted.is_text:
        words = _all_words(wanted) if wanted.words is None else wanted.words
        pieces = _text_pieces(wanted, words)
        write_pieces(target, pieces, wanted.path, n_words=len(words), vocabulary=words)
    else:
        with LineReader(wanted.path) as reader:
            pieces, size = _NUMBERS[wanted.file_format](wanted, reader)
            write_pieces(target, pieces, wanted.path, n_words=size, vocabulary=wanted.words)
    return CorpusFile(target)


_Pieces = tuple[Iterator[Corpus], int | None]  # with the number of words where it is known


def _ldac_pieces(source: Source, reader: LineReader) -> _Pieces:
    blocks = ldac_blocks(reader, first_id=source.first_id, n_words=source.n_words)
    return (_piece(*block) for block in blocks), source.n_words


def _svmlight_pieces(source: Source, reader: LineReader) -> _Pieces:
    blocks = svmlight_blocks(reader, first_id=source.first_id, n_words=source.n_words)
    return (
        _piece(lengths, words, counts, labels) for labels, lengths, words, counts in blocks
    ), source.n_words


def _entry_pieces(source: Source, reader: LineReader) -> _Pieces:
    entries = source.entries(reader)
    return (_piece(*block) for block in entries.documents()), entries.n_words


_NUMBERS: dict[str, Callable[[Source, LineReader], _Pieces]] = {
    "ldac": _ldac_pieces,
    "svmlight": _svmlight_pieces,
    "docword": _entry_pieces,
    "matrixmarket": _entry_pieces,
}


def _piece(
    lengths: npt.NDArray[Any],
    word_ids: npt.NDArray[Any],
    counts: npt.NDArray[Any],
    labels: npt.NDArray[Any] | None = None,
) -> Corpus:
    """Documents as a corpus; float64 holds what counts of equal words may sum up to."""
    counts, n_words = counts.astype(np.float64), int(word_ids.max(initial=-1)) + 1
    return Corpus(counts_from_rows(lengths, word_ids, counts, n_words), labels=labels)


def _texts(source: Source) -> tuple[Iterator[str], list[str] | None, list[str] | None]:
    """Texts, names and labels; those of a table come with its texts."""
    if source.file_format == "tsv":
        table = source.table()
        return table.texts(), table.names, table.labels
    if os.path.isdir(source.path):
        names, folders, texts = read_folder(source.path, source.encoding)
        return texts, names, folders if any(folders) else None
    return read_lines(source.path, source.encoding), None, None


def _all_words(source: Source) -> npt.NDArray[Any]:
    """All words, sorted."""
    texts, *others = _texts(source)
    found = set[str]()
    for text in texts:
        found.update(source.tokenizer(text))
        for values in filter(None, others):
            values.clear()
    return np.array(sorted(found), dtype=object)


def _text_pieces(source: Source, words: npt.NDArray[Any]) -> Iterator[Corpus]:
    known = {word: i for i, word in enumerate(words)}
    texts, names, labels = _texts(source)
    waiting, n_tokens = list[list[str]](), 0
    for text in texts:
        waiting.append([*source.tokenizer(text)])
        n_tokens += 1 + len(waiting[-1])
        if n_tokens > _TOKENS_AT_ONCE:
            yield _text_piece(waiting, known, len(words), names, labels)
            waiting, n_tokens = [], 0
    if waiting:
        yield _text_piece(waiting, known, len(words), names, labels)


def _text_piece(
    documents: list[list[str]],
    known: dict[str, int],
    n_words: int,
    names: list[str] | None,
    labels: list[str] | None,
) -> Corpus:
    counts = count_known_words(documents, known, n_words)
    return Corpus(
        counts, names=_taken(names, len(documents)), labels=_taken(labels, len(documents))
    )


def _taken(values: list[str] | None, n: int) -> list[str] | None:
    """The first n values, which are removed."""
    if values is None:
        return None
    first, values[:n] = values[:n], []
    return first
