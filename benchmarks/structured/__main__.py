"""What structured stochastic inference gains over mean field: three studies on one corpus.

    python benchmarks/structured ap.dat.gz --topics 100 --json records.json --write structured

priors    structured and mean-field steps on mini-batches, under several priors of the topics:
          held-out score against seconds
restart   the ELBO of mean field by coordinate ascent, from its own start and from where
          structured inference has ended (figure 3 of Hoffman and Blei, 2015)
sampling  structured steps with each `local_step` beside collapsed Gibbs sampling by tomotopy

Without a corpus: the Python documentation. Fits that the JSON file has already are not repeated, so
a study may be made in parts. Fits are timed, scores are not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from fastvb.datasets import load_python_docs, read_corpus

sys.path.insert(0, str(Path(__file__).parents[1]))  # whoever started this, and wherever
from versus.curves import split
from versus.measure import on_threads

from structured.report import draw, tables
from structured.studies import STUDIES, Problem, Record


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python benchmarks/structured",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", nargs="?", type=Path, help="read by fastvb.datasets.read_corpus")
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--processor-time", action="store_true",
        help="of one thread, in place of the time that has passed: for a machine that others use",
    )  # fmt: skip
    parser.add_argument("--studies", nargs="+", default=list(STUDIES), choices=STUDIES)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keeps the records")
    parser.add_argument("--write", metavar="PREFIX", help="tables and pictures: PREFIX_priors.txt")
    parser.add_argument("--quick", action="store_true", help="a small problem: a smoke test")
    args = parser.parse_args()
    with on_threads(args.threads):
        records = collect(args)
    found = tables(records)
    print("\n\n".join(found.values()))
    if args.write:
        for study, table in found.items():
            Path(f"{args.write}_{study}.txt").write_text(table + "\n", encoding="utf-8")
        draw(records, args.write)


def collect(args: argparse.Namespace) -> list[Record]:
    """Records of the file, and those of the fits that it lacks."""
    records = json.loads(args.json.read_text()) if args.json and args.json.exists() else []
    found = problem(args)
    for study in args.studies:
        for seed in range(1 if args.quick else args.seeds):
            for key, run in STUDIES[study](found, seed):
                key = {**found.key(), "study": study, "seed": seed, **key}
                if any(key.items() <= record.items() for record in records):
                    continue
                records.append({**key, **run()})
                print(".", end="", file=sys.stderr, flush=True)
                if args.json:
                    args.json.write_text(json.dumps(records))
    return records


def problem(args: argparse.Namespace) -> Problem:
    """The corpus, one tenth held out."""
    corpus = read_corpus(args.corpus) if args.corpus else load_python_docs()
    name = args.corpus.name.split(".")[0] if args.corpus else "Python documentation"
    counts: Any = corpus.counts.astype(np.float32)
    clock = time.process_time if args.processor_time else time.perf_counter
    if args.quick:
        return Problem(name, *split(counts[:200]), 5, clock, passes=(1, 2), ascent=5)
    return Problem(name, *split(counts), args.topics, clock)


if __name__ == "__main__":
    main()
