"""The work of ``fastvb topics``: read, split, fit, score."""

from __future__ import annotations

import argparse
import math
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

import fastvb
from fastvb.cli.progress import choose_mode
from fastvb.cli.timing import timed
from fastvb.cli.topics_corpus import corpus_name, load_corpus
from fastvb.cli.topics_learning import learn_topics, refuse_too_many_topics
from fastvb.cli.topics_result import HeldOut, Topic, TopicsResult
from fastvb.cli.topics_split import split_corpus
from fastvb.datasets import Corpus, CorpusFile
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
    with timed(seconds, "read"):
        corpus = load_corpus(args)
    if mode != "none":
        print(f"{source}: {_size(corpus)}", file=sys.stderr, flush=True)
    split = split_corpus(corpus, args)
    refuse_too_many_topics(split, args)
    with fastvb.threads(args.threads):
        threads = fastvb.get_num_threads()
        with timed(seconds, "fit"):
            estimator, n_passes = learn_topics(split, args, mode)
        with timed(seconds, "score"):
            score = _score(estimator, split.held_out, args)
            coherence = _coherence(estimator, corpus)
    vocabulary = corpus.vocabulary
    if vocabulary is not None:
        estimator.feature_names_in_ = vocabulary  # so that it travels with the model
    n_words_kept = max(_WORDS_KEPT, args.top_words or 0)
    result = TopicsResult(
        source=source,
        documents=corpus.n_documents,
        words=corpus.n_words,
        tokens=int(corpus.n_tokens),
        training_tokens=split.n_tokens,
        n_components=args.topics,
        learning_method=args.method,
        doc_topic_prior=_plain(estimator.doc_topic_prior_),
        topic_word_prior=_plain(estimator.topic_word_prior_),
        seed=args.seed,
        threads=threads,
        converged=bool(estimator.converged_),
        lower_bounds=[float(bound) for bound in estimator.lower_bounds_],
        topics=_topics(estimator, vocabulary, n_words_kept, coherence),
        held_out=score,
        coherence=None if coherence is None else float(coherence.mean()),
        passes=n_passes,
        tokens_per_second=split.n_tokens * n_passes / seconds["fit"],
        seconds=seconds,
    )
    return estimator, result


def _size(corpus: Corpus | CorpusFile) -> str:
    return f"{corpus.n_documents:,} documents, {corpus.n_words:,} words, {corpus.n_tokens:,} tokens"


def _plain(prior: Any) -> float | list[float]:
    """A prior, which may have been learned, for JSON."""
    value: float | list[float] = np.asarray(prior, np.float64).tolist()
    return value


def _score(estimator: Any, held_out: Any, args: argparse.Namespace) -> HeldOut | None:
    n_documents = held_out.shape[0]
    if n_documents == 0:
        return None
    try:
        score = completion_score(estimator, held_out, random_state=args.seed)
    except ValueError:  # a few short documents may leave no token; the fit is good all the same
        return HeldOut(n_documents, None, None)
    return HeldOut(n_documents, score, math.exp(-score))


def _coherence(estimator: Any, corpus: Corpus | CorpusFile) -> npt.NDArray[np.float64] | None:
    """Of each topic, over all documents in memory; a single word coheres with nothing."""
    if isinstance(corpus, CorpusFile) or corpus.n_words < 2:
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
