"""Seconds of a stochastic step, whatever the vocabulary.

python benchmarks/steps.py                            partial_fit by the size of the vocabulary
python benchmarks/steps.py --profile 1000000          what a step's time goes to

A step is one call of partial_fit on 128 documents of about 93 of the same 10,000 words, which are
scattered over the vocabulary. Those of scikit-learn visit all words, ours those of the documents.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
from time import perf_counter
from typing import Any

import numpy as np
import scipy.sparse as sp

import fastvb

K, PRIOR = 100, 0.1
N_DOCUMENTS, N_DISTINCT, N_BATCHES = 128, 10_000, 8
VOCABULARIES = (10_000, 100_000, 1_000_000)


def minibatches(n_words: int, dtype: Any) -> list[Any]:
    rng = np.random.default_rng(0)
    words = np.sort(rng.choice(n_words, N_DISTINCT, replace=False))
    found = []
    for _ in range(N_BATCHES):
        chosen = [np.sort(rng.choice(words, rng.poisson(93), False)) for _ in range(N_DOCUMENTS)]
        indptr = np.concatenate(([0], np.cumsum([len(row) for row in chosen])))
        indices = np.concatenate(chosen)
        data = (1 + rng.poisson(0.5, len(indices))).astype(dtype)
        found.append(sp.csr_array((data, indices, indptr), shape=(N_DOCUMENTS, n_words)))
    return found


def estimator(kind: Any, **options: Any) -> Any:
    return kind(
        K, doc_topic_prior=PRIOR, topic_word_prior=PRIOR, learning_method="online",
        total_samples=1e5, random_state=0, **options,
    )  # fmt: skip


class Steps:
    """partial_fit on one mini-batch after the other."""

    def __init__(self, lda: Any, batches: list[Any]) -> None:
        self.lda, self.batches, self.n_done = lda, batches, 0
        self.run()  # draws the topics

    def run(self) -> float:
        batch = self.batches[self.n_done % len(self.batches)]
        self.n_done += 1
        start = perf_counter()
        self.lda.partial_fit(batch)
        return perf_counter() - start


def vocabularies(rounds: int, dtype: Any, sizes: list[int]) -> None:
    """The vocabularies take turns, so that a machine whose clock wanders biases none."""
    ours = {
        n_words: Steps(estimator(fastvb.LatentDirichletAllocation), minibatches(n_words, dtype))
        for n_words in sizes
    }
    seconds = {n_words: [] for n_words in sizes}
    for _ in range(rounds):
        for n_words, steps in ours.items():
            seconds[n_words].append(steps.run())
    medians = {n_words: float(np.median(of)) for n_words, of in seconds.items()}
    theirs = scikit_learn(rounds // 10, dtype)
    print(f"{np.dtype(dtype)}, K={K}, {fastvb.get_num_threads()} threads")
    print(f"{'vocabulary':>12} {'ms per step':>12} {'ratio':>6} {'scikit-learn':>13}")
    for n_words, median in medians.items():
        line = f"{n_words:12,} {1e3 * median:12.2f} {median / medians[sizes[0]]:6.2f}"
        if n_words == THEIR_VOCABULARY:
            line += f" {theirs / median:11.1f} x"
        print(line)


THEIR_VOCABULARY = 100_000


def scikit_learn(rounds: int, dtype: Any) -> float:
    from sklearn.decomposition import LatentDirichletAllocation

    steps = Steps(estimator(LatentDirichletAllocation), minibatches(THEIR_VOCABULARY, dtype))
    return float(np.median([steps.run() for _ in range(max(rounds, 5))]))


def profile(n_words: int, rounds: int, dtype: Any) -> None:
    lda = estimator(fastvb.LatentDirichletAllocation)
    steps = Steps(lda, minibatches(n_words, dtype))
    with cProfile.Profile() as found:
        for _ in range(rounds):
            steps.run()
    pstats.Stats(found).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--vocabularies", type=int, nargs="+", default=[*VOCABULARIES])
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float64")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--profile", type=int, metavar="WORDS", help="of the vocabulary")
    args = parser.parse_args()
    with fastvb.threads(args.threads):
        if args.profile:
            profile(args.profile, args.rounds, args.dtype)
        else:
            vocabularies(args.rounds, args.dtype, args.vocabularies)
