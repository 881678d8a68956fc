"""Peak memory of whole fits beyond their input, each case in a fresh process.

python benchmarks/memory.py                   a generated corpus with a vocabulary of 100,000
python benchmarks/memory.py ap.dat.gz         also corpora from files, with 100 topics

Of LDA, (2 V K + D K + 3 nnz) numbers of the result's type and 50 MB are allowed: the topics twice,
the documents' weights once, and three numbers per count. Of mixtures of a million rows it is 50 MB,
in either memory order. Needs Linux, whose kernel keeps the peak.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp

TOPICS = 100
BESIDE = 50e6  # bytes, whatever the input
FEATURES, COMPONENTS = 16, 64
MIXTURES = ("GaussianMixture", "BayesianGaussianMixture")
CASES = (("int32", "float64"), ("float64", "float64"), ("float32", "float32"))  # counts, result


def status(field: str) -> int:
    """Bytes, from the kernel's account of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def print_peak(call: Callable[[], object]) -> None:
    """Child: print the peak beyond what the process had when its input was there."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts from here
    before = status("VmRSS")
    call()
    print(json.dumps({"measured": status("VmHWM") - before}))


def fit(file: str, dtype: str) -> None:
    """Child: fit a corpus."""
    from fastvb import LatentDirichletAllocation

    counts = sp.load_npz(file).astype(dtype, copy=False)
    lda = LatentDirichletAllocation(TOPICS, max_iter=3, tol=0.0, random_state=0)
    print_peak(lambda: lda.fit(counts))


def fit_mixture(name: str, n_rows: str, dtype: str, order: str) -> None:
    """Child: fit a table, which is made block by block."""
    import fastvb

    rng = np.random.default_rng(0)
    means = 2.0 * rng.standard_normal((COMPONENTS, FEATURES), np.float32)
    X = np.empty((int(n_rows), FEATURES), dtype, order)
    for block in np.array_split(X, max(len(X) // 10_000, 1)):
        block[...] = rng.standard_normal(block.shape, np.float32)
        block += means[rng.integers(COMPONENTS, size=len(block))]
    mixture = getattr(fastvb, name)(n_components=COMPONENTS, max_iter=3, tol=0.0, random_state=0)
    print_peak(lambda: mixture.fit(X))


def generate(file: Path, n_documents: int, n_words: int) -> None:
    from fastvb.datasets import make_lda_corpus

    corpus, _, _ = make_lda_corpus(
        n_documents, n_words, TOPICS, document_length=100, random_state=0
    )
    sp.save_npz(file, sp.csr_matrix(corpus.counts), compressed=False)


def convert(source: Path, file: Path) -> None:
    from fastvb.datasets import read_corpus

    sp.save_npz(file, sp.csr_matrix(read_corpus(source).counts), compressed=False)


def measure(name: str, kind: str, allowed: float, *child: str) -> None:
    """Print a line of a case."""
    run = subprocess.run(
        [sys.executable, __file__, *child], check=True, stdout=subprocess.PIPE, text=True
    )
    measured = json.loads(run.stdout)["measured"]
    print(
        f"{name:28} {kind:10} {measured / 1e6:9.1f} {allowed / 1e6:9.1f} {measured / allowed:6.2f}",
        flush=True,
    )


def measure_corpus(name: str, file: Path) -> None:
    counts = sp.load_npz(file)
    (n_documents, n_words), nnz = counts.shape, counts.nnz
    numbers = 2 * n_words * TOPICS + n_documents * TOPICS + 3 * nnz
    for dtype, result in CASES:
        allowed = numbers * np.dtype(result).itemsize + BESIDE
        measure(name, dtype, allowed, "--fit", str(file), dtype)


def measure_mixtures(n_rows: int) -> None:
    for name, dtype, order in itertools.product(MIXTURES, ("float64", "float32"), "CF"):
        case = (name, str(n_rows), dtype, order)
        measure(name, f"{dtype}, {order}", BESIDE, "--fit-mixture", *case)


def report(files: list[Path], quick: bool) -> None:
    print(f"{'input':28} {'type':10} {'MB':>9} {'allowed':>9} {'share':>6}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counts.npz"
        for source in files:
            convert(source, file)
            measure_corpus(source.name.removesuffix(".gz"), file)
        n_documents, n_words = (200, 1000) if quick else (20_000, 100_000)
        generate(file, n_documents, n_words)
        measure_corpus(f"V={n_words:,} D={n_documents:,}", file)
    measure_mixtures(10_000 if quick else 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="corpora")
    parser.add_argument("--quick", action="store_true", help="small inputs: a smoke test")
    parser.add_argument("--fit", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--fit-mixture", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fit:
        fit(*options.fit)
    elif options.fit_mixture:
        fit_mixture(*options.fit_mixture)
    else:
        report(options.files, options.quick)


if __name__ == "__main__":
    main()
