"""Tables of numbers: what is read, and what is said of tables that cannot be."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import line_reader, read_table

IRIS = "length,width,kind\n5.1,3.5,setosa\n6.2,2.9,virginica\n"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "names", "values"),
    [
        ("a,b\n1,2\n3,4\n", ["a", "b"], [[1, 2], [3, 4]]),
        ("1,2\n3,4", ["x0", "x1"], [[1, 2], [3, 4]]),
        ("a\tb c\n1\t-2e3\n", ["a", "b c"], [[1, -2000]]),
        ("a;b\r\n1;.5\r\n", ["a", "b"], [[1, 0.5]]),
        ("  1  2 \n 3\t4\n".replace("\t", " "), ["x0", "x1"], [[1, 2], [3, 4]]),
        ('"a, b","c"\n"1",2\n', ["a, b", "c"], [[1, 2]]),
        ("id,2019,2020\n7,1,2\n", ["id", "2019", "2020"], [[7, 1, 2]]),
        ("a, ,c\n1,2,3\n", ["a", "x1", "c"], [[1, 2, 3]]),
        ("age\n31\n\n\n", ["age"], [[31]]),
        ("3\n", ["x0"], [[3]]),
        ("\ufeffa,b\n1,2\n", ["a", "b"], [[1, 2]]),
    ],
)
def test_forms(text: str, names: list[str], values: list[list[float]], tmp_path: Path) -> None:
    table = read_table(write(tmp_path, text))
    assert list(table.names) == names
    assert table.values.tolist() == values
    assert table.values.dtype == np.float64


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_exact_in_blocks_and_compressed(
    compress: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_reader, "_BLOCK_BYTES", 1000)
    X = np.random.default_rng(0).normal(size=(500, 3))
    path = tmp_path / "table"
    path.write_bytes(compress("".join(f"{a!r},{b!r},{c!r}\n" for a, b, c in X.tolist()).encode()))
    assert np.array_equal(read_table(path).values, X)


def test_columns_in_the_order_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, IRIS)
    table = read_table(path, ["width", 0])
    assert list(table.names) == ["width", "length"]
    assert table.values.tolist() == [[3.5, 5.1], [2.9, 6.2]]
    assert repr(table) == "Table(2 rows, 2 columns)"
    quoted = write(tmp_path, 'n,"kind"\n1,"a,b"\n2,"c"\n')
    assert read_table(quoted, ["n"]).values.tolist() == [[1], [2]]


def test_encoding_and_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "größe|b\n1|2\n", "latin-1")
    table = read_table(path, delimiter="|", encoding="latin-1")
    assert list(table.names) == ["größe", "b"]
    with pytest.raises(ValueError, match="utf-8"):
        read_table(path)
    with pytest.raises(ValueError, match="Expected delimiter to be one character"):
        read_table(path, delimiter="||")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (IRIS, "line 2: expected a number in column 2 ('kind'), got 'setosa': read other columns"),
        ("1,2\n3,x\n", "line 2: expected a number in column 1 ('x1'), got 'x'"),
        ("a,b\n1,\n", r"line 2: expected a number in column 1 ('b'), got a missing value ('')"),
        ("a,b\n1,2\n3,NA\n", "line 3: expected a number in column 1 ('b'), got a missing value"),
        ("a,b\n1,2\n3,nan\n", "line 3: expected a number in column 1 ('b'), got a missing value"),
        ("a,b\n1,2\n3,-inf\n", "line 3: expected a number in column 1 ('b'), got '-inf', which"),
        ("a,b\n1,2\n3\n", "line 3: expected 2 columns as in line 1, got 1: '3'"),
        ("a,b\n1,2,3\n", "line 2: expected 2 columns as in line 1, got 3: '1,2,3'"),
        ("a\n1\n\n2\n", "line 3: expected 1 columns as in line 1, got 0: ''"),
        ("a,b\n1,2\n,\n3,4\n", "line 3: expected a number in column 0 ('a'), got a missing"),
        ("a,b\n1,1_0\n", "line 2: expected a number in column 1 ('b'), got '1_0'"),
        ("a,b\n", "expected at least one row below the header, got none"),
        ("", "expected at least one row, got an empty file"),
    ],
)
def test_faults_name_line_and_column(text: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}.*{re.escape(message)}"):
        read_table(path)


def test_faults_beside_chosen_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,x\n2\n")
    with pytest.raises(ValueError, match="line 3: expected 2 columns as in line 1, got 1"):
        read_table(path, ["a"])


def test_fault_in_a_late_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_reader, "_BLOCK_BYTES", 100)
    path = write(tmp_path, "a,b\n" + "1,2\n" * 300 + "1,\n" + "1,2\n" * 30)
    with pytest.raises(ValueError, match="line 302: expected a number in column 1"):
        read_table(path)


@pytest.mark.parametrize("column", ["c", 2, -1])
def test_unknown_column(column: int | str, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"expected a column (named|number).*got 2 columns: 'a, b'"
    ):
        read_table(write(tmp_path, "a,b\n1,2\n"), [column])
