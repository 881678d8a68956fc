"""``fastvb topics``: fit topics to a corpus and print them."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING, Any

from fastvb._threads import _MOST_THREADS
from fastvb.cli import arguments
from fastvb.cli.corpus_options import add_corpus_options
from fastvb.cli.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["add_parser"]

_MOST_TOPICS = 100_000  # a gigabyte of topics for a thousand words
_METHODS = (
    "collapsed", "batch", "online", "structured", "structured-full", "memoized", "streaming",
)  # fmt: skip
_DESCRIPTION = """\
Fit the topics of a corpus by latent Dirichlet allocation and print them, heaviest first, with the
progress of the fit, the score of held-out documents and the speed.
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
    _add_learning(parser)
    _add_output(parser)


def _add_input(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("input")
    group.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="LDA-C, UCI docword, MatrixMarket, svmlight, text with one document a line, .tsv, "
        "or a folder of texts; also .gz, .bz2, .xz; or what fastvb convert writes, which is read "
        "part by part. Without FILE: the documentation strings of Python's standard library",
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
        help="proportion of documents to score instead of fitting them (default: 0.1); of a file "
        "that is read part by part, the last ones, at most 10,000",
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
        type=arguments.prior("learn", "learn-symmetric"),
        default=0.1,
        help="Dirichlet prior of a document's topics (default: 0.1); learn: one for each topic, "
        "from the corpus; learn-symmetric: one for all",
    )
    group.add_argument(
        "--eta",
        metavar="E",
        type=arguments.prior("learn", "learn-vector"),
        default=0.1,
        help="Dirichlet prior of a topic's words (default: 0.1); learn: from the corpus; "
        "learn-vector: one for each word (not with memoized)",
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


def _add_learning(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("learning")
    group.add_argument(
        "--method",
        metavar="M",
        type=arguments.one_of(*_METHODS),
        default="collapsed",
        help=f"{', '.join(_METHODS)} (default: collapsed, the best topics in the least time; "
        "batch has an exact bound)",
    )
    group.add_argument(
        "--iterations",
        metavar="N",
        type=arguments.integer(1),
        default=100,
        help="passes over the documents at most, fewer when the bound stands still; of streaming, "
        "over each batch (default: 100)",
    )
    group.add_argument(
        "--batch-size",
        metavar="N",
        type=arguments.integer(1),
        default=128,
        help="documents in a batch of the methods that have several (default: 128)",
    )
    group.add_argument(
        "--learning-decay",
        metavar="D",
        type=arguments.number(0, 1),
        default=0.7,
        help="step t of stochastic methods has the length (F + t)^-D (default: 0.7)",
    )
    group.add_argument(
        "--learning-offset",
        metavar="F",
        type=arguments.number(1, arguments.MOST),
        default=10.0,
        help="default: 10",
    )
    group.add_argument(
        "--checkpoint", metavar="FILE", help="keep the state of the fit there, for --resume"
    )
    group.add_argument(
        "--checkpoint-every",
        metavar="N",
        type=arguments.integer(1),
        help="after N updates of the topics (default: after each pass; of streaming, each batch)",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on from the checkpoint, if there is one, as if there had been no interruption",
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
    from fastvb.cli.output import (
        can_print,
        check_outputs,
        print_json,
        print_text,
        write_outputs,
    )
    from fastvb.cli.topics_fit import fit_topics
    from fastvb.cli.topics_report import report

    def draw() -> Figure:
        from fastvb.cli.topics_picture import picture

        return picture(estimator, result, args.top_words)

    _check_checkpoint(args)
    outputs = ("--save", "--plot", "--json", "--checkpoint")
    check_outputs(args, outputs, args.file, args.vocabulary)
    estimator, result = fit_topics(args)
    if args.json == "-":
        print_json(result.as_dict())
    else:
        width = shutil.get_terminal_size().columns
        lines = report(result, width, args.top_words, blocks=can_print("█▏"))
        print_text("\n".join(lines))  # before the files, which may yet fail
    write_outputs(args, estimator, result.as_dict(), draw)
    return 0


def _check_checkpoint(args: argparse.Namespace) -> None:
    if args.checkpoint is None:
        for option in ("resume", "checkpoint-every"):
            if getattr(args, option.replace("-", "_")):
                message = f"argument --{option}: expected a --checkpoint FILE that it belongs to"
                raise UsageError(message, args.prog)
