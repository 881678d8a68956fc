"""Damaged corpus files: one clear error, or exactly what was written; never other numbers."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.damage import damaged
from scipy import sparse

from fastvb import LatentDirichletAllocation
from fastvb.datasets import Corpus, CorpusFile, corpus_reader, corpus_writer, read_corpus
from fastvb.datasets.corpus_layout import DATA_START, pack_header
from fastvb.models import FileMinibatches

N_DOCUMENTS, N_WORDS = 100, 30


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_writer, "_BLOCK_ENTRIES", 50)
    monkeypatch.setattr(corpus_writer, "_BLOCK_DOCUMENTS", 12)
    monkeypatch.setattr(corpus_reader, "_CHECKED_BYTES", 100)


def random_corpus() -> Corpus:
    counts = np.random.default_rng(0).poisson(0.2, (N_DOCUMENTS, N_WORDS))
    words, names = [f"wörd{i}" for i in range(N_WORDS)], [f"n{i}" for i in range(N_DOCUMENTS)]
    return Corpus(sparse.csr_array(counts), words, names, np.arange(N_DOCUMENTS) / 4)


def written(folder: Path, corpus: Any = None) -> tuple[Path, bytes]:
    path = folder / "x.fvb"
    CorpusFile.write(path, random_corpus() if corpus is None else corpus).close()
    return path, path.read_bytes()


def everything(path: Path) -> list[Any]:
    """All that can be read, by each of the ways to read it."""
    with CorpusFile(path) as corpus:
        batches = FileMinibatches(corpus, 30, seed=1, window=2).epoch(0)
        matrices = [
            corpus.rows(20, 70), corpus.take([99, 3, 50]), corpus.rows(0, corpus.n_documents),
            *corpus.blocks(33), read_corpus(path).counts,
        ]  # fmt: skip
        arrays = [x for m in matrices for x in (m.shape, m.data, m.indices, m.indptr)]
        arrays += [x for batch in batches for x in (batch.counts, batch.indices, batch.indptr)]
        strings = [corpus.vocabulary, corpus.names, corpus.labels]
        return [*arrays, *strings, corpus.nnz, corpus.n_tokens, corpus.dtype, corpus.checksum]


def parts(path: Path, content: bytes) -> list[tuple[int, int]]:
    """Where the file's header, blocks and sections lie."""
    with CorpusFile(path) as corpus:
        layout = corpus._reader.layout
    sections = [(s.offset, s.offset + s.size) for s in layout.sections.values()]
    end = 16 + len(json.dumps(json.loads(content[16 : content.index(b"\0", 16)])))
    last = int(layout.blocks["offset"][-1])
    return [(0, 16), (16, end), (end, DATA_START), (DATA_START, last), *sections]


