"""`read_corpus`: one door to every file format."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from fastvb.datasets.corpus import Corpus
from fastvb.datasets.corpus_file import CorpusFile
from fastvb.datasets.formats import Format
from fastvb.datasets.ldac import read_ldac
from fastvb.datasets.line_reader import LineReader, PathLikeStr
from fastvb.datasets.source import Source
from fastvb.datasets.svmlight import read_svmlight
from fastvb.datasets.text import Tokenizer, count_words, read_folder, read_lines, tokenize
from fastvb.datasets.tsv import Column

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
        ``"fastvb"``
            A :class:`CorpusFile`, read as a whole.
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
    source = Source(
        path,
        file_format,
        vocabulary=vocabulary,
        n_words=n_words,
        first_id=first_id,
        encoding=encoding,
        tokenizer=tokenizer,
        columns={"text": text_column, "name": name_column, "label": label_column},
    )
    try:
        corpus = _READERS[source.file_format](source)
    except OverflowError as error:  # of counts that belong together
        raise ValueError(f"{source.path}: {error}") from None
    if 0 in corpus.counts.shape:
        missing = "document" if corpus.n_documents == 0 else "word"
        raise ValueError(f"{source.path}: expected at least one {missing}, got none")
    return corpus


def _read_ldac(source: Source) -> Corpus:
    counts = read_ldac(source.path, first_id=source.first_id, n_words=source.n_words)
    return Corpus(counts, source.words)


def _read_svmlight(source: Source) -> Corpus:
    ids = {"first_id": source.first_id, "n_words": source.n_words}
    counts, labels = read_svmlight(source.path, **ids)
    return Corpus(counts, source.words, labels=labels)


def _read_entries(source: Source) -> Corpus:
    with LineReader(source.path) as reader:
        return Corpus(source.entries(reader).read(), source.words)


def _read_text(source: Source) -> Corpus:
    if not os.path.isdir(source.path):
        texts = read_lines(source.path, source.encoding)
        return Corpus(*count_words(map(source.tokenizer, texts), source.words))
    names, folders, texts = read_folder(source.path, source.encoding)
    counts, words = count_words(map(source.tokenizer, texts), source.words)
    return Corpus(counts, words, names, folders if any(folders) else None)


def _read_tsv(source: Source) -> Corpus:
    table = source.table()
    counts, words = count_words(map(source.tokenizer, table.texts()), source.words)
    return Corpus(counts, words, table.names, table.labels)


def _read_corpus_file(source: Source) -> Corpus:
    with CorpusFile(source.path) as corpus:
        return corpus.to_corpus()


_READERS: dict[str, Callable[[Source], Corpus]] = {
    "ldac": _read_ldac,
    "docword": _read_entries,
    "matrixmarket": _read_entries,
    "svmlight": _read_svmlight,
    "text": _read_text,
    "tsv": _read_tsv,
    "fastvb": _read_corpus_file,
}
