"""The work of ``fastvb topics`` once it has a corpus: split, fit, score."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

import fastvb
from fastvb.cli.errors import UsageError
from fastvb.cli.progress import choose_mode, progress
from fastvb.cli.topics_corpus import corpus_name, load_corpus
from fastvb.cli.topics_result import HeldOut, Topic, TopicsResult
from fastvb.datasets import Corpus
from fastvb.metrics import coherence_npmi, completion_score

__all__ = ["fit_topics"]

_WORDS_KEPT = 20  # per topic in the result; --top-words may ask for more
_WORDS_COMPARED = 10  # per topic, for its coherence


def fit_topics(
    args: argparse.Namespace,
) -> tuple[fastvb.LatentDirichletAllocation, TopicsResult]:
    """Do what the arguments of ``fastvb topics`` say, with progress on stderr."""
    seconds: dict[str, float] = {}
    source = corpus_name(args.file)
    mode = choose_mode(wanted=args.progress, quiet=args.quiet)
    with _timed(seconds, "read"):
        corpus = load_corpus(args)
    if mode != "none":
        print(f"{source}: {corpus}", file=sys.stderr, flush=True)
    training, held_out = _split(corpus, args)
    n_tokens = math.ceil(training.sum())  # counts need not be whole
    _refuse_too_many_topics(args, training)
    with fastvb.threads(args.threads), _limits_explained(args):
        threads = fastvb.get_num_threads()
        with _timed(seconds, "fit"), progress(mode, n_tokens, args.iterations) as callback:
            estimator = fastvb.LatentDirichletAllocation(
                args.topics,
                doc_topic_prior=args.alpha,
                topic_word_prior=args.eta,
                learning_method=args.method,
                max_iter=args.iterations,
                random_state=args.seed,
                callback=callback,
            ).fit(training)
        with _timed(seconds, "score"):
            score = _score(estimator, held_out, args)
            coherence = _coherence(estimator, corpus)
    if corpus.vocabulary is not None:
        estimator.feature_names_in_ = corpus.vocabulary  # so that it travels with the model
    n_words_kept = max(_WORDS_KEPT, args.top_words or 0)
    result = TopicsResult(
        source=source,
        documents=corpus.n_documents,
        words=corpus.n_words,
        tokens=int(corpus.n_tokens),
        training_tokens=n_tokens,
        n_components=args.topics,
        learning_method=args.method,
        doc_topic_prior=float(estimator.doc_topic_prior_),
        topic_word_prior=float(estimator.topic_word_prior_),
        seed=args.seed,
        threads=threads,
        converged=bool(estimator.converged_),
        lower_bounds=[float(bound) for bound in estimator.lower_bounds_],
        topics=_topics(estimator, corpus.vocabulary, n_words_kept, coherence),
        held_out=score,
        coherence=None if coherence is None else float(coherence.mean()),
        tokens_per_second=n_tokens * estimator.n_iter_ / seconds["fit"],
        seconds=seconds,
    )
    return estimator, result


def _refuse_too_many_topics(args: argparse.Namespace, training: Any) -> None:
    """Before the machine is short of memory, where it may end the process without a word."""
    n_documents, n_words = training.shape
    n_tokens = math.ceil(training.sum())
    needed = 8 * args.topics * (4 * n_words + 2 * n_documents)  # bytes
    memory = _memory()
    if args.topics > n_tokens:
        reason = f"the documents to fit have {n_tokens:,} tokens"
    elif needed > memory:
        reason = f"they need {needed / 1e9:,.0f} GB of {memory / 1e9:,.0f}"
    else:
        return
    raise UsageError(f"--topics: expected fewer, got {args.topics}: {reason}", args.prog)


def _memory() -> float:
    """Bytes of the machine, infinity where it does not tell."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return math.inf


@contextmanager
def _limits_explained(args: argparse.Namespace) -> Iterator[None]:
    """Numbers that are too large for the machine are the user's to put right."""
    try:
        yield
    except MemoryError:
        raise UsageError(
            f"the fit does not fit in memory: expected fewer topics, got --topics {args.topics}",
            args.prog,
        ) from None
    except FloatingPointError as error:
        raise UsageError(f"{error} (--alpha {args.alpha}, --eta {args.eta})", args.prog) from None


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begin


def _split(corpus: Corpus, args: argparse.Namespace) -> tuple[Any, Any]:
    """Training and held-out counts; only documents of two tokens or more can be scored."""
    if not math.isfinite(corpus.n_tokens):
        raise UsageError("expected counts with a finite sum, got inf", args.prog)
    if args.held_out > 0 and corpus.counts.dtype.kind == "f":
        raise UsageError(
            "expected whole counts in held-out documents, got fractions "
            "(--held-out 0 leaves the score out)",
            args.prog,
        )
    lengths = corpus.counts.sum(axis=1)
    scorable = np.flatnonzero(lengths >= 2)
    n_held_out = min(round(args.held_out * corpus.n_documents), len(scorable))
    chosen = np.random.default_rng(args.seed).choice(scorable, n_held_out, replace=False)
    is_training = np.ones(corpus.n_documents, dtype=bool)
    is_training[chosen] = False
    training = corpus.counts[np.flatnonzero(is_training)]
    if training.nnz == 0:
        raise UsageError(
            f"expected a word in the documents to fit, got none (--held-out {args.held_out})",
            args.prog,
        )
    return training, corpus.counts[np.sort(chosen)]


def _score(estimator: Any, held_out: Any, args: argparse.Namespace) -> HeldOut | None:
    n_documents = held_out.shape[0]
    if n_documents == 0:
        return None
    try:
        score = completion_score(estimator, held_out, random_state=args.seed)
    except ValueError:  # a few short documents may leave no token; the fit is good all the same
        return HeldOut(n_documents, None, None)
    return HeldOut(n_documents, score, math.exp(-score))


def _coherence(estimator: Any, corpus: Corpus) -> npt.NDArray[np.float64] | None:
    """Of each topic, over all documents; a single word coheres with nothing."""
    if corpus.n_words < 2:
        return None
    n_top_words = min(_WORDS_COMPARED, corpus.n_words)
    return coherence_npmi(estimator, corpus.counts, n_top_words=n_top_words)


def _topics(
    estimator: Any,
    vocabulary: npt.NDArray[np.object_] | None,
    n_words: int,
    coherence: npt.NDArray[np.float64] | None,
) -> list[Topic]:
    """Topics by weight: the share of the training tokens that is expected to come from each."""
    weights = estimator.topic_weights_
    probabilities = estimator.topic_word_distribution()
    topics = []
    for k in np.argsort(-weights, kind="stable"):
        top = np.argsort(-probabilities[k], kind="stable")[:n_words]
        words = [str(word) for word in (top if vocabulary is None else vocabulary[top])]
        topics.append(
            Topic(
                index=int(k),
                weight=float(weights[k]),
                words=words,
                probabilities=probabilities[k][top].tolist(),
                coherence=None if coherence is None else float(coherence[k]),
            )
        )
    return topics
