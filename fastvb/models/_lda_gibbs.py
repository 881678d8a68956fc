"""LDA's local step by Gibbs sampling of the topic assignments, given the topics."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _gibbs
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_assignments import Part, assign_in_parts
from fastvb.models._lda_local import DocumentPosteriors, TopicView
from fastvb.models._lda_state import LDAStats

__all__ = ["GibbsSweeps", "gibbs_posteriors"]

_STREAM = 2  # of random numbers; those of sampled topics are before it
_MOST_TOPICS, _MOST_TOKENS = np.iinfo(np.uint16).max, 1 << 32  # of a document, to be numbered


class GibbsSweeps(NamedTuple):
    """Sweeps over the tokens of a document: how many to leave out, how many to average."""

    n_burn_in: int = 5
    n_kept: int = 5

    def posteriors(
        self,
        batch: DocumentBatch,
        view: TopicView,
        prior: NDArray[Any],
        rng: np.random.Generator,
        n_jobs: int | None = None,
    ) -> tuple[DocumentPosteriors, LDAStats]:
        """:func:`gibbs_posteriors` with a seed from `rng`."""
        seed = int(rng.integers(1 << 64, dtype=np.uint64))
        return gibbs_posteriors(batch, view, prior, self, seed, n_jobs)


def gibbs_posteriors(
    batch: DocumentBatch,
    view: TopicView,
    prior: NDArray[Any],
    sweeps: GibbsSweeps,
    seed: int,
    n_jobs: int | None = None,
) -> tuple[DocumentPosteriors, LDAStats]:
    """Sample z_n ~ (alpha_k + counts without n) beta_kw in every document, and count.

    These are draws from the exact posterior of z given beta (with more sweeps, ever more so),
    where mean field and its relatives have a bias.

    Parameters
    ----------
    batch : DocumentBatch
        The documents; whole-number counts.
    view : TopicView
        The topics: one draw of them, or whatever stands for beta.
    prior : ndarray of shape (n_topics,)
        alpha.
    sweeps : GibbsSweeps
        The first sweep starts from no assignment at all, and counts.
    seed : int
        Of 64 bits. With it, a document's place in the batch decides all its draws.
    n_jobs : int or None
        Threads of the kernels.

    Returns
    -------
    documents : DocumentPosteriors
        gamma = alpha + mean counts, and the mean-field bound there.
    stats : LDAStats
        Mean counts of the words.

    Raises
    ------
    ValueError
        If a count is not a whole number, or there are too many topics.

    References
    ----------
    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS, section 4.1.
    D. Mimno, M. Hoffman, D. Blei (2012), Sparse stochastic inference for latent Dirichlet
    allocation, ICML.
    """
    _check(batch, len(prior))
    n_bytes = 2.0 * sweeps.n_kept * batch.n_tokens
    sample = partial(_sample, sweeps, seed)
    return assign_in_parts(batch, view, prior, sample, n_bytes, False, n_jobs)


def _sample(sweeps: GibbsSweeps, seed: int, part: Part) -> None:
    """Fill gamma of some documents, and add to the counts of their words."""
    batch, rows, n_threads = part.documents, part.rows, part.n_threads
    index = batch.by_words
    token_ptr = np.zeros(len(batch.counts) + 1, np.int64)
    np.cumsum(batch.counts, out=token_ptr[1:])
    longest = int(np.diff(token_ptr[batch.indptr]).max(initial=0))
    topics = np.empty((int(token_ptr[-1]), sweeps.n_kept), np.uint16)
    size = _gibbs.work_size(rows.shape[1], rows.dtype.itemsize, batch.longest, longest)
    _gibbs.local_step(
        batch.places, batch.indptr, token_ptr, rows, part.alpha, seed, _STREAM, part.start,
        *sweeps, topics, part.gamma, _aligned.empty((n_threads, size), np.int8), longest, n_threads,
    )  # fmt: skip
    _gibbs.word_statistics(
        index.words, index.word_ptr, index.position, token_ptr, topics, part.counts,
        np.empty((n_threads, rows.shape[1])), n_threads,
    )  # fmt: skip


def _check(batch: DocumentBatch, n_topics: int) -> None:
    if n_topics > _MOST_TOPICS:
        raise ValueError(
            f"Expected at most {_MOST_TOPICS} topics for Gibbs sampling, got n_topics={n_topics}."
        )
    broken = batch.counts != np.floor(batch.counts)
    if broken.any():
        raise ValueError(
            "Expected whole-number counts for Gibbs sampling, got a count of "
            f"{batch.counts[broken][0]}. local_step='mean-field' takes any counts."
        )
    filled = batch.indptr[:-1][np.diff(batch.indptr) > 0]  # reduceat has no empty sums
    longest = np.add.reduceat(batch.counts, filled).max() if len(filled) > 0 else 0
    if longest >= _MOST_TOKENS:
        raise ValueError(
            f"Expected documents of less than {_MOST_TOKENS} tokens for Gibbs sampling, got one of "
            f"{longest:.0f}."
        )
