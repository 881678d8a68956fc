"""What learned priors are worth: bound and held-out score of topics with given and learned ones.

    python benchmarks/learned_priors.py METHOD K N_HELD_OUT FILE...

prints medians of three starts after 100 passes of a learning method, for each corpus. Each score
reads the model's own prior. What stands for the ELBO of "collapsed" is no bound.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from fastvb import LatentDirichletAllocation
from fastvb.datasets import read_corpus
from fastvb.metrics import completion_score

PRIORS = [
    (None, None), (0.1, 0.1), ("learn", 0.1), (0.1, "learn"), ("learn", None),
    ("learn-symmetric", None), (None, "learn"), ("learn", "learn"), ("learn-symmetric", "learn"),
    ("learn", "learn-vector"),
]  # fmt: skip


def halves(file, n_held_out):
    """Training and held-out documents, of the words that training has seen."""
    counts = read_corpus(file).counts.astype(float)
    order = np.random.default_rng(0).permutation(counts.shape[0])
    train, held_out = counts[order[n_held_out:]], counts[order[:n_held_out]]
    seen = np.flatnonzero(train.sum(axis=0))
    return train[:, seen], held_out[:, seen]


def row(method, train, held_out, n_topics, alpha, eta):
    results = []
    for seed in range(3):
        lda = LatentDirichletAllocation(
            n_topics, doc_topic_prior=alpha, topic_word_prior=eta, learning_method=method,
            max_iter=100, tol=0.0, random_state=seed,
        ).fit(train)  # fmt: skip
        weights = np.broadcast_to(lda.doc_topic_prior_, n_topics)
        results.append([
            lda.lower_bound_, completion_score(lda, held_out), weights.min(), weights.max(),
            weights.sum(), np.mean(lda.topic_word_prior_),
        ])  # fmt: skip
    return np.median(results, axis=0)


def main(method, n_topics, n_held_out, *files):
    for file in files:
        train, held_out = halves(file, int(n_held_out))
        n_held = held_out.shape[0]
        print(f"{Path(file).name}, {method}, {n_topics} topics, {n_held} documents held out")
        print(
            "alpha           eta                  ELBO   score   least..largest alpha   sum    eta"
        )
        for alpha, eta in PRIORS:
            medians = row(method, train, held_out, int(n_topics), alpha, eta)
            bound, score, least, most, total, mean = medians
            print(
                f"{alpha or '1/K'!s:15} {eta or '1/K'!s:12} {bound:12.0f} {score:7.3f} "
                f"  {least:6.4f}..{most:6.4f}       {total:6.2f} {mean:6.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
