"""The corpus of ``fastvb topics``: what to read, how to call it, which words to leave out."""

from __future__ import annotations

import argparse
import os
import platform

from fastvb.cli.corpus_options import reading_arguments, told_in_one_line
from fastvb.cli.errors import UsageError
from fastvb.datasets import Corpus, detect_format, load_python_docs, read_corpus
from fastvb.datasets.stop_words import ENGLISH

__all__ = ["corpus_name", "load_corpus"]

_TEXT_FORMATS = ("text", "tsv")


def corpus_name(file: str | None) -> str:
    """What to call the corpus, in letters that can be printed whatever the file is called."""
    if file is None:
        return f"the documentation strings of Python {platform.python_version()}"
    return os.fsencode(file).decode("utf-8", "replace")


def load_corpus(args: argparse.Namespace) -> Corpus:
    """Read and prune; what is wrong with the input is said in one line."""
    with told_in_one_line(args.prog):
        if args.file is None:
            _refuse_what_needs_a_file(args)
            return _prune(load_python_docs(), args, is_raw=False)
        corpus = read_corpus(args.file, **reading_arguments(args))
        return _prune(corpus, args, is_raw=args.vocabulary is None and _is_text(args))


def _is_text(args: argparse.Namespace) -> bool:
    return (args.format or detect_format(args.file)) in _TEXT_FORMATS


def _prune(corpus: Corpus, args: argparse.Namespace, *, is_raw: bool) -> Corpus:
    """A given vocabulary is taken as it is; one found in a text holds every word of it."""
    min_df, max_df = (2, 0.5) if is_raw else (0, 1.0)
    return corpus.prune(
        min_df=min_df if args.min_df is None else args.min_df,
        max_df=max_df if args.max_df is None else args.max_df,
        stop_words=ENGLISH if is_raw else (),
    )


def _refuse_what_needs_a_file(args: argparse.Namespace) -> None:
    for name in ("format", "vocabulary", "words", "text_column"):
        if getattr(args, name) is not None:
            raise UsageError(
                f"argument --{name.replace('_', '-')}: expected a FILE that it belongs to",
                args.prog,
            )
