"""The corpus of ``fastvb topics``: what to read, how to call it, which words to leave out."""

from __future__ import annotations

import argparse
import os
import platform

from fastvb.cli.corpus_options import reading_arguments, told_in_one_line
from fastvb.cli.errors import UsageError
from fastvb.datasets import Corpus, CorpusFile, detect_format, load_python_docs, read_corpus
from fastvb.datasets.stop_words import ENGLISH

__all__ = ["corpus_name", "load_corpus"]

_TEXT_FORMATS = ("text", "tsv")
_ABOUT_WORDS = ("vocabulary", "words", "text_column", "min_df", "max_df")


def corpus_name(file: str | None) -> str:
    """What to call the corpus, in letters that can be printed whatever the file is called."""
    if file is None:
        return f"the documentation strings of Python {platform.python_version()}"
    return os.fsencode(file).decode("utf-8", "replace")


def load_corpus(args: argparse.Namespace) -> Corpus | CorpusFile:
    """Read and prune, or open a corpus file; what is wrong with it is said in one line."""
    with told_in_one_line(args.prog):
        if args.file is None:
            _refuse(args, ("format", *_ABOUT_WORDS[:3]), "a FILE that it belongs to")
            return _prune(load_python_docs(), args, is_raw=False)
        file_format = args.format or detect_format(args.file)
        if file_format == "fastvb":
            return _opened(args)
        corpus = read_corpus(args.file, **reading_arguments(args))
        is_raw = args.vocabulary is None and file_format in _TEXT_FORMATS
        return _prune(corpus, args, is_raw=is_raw)


def _opened(args: argparse.Namespace) -> CorpusFile:
    """A corpus file is taken as it is, part by part."""
    _refuse(args, _ABOUT_WORDS, "another FILE: a corpus file has its words, and keeps them")
    corpus = CorpusFile(args.file)
    if corpus.nnz == 0:
        raise ValueError(f"{args.file}: expected at least one word, got none")
    return corpus


def _prune(corpus: Corpus, args: argparse.Namespace, *, is_raw: bool) -> Corpus:
    """A given vocabulary is taken as it is; one found in a text holds every word of it."""
    min_df, max_df = (2, 0.5) if is_raw else (0, 1.0)
    return corpus.prune(
        min_df=min_df if args.min_df is None else args.min_df,
        max_df=max_df if args.max_df is None else args.max_df,
        stop_words=ENGLISH if is_raw else (),
    )


def _refuse(args: argparse.Namespace, names: tuple[str, ...], expected: str) -> None:
    for name in names:
        if getattr(args, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"argument {option}: expected {expected}", args.prog)
