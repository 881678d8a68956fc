"""LDA's local step by collapsed variational inference (CVB0), given the topics."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _cvb0
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_assignments import Part, assign_in_parts
from fastvb.models._lda_local import DocumentPosteriors, TopicView
from fastvb.models._lda_state import LDAStats

__all__ = ["CVB0"]

_MOST_SWEEPS = np.iinfo(np.intc).max  # the kernel counts them in a C int


class CVB0(NamedTuple):
    """Iterate phi_n ~ (alpha + sum of phi of the other tokens) beta_w in every document.

    A token does not see its own share of the counts. Where weights of a document are integrated
    out, that is what the expectation of the exact conditional comes to in zeroth order; phi of a
    word is the same for all its tokens.

    Parameters
    ----------
    mean_change_tol : float
        A document stops when the mean absolute change of its topic counts falls below.
    max_iter : int
        Sweeps over the words of a document, at most.

    References
    ----------
    A. Asuncion, M. Welling, P. Smyth, Y. W. Teh (2009), On smoothing and inference for topic
    models, UAI, equation 9.
    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS, section 4.1.
    """

    mean_change_tol: float = 1e-3
    max_iter: int = 100

    def posteriors(
        self,
        batch: DocumentBatch,
        view: TopicView,
        prior: NDArray[Any],
        rng: Any = None,
        n_jobs: int | None = None,
    ) -> tuple[DocumentPosteriors, LDAStats]:
        """Find gamma of the documents, and count the topics of the words.

        Parameters
        ----------
        batch : DocumentBatch
            The documents.
        view : TopicView
            The topics: one draw of them, or whatever stands for beta.
        prior : ndarray of shape (n_topics,)
            alpha.
        rng : object
            Not looked at: the start is the phi of equal weights.
        n_jobs : int or None
            Threads of the kernels.

        Returns
        -------
        documents : DocumentPosteriors
            gamma = alpha + expected counts, and the log probability of the words at its mean.
        stats : LDAStats
            Expected counts of the words.

        Raises
        ------
        FloatingPointError
            If counts leave the range of the data type.
        """
        rows = view.at(batch.words).rows
        n_bytes = float(len(batch.counts)) * rows.shape[1] * rows.itemsize
        return assign_in_parts(batch, view, prior, partial(_sweep, self), n_bytes, True, n_jobs)


def _sweep(how: CVB0, part: Part) -> None:
    """Fill gamma of some documents, and add to the counts of their words."""
    batch, rows, n_threads = part.documents, part.rows, part.n_threads
    index = batch.by_words
    expected = _aligned.empty((len(batch.counts), rows.shape[1]), rows.dtype)
    size = _cvb0.work_size(rows.shape[1], rows.dtype.itemsize, batch.longest)
    _cvb0.local_step(
        batch.counts, batch.places, batch.indptr, rows, part.alpha, expected, part.gamma,
        _aligned.empty((n_threads, size), np.int8), how.mean_change_tol,
        min(how.max_iter, _MOST_SWEEPS), n_threads,
    )  # fmt: skip
    _cvb0.word_statistics(
        index.words, index.word_ptr, index.position, expected, part.counts,
        np.empty((n_threads, rows.shape[1])), n_threads,
    )  # fmt: skip
