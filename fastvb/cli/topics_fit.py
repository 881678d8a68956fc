"""The work of ``fastvb topics``: read, split, fit, score."""

from __future__ import annotations

import argparse
import math
import platform
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
from fastvb.cli.topics_result import HeldOut, Topic, TopicsResult
from fastvb.datasets import Corpus, detect_format, load_python_docs, read_corpus
from fastvb.datasets.stop_words import ENGLISH
from fastvb.metrics import completion_score

__all__ = ["fit_topics"]

_WORDS_KEPT = 20  # per topic in the result; --top-words may ask for more


def fit_topics(args: argparse.Namespace) -> TopicsResult:
    """Do what the arguments of ``fastvb topics`` say, with progress on stderr."""
    seconds: dict[str, float] = {}
    source = args.file or f"the documentation strings of Python {platform.python_version()}"
    mode = choose_mode(wanted=args.progress, quiet=args.quiet)
    with _timed(seconds, "read"):
        corpus = _load(args)
    if mode != "none":
        print(f"{source}: {corpus}", file=sys.stderr, flush=True)
    training, held_out = _split(corpus, args)
    n_tokens = int(training.sum())
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
    n_words_kept = max(_WORDS_KEPT, args.top_words or 0)
    return TopicsResult(
        source=source,
        documents=corpus.n_documents,
        words=corpus.n_words,
        tokens=corpus.n_tokens,
        training_tokens=n_tokens,
        n_components=args.topics,
        learning_method=args.method,
        doc_topic_prior=float(estimator.doc_topic_prior_),
        topic_word_prior=float(estimator.topic_word_prior_),
        seed=args.seed,
        threads=threads,
        converged=bool(estimator.converged_),
        lower_bounds=[float(bound) for bound in estimator.lower_bounds_],
        topics=_topics(estimator, corpus.vocabulary, n_words_kept),
        held_out=score,
        tokens_per_second=n_tokens * estimator.n_iter_ / seconds["fit"],
        seconds=seconds,
    )


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


def _load(args: argparse.Namespace) -> Corpus:
    try:
        if args.file is None:
            _refuse_vocabulary(args)
            corpus, is_text = load_python_docs(), False
        else:
            corpus = read_corpus(args.file, vocabulary=args.vocabulary, encoding=args.encoding)
            is_text = detect_format(args.file) == "text"
        return _prune(corpus, args, is_text)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
        raise UsageError(reason, args.prog) from None
    except (ValueError, LookupError, MemoryError) as error:  # LookupError: unknown encoding
        raise UsageError(str(error) or "the input does not fit in memory", args.prog) from None


def _prune(corpus: Corpus, args: argparse.Namespace, is_text: bool) -> Corpus:
    """Other formats come pruned; text does not."""
    min_df, max_df = (2, 0.5) if is_text else (0, 1.0)
    return corpus.prune(
        min_df=min_df if args.min_df is None else args.min_df,
        max_df=max_df if args.max_df is None else args.max_df,
        stop_words=ENGLISH if is_text else (),
    )


def _refuse_vocabulary(args: argparse.Namespace) -> None:
    if args.vocabulary is not None:
        raise UsageError("argument --vocabulary: expected a FILE that it belongs to", args.prog)


def _split(corpus: Corpus, args: argparse.Namespace) -> tuple[Any, Any]:
    """Training and held-out counts; only documents of two tokens or more can be scored."""
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
    if held_out.shape[0] == 0:
        return None
    try:
        score = completion_score(estimator, held_out, random_state=args.seed)
    except ValueError as error:
        raise UsageError(f"{error} (--held-out 0 leaves the score out)", args.prog) from None
    return HeldOut(held_out.shape[0], score, math.exp(-score))


def _topics(
    estimator: Any, vocabulary: npt.NDArray[np.object_] | None, n_words: int
) -> list[Topic]:
    """Topics by weight: the share of the training tokens that is expected to come from each."""
    tokens = (estimator.components_ - estimator.topic_word_prior_).sum(axis=1, dtype=np.float64)
    weights = tokens / tokens.sum()
    probabilities = estimator.topic_word_distribution()
    topics = []
    for k in np.argsort(-weights, kind="stable"):
        top = np.argsort(-probabilities[k], kind="stable")[:n_words]
        words = [str(word) for word in (top if vocabulary is None else vocabulary[top])]
        topics.append(Topic(int(k), float(weights[k]), words, probabilities[k][top].tolist()))
    return topics
