"""Peak memory of a whole LDA fit beyond its input, each case in a fresh process.

python benchmarks/memory.py                   a generated corpus with a vocabulary of 100,000
python benchmarks/memory.py ap.dat.gz         also corpora from files, with 100 topics

Allowed are (2 V K + D K + 3 nnz) numbers of the result's type and 50 MB: the topics twice, the
documents' weights once, and three numbers per count. Needs Linux, whose kernel keeps the peak.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse as sp

TOPICS = 100
CASES = (("int32", "float64"), ("float64", "float64"), ("float32", "float32"))  # counts, result


def status(field: str) -> int:
    """Bytes, from the kernel's account of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def fit(file: str, dtype: str) -> None:
    """Child: print the peak beyond what the process had when its input was there."""
    from fastvb import LatentDirichletAllocation

    counts = sp.load_npz(file).astype(dtype, copy=False)
    lda = LatentDirichletAllocation(TOPICS, max_iter=3, tol=0.0, random_state=0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts from here
    before = status("VmRSS")
    lda.fit(counts)
    print(json.dumps({"measured": status("VmHWM") - before}))


def generate(file: Path, n_documents: int, n_words: int) -> None:
    from fastvb.datasets import make_lda_corpus

    corpus, _, _ = make_lda_corpus(
        n_documents, n_words, TOPICS, document_length=100, random_state=0
    )
    sp.save_npz(file, sp.csr_matrix(corpus.counts), compressed=False)


def convert(source: Path, file: Path) -> None:
    from fastvb.datasets import read_corpus

    sp.save_npz(file, sp.csr_matrix(read_corpus(source).counts), compressed=False)


def measure(name: str, file: Path) -> None:
    """Print a line per case."""
    counts = sp.load_npz(file)
    (n_documents, n_words), nnz = counts.shape, counts.nnz
    numbers = 2 * n_words * TOPICS + n_documents * TOPICS + 3 * nnz
    for dtype, result in CASES:
        child = [sys.executable, __file__, "--fit", str(file), dtype]
        run = subprocess.run(child, check=True, capture_output=True, text=True)
        measured = json.loads(run.stdout)["measured"]
        allowed = numbers * np.dtype(result).itemsize + 50e6
        print(
            f"{name:20} {dtype:8} {measured / 1e6:9.1f} {allowed / 1e6:9.1f} "
            f"{measured / allowed:6.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="corpora")
    parser.add_argument("--quick", action="store_true", help="a small corpus: a smoke test")
    parser.add_argument("--fit", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fit:
        fit(*options.fit)
        return
    print(f"{'corpus':20} {'counts':8} {'MB':>9} {'allowed':>9} {'share':>6}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counts.npz"
        for source in options.files:
            convert(source, file)
            measure(source.name.removesuffix(".gz"), file)
        n_documents, n_words = (200, 1000) if options.quick else (20_000, 100_000)
        generate(file, n_documents, n_words)
        measure(f"V={n_words:,} D={n_documents:,}", file)


if __name__ == "__main__":
    main()
