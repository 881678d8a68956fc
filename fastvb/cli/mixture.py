"""``fastvb mixture``: fit a mixture of Gaussians to a table and print its components."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING, Any

from fastvb._threads import _MOST_THREADS
from fastvb.cli import arguments
from fastvb.cli.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["add_parser"]

_MOST_COMPONENTS = 100_000
_TYPES = ("full", "tied", "diag", "spherical")
_DESCRIPTION = """\
Fit a mixture of Gaussians to the rows of a table and print the components, heaviest first, with the
progress of the fit, its bound and the speed.
"""
_EPILOG = """\
With --inference vb, components that the data do not need are left without rows, so K may be
larger than their number.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser's commands."""
    parser = commands.add_parser(
        "mixture",
        help="fit a mixture of Gaussians to a table and print it",
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
        help="a table of numbers, one row a line: .csv, .tsv and their like, with or without a "
        "header; also .gz, .bz2, .xz. Without FILE: rows drawn from a mixture of 5 Gaussians",
    )
    group.add_argument(
        "--columns",
        metavar="C,C",
        help="the columns to fit, by name or by number from 0, with commas between (default: all)",
    )
    group.add_argument(
        "--delimiter",
        metavar="D",
        help="what separates columns (default: what the first line tells)",
    )
    group.add_argument("--encoding", metavar="NAME", help="encoding of the table (default: utf-8)")


def _add_model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument(
        "--components",
        metavar="K",
        type=arguments.integer(1, _MOST_COMPONENTS),
        default=8,
        help="default: 8",
    )
    group.add_argument(
        "--covariance",
        metavar="T",
        type=arguments.one_of(*_TYPES),
        default="full",
        help="full: a covariance matrix for each component; tied: one for all; diag: a variance "
        "for each feature of each component; spherical: one for each component (default: full)",
    )
    group.add_argument(
        "--inference",
        metavar="I",
        type=arguments.one_of("vb", "em"),
        default="vb",
        help="vb: variational Bayes, a posterior of all parameters; em: the most likely ones, with "
        "BIC and AIC (default: vb)",
    )
    group.add_argument(
        "--weights",
        metavar="W",
        type=arguments.one_of("process", "dirichlet"),
        help="prior of the weights, of vb: process, a Dirichlet process; dirichlet, a symmetric "
        "distribution (default: process)",
    )
    group.add_argument(
        "--concentration",
        metavar="A",
        type=arguments.positive,
        help="of that prior: smaller means fewer components (default: 1 / K)",
    )
    group.add_argument(
        "--seed",
        metavar="S",
        type=arguments.integer(0, 2**32 - 1),
        default=0,
        help="of the start (default: 0)",
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
        type=arguments.one_of("batch", "online", "memoized"),
        default="batch",
        help="batch, online or memoized (default: batch)",
    )
    group.add_argument(
        "--iterations",
        metavar="N",
        type=arguments.integer(1),
        default=200,
        help="passes over the rows at most, fewer when the bound stands still (default: 200)",
    )
    group.add_argument(
        "--n-init",
        metavar="N",
        type=arguments.integer(1),
        default=1,
        help="starts, of which the best is kept (default: 1)",
    )
    group.add_argument(
        "--batch-size",
        metavar="N",
        type=arguments.integer(1),
        default=1024,
        help="rows in a batch of the methods that have several (default: 1024)",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "--save",
        metavar="FILE",
        help="write the fitted model (.npz), for BayesianGaussianMixture.load, with em for "
        "GaussianMixture.load",
    )
    group.add_argument(
        "--plot",
        metavar="FILE",
        help="draw the components over the rows, and the bound: .png, .pdf or .svg (needs "
        "matplotlib)",
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
    from fastvb.cli.mixture_fit import fit_mixture
    from fastvb.cli.mixture_report import report
    from fastvb.cli.output import (
        can_print,
        check_outputs,
        print_json,
        print_text,
        write_outputs,
    )

    def draw() -> Figure:
        from fastvb.cli.mixture_picture import picture

        return picture(estimator, result, table.values)

    _check_options(args)
    check_outputs(args, ("--save", "--plot", "--json"), args.file)
    table, estimator, result = fit_mixture(args)
    if args.json == "-":
        print_json(result.as_dict())
    else:
        width = shutil.get_terminal_size().columns
        print_text("\n".join(report(result, width, letters=can_print("█▏±"))))
    write_outputs(args, estimator, result.as_dict(), draw)
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Refuse options that would be without effect."""
    belongs = [("columns", "a FILE"), ("delimiter", "a FILE"), ("encoding", "a FILE")]
    belongs = belongs if args.file is None else []
    if args.inference == "em":
        belongs += [("weights", "--inference vb"), ("concentration", "--inference vb")]
    for option, owner in belongs:
        if getattr(args, option) is not None:
            message = f"argument --{option}: expected {owner} that it belongs to"
            raise UsageError(message, args.prog)
