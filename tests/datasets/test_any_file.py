"""Whatever a file holds: a corpus, or one error that names the file."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastvb.datasets import Corpus, read_corpus
from fastvb.datasets.formats import FORMATS

number = st.integers(0, 12).map(str) | st.sampled_from(
    ["2147483647", "2147483648", "9" * 30, "1e9"]
)
separator = st.sampled_from([" ", "\t", ":", "\n", "\r\n", "\v", "\f", "  ", "", "-", "x", "."])
numeric = st.lists(st.tuples(number, separator), max_size=30).map(
    lambda pairs: "".join(a + b for a, b in pairs).encode()
)
ldac_line = st.lists(st.tuples(number, number), max_size=4).map(
    lambda pairs: " ".join([str(len(pairs)), *(f"{w}:{c}" for w, c in pairs)])
)
docword_line = st.tuples(number, number, number).map(" ".join)
header = st.sampled_from(
    ["%%MatrixMarket matrix coordinate integer general", "3 9 4", "2147483647 9 2", "# 1:1", "%"]
)
lines = st.lists(ldac_line | docword_line | number | header, max_size=8).map(
    lambda rows: "\n".join(rows).encode()
)
compressed = st.sampled_from([b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00"]).flatmap(
    lambda magic: st.binary(max_size=20).map(lambda rest: magic + rest)
)


@pytest.mark.parametrize("file_format", [*FORMATS, None])
@given(content=st.binary(max_size=60) | numeric | lines | compressed)
@example(content=b"2 0:1\v1:1\n")
@example(content=b"3\n3\n1\n1 2\f3\n")
@example(content=b"9" * 5000 + b" 1:1\n")
@example(content=b"1 1:" + b"9" * 5000 + b"\n")
@example(content=b"9" * 5000 + b"\n1\n1\n1 1 1\n")
@example(content=b"1\n1\n1\n1 1 " + b"9" * 5000 + b"\n")
@example(content=b"2147483647\n1\n1\n2147483647 1 1\n")
@settings(max_examples=60, deadline=None)
def test_corpus_or_worded_error(file_format: str | None, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "corpus")
        path.write_bytes(content)
        message = None
        try:
            corpus = read_corpus(path, file_format=file_format)
        except ValueError as error:
            message = str(error)
    if message is not None:
        assert re.match(rf"{re.escape(str(path))}(, line \d+)?: expected ", message)
        return
    assert isinstance(corpus, Corpus)
    assert corpus.counts.has_canonical_format
    assert corpus.counts.shape > (0, 0)
    assert corpus.counts.nnz == 0 or np.min(corpus.counts.data) > 0
