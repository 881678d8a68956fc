"""Options that say how to read a corpus, and what goes wrong then, in one line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastvb.cli import arguments
from fastvb.cli.errors import UsageError

__all__ = [
    "add_corpus_options", "column", "optional_column", "reading_arguments", "told_in_one_line",
]  # fmt: skip

_OPTIONS = {
    "encoding='latin-1'": "--encoding latin-1",
    "file_format": "--format",
    "text_column": "--text-column",
    "name_column": "--name-column",
    "label_column": "--label-column",
    "n_words": "--words",
    "min_df": "--min-df",
    "max_df": "--max-df",
    "doc_topic_prior": "--alpha",
    "topic_word_prior": "--eta",
    "learning_method": "--method",
    "columns=...": "--columns",
}


def add_corpus_options(group: Any) -> None:
    """Add the options to a parser or a group of its arguments."""
    group.add_argument(
        "--format",
        metavar="NAME",
        help="ldac, docword, matrixmarket, svmlight, text, tsv or fastvb (default: what name and "
        "first lines tell)",
    )
    group.add_argument(
        "--text-column",
        metavar="C",
        help="of a .tsv: its number from 0, or its name in the first line (default: 0)",
    )
    group.add_argument("--vocabulary", metavar="FILE", help="the words, one a line")
    group.add_argument(
        "--words",
        metavar="N",
        type=arguments.integer(1),
        help="size of the vocabulary, where FILE may leave out the last words",
    )
    group.add_argument(
        "--encoding", default="utf-8", help="encoding of text and vocabulary (default: utf-8)"
    )


def reading_arguments(args: argparse.Namespace) -> dict[str, Any]:
    """The options as arguments of a reader."""
    return {
        "file_format": args.format,
        "vocabulary": args.vocabulary,
        "n_words": args.words,
        "encoding": args.encoding,
        "text_column": optional_column(args.text_column),
    }


def column(text: str) -> int | str:
    """A column by its number or its name."""
    return int(text) if text.isdecimal() else text


def optional_column(text: str | None) -> int | str | None:
    """The same, or None."""
    return None if text is None else column(text)


@contextmanager
def told_in_one_line(command: str) -> Iterator[None]:
    """Turn what is wrong with the input into wrong usage of the command."""
    try:
        yield
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
        raise UsageError(reason, command) from None
    except (ValueError, LookupError, MemoryError) as error:  # LookupError: unknown encoding
        reason = str(error) or "the input does not fit in memory"
        raise UsageError(_in_options(reason), command) from None


def _in_options(message: str) -> str:
    """A reader's message, with the names that its arguments have here."""
    for parameter, option in _OPTIONS.items():
        message = message.replace(parameter, option)
    return message
