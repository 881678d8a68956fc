"""`read_corpus`: one door to every file format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_choice, check_integer
from fastvb.datasets.corpus import Corpus
from fastvb.datasets.docword import neighbouring_vocabulary, read_docword
from fastvb.datasets.formats import FORMATS, Format, detect_format
from fastvb.datasets.ldac import read_ldac
from fastvb.datasets.line_reader import PathLikeStr
from fastvb.datasets.matrixmarket import read_matrixmarket
from fastvb.datasets.svmlight import read_svmlight
from fastvb.datasets.text import Tokenizer, count_words, read_folder, read_lines, tokenize
from fastvb.datasets.tsv import Column, TabSeparated

__all__ = ["read_corpus"]


def read_corpus(
    path: PathLikeStr,
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
) -> Corpus:
    r"""Read a corpus from a file, plain or compressed by gzip, bzip2 or xz, or from a folder.

    Parameters
    ----------
    path : str or path-like
        The file; for text, a folder too. Compression is told by a file's first bytes.
    file_format : str, optional
        By default the name and the first lines decide, see :func:`detect_format`.

        ``"ldac"``
            LDA-C: one document a line, ``N id:count id:count ...`` with N pairs.
        ``"docword"``
            UCI Bag of Words: the numbers D, W and NNZ on three lines, then ``document word count``
            lines; the vocabulary is taken from ``vocab.*.txt`` beside ``docword.*.txt`` where it
            exists.
        ``"matrixmarket"``
            Coordinate files of kind integer, real or pattern (each entry counts 1), and general:
            rows are documents.
        ``"svmlight"``
            Also libsvm: one document a line, ``label id:count id:count ...``, perhaps ``qid:n``
            behind the label (not kept) and ``# comment`` at the end.
        ``"text"``
            One document a line, where a blank line is an empty document; in a folder, one document
            a file.
        ``"tsv"``
            One document a line, its text, name and label in columns separated by tabs; there is no
            quoting.
    vocabulary : str, path-like or sequence of str, optional
        The words, or a file of them, one a line. For text, words outside of it are left out.
    n_words : int, optional
        Number of words, where the file and the vocabulary do not tell or tell too few (the largest
        id of an LDA-C or svmlight file is a lower bound only). Not for text.
    first_id : {0, 1}, optional
        The number of the first word (and document): 0 for LDA-C and 1 for the others by default.
    encoding : str, default="utf-8"
        Encoding of a text or vocabulary file.
    tokenizer : callable, default=tokenize
        Splits a text into words; ``str.split`` takes words as they stand.
    text_column, name_column, label_column : int or str, optional
        Columns of a ``"tsv"`` file: numbers from 0, or names, and then the first line is a header.
        By default the text is column 0, and there are no names and labels.

    Returns
    -------
    Corpus
        The counts in CSR, with the vocabulary where there is one; they are int32 when all are
        whole numbers, float64 otherwise. `labels` are those of svmlight (int64 when all are whole,
        float64 otherwise) or of `label_column`; the files in a folder have their names as `names`,
        and, when some lie in subfolders, the names of these as `labels` (``""`` for none). Text is
        not pruned: see :meth:`Corpus.prune`.

    Raises
    ------
    ValueError
        If the file is malformed; the message names the file, the line and what was expected. Also
        if a header announces over 2**24 documents and 16 times as many as there are entries.
    OSError
        If a file cannot be read.

    Notes
    -----
    LDA-C is the format of D. M. Blei's ``lda-c``; docword that of the Bag of Words data set, UCI
    Machine Learning Repository, 2008; MatrixMarket is described by R. F. Boisvert, R. Pozo and
    K. A. Remington, "The Matrix Market exchange formats: initial design", NISTIR 5935, 1996;
    svmlight is the format of T. Joachims' SVM-light.

    Equal words of a document are summed. Memory is taken as entries come, never because a header
    announces them; reading needs little more than the result, unless the entries of a document lie
    apart.

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
    if file_format is not None:
        check_choice("file_format", file_format, FORMATS)
    if first_id not in (None, 0, 1):
        raise ValueError(f"Expected first_id to be 0 or 1, got first_id={first_id!r}.")
    file_format = detect_format(path) if file_format is None else file_format
    columns = {"text": text_column, "name": name_column, "label": label_column}
    if file_format != "tsv":
        _refuse(file_format, {f"{name}_column": column for name, column in columns.items()})
    try:
        if file_format in ("text", "tsv"):
            _refuse(file_format, {"n_words": n_words, "first_id": first_id})
            words = _words(vocabulary, encoding)
            if file_format == "tsv":
                corpus = _read_tsv(path, encoding, tokenizer, words, columns)
            else:
                corpus = _read_text(path, encoding, tokenizer, words)
        else:
            if vocabulary is None and file_format == "docword":
                vocabulary = neighbouring_vocabulary(path)
            words = _words(vocabulary, encoding)
            corpus = _read_numbers(path, file_format, first_id, _n_words(n_words, words), words)
    except OverflowError as error:  # of counts that belong together
        raise ValueError(f"{os.fspath(path)}: {error}") from None
    if 0 in corpus.counts.shape:
        missing = "document" if corpus.n_documents == 0 else "word"
        raise ValueError(f"{os.fspath(path)}: expected at least one {missing}, got none")
    return corpus


_READERS = {"ldac": read_ldac, "docword": read_docword, "matrixmarket": read_matrixmarket}
_Words = npt.NDArray[np.object_]


def _read_numbers(
    path: PathLikeStr,
    file_format: Format,
    first_id: int | None,
    n_words: int | None,
    words: _Words | None,
) -> Corpus:
    if file_format == "svmlight":
        counts, labels = read_svmlight(path, first_id=first_id, n_words=n_words)
        return Corpus(counts, words, labels=labels)
    return Corpus(_READERS[file_format](path, first_id=first_id, n_words=n_words), words)


def _read_text(
    path: PathLikeStr, encoding: str, tokenizer: Tokenizer, words: _Words | None
) -> Corpus:
    if not os.path.isdir(path):
        return Corpus(*count_words(map(tokenizer, read_lines(path, encoding)), words))
    names, folders, texts = read_folder(path, encoding)
    counts, words = count_words(map(tokenizer, texts), words)
    return Corpus(counts, words, names, folders if any(folders) else None)


def _read_tsv(
    path: PathLikeStr,
    encoding: str,
    tokenizer: Tokenizer,
    words: _Words | None,
    columns: dict[str, Column | None],
) -> Corpus:
    for name, column in columns.items():
        _check_column(f"{name}_column", column)
    text = 0 if columns["text"] is None else columns["text"]
    table = TabSeparated(path, encoding, text, columns["name"], columns["label"])
    counts, words = count_words(map(tokenizer, table.texts()), words)
    return Corpus(counts, words, table.names, table.labels)


def _check_column(name: str, column: Column | None) -> None:
    if column is not None and not isinstance(column, str):
        check_integer(name, column, 0)


def _refuse(file_format: Format, arguments: dict[str, Any]) -> None:
    """Refuse arguments that mean nothing for the format."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"Expected {name}=None for a {file_format} file, got {name}={value!r}."
            )


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
