"""Write a large generated corpus, and stream it through the methods that take one.

python benchmarks/scale.py --write big.fvb               100 million tokens of a million documents
python benchmarks/scale.py big.fvb                       one pass by each method, one at a time
python benchmarks/scale.py big.fvb --methods collapsed   one of them
python benchmarks/scale.py big.fvb --methods online
python benchmarks/scale.py big.fvb --methods structured

The file takes 810 MB, and as much again while it is written (a copy, to see how fast that is).
"collapsed" is its stochastic form, which keeps no phi. Each method has a fresh process. Seconds are
for a million documents, without the import but with the pass that finds the words that occur; the
peak is that of the process, with everything that it imports and its mini-batches, and is told when
it is above 3 GiB. Needs Linux, whose kernel keeps the peak.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import fastvb
from fastvb.datasets import CorpusFile, write_lda_corpus

N_WORDS, N_TOPICS = 100_000, 200
MOST_BYTES = 3 * 2**30
METHODS = ("read", "online", "collapsed", "structured")


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def write(path: Path, n_documents: int) -> None:
    start = perf_counter()
    corpus, _ = write_lda_corpus(path, n_documents, N_WORDS, N_TOPICS, random_state=0)
    seconds, megabytes = perf_counter() - start, path.stat().st_size / 1e6
    print(
        f"{corpus.n_documents:,} documents, {corpus.n_tokens:,} tokens, {corpus.nnz:,} entries: "
        f"{megabytes:,.0f} MB drawn and written in {seconds:.1f} s, peak "
        f"{peak_bytes() / 2**20:,.0f} MiB"
    )
    start = perf_counter()
    CorpusFile.write(path.with_suffix(".copy"), corpus).close()
    print(f"copied at {megabytes / (perf_counter() - start):,.0f} MB/s", end=", ")
    path.with_suffix(".copy").unlink()
    start = perf_counter()
    corpus.verify()
    print(f"verified at {megabytes / (perf_counter() - start):,.0f} MB/s")


def fit(path: Path, method: str, batch_size: int) -> None:
    """Child: one pass over the file."""
    corpus = CorpusFile(path)
    start = perf_counter()
    if method == "read":
        from fastvb.models import FileMinibatches

        for _ in FileMinibatches(corpus, batch_size, seed=0).epoch(0):
            pass
    else:
        fastvb.LatentDirichletAllocation(
            N_TOPICS, learning_method=method, batch_size=batch_size, max_iter=1, random_state=0,
            memory_budget=0,
        ).fit(corpus)  # fmt: skip
    seconds = perf_counter() - start
    print(json.dumps({"seconds": seconds, "n": corpus.n_documents, "peak": peak_bytes()}))


def measure(path: Path, methods: list[str], batch_size: int) -> None:
    print(f"{path.name}: mini-batches of {batch_size}, {fastvb.get_num_threads()} threads\n")
    print(f"{'method':12} {'s per million documents':>24} {'peak MiB':>10}")
    for method in methods:
        command = [sys.executable, __file__, str(path), "--child", method]
        run = subprocess.run(
            [*command, "--batch-size", str(batch_size)], stdout=subprocess.PIPE, check=False
        )
        if run.returncode:
            print(f"{method:12} {'failed':>24}")
            continue
        result = json.loads(run.stdout)
        seconds = result["seconds"] / result["n"] * 1e6
        excess = "  above 3 GiB" if result["peak"] > MOST_BYTES else ""
        print(f"{method:12} {seconds:24.1f} {result['peak'] / 2**20:10,.0f}{excess}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--write", action="store_true", help="make the file")
    parser.add_argument("--documents", type=int, default=1_000_000, help="with --write")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=[*METHODS])
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--child", choices=METHODS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        write(args.path, args.documents)
    elif args.child:
        fit(args.path, args.child, args.batch_size)
    else:
        measure(args.path, args.methods, args.batch_size)
