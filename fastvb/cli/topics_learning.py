"""How ``fastvb topics`` fits: the estimator that the options describe, checkpoints, errors."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import fastvb
from fastvb.cli.corpus_options import told_in_one_line
from fastvb.cli.errors import UsageError
from fastvb.cli.progress import Mode, Trace, progress
from fastvb.cli.topics_split import Split
from fastvb.datasets import CorpusFile
from fastvb.models import phi_bytes

__all__ = ["learn_topics", "refuse_too_many_topics"]


def learn_topics(
    split: Split, args: argparse.Namespace, mode: Mode
) -> tuple[fastvb.LatentDirichletAllocation, int]:
    """A fitted estimator, and how many passes over the documents that took."""
    first: list[int] = []
    with progress(mode, _trace(split, args)) as show:

        def watch(state: Any) -> None:
            first[:] = first or [state.n_iter]
            show(state)

        estimator = _estimator(args, watch)
        with _errors_explained(split, args):
            estimator.fit(
                split.training,
                checkpoint=args.checkpoint,
                checkpoint_every=args.checkpoint_every or _updates_in_a_pass(estimator, split),
                resume=args.resume,
            )
    if args.method == "streaming":
        return estimator, 1
    return estimator, estimator.n_iter_ - first[0] + 1 if first else 0


def _estimator(args: argparse.Namespace, callback: Any) -> fastvb.LatentDirichletAllocation:
    return fastvb.LatentDirichletAllocation(
        args.topics,
        doc_topic_prior=args.alpha,
        topic_word_prior=args.eta,
        learning_method=args.method,
        learning_decay=args.learning_decay,
        learning_offset=args.learning_offset,
        max_iter=args.iterations,
        batch_size=args.batch_size,
        random_state=args.seed,
        callback=callback,
    )


def _trace(split: Split, args: argparse.Namespace) -> Trace:
    if args.method == "streaming":
        n_batches = -(-split.training.shape[0] // args.batch_size)
        return Trace(n_batches, None, noun="batch")
    quantity = "log likelihood" if args.method == "collapsed" else "bound"
    return Trace(args.iterations, split.n_tokens, quantity=quantity)


def _updates_in_a_pass(estimator: fastvb.LatentDirichletAllocation, split: Split) -> int:
    """Updates of the topics in a pass, or for streaming, which has only one, in a batch."""
    n_documents, n_entries = int(split.training.shape[0]), split.training.nnz
    is_in_memory = phi_bytes(n_entries, estimator.n_components) <= estimator.memory_budget
    if estimator.learning_method in ("batch", "streaming") or (
        estimator.learning_method == "collapsed" and is_in_memory
    ):
        return 1
    return -(-n_documents // estimator.batch_size)


def refuse_too_many_topics(split: Split, args: argparse.Namespace) -> None:
    """Before the machine is short of memory, where it may end the process without a word."""
    n_documents, n_words = split.training.shape
    if args.method not in ("batch", "memoized", "collapsed"):
        n_documents = 0  # nothing is kept of them
    needed = 8 * args.topics * (4 * n_words + 2 * n_documents)  # bytes
    memory = _memory()
    if args.topics > split.n_tokens:
        reason = f"the documents to fit have {split.n_tokens:,} tokens"
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
def _errors_explained(split: Split, args: argparse.Namespace) -> Iterator[None]:
    """What the user can put right; any other error is a bug of ours."""
    is_learned = isinstance(args.alpha, str) or isinstance(args.eta, str)
    may_refuse = is_learned or args.checkpoint or isinstance(split.training, CorpusFile)
    with told_in_one_line(args.prog) if may_refuse else nullcontext():
        try:
            yield
        except MemoryError:
            reason = f"expected fewer topics, got --topics {args.topics}"
            raise UsageError(f"the fit does not fit in memory: {reason}", args.prog) from None
        except FloatingPointError as error:
            priors = f"--alpha {args.alpha}, --eta {args.eta}"
            raise UsageError(f"{error} ({priors})", args.prog) from None
        except KeyboardInterrupt:
            if args.checkpoint is None or not os.path.exists(args.checkpoint):
                raise
            hint = f"the same command with --resume goes on from {args.checkpoint}"
            raise KeyboardInterrupt(hint) from None
