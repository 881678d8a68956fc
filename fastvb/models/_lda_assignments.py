"""LDA's local steps that find topics of tokens, and count them: what these have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._threads import effective_n_threads
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DocumentPosteriors, TopicView
from fastvb.models._lda_state import LDAStats

__all__ = ["Part", "assign_in_parts"]

_SCRATCH_BYTES = 1 << 24  # documents are taken in parts; the sums are in the order of the parts


class Part(NamedTuple):
    """Some documents of a batch, and where their results go."""

    documents: DocumentBatch
    start: int  # number of the first
    rows: NDArray[Any]  # (n_seen, stride) scaled beta
    alpha: NDArray[Any]  # (stride,)
    gamma: NDArray[Any]  # (n_docs, n_topics) to be filled
    counts: NDArray[Any]  # (n_seen, stride) to be added to
    n_threads: int


def assign_in_parts(
    batch: DocumentBatch,
    view: TopicView,
    prior: NDArray[Any],
    assign: Callable[[Part], None],
    n_bytes: float,
    mean: bool,
    n_jobs: int | None,
) -> tuple[DocumentPosteriors, LDAStats]:
    """Assign topics to the tokens of a batch, as many documents at a time as scratch allows.

    `n_bytes` is the scratch of the whole batch. The bound is the one at gamma, of the posterior
    or, with `mean`, of the mean weights.
    """
    at = view.at(batch.words)
    alpha = np.zeros(at.rows.shape[1], at.rows.dtype)
    alpha[: len(prior)] = prior
    gamma = np.empty((batch.n_docs, len(prior)), at.rows.dtype)
    stats = LDAStats(batch.words, _aligned.empty(at.rows.shape, at.rows.dtype))
    stats.counts[:] = 0
    start, n_threads = 0, effective_n_threads(n_jobs)
    for some in batch.parts(max(1, int(_SCRATCH_BYTES * batch.n_docs / max(n_bytes, 1.0)))):
        its_gamma = gamma[start : start + some.n_docs]
        assign(Part(some, start, at.rows, alpha, its_gamma, stats.counts, n_threads))
        start += some.n_docs
    documents = DocumentPosteriors(batch, view, prior, gamma, n_jobs, mean)
    documents.check_finite()
    documents.run(0.0, 0)
    return documents, stats
