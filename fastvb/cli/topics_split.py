"""Which documents ``fastvb topics`` fits, and which it scores."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastvb.cli.corpus_options import told_in_one_line
from fastvb.cli.errors import UsageError
from fastvb.datasets import Corpus, CorpusFile

__all__ = ["Split", "split_corpus"]

_MOST_OF_A_FILE = 10_000  # documents to score, which are in memory


@dataclass(frozen=True)
class Split:
    """Counts of two kinds of documents."""

    training: Any  # sparse matrix or CorpusFile
    held_out: Any  # sparse matrix
    n_tokens: int  # of training, rounded up: counts need not be whole


def split_corpus(corpus: Corpus | CorpusFile, args: argparse.Namespace) -> Split:
    """Hold out documents by chance, of a corpus file the last ones, which are read once."""
    _refuse_counts(corpus, args)
    with told_in_one_line(args.prog):
        if isinstance(corpus, CorpusFile):
            n_held_out = min(round(args.held_out * corpus.n_documents), _MOST_OF_A_FILE)
            n_training = corpus.n_documents - n_held_out
            training: Any = CorpusFile(corpus.path, stop=n_training)
            held_out, n_tokens = corpus.rows(n_training, corpus.n_documents), training.n_tokens
        else:
            is_training = _drawn(corpus, args)
            training = corpus.counts[np.flatnonzero(is_training)]
            held_out, n_tokens = corpus.counts[np.flatnonzero(~is_training)], training.sum()
    if training.nnz == 0:
        raise UsageError(
            f"expected a word in the documents to fit, got none (--held-out {args.held_out})",
            args.prog,
        )
    return Split(training, held_out, math.ceil(n_tokens))


def _refuse_counts(corpus: Corpus | CorpusFile, args: argparse.Namespace) -> None:
    if not math.isfinite(corpus.n_tokens):
        raise UsageError("expected counts with a finite sum, got inf", args.prog)
    if isinstance(corpus, CorpusFile):
        is_whole = isinstance(corpus.n_tokens, int)
    else:
        is_whole = corpus.counts.dtype.kind != "f"
    if args.held_out > 0 and not is_whole:
        raise UsageError(
            "expected whole counts in held-out documents, got fractions "
            "(--held-out 0 leaves the score out)",
            args.prog,
        )


def _drawn(corpus: Corpus, args: argparse.Namespace) -> Any:
    """Which documents to fit; only documents of two tokens or more can be scored."""
    scorable = np.flatnonzero(corpus.counts.sum(axis=1) >= 2)
    n_held_out = min(round(args.held_out * corpus.n_documents), len(scorable))
    is_training = np.ones(corpus.n_documents, dtype=bool)
    is_training[np.random.default_rng(args.seed).choice(scorable, n_held_out, replace=False)] = (
        False
    )
    return is_training
