"""Compare fastvb with its rivals: the same problem, the same result, taking turns.

python benchmarks/versus special                      functions of fastvb.special, per value
python benchmarks/versus lda --data ap.dat.gz         E-step, whole fits, topic weights
python benchmarks/versus quality --data ap.dat.gz     held-out score against seconds
python benchmarks/versus mixtures                     iterations and convergence of EM
python benchmarks/versus bernoulli                    iterations of EM for zeros and ones
python benchmarks/versus columns                      a mixture of each column of a table
python benchmarks/versus throughput --data ap.dat.gz  non-zeros per second of stochastic steps
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # whoever started this, and wherever
from versus import bernoulli, columns, mixtures, quality, ratios, throughput
from versus.measure import on_threads

REPORTS = {  # and the threads that they take
    "special": (ratios.report, 1),
    "lda": (ratios.report, 1),
    "mixtures": (mixtures.report, 1),
    "bernoulli": (bernoulli.report, 1),
    "columns": (columns.report, 2),
    "quality": (quality.report, 2),
    "throughput": (throughput.report, 2),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python benchmarks/versus",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("group", choices=REPORTS)
    parser.add_argument(
        "--threads", type=int, help="2 by default; 1 for special, lda, mixtures, bernoulli"
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        default=(),
        metavar="FILE",
        help="corpora to use for LDA; for mixtures a table, the class in its first column",
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="problems whose name has TEXT")
    parser.add_argument("--quick", action="store_true", help="small problems: a smoke test")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--seeds", type=int, default=3, help="fits of each setting")
    group = parser.add_argument_group("special and lda")
    group.add_argument("--rounds", type=int, default=11, help="turns of each side")
    group = parser.add_argument_group("columns")
    group.add_argument("--rows", type=int, default=50_000)
    group.add_argument("--columns", type=int, default=1000)
    group.add_argument("--sampled", type=int, default=10, help="columns that scikit-learn fits")
    group = parser.add_argument_group("quality and throughput")
    group.add_argument("--topics", type=int, nargs="+", default=[100], help="one, or one per file")
    group.add_argument("--cap", type=float, default=60.0, help="seconds that a fit may take")
    group = parser.add_argument_group("quality")
    group.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves")
    group = parser.add_argument_group("throughput")
    group.add_argument("--passes", type=int, nargs="+", default=[1, 5])
    group.add_argument("--batches", type=int, nargs="+", default=[256], help="documents in each")
    group.add_argument("--inner", type=int, nargs="+", default=[50], help="iterations at most")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    for file in options.data:
        if not file.is_file():
            raise SystemExit(f"Expected --data to name files, got {file}.")
    report, threads = REPORTS[options.group]
    with on_threads(options.threads or threads):
        report(options)


if __name__ == "__main__":
    main()
