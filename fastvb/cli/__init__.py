"""The command line: ``fastvb topics``, ``fastvb mixture``, ``fastvb convert``, ``fastvb info``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import fastvb
from fastvb.cli import convert, info, mixture, topics
from fastvb.cli.errors import UsageError

__all__ = ["main"]

_WRONG_USAGE, _INTERRUPTED, _READER_LEFT = 2, 130, 141  # the shell's numbers


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)", self.prog)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        Exit status: 0 when done, 2 for wrong usage, unreadable input or output that cannot be
        written (one line on stderr says which), 130 after Ctrl-C, 141 when the reader of the
        output has gone.

    Examples
    --------
    >>> from fastvb.cli import main
    >>> main(["topics", "--topics", "2.5"])  # and one line on stderr
    2
    """
    try:
        args = _parser().parse_args(argv)
        status: int = args.run(args)
        print(end="", flush=True)
    except UsageError as error:
        print(error, file=sys.stderr)
        return _WRONG_USAGE
    except KeyboardInterrupt as interrupt:
        print("; ".join(["fastvb: interrupted", *map(str, interrupt.args)]), file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return _READER_LEFT
    except OSError as error:  # of files that are named, the commands tell themselves
        _drop_output()
        print(f"fastvb: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        return _WRONG_USAGE
    return status


def _drop_output() -> None:
    """Let go of what is still in the buffer; without this, exit would complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fastvb", description="Variational Bayes and EM at the speed of the hardware."
    )
    parser.add_argument("--version", action="version", version=f"fastvb {fastvb.__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, dest="command"
    )
    topics.add_parser(commands)
    mixture.add_parser(commands)
    convert.add_parser(commands)
    info.add_parser(commands)
    return parser
