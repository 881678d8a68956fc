"""What a command writes: text, and files of model, picture, JSON, checked before the work."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastvb.cli.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fastvb.estimators._base import Estimator

__all__ = ["as_json", "can_print", "check_outputs", "print_json", "print_text", "write_outputs"]

_PICTURES = (".png", ".pdf", ".svg")
_REPLACED = ("--save", "--checkpoint")


def check_outputs(args: argparse.Namespace, options: tuple[str, ...], *inputs: str | None) -> None:
    """Refuse `options` whose files cannot be written: the result of the work would be lost."""
    taken = {_place(path): "input" for path in inputs if path}
    for option in options:
        path = _path_of(option, args)
        if path is not None and not (option == "--json" and path == "-"):
            _check_writable(option, path, args.prog)
            other = taken.setdefault(_place(path), option)
            if other != option:
                message = f"argument {option}: expected a file of its own, got the {other} {path}"
                raise UsageError(message, args.prog)
    if args.plot is not None:
        _check_picture(args.plot, args.prog)


def _path_of(option: str, args: argparse.Namespace) -> str | None:
    path: str | None = getattr(args, option.removeprefix("--"))
    return path


def _place(path: str) -> str:
    """The same for all names of a file."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a zero byte: no file has such a name
        return path


def _check_writable(option: str, path: str, prog: str) -> None:
    folder = os.path.dirname(path) or "."
    is_name = path != "" and "\0" not in path and not os.path.isdir(path)
    is_replaced = option in _REPLACED and os.path.isfile(path)  # by a file beside it, renamed
    target = path if is_name and os.path.exists(path) and not is_replaced else folder
    if not (is_name and os.path.isdir(folder) and os.access(target, os.W_OK)):
        raise UsageError(
            f"argument {option}: expected a file that can be written, got {path}", prog
        )


def _check_picture(path: str, prog: str) -> None:
    if Path(path).suffix.lower() not in _PICTURES:
        kinds = ", ".join(_PICTURES)
        raise UsageError(f"argument --plot: expected a name that ends in {kinds}, got {path}", prog)
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise UsageError(
            "argument --plot: expected matplotlib, found none (pip install 'fastvb[plot]')", prog
        ) from None


def write_outputs(
    args: argparse.Namespace,
    estimator: Estimator,
    result: dict[str, Any],
    draw: Callable[[], Figure],
) -> None:
    """Write the files that the options ask for, the dearest first."""
    if args.save is not None:
        with _named_errors("--save", args):
            estimator.save(args.save)
    if args.json not in (None, "-"):
        with _named_errors("--json", args), open(args.json, "w", encoding="utf-8") as file:
            file.write(as_json(result) + "\n")
    if args.plot is not None:
        with _named_errors("--plot", args), _letters_explained(args):
            draw().savefig(args.plot, dpi=120)


def print_json(result: dict[str, Any]) -> None:
    """Print what a JSON file would hold."""
    print_text(as_json(result, ascii_only=not can_print("é█日")))


def as_json(result: dict[str, Any], *, ascii_only: bool = False) -> str:
    """The text of a JSON file."""
    return json.dumps(result, indent=1, ensure_ascii=ascii_only, allow_nan=False)


def print_text(text: str) -> None:
    """Print to stdout, a question mark for every letter that it cannot take."""
    encoding = _encoding()
    print(text.encode(encoding, "replace").decode(encoding), flush=True)


def can_print(letters: str) -> bool:
    """Whether stdout can take these letters as they are."""
    return letters == letters.encode(_encoding(), "replace").decode(_encoding())


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "ascii"  # there is no stdout where it is closed


@contextmanager
def _named_errors(option: str, args: argparse.Namespace) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        path = _path_of(option, args)
        reason = error.strerror or str(error)
        raise UsageError(f"argument {option}: {path}: {reason}", args.prog) from None


@contextmanager
def _letters_explained(args: argparse.Namespace) -> Iterator[None]:
    """One line in place of a warning for each letter that the font does not have."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message="Glyph")
        yield
    if caught and not args.quiet:
        note = f"{args.prog}: {args.plot}: boxes stand for letters that the font does not have"
        print(note, file=sys.stderr)
