"""One corpus file, read by several threads and processes at once."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from fastvb import LatentDirichletAllocation
from fastvb.datasets import CorpusFile, corpus_reader, corpus_writer

N_DOCUMENTS = 400


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(corpus_writer, "_BLOCK_DOCUMENTS", 25)
    counts = np.random.default_rng(0).poisson(0.2, (N_DOCUMENTS, 50))
    with CorpusFile.write(tmp_path / "x.fvb", sparse.csr_array(counts)) as corpus:
        yield corpus


def picked(corpus: CorpusFile, seed: int) -> list[Any]:
    """Documents here and there."""
    rng = np.random.default_rng(seed)
    return [corpus.take(rng.integers(0, N_DOCUMENTS, 60)).toarray() for _ in range(20)]


def topics(corpus: CorpusFile) -> Any:
    lda = LatentDirichletAllocation(3, learning_method="online", batch_size=32, random_state=0)
    return lda.fit(corpus).components_


@pytest.mark.parametrize("preadv", [True, False])
def test_threads(preadv: bool, corpus: CorpusFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first to come to a block are several."""
    if not preadv:
        monkeypatch.setattr(corpus_reader, "_PREADV", None)
    with CorpusFile(corpus.path) as fresh, ThreadPoolExecutor(8) as pool:
        got = [*pool.map(lambda seed: picked(fresh, seed), [0, 0, 1, 1, 2, 2, 3, 3])]
    for i, matrices in enumerate(got):
        np.testing.assert_array_equal(matrices, picked(corpus, i // 2))


def child(code: str, *arguments: str) -> list[str]:
    """The command of a fresh process that has the functions of this file."""
    folder = os.path.dirname(__file__)
    start = f"import sys; sys.path.append({folder!r}); from test_corpus_sharing import *\n"
    return [sys.executable, "-c", start + textwrap.dedent(code), *arguments]


FORKED = """
    corpus = CorpusFile(sys.argv[1])
    expected, first = topics(corpus), picked(corpus, 0)  # by the parent's threads
    children = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            same = all((x == y).all() for x, y in zip(picked(corpus, 0), first, strict=True))
            same = same and (topics(corpus) == expected).all()
            os._exit(0 if same else 1)
        children.append(pid)
    for _ in range(10):
        again = picked(corpus, 0)
        assert all((x == y).all() for x, y in zip(again, first, strict=True))
    assert (topics(corpus) == expected).all()
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert codes == [0, 0, 0], codes
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_processes(corpus: CorpusFile) -> None:
    """They share the open file with their parent; each reads and fits, at the same time."""
    run = subprocess.run(
        child(FORKED, corpus.path), capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0, run.stderr


PICKLED = """
    corpus = pickle.loads(sys.stdin.buffer.read())
    while not os.path.exists(sys.argv[1]):
        picked(corpus, 0)
        print(end=".", flush=True)
    sys.stdout.buffer.write(pickle.dumps((corpus.shape, picked(corpus, 1), topics(corpus))))
"""


def test_a_fit_while_another_process_reads(corpus: CorpusFile, tmp_path: Path) -> None:
    """The other one has got the corpus by pickle."""
    expected, end = topics(corpus), tmp_path / "end"
    other = subprocess.Popen(
        child(PICKLED, str(end)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None
    assert other.stdout is not None
    other.stdin.write(pickle.dumps(corpus))
    other.stdin.close()
    assert other.stdout.read(1) == b"."  # it is reading
    for _ in range(3):
        np.testing.assert_array_equal(topics(corpus), expected)
    end.touch()
    shape, matrices, theirs = pickle.loads(other.stdout.read().lstrip(b"."))
    other.stdout.close()
    assert other.wait(60) == 0
    assert shape == corpus.shape
    np.testing.assert_array_equal(matrices, picked(corpus, 1))
    np.testing.assert_array_equal(theirs, expected)
