from __future__ import annotations

import gzip
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fastvb
from fastvb.datasets import detect_format, line_reader, make_lda_corpus, read_corpus


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.dat", "2 0:1 1:1\n", "ldac"),
        ("a.dat", "0\n0\n1 5:1\n", "ldac"),
        ("a.dat", "3 0:1 1:1\n", "ldac"),  # wrong, and told so when it is read
        ("a.ldac", "hello\n", "ldac"),
        ("a.ldac.gz", "hello\n", "ldac"),
        ("a.txt", "2\n3\n1\n1 2 3\n", "docword"),
        ("a.txt", "2\n3\n0\n", "docword"),
        ("docword.a.txt", "hello\n", "docword"),
        ("a.dat", "1 0:1 1:1\n", "ldac"),
        ("a.dat", "1 5:1\n1 2:1 3:1\n1 1:1 2:1 3:1\n", "svmlight"),
        ("a.dat", "-1 qid:3 5:0.5 # comment\n", "svmlight"),
        ("a.dat", "# comment\n\n2.5 5:1\n", "svmlight"),
        ("a.svm", "hello\n", "svmlight"),
        ("a.LIBSVM.xz", "hello\n", "svmlight"),
        ("a.dat", "%%matrixmarket matrix coordinate real general\n1 1 0\n", "matrixmarket"),
        ("a.mm.bz2", "hello\n", "matrixmarket"),
        ("a.tsv.gz", "hello\n", "tsv"),
        ("a.dat", "one:1 2:3\n", "text"),
        ("a.txt", "2\n3\nhello\n", "text"),
        ("a.txt", "10 green bottles\n", "text"),
        ("a.txt", "at 10:30 in the morning\n", "text"),
        ("a.txt", "", "text"),
    ],
)
def test_detect_format(tmp_path: Path, name: str, content: str, expected: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert detect_format(path) == expected


def test_given_format_wins(tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_text("2 zero:1 one:1\n2 zero:1 one:1\n")
    assert list(read_corpus(path, file_format="text").vocabulary) == ["one", "zero"]
    with pytest.raises(ValueError, match="line 1: expected id:count"):
        read_corpus(path, file_format="ldac")


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"file_format": "csv"}, ValueError, "Expected file_format to be one of"),
        ({"first_id": 2}, ValueError, "Expected first_id to be 0 or 1"),
        ({"text_column": 0}, ValueError, "Expected text_column=None for a ldac file"),
        ({"n_words": 2.0}, TypeError, "Expected n_words to be an integer"),
        ({"n_words": 3, "vocabulary": ["a"]}, ValueError, "the length of the vocabulary, 1"),
        ({"vocabulary": [1, 2]}, TypeError, "Expected vocabulary to be a file name"),
    ],
)
def test_refused_arguments(
    tmp_path: Path, kwargs: dict[str, object], error: type[Exception], message: str
) -> None:
    path = tmp_path / "a.ldac"
    path.write_text("1 0:1\n")
    with pytest.raises(error, match=message):
        read_corpus(path, **kwargs)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "expected at least one document, got none"),
        ("a.ldac", "\n", "expected at least one document, got none"),
        ("a.txt", "1 2 3\n4 5 6\n", "expected at least one word, got none"),
        ("a.ldac", "0\n", "expected at least one word, got none"),
    ],
)
def test_nothing_to_read(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ValueError, match=re.escape(f"{path}: {message}")):
        read_corpus(path)


