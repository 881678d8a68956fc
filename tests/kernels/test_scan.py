"""The kernels of _scan against their twins."""

from __future__ import annotations

import locale
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference import scan as twin

from fastvb._kernels import _scan as kernels

PADDING = 8
STATUS = {getattr(kernels, name): name for name in
          ("OK", "BLANK", "LINE", "HEAD", "PAIR", "ROW", "COLUMN", "VALUE", "LENGTH")}  # fmt: skip
FORMS = ["integers", "reals", "couples", "counted", "labelled"]
IDS = (1, 40, 90)  # first id, rows, columns


def cut(text: bytes, n_parts: int, n_threads: int = 1, offset: int = 0):
    """The padded text, which need not be aligned, its parts and their newlines and colons."""
    padded = np.frombuffer(b"?" * offset + text + b"7" * PADDING, np.uint8)[offset:]
    starts = np.empty(n_parts + 1, np.intp)
    counts = np.empty((n_parts, 2), np.intp)
    kernels.cut_lines(padded, len(text), starts, counts, n_threads)
    return padded, starts, counts


def scan(text: bytes, form: str, n_parts=1, n_threads=1, offset=0, ids=IDS) -> twin.Result:
    """What the kernel reads, in the form in which the twin says it."""
    padded, starts, counts = cut(text, n_parts, n_threads, offset)
    if form in ("integers", "reals", "couples"):
        counts[:, 1] = counts[:, 0]
    offsets = np.cumsum(counts, axis=0) - counts
    n_lines, n_entries = counts.sum(axis=0)
    results = np.empty((n_parts, 4), np.intp)
    lines, entries = [], []
    kind = np.float64 if form in ("reals", "labelled") else np.int32
    rows, columns = np.empty(n_entries, np.int32), np.empty(n_entries, np.int32)
    values, lengths = np.ones(n_entries, kind), np.empty(n_lines, np.int32)
    labels = np.empty(n_lines)
    if form == "couples":
        kernels.scan_couples(padded, starts, offsets, *ids, rows, columns, results, n_threads)
    elif form in ("integers", "reals"):
        kernels.scan_triples(
            padded, starts, offsets, *ids, rows, columns, values, results, n_threads
        )
    elif form == "counted":
        kernels.scan_counted_pairs(
            padded, starts, offsets, ids[0], ids[2], lengths, columns, values, results, n_threads
        )
    else:
        kernels.scan_labelled_pairs(
            padded, starts, offsets, ids[0], ids[2], labels, lengths, columns, values, results,
            n_threads,
        )  # fmt: skip
    for (line, entry), (status, position, found, n) in zip(offsets, results, strict=True):
        of_lines, of_entries = slice(line, line + found), slice(entry, entry + n)
        if form in ("counted", "labelled"):
            outputs = (labels, lengths) if form == "labelled" else (lengths,)
            lines += zip(*(output[of_lines].tolist() for output in outputs), strict=True)
            pairs = zip(columns[of_entries].tolist(), values[of_entries].tolist(), strict=True)
            entries += pairs
        else:
            assert found == n
            outputs = (rows, columns, values)
            lines += zip(*(output[of_entries].tolist() for output in outputs), strict=True)
        if status:
            return twin.Result(lines, entries, STATUS[status], position)
    return twin.Result(lines, entries, "OK", 0)


def expected(text: bytes, form: str, ids=IDS) -> twin.Result:
    if form == "counted":
        return twin.counted_pairs(text, ids[0], ids[2])
    if form == "labelled":
        return twin.labelled_pairs(text, ids[0], ids[2])
    kind = {"integers": twin.INTEGER, "reals": twin.REAL, "couples": None}[form]
    return twin.triples(text, *ids, kind)


def corpus(form: str, n_lines: int, seed: int = 0) -> bytes:
    """Lines without fault, of all lengths."""
    rng = np.random.default_rng([seed, n_lines])
    lines = []
    for _ in range(n_lines):
        digits = rng.integers(0, 9)
        if form in ("integers", "reals", "couples"):
            fields = [rng.integers(1, 41), rng.integers(1, 91)]
            if form == "integers":
                fields.append(rng.integers(0, 10**digits))
            elif form == "reals":
                fields.append(repr(float(rng.exponential() * 10.0 ** rng.integers(-9, 9))))
        else:
            n = rng.integers(0, 12)
            pairs = [f"{rng.integers(1, 91)}:{rng.integers(0, 10**digits)}" for _ in range(n)]
            fields = [n if form == "counted" else round(float(rng.normal()), 3), *pairs]
        lines.append(" ".join(map(str, fields)) + "\n")
    return "".join(lines).encode()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_lines", [1, 7, 8, 9, 63, 64, 65, 1000])
