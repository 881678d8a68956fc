"""``fastvb convert``: any corpus to a file that is read part by part."""

from __future__ import annotations

import argparse
import os
from time import perf_counter
from typing import Any

from fastvb.cli.corpus_options import (
    add_corpus_options,
    optional_column,
    reading_arguments,
    told_in_one_line,
)

__all__ = ["add_parser"]

_DESCRIPTION = """\
Convert a corpus to a file of fastvb's own format, which may be larger than memory and is read part
by part. Memory does not grow with the corpus; the entries of docword and MatrixMarket files must
lie document by document.
"""
_EPILOG = """\
OUT appears when it is complete, and replaces what was there. Text is read twice unless --vocabulary
gives its words, and no word is left out.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser's commands."""
    parser = commands.add_parser(
        "convert",
        help="convert a corpus to a file that is read part by part",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.set_defaults(run=_run, prog=parser.prog)
    parser.add_argument(
        "source",
        metavar="IN",
        help="LDA-C, UCI docword, MatrixMarket, svmlight, text with one document a line, .tsv, "
        "or a folder of texts; also .gz, .bz2, .xz",
    )
    parser.add_argument("target", metavar="OUT", help="the file to write")
    add_corpus_options(parser)
    for what in ("name", "label"):
        parser.add_argument(
            f"--{what}-column", metavar="C", help=f"of a .tsv: that of the documents' {what}s"
        )
    parser.add_argument("--quiet", action="store_true", help="print nothing")


def _run(args: argparse.Namespace) -> int:
    from fastvb.datasets import convert_corpus

    started = perf_counter()
    with (
        told_in_one_line(args.prog),
        convert_corpus(
            args.source,
            args.target,
            **reading_arguments(args),
            name_column=optional_column(args.name_column),
            label_column=optional_column(args.label_column),
        ) as corpus,
    ):
        corpus.verify()
    if not args.quiet:
        seconds, size = perf_counter() - started, os.path.getsize(args.target)
        print(
            f"{corpus.n_documents:,} documents, {corpus.n_words:,} words, "
            f"{corpus.n_tokens:,} tokens, {corpus.nnz:,} entries: {size / 1e6:,.1f} MB in "
            f"{seconds:.1f} s"
        )
    return 0
