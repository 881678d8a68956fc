"""What a user may type: any text is taken, or refused in one line."""

from __future__ import annotations

import argparse
import io
from contextlib import redirect_stderr, redirect_stdout

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastvb.cli import arguments, main

OPTIONS = [
    "--topics", "--alpha", "--eta", "--method", "--iterations", "--seed", "--threads",
    "--top-words", "--min-df", "--max-df", "--held-out", "--encoding", "--vocabulary", "--json",
    "--format", "--text-column", "--words", "--save", "--plot", "--batch-size", "--learning-decay",
    "--learning-offset", "--checkpoint", "--checkpoint-every", "--resume",
]  # fmt: skip

numbers = st.integers().map(str) | st.floats().map(str)


@given(st.sampled_from(OPTIONS), numbers | st.text())
@example("--min-df", "²")
@example("--max-df", "9" * 5000)
@example("--topics", "9" * 5000)
@example("--json", "a\0b")
@settings(max_examples=150, deadline=None)
def test_any_text_ends_in_one_line(option: str, text: str) -> None:
    """The file does not exist, so that nothing is fitted where the text is accepted."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert main(["topics", "no_such_file", f"{option}={text}"]) == 2
    assert out.getvalue() == ""
    assert len(err.getvalue().splitlines()) == 1
    assert err.getvalue().startswith("fastvb topics: ")


@given(st.integers(), st.integers(0, 10), st.integers(10, 100))
def test_integer_is_between_its_bounds(value: int, least: int, most: int) -> None:
    convert = arguments.integer(least, most)
    if least <= value <= most:
        assert convert(str(value)) == value
    else:
        with pytest.raises(argparse.ArgumentTypeError, match=f"from {least} to {most}"):
            convert(str(value))


@given(st.floats())
def test_numbers_are_in_their_ranges(value: float) -> None:
    for convert, allowed in (
        (arguments.positive, arguments.LEAST <= value <= arguments.MOST),
        (arguments.proportion, 0 <= value < 1),
        (arguments.number(1, 20), 1 <= value <= 20),
        (arguments.document_share, 0 <= value <= 1),
    ):
        if allowed:
            assert convert(str(value)) == value
        else:
            with pytest.raises(argparse.ArgumentTypeError, match="expected a"):
                convert(str(value))
