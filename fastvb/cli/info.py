"""``fastvb info``: what this build is and what it found."""

from __future__ import annotations

import argparse
from typing import Any

import fastvb

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to the parser's commands."""
    parser = commands.add_parser(
        "info",
        help="print version, compiler, SIMD levels and threads",
        description="Print version, compiler, SIMD levels, OpenMP and threads.",
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:  # noqa: ARG001  every command takes them
    fastvb.show_config()
    return 0
