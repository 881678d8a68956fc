"""Print how fast corpora are read, and how fast others read the same files.

python benchmarks/reading.py [millions of entries, 5 by default]

Readers take turns in one process; the best of three turns counts, since what the first costs is
memory that the machine has to find. Files lie in the page cache.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy import io
from sklearn.datasets import load_svmlight_file
from versus.measure import interleaved

import fastvb
from fastvb.datasets import read_corpus

PER_DOCUMENT = 300
N_WORDS = 100_000
BLOCK = 1 << 22


def main(n_millions: float) -> None:
    n_documents = int(n_millions * 1e6) // PER_DOCUMENT
    print(
        f"{n_documents} documents of {PER_DOCUMENT} different words, {N_WORDS} words in all; "
        f"ours on 1 thread and on {fastvb.get_num_threads()}"
    )
    print(f"\n{'file':14} {'reader':32} {'MB/s':>7} {'million entries/s':>18}")
    with tempfile.TemporaryDirectory() as folder:
        for name, write in WRITERS.items():
            path = Path(folder, name)
            with path.open("w") as file:
                file.writelines(write(n_documents))
            compare(path, n_documents * PER_DOCUMENT)
            path.unlink()


def compare(path: Path, n_entries: int) -> None:
    size = path.stat().st_size
    contestants: dict[str, Callable[[], object]] = {
        "the bytes alone": lambda: read_bytes(path),
        "fastvb": lambda: read_corpus(path),
        "fastvb, 1 thread": lambda: on_one_thread(path),
        **{name: (lambda read=read: read(path)) for name, read in RIVALS[path.suffix].items()},
    }
    for name, seconds in interleaved(contestants, rounds=3).items():
        best = seconds.min()
        print(
            f"{path.name:14} {name:32} {size / best / 1e6:7.0f} {n_entries / best / 1e6:18.1f}",
            flush=True,
        )


def read_bytes(path: Path) -> None:
    buffer = bytearray(BLOCK)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def on_one_thread(path: Path) -> object:
    with fastvb.threads(1):
        return read_corpus(path)


def documents(n: int) -> Iterator[tuple[list[int], list[int]]]:
    """Word ids from 1, ascending, frequent words first; and counts."""
    rng = np.random.default_rng(0)
    for _ in range(n):
        ids = np.sort((rng.random(PER_DOCUMENT) ** 2 * (N_WORDS - PER_DOCUMENT)).astype(int))
        ids += np.arange(1, PER_DOCUMENT + 1)
        yield ids.tolist(), rng.geometric(0.7, PER_DOCUMENT).tolist()


def docword(n: int) -> Iterator[str]:
    yield f"{n}\n{N_WORDS}\n{n * PER_DOCUMENT}\n"
    for i, (ids, counts) in enumerate(documents(n), start=1):
        yield "".join(f"{i} {word} {count}\n" for word, count in zip(ids, counts, strict=True))


def weights(n: int) -> Iterator[str]:
    yield "%%MatrixMarket matrix coordinate real general\n"
    yield f"{n} {N_WORDS} {n * PER_DOCUMENT}\n"
    for i, (ids, counts) in enumerate(documents(n), start=1):
        yield "".join(
            f"{i} {word} {x / word**0.5!r}\n" for word, x in zip(ids, counts, strict=True)
        )


def pairs(head: int) -> Callable[[int], Iterator[str]]:
    def write(n: int) -> Iterator[str]:
        for ids, counts in documents(n):
            line = " ".join(f"{word}:{count}" for word, count in zip(ids, counts, strict=True))
            yield f"{head} {line}\n"

    return write


def load_svmlight(path: Path) -> object:
    return load_svmlight_file(str(path))


WRITERS = {
    "docword.txt": docword,
    "weights.mtx": weights,
    "pairs.ldac": pairs(PER_DOCUMENT),
    "pairs.svm": pairs(1),
}
RIVALS: dict[str, dict[str, Callable[[Path], object]]] = {
    ".txt": {"np.loadtxt(dtype=int, skiprows=3)": lambda p: np.loadtxt(p, int, skiprows=3)},
    ".mtx": {"scipy.io.mmread": io.mmread},
    ".ldac": {},
    ".svm": {"sklearn load_svmlight_file": load_svmlight},
}

if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