# Format, documents and terms, non-zeros and tokens as published with each corpus.
REAL = {
    "ap/ap.dat.gz": ("ldac", (2246, 10473), 302031, 435838),
    "dtm_example/test-mult.dat.gz": ("ldac", (1000, 4824), 69375, 114677),
    "labelme_visualwords/train-data.dat.gz": ("ldac", (800, 158), None, 1920800),
    "reuters395/reuters.ldac": ("ldac", (395, 4258), 60114, 84010),
    "labelme_visualwords/test-data.dat.gz": ("ldac", (800, 158), None, 1920800),
    "kos/docword.kos.txt.gz": ("docword", (3430, 6906), 353160, 467714),
    "20newsgroups/20news-bydate-train.svm.bz2": ("svmlight", (11269, 53975), 1467345, 2765300),
    "20newsgroups/20news-bydate-test.svm.bz2": ("svmlight", (7505, 61188), 967874, 1796919),
    "we8there/we8there.mtx.gz": ("matrixmarket", (6166, 2640), 66459, 69592),
    "lee_news/lee_background.cor.gz": ("text", (300, 10781), None, 59890),
    "dblp_titles/corpus.tsv.gz": ("tsv", (54595, 1513), None, 294757),
    "m10_titles/corpus.tsv.gz": ("tsv", (8355, 1696), None, 49385),
    "reuters_r8/R8.clean.txt.gz": ("text", (7674, 7688), None, 504345),
    "stackoverflow_titles/StackOverflow.txt.gz": ("text", (16407, 2303), None, 82342),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_published_sizes(name: str, shared_data: Callable[[str], Path]) -> None:
    file_format, shape, nnz, n_tokens = REAL[name]
    path = shared_data(name)
    assert detect_format(path) == file_format
    corpus = read_corpus(path, tokenizer=str.split)
    assert corpus.counts.shape == shape
    assert corpus.n_tokens == n_tokens
    assert nnz is None or corpus.counts.nnz == nnz
    assert corpus.counts.dtype == np.int32


@pytest.mark.real_data
def test_20_newsgroups(shared_data: Callable[[str], Path]) -> None:
    """Labels, and a vocabulary that the training file does not reach."""
    words = shared_data("20newsgroups/vocabulary.txt.gz")
    train = read_corpus(shared_data("20newsgroups/20news-bydate-train.svm.bz2"), vocabulary=words)
    test = read_corpus(shared_data("20newsgroups/20news-bydate-test.svm.bz2"), n_words=61188)
    assert train.counts.shape == (11269, 61188)
    assert test.counts.shape == (7505, 61188)
    assert train.vocabulary[0] == "archive"
    for corpus in (train, test):
        assert corpus.labels.dtype == np.int64
        assert set(corpus.labels) == set(range(1, 21))


@pytest.mark.real_data
def test_against_scikit_learn(shared_data: Callable[[str], Path]) -> None:
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    path = shared_data("20newsgroups/20news-bydate-test.svm.bz2")
    counts, labels = sklearn_datasets.load_svmlight_file(str(path))
    corpus = read_corpus(path)
    assert (corpus.counts != counts).nnz == 0
    np.testing.assert_array_equal(corpus.labels, labels)


@pytest.mark.real_data
def test_columns_of_titles(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("dblp_titles/corpus.tsv.gz")
    labels = read_corpus(path, label_column=2).labels
    assert dict(zip(*np.unique(labels, return_counts=True), strict=True)) == {
        "0": 11981,
        "1": 20890,
        "2": 16961,
        "3": 4763,
    }


@pytest.mark.real_data
def test_columns_of_speeches(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("state_of_the_union/documents.txt.gz")
    columns = {"name_column": 0, "label_column": 1, "text_column": 2}
    corpus = read_corpus(path, file_format="tsv", tokenizer=str.split, **columns)
    assert corpus.n_documents == 9743
    assert corpus.n_tokens == 534923
    assert corpus.names[0] == "1914-1"
    assert len(set(corpus.labels)) == 93


@pytest.mark.real_data
def test_folder_of_posts(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    with tarfile.open(shared_data("20newsgroups_raw4/20news-bydate-4groups.tar.xz")) as archive:
        archive.extractall(tmp_path, filter="data")
    corpus = read_corpus(tmp_path / "20news-bydate-train")
    assert dict(zip(*np.unique(corpus.labels, return_counts=True), strict=True)) == {
        "alt.atheism": 480,
        "comp.graphics": 584,
        "sci.space": 593,
        "talk.religion.misc": 377,
    }
    both = read_corpus(tmp_path)
    assert both.n_documents == 3387
    assert "20news-bydate-test/sci.space" in both.labels


@pytest.mark.real_data
def test_vocabularies_fit(shared_data: Callable[[str], Path]) -> None:
    kos = read_corpus(shared_data("kos/docword.kos.txt.gz"))
    commonest = np.argsort(-kos.counts.sum(axis=0))[:5]
    assert {"bush", "kerry", "november"} <= set(kos.vocabulary[commonest])
    ap = read_corpus(shared_data("ap/ap.dat.gz"), vocabulary=shared_data("ap/vocab.txt"))
    assert ap.vocabulary[0] == "i"


@pytest.mark.real_data
def test_entries_of_ap(shared_data: Callable[[str], Path]) -> None:
    """Against a plain Python reading of the same lines."""
    path = shared_data("ap/ap.dat.gz")
    counts = read_corpus(path).counts
    with gzip.open(path, "rt") as file:
        for row, line in zip(range(100), file, strict=False):
            pairs = dict(tuple(map(int, pair.split(":"))) for pair in line.split()[1:])
            got = counts[[row]]
            assert dict(zip(got.indices.tolist(), got.data.tolist(), strict=True)) == pairs


@pytest.mark.real_data
def test_latin_1_text(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("lee_news/lee.cor")
    with pytest.raises(ValueError, match=r"lee\.cor, line 41: expected utf-8 text"):
        read_corpus(path)
    assert read_corpus(path, encoding="latin-1").n_documents == 50


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("file_format", ["docword", "matrixmarket", "ldac", "svmlight"])
def test_threads_and_blocks_do_not_show(
    tmp_path: Path, file_format: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of several blocks, each of several parts."""
    corpus, _, _ = make_lda_corpus(2000, 3000, 5, document_length=60, random_state=0)
    matrix = corpus.counts.tocoo()
    entries = zip(matrix.row + 1, matrix.col + 1, matrix.data, strict=True)
    triples = "".join(f"{i} {j} {x}\n" for i, j, x in entries)
    sizes = [*corpus.counts.shape, matrix.nnz]
    if file_format == "docword":
        text = "\n".join(map(str, sizes)) + "\n" + triples
    elif file_format == "matrixmarket":
        text = "%%MatrixMarket matrix coordinate real general\n{} {} {}\n".format(*sizes) + triples
    else:
        rows = [corpus.counts[[i]] for i in range(corpus.n_documents)]
        pairs = [zip(row.indices + 1, row.data, strict=True) for row in rows]
        text = "".join(
            " ".join([str(row.nnz), *(f"{j}:{x}" for j, x in pair)]) + "\n"
            for row, pair in zip(rows, pairs, strict=True)
        )
    path = tmp_path / f"corpus{end}"
    path.write_bytes(gzip.compress(text.encode()) if end else text.encode())
    for n_threads, block_bytes in ((1, 1 << 22), (2, 1 << 18), (3, 1 << 19), (5, 1 << 22)):
        monkeypatch.setattr(line_reader, "_BLOCK_BYTES", block_bytes)
        with fastvb.threads(n_threads):
            counts = read_corpus(path, file_format=file_format, first_id=1, n_words=3000).counts
        for name in ("data", "indices", "indptr"):
            got, wanted = getattr(counts, name), getattr(corpus.counts, name)
            np.testing.assert_array_equal(got, wanted)
            assert got.dtype == np.int32
