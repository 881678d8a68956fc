"""Where should the documents' inner iterations start, and how far should they go, in each pass?

    python benchmarks/policies [CORPUS ...] --topics 50 100 --json records.json

runs batch coordinate ascent for LDA under each policy below and prints what ELBO and held-out
completion score it has reached for the cost at which the reference (from equal weights and to the
end, in each pass) has done 10, 30 and 100 passes. Without a corpus: generated documents and the
Python documentation. Runs that the JSON file has already are not repeated.

Cost is counted, not timed: one unit is one inner iteration of every document, a "sweep", and what a
pass does besides (statistics, topics, bound) is `--pass-cost` sweeps. A policy's ELBO cannot fall
where it goes on from the last pass; a pass from equal weights that lowers it is taken back, costs
what it costs, and from then on the policy is warm (a refresh: until the next one).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

import fastvb
from fastvb.datasets import load_python_docs, make_lda_corpus, read_corpus

sys.path.insert(0, str(Path(__file__).parents[1]))  # whoever started this, and wherever
from policies.ascent import POLICIES, REFERENCE, Problem, run, seconds
from policies.report import Record, cost, find, plot, report


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="*", help="files that fastvb.datasets.read_corpus reads")
    parser.add_argument("--topics", type=int, nargs="+", default=[20])
    parser.add_argument("--priors", nargs="+", default=["0.1"], help="numbers or 1/K")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--policies", nargs="+", default=list(POLICIES), choices=POLICIES)
    parser.add_argument("--documents", type=int, default=10**9, help="at most, drawn")
    parser.add_argument("--held-out", type=int, default=250, help="documents to score")
    parser.add_argument("--pass-cost", type=float, default=8.0, help="in sweeps")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="keeps the records")
    parser.add_argument("--seconds", action="store_true", help="measure them, and run no policy")
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    fastvb.set_num_threads(args.threads)
    if args.seconds:
        for problem in problems(args):
            sweep, besides = (1000 * t for t in seconds(problem))
            name = f"{problem.corpus}, {problem.n_topics} topics"
            print(f"{name}: a sweep {sweep:.2f} ms, a pass besides {besides:.1f} ms", end="")
            print(f" = {besides / sweep:.1f} sweeps")
        return
    records = collect(args)
    print("\n".join(report(records, args.pass_cost)))
    if args.plot:
        plot(records, args.policies, args.pass_cost, args.plot)


def collect(args: argparse.Namespace) -> list[Record]:
    """Records of the runs that were asked for: those of the file and new ones."""
    records = json.loads(args.json.read_text()) if args.json and args.json.exists() else []
    names = dict.fromkeys([REFERENCE, *args.policies])
    for problem, seed, name in product(problems(args), range(args.seeds), names):
        key = {**problem.key(), "policy": name, "seed": seed}
        if find(records, **key):
            continue
        limit = None
        if name != REFERENCE:
            limit = cost(find(records, **{**key, "policy": REFERENCE})[0], args.pass_cost)[-1]
        records.append({**key, **run(problem, POLICIES[name], seed, args.pass_cost, limit)})
        print(".", end="", file=sys.stderr, flush=True)
        if args.json:
            args.json.write_text(json.dumps(records))
    return records


def problems(args: argparse.Namespace) -> Iterator[Problem]:
    """All corpora, numbers of topics and priors; the held-out documents are drawn by seed 0."""
    for name, X in corpora(args.corpus, args.documents):
        order = np.random.RandomState(0).permutation(X.shape[0])
        held = min(args.held_out, X.shape[0] // 5)
        train, test = X[np.sort(order[held:])], X[np.sort(order[:held])]
        for n_topics in args.topics:
            for prior in args.priors:
                value = 1.0 / n_topics if prior == "1/K" else float(prior)
                yield Problem(name, train, test, n_topics, value)


def corpora(files: list[str], n_documents: int) -> Iterator[tuple[str, Any]]:
    """Name and counts of each; the first `n_documents` in an order drawn by seed 0."""
    found = [(corpus_name(Path(file)), read_corpus(file).counts) for file in files]
    if not files:
        found = [
            ("generated", make_lda_corpus(2000, 3000, 20, random_state=0)[0].counts),
            ("python docs", load_python_docs().counts),
        ]
    for name, counts in found:
        X = sp.csr_matrix(counts, dtype=np.float64)
        X = X[np.diff(X.indptr) > 0]
        if X.shape[0] > n_documents:
            X = X[np.sort(np.random.RandomState(0).permutation(X.shape[0])[:n_documents])]
        yield name, X


def corpus_name(file: Path) -> str:
    """Name of the file without its endings, and without the docword of the UCI repository."""
    return file.name.removeprefix("docword.").split(".")[0]


if __name__ == "__main__":
    main()
