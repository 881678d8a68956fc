"""``fastvb topics``: fit topics to a corpus and print them."""

from __future__ import annotations

import argparse
import shutil
from typing import Any

from fastvb._threads import _MOST_THREADS
from fastvb.cli import arguments
from fastvb.cli.corpus_options import add_corpus_options

__all__ = ["add_parser"]

_MOST_TOPICS = 100_000  # a gigabyte of topics for a thousand words
_DESCRIPTION = """\
Fit the topics of a corpus by latent Dirichlet allocation and print them, heaviest first, with the
bound after each iteration, the score of held-out documents and the speed.
"""
_EPILOG = """\
The words of text files are pruned unless --vocabulary gives them: English stop words and words in
fewer than 2 or more than half of the documents are left out (--min-df, --max-df). Other formats are
taken as they are.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser's commands."""
    parser = commands.add_parser(
        "topics",
        help="fit topics to a corpus and print them",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.set_defaults(run=_run, prog=parser.prog)
    _add_input(parser)
    _add_model(parser)
    _add_output(parser)


def _add_input(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("input")
    group.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="LDA-C, UCI docword, MatrixMarket, svmlight, text with one document a line, .tsv, "
        "or a folder of texts; also .gz, .bz2, .xz. Without FILE: the "
        "documentation strings of Python's standard library",
    )
    add_corpus_options(group)
    group.add_argument(
        "--min-df",
        metavar="N",
        type=arguments.document_share,
        help="leave out words in fewer than N documents (a decimal is a proportion)",
    )
    group.add_argument(
        "--max-df",
        metavar="N",
        type=arguments.document_share,
        help="leave out words in more than N documents (a decimal is a proportion)",
    )
    group.add_argument(
        "--held-out",
        metavar="P",
        type=arguments.proportion,
        default=0.1,
        help="proportion of documents to score instead of fitting them (default: 0.1)",
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument(
        "--topics",
        metavar="K",
        type=arguments.integer(1, _MOST_TOPICS),
        default=50,
        help="default: 50",
    )
    group.add_argument(
        "--alpha",
        metavar="A",
        type=arguments.positive,
        default=0.1,
        help="Dirichlet prior of a document's topics (default: 0.1)",
    )
    group.add_argument(
        "--eta",
        metavar="E",
        type=arguments.positive,
        default=0.1,
        help="Dirichlet prior of a topic's words (default: 0.1)",
    )
    group.add_argument(
        "--method",
        type=arguments.only("batch", "method"),
        default="batch",
        help="batch: coordinate ascent over all documents (default)",
    )
    group.add_argument(
        "--iterations",
        metavar="N",
        type=arguments.integer(1),
        default=100,
        help="at most N; fewer when the bound stands still (default: 100)",
    )
    group.add_argument(
        "--seed",
        metavar="S",
        type=arguments.integer(0, 2**32 - 1),
        default=0,
        help="of the held-out split and of the start (default: 0)",
    )
    group.add_argument(
        "--threads",
        metavar="N",
        type=arguments.integer(1, _MOST_THREADS),
        help="default: what the machine allows; the result does not depend on it",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "--top-words",
        metavar="N",
        type=arguments.integer(1),
        help="words per topic (default: as many as fit the line)",
    )
    group.add_argument(
        "--save",
        metavar="FILE",
        help="write the fitted model, for LatentDirichletAllocation.load (.npz)",
    )
    group.add_argument(
        "--plot",
        metavar="FILE",
        help="draw the topics' words and the bound: .png, .pdf or .svg (needs matplotlib)",
    )
    group.add_argument(
        "--json", metavar="FILE", help="write the results as JSON; - prints them and nothing else"
    )
    show = group.add_mutually_exclusive_group()
    show.add_argument("--quiet", action="store_true", help="no progress on stderr")
    show.add_argument(
        "--progress", action="store_true", help="a bar even where stderr is no terminal"
    )


def _run(args: argparse.Namespace) -> int:
    from fastvb.cli.topics_fit import fit_topics
    from fastvb.cli.topics_output import (
        can_print,
        check_outputs,
        print_text,
        result_as_json,
        write_outputs,
    )
    from fastvb.cli.topics_report import report

    check_outputs(args)
    estimator, result = fit_topics(args)
    if args.json == "-":
        print_text(result_as_json(result, ascii_only=not can_print("é█日")))
    else:
        width = shutil.get_terminal_size().columns
        lines = report(result, width, args.top_words, blocks=can_print("█▏"))
        print_text("\n".join(lines))  # before the files, which may yet fail
    write_outputs(args, estimator, result)
    return 0
