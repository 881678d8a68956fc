from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import io, sparse

from fastvb.datasets import detect_format, read_corpus, scanning

BANNER = "%%MatrixMarket matrix coordinate {} general\n"
ENTRIES = "1 2 5\n1 4 1\n3 2 1\n3 1 2\n"
DENSE = [[0, 5, 0, 1], [0, 0, 0, 0], [2, 1, 0, 0]]


def write(folder: Path, text: str, name: str = "corpus.mtx") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def file(kind: str = "integer", sizes: str = "3 4 4\n", entries: str = ENTRIES) -> str:
    return BANNER.format(kind) + sizes + entries


@pytest.mark.parametrize("name", ["corpus.mtx", "corpus.mm", "corpus.txt"])
@pytest.mark.parametrize("kind", ["integer", "real", "unsigned-integer"])
@pytest.mark.parametrize(
    "change",
    [
        str,
        str.lower,
        str.upper,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(" ", "\t").replace("\t", " ", 4),
        lambda text: text.rstrip(),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("3 4 4", "% a comment\n\n%another\n 03  4 4 "),
        lambda text: text.replace("\n1 4", "\n \n\n1 4"),
    ],
)
@pytest.mark.parametrize("part_bytes", [4, 1 << 16])
def test_counts(
    tmp_path: Path,
    name: str,
    kind: str,
    change: Callable[[str], str],
    part_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scanning, "_PART_BYTES", part_bytes)
    path = write(tmp_path, change(file(kind)), name)
    assert detect_format(path) == "matrixmarket"
    counts = read_corpus(path).counts
    np.testing.assert_array_equal(counts.toarray(), DENSE)
    assert counts.has_canonical_format
    assert counts.dtype == counts.indices.dtype == counts.indptr.dtype == np.int32


def test_pattern_counts_one_each(tmp_path: Path) -> None:
    text = file("pattern", entries="1 2\n3 1\n3 2\n3 1\n")
    counts = read_corpus(write(tmp_path, text)).counts
    np.testing.assert_array_equal(counts.toarray(), [[0, 1, 0, 0], [0, 0, 0, 0], [2, 1, 0, 0]])
    assert counts.dtype == np.int32


def test_fractions_stay_float64(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, file("real", entries="1 2 5\n1 4 1e-1\n3 2 1\n3 1 .5\n")))
    assert corpus.counts.dtype == np.float64
    assert corpus.n_tokens == 6.6
    np.testing.assert_array_equal(
        corpus.counts.toarray(), [[0, 5, 0, 0.1], [0, 0, 0, 0], [0.5, 1, 0, 0]]
    )
    large = read_corpus(write(tmp_path, file("real", "1 1 1\n", "1 1 3e9\n"))).counts
    assert large.dtype == np.float64
    assert large[0, 0] == 3e9


@pytest.mark.parametrize("kind", ["integer", "real"])
def test_repeated_entries_in_any_order_add_up(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 50, 5000), rng.integers(0, 70, 5000)
    values = rng.integers(0, 9, 5000)
    entries = "".join(
        f"{i + 1} {j + 1} {x}\n" for i, j, x in zip(rows, columns, values, strict=True)
    )
    counts = read_corpus(write(tmp_path, file(kind, "50 70 5000\n", entries))).counts
    wanted = sparse.coo_array((values, (rows, columns)), shape=(50, 70)).toarray()
    np.testing.assert_array_equal(counts.toarray(), wanted)
    assert counts.has_canonical_format
    assert (counts.data > 0).all()


def test_as_scipy_reads_what_it_writes(tmp_path: Path) -> None:
    matrix = sparse.random_array((30, 40), density=0.2, rng=np.random.default_rng(1))
    path = tmp_path / "random.mtx"
    io.mmwrite(path, matrix, precision=17)
    np.testing.assert_array_equal(read_corpus(path).counts.toarray(), matrix.toarray())


def test_number_of_words(tmp_path: Path) -> None:
    path = write(tmp_path, file())
    assert read_corpus(path, n_words=6).n_words == 6
    assert read_corpus(path, first_id=1, vocabulary=list("abcd")).n_words == 4
    with pytest.raises(ValueError, match="line 2: expected at most n_words=3 columns, got 4"):
        read_corpus(path, n_words=3)