def test_what_is_read_of_a_damaged_file_is_right(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    expected, n_refused, n_right = everything(path), 0, 0
    for wrong in damaged(content, parts(path, content), 600):
        path.write_bytes(wrong)
        try:
            got = everything(path)
        except ValueError as error:
            n_refused += str(error).startswith(f"{path}: expected ")
            continue
        for x, y in zip(got, expected, strict=True):
            np.testing.assert_array_equal(x, y)
        n_right += 1
    assert n_refused + n_right == 600
    assert 500 < n_refused < 600  # the zeros behind the header matter to nothing


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    flipped = bytearray(content)
    header_end = parts(path, content)[1][1]
    for position in [*range(header_end), *range(DATA_START, len(content), 31)]:
        flipped[position] ^= 0x10
        path.write_bytes(flipped)
        with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: expected "):
            CorpusFile(path).verify()
        flipped[position] ^= 0x10


def damage_block(path: Path, number: int) -> str:
    """Flip the last bit of a block; what an error has to say of it."""
    with CorpusFile(path) as corpus:
        first, behind = corpus.block_starts[number : number + 2]
        place = int(corpus._reader.layout.blocks["offset"][number + 1]) - 1
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    return re.escape(
        f"{path}: expected block {number} (documents {first} to {behind - 1}) as written, "
        "got damaged content"
    )


def test_damage_is_named(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    message = damage_block(path, 3)
    with CorpusFile(path) as corpus, pytest.raises(ValueError, match=message):
        corpus.verify()
    flipped = bytearray(content)
    with CorpusFile(path) as corpus:
        flipped[corpus._reader.layout.sections["labels"].offset] ^= 1
    path.write_bytes(flipped)
    with CorpusFile(path) as corpus, pytest.raises(ValueError, match="a section 'labels'"):
        corpus.verify()


def test_blocks_are_checked_before_they_are_read(tmp_path: Path) -> None:
    """Also where none of the damaged bytes is asked for; other blocks can be read."""
    path, _ = written(tmp_path)
    message = damage_block(path, 3)
    with CorpusFile(path) as corpus:
        first, behind = corpus.block_starts[3:5].tolist()
        assert corpus.rows(0, first).shape[0] == first
        assert corpus.rows(behind, N_DOCUMENTS).shape[0] == N_DOCUMENTS - behind
        for read in (
            lambda: corpus.rows(first, first + 1),
            lambda: corpus.rows(first - 1, behind),
            lambda: corpus.take([0, first]),
            lambda: [*corpus.blocks(7)],
            corpus.to_corpus,
            lambda: [*FileMinibatches(corpus, 20, seed=0).epoch(0)],
        ):
            for _ in range(2):
                with pytest.raises(ValueError, match=message):
                    read()
    with pytest.raises(ValueError, match=message):
        CorpusFile(path, stop=first + 1)


@pytest.mark.parametrize(
    "method", ["batch", "online", "collapsed", "structured", "memoized", "streaming"]
)
def test_no_model_learns_from_damaged_blocks(method: str, tmp_path: Path) -> None:
    path, _ = written(tmp_path, random_corpus().counts)
    lda = LatentDirichletAllocation(
        2, learning_method=method, max_iter=2, batch_size=10, random_state=0
    )
    with CorpusFile(path) as corpus:
        before = lda.fit(corpus).components_
    message = damage_block(path, 2)
    with CorpusFile(path) as corpus, pytest.raises(ValueError, match=message):
        lda.fit(corpus)
    np.testing.assert_array_equal(lda.components_, before)


def test_checksums_are_compared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = written(tmp_path)
    with CorpusFile(path) as corpus:
        expected = corpus.rows(0, N_DOCUMENTS).toarray()
        monkeypatch.setattr(corpus_reader.zlib, "crc32", lambda *_: pytest.fail("once more"))
        for _ in FileMinibatches(corpus, 20, seed=0).epoch(0):
            pass
        np.testing.assert_array_equal(corpus.rows(0, N_DOCUMENTS).toarray(), expected)


def sealed(path: Path, content: bytes) -> bytes:
    """The content with the checksums that fit it, as if a writer had made it so."""
    with CorpusFile(path) as corpus:
        layout = corpus._reader.layout
    table = layout.blocks.copy()
    offsets = table["offset"].tolist()
    for b, (start, stop) in enumerate(zip(offsets, offsets[1:], strict=False)):
        table["checksum"][b] = zlib.crc32(content[start:stop])
    blocks = replace(layout.sections["blocks"], checksum=zlib.crc32(table.tobytes()))
    layout = replace(layout, sections=layout.sections | {"blocks": blocks})
    end = blocks.offset + blocks.size
    inner = content[DATA_START : blocks.offset] + table.tobytes() + content[end:]
    return pack_header(layout) + inner


def test_wrong_ids_are_not_followed(tmp_path: Path) -> None:
    """Kernels do not check bounds: rows does, also in a file whose checksums are right."""
    path, content = written(tmp_path)
    assert sealed(path, content) == content
    n_refused = 0
    for position in range(DATA_START, DATA_START + 400):
        wrong = bytearray(content)
        wrong[position] ^= 0x80
        path.write_bytes(content)
        path.write_bytes(sealed(path, bytes(wrong)))
        with CorpusFile(path) as corpus:
            try:
                corpus.rows(0, 100).check_format(full_check=True)
            except ValueError as error:
                n_refused += "got damaged content" in str(error)
    assert 100 < n_refused < 400


@pytest.mark.parametrize("size", [0, 5, 100, DATA_START - 1, DATA_START, DATA_START + 900, -1])
def test_truncated_files(size: int, tmp_path: Path) -> None:
    path, content = written(tmp_path)
    path.write_bytes(content[:size])
    with pytest.raises(
        ValueError, match=f"^{re.escape(str(path))}: expected a corpus file of fastvb"
    ):
        CorpusFile(path)


@pytest.mark.parametrize(
    "content", [b"3 0:1\n", b"PK\3\4" * 2000, b"\x89fastvb\n" + b"\xff" * 9000]
)
def test_other_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=f"^{re.escape(str(path))}: expected a corpus file of fastvb"
    ):
        CorpusFile(path)
    with pytest.raises(FileNotFoundError):
        CorpusFile(tmp_path / "absent")