def test_whole_files(form, n_lines):
    text = corpus(form, n_lines)
    wanted = expected(text, form)
    assert wanted.status == "OK"
    for n_parts, n_threads, offset in ((1, 1, 0), (3, 2, 1), (40, 5, 7)):
        assert scan(text, form, n_parts, n_threads, offset) == wanted


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n_parts", [1, 2, 5, 30])
def test_first_fault_wins(form, n_parts):
    text = corpus(form, 50) + b"x\n" + corpus(form, 50) + b"y\n"
    result = scan(text, form, n_parts)
    assert result == expected(text, form)
    assert result.position == text.index(b"x")


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 255 * 64, 255 * 64 + 1, 70_000])
def test_cut_counts_newlines_and_colons(n):
    rng = np.random.default_rng(n)
    text = bytes(rng.choice([10, 58, 49, 32], n, p=[0.05, 0.1, 0.6, 0.25])) + b"\n"
    for n_parts in (1, 2, 7):
        _, starts, counts = cut(text, n_parts)
        assert starts[0] == 0
        assert starts[-1] == len(text)
        for start, stop, (newlines, colons) in zip(starts[:-1], starts[1:], counts, strict=True):
            part = text[start:stop]
            assert part == b"" or part.endswith(b"\n")
            assert (newlines, colons) == (part.count(b"\n"), part.count(b":"))


FIELDS = [
    b"0", b"1", b"40", b"41", b"90", b"91", b"007", b"00000000000000000000001", b"12345678",
    b"123456789", b"2147483647", b"2147483648", b"99999999999999999999999", b"-1", b"+1", b"1.5",
    b"1e3", b".5", b"5.", b".", b"1e", b"1e400", b"-0.0", b"nan", b"inf", b"0x1", b"1_0", b"x",
    b"1:2", b"3:0.25", b"0:1", b"91:1", b"4:-1", b"4:", b":4", b"4::4", b"qid:3", b"qid:", b"#",
    b"# 1:1", b"2#3:4", b"\0", b"\xef\xbb\xbf1", b"\x85", b"\xff",
]  # fmt: skip
SEPARATORS = [b" ", b"\t", b"\r\n", b"\n", b"\n\n", b"  ", b"\v", b"\f", b"\r", b""]
fields = st.sampled_from(FIELDS) | st.integers(0, 99).map(lambda n: str(n).encode())
texts = st.lists(st.tuples(fields, st.sampled_from(SEPARATORS)), max_size=40).map(
    lambda pairs: b"".join(field + separator for field, separator in pairs) + b"\n"
)


@pytest.mark.parametrize("form", FORMS)
@given(text=texts | st.binary(max_size=80).map(lambda raw: raw + b"\n"), n_parts=st.integers(1, 6))
@example(text=b"9" * 5000 + b" 1 1\n1 1:" + b"9" * 5000 + b"\n", n_parts=2)
@example(text=b"0 qid:3# 1:1\n1 qid:3 2:1#\n", n_parts=1)
@settings(max_examples=300, deadline=None)
def test_any_text(form, text, n_parts):
    assert scan(text, form, n_parts) == expected(text, form)


decimals = st.floats(0, allow_infinity=False).map(repr) | st.builds(
    lambda a, b, e: f"{a}.{b}e{e}",
    st.integers(0, 10**22),
    st.integers(0, 10**22),
    st.integers(-350, 320),
)


def real(text: str) -> float:
    result = scan(f"1 1 {text}\n".encode(), "reals")
    return float(result.lines[0][2]) if result.lines else float("inf")


@given(text=decimals)
@settings(max_examples=1000, deadline=None)
def test_decimals_are_rounded_correctly(text):
    assert real(text) == float(text)


@given(mantissa=st.integers(2**52, 2**53 - 1), exponent=st.integers(-26, 26))
@settings(max_examples=500, deadline=None)
def test_ties_and_their_neighbours(mantissa, exponent):
    """Halfway between two doubles, as far as 19 digits can say."""
    middle = Decimal(2 * mantissa + 1) * Decimal(2) ** exponent
    digits = f"{middle:.18e}"
    head, _, tail = digits.partition("e")
    for last in "01234":
        text = f"{head[:-1]}{last}e{tail}"
        assert real(text) == float(text)
    assert real(digits) == float(digits)


def test_decimals_do_not_depend_on_the_locale():
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, "de_DE.UTF-8")
    except locale.Error:
        pytest.skip("no locale with a decimal comma")
    try:
        assert real("0.1234567890123456789012345") == 0.1234567890123456789012345
        assert real("0.5") == 0.5
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