@pytest.mark.parametrize(
    "banner",
    [
        "%%MatrixMarket matrix array real general",
        "%%MatrixMarket matrix coordinate complex general",
        "%%MatrixMarket matrix coordinate real symmetric",
        "%%MatrixMarket matrix coordinate real",
        "%%MatrixMarket vector coordinate real general",
        "% 3 4 4",
        "",
    ],
)
def test_banner_of_another_kind(tmp_path: Path, banner: str) -> None:
    path = write(tmp_path, banner + "\n3 4 4\n" + ENTRIES)
    with pytest.raises(ValueError, match=re.escape(f"{path}, line 1: expected '%%MatrixMarket")):
        read_corpus(path, file_format="matrixmarket")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (file(sizes="3 4\n"), "line 2: expected 'rows columns entries'"),
        (file(sizes="%\n3 4 4 4\n"), "line 3: expected 'rows columns entries'"),
        (file(sizes="3 -4 4\n"), "line 2: expected 'rows columns entries'"),
        (file(sizes="3000000000 4 4\n"), "line 2: expected 'rows columns entries'"),
        (BANNER.format("real"), "line 2: expected 'rows columns entries'"),
        (file(entries=ENTRIES + "2 x 1\n"), "line 7: expected three integers"),
        (file("real", entries="1 1 1\n2 1\n"), "line 4: expected two integers and a number"),
        (file("pattern", entries="1 1\n2 1 1\n"), "line 4: expected two integers 'document word'"),
        (file(entries="1 1 1.5\n"), "line 3: expected three integers"),
        (file(entries="\n4 1 1\n"), "line 4: expected a document id from 1 to 3, got '4'"),
        (file(entries="0 1 1\n"), "got '0' (first_id=0 reads ids that start at 0)"),
        (file(entries="1 5 1\n"), "line 3: expected a word id from 1 to 4, got '5'"),
        (file(entries="1 1 3000000000\n"), "expected a count of at most 2147483647"),
        (file("real", entries="1 1 -0.5\n"), "line 3: expected a count that is finite and not neg"),
        (file("real", entries="1 1 1e999\n"), "line 3: expected a count that is finite"),
        (file("real", entries="1 1 nan\n"), "line 3: expected two integers and a number"),
        (file(entries="1 1 1\n\n"), "line 4: expected entry 2 of 4, got the end of the file"),
        (file(entries=ENTRIES + "\n2 2 2\n"), "line 8: expected the end of the file after 4 ent"),
        (
            file(sizes="2147483647 4 1\n", entries="2147483647 1 1\n"),
            "line 2: expected at most 16",
        ),
        (file(sizes="3 4 99999999999999999999\n"), "line 2: expected 'rows columns entries'"),
        (file(sizes="3 4 999999999999999999\n"), "line 7: expected entry 5 of 999999999999999999"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        read_corpus(path)
    assert str(caught.value).startswith(f"{path}, line ")


def test_sums_that_overflow_are_refused(tmp_path: Path) -> None:
    text = file(entries="1 1 2147483647\n3 2 1\n3 2 2147483647\n3 1 1\n")
    with pytest.raises(ValueError, match="sum to at most 2147483647, got 2147483648 in document 3"):
        read_corpus(write(tmp_path, text))
    unsorted = file(entries="3 2 1\n1 1 2147483647\n3 2 2147483647\n3 1 1\n")
    with pytest.raises(ValueError, match="sum to at most 2147483647, got 2147483648 in document 3"):
        read_corpus(write(tmp_path, unsorted))


EDGE_CASES = {
    "testcorpus.mm": ((9, 12), 28),
    "dtm_test.mm": ((10, 546), 812),
    "test_corpus_small.mm": ((3, 5), 9),
    "test_corpus_ok.mm": "line 12: expected the end of the file after 9 entries",
    "test_mmcorpus_corrupt.mm": "line 6: expected two integers and a number",
    "test_mmcorpus_no_index.mm": "line 25: expected entry 23 of 28",
    "test_mmcorpus_no_index.mm.gz": "line 25: expected entry 23 of 28",
    "test_mmcorpus_no_index.mm.bz2": "line 25: expected entry 23 of 28",
    "test_mmcorpus_overflow.mm": "line 4: expected a count that is finite and not negative",
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", EDGE_CASES)
def test_good_and_broken_files(name: str, shared_data: Callable[[str], Path]) -> None:
    path = shared_data(f"matrixmarket_edge_cases/{name}")
    wanted = EDGE_CASES[name]
    if isinstance(wanted, str):
        with pytest.raises(ValueError, match=re.escape(f"{path}, {wanted}")):
            read_corpus(path)
        return
    counts = read_corpus(path).counts
    assert (counts.shape, counts.nnz) == wanted
    if name != "test_corpus_small.mm":  # SciPy wants the banner in mixed case
        np.testing.assert_array_equal(counts.toarray(), io.mmread(path).toarray())
