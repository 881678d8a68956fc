"""What LDA does with the documents of a batch: where q(theta) starts, and how far it goes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_cvb0 import CVB0
from fastvb.models._lda_gibbs import GibbsSweeps
from fastvb.models._lda_local import DirichletTopics, DocumentPosteriors, TopicView
from fastvb.models._lda_priors import TableStats, WeightStats
from fastvb.models._lda_state import LDAGlobals, LDALocal, LDAStats

__all__ = ["DocInit", "DocumentVisits"]

DocInit = Literal["auto", "ones", "random", "warm"]

_LEAST_MIXED_TOL = 1e-4  # well above what single precision resolves of gamma


class DocumentVisits:
    """LDA's local step."""

    dtype: Any
    mean_change_tol: float
    max_doc_update_iter: int
    doc_init: DocInit
    collapsed: bool
    assignments: CVB0 | GibbsSweeps | None
    n_jobs: int | None

    # for "auto", the visits in which documents start from equal weights and their inner iterations,
    # all but the last of which may be in single precision: they stop far from the optimum.
    # While topics change, to go on from an old gamma binds documents to topics that are no more,
    # and to iterate to the end is wasted: both end in lower optima.
    fresh_visits = 20 * (10,)

    @property
    @abstractmethod
    def n_topics(self) -> int: ...

    @property
    @abstractmethod
    def _learns(self) -> bool: ...

    @abstractmethod
    def alpha(self, view: TopicView | LDAGlobals) -> NDArray[Any]: ...

    @abstractmethod
    def _weights(
        self, gamma: NDArray[Any], alpha: NDArray[Any]
    ) -> WeightStats | TableStats | None: ...

    def posteriors(
        self, batch: DocumentBatch, view: DirichletTopics, gamma: NDArray[Any] | None = None
    ) -> DocumentPosteriors:
        """Prepare q(theta) of documents for their iteration.

        Parameters
        ----------
        batch : DocumentBatch
            The documents.
        view : DirichletTopics
            The topics.
        gamma : ndarray of shape (n_docs, n_topics) or None
            Where to start (copied); None is ones.

        Returns
        -------
        DocumentPosteriors
            Before the first iteration.
        """
        if gamma is None:
            gamma = np.ones((batch.n_docs, self.n_topics), dtype=self.dtype)
        else:
            gamma = np.array(gamma, dtype=self.dtype, order="C")
        return DocumentPosteriors(batch, view, self.alpha(view), gamma, self.n_jobs, self.collapsed)

    def local_step(
        self,
        batch: DocumentBatch,
        view: DirichletTopics,
        local: LDALocal | None = None,
        rng: Any = None,
    ) -> tuple[LDAStats, float, LDALocal]:
        """Find q(theta) and q(z) of every document.

        Parameters
        ----------
        batch : DocumentBatch
            The documents.
        view : DirichletTopics
            The topics.
        local : LDALocal or None
            What the batch's last local step returned; overwritten by a warm start.
        rng : RandomState or Generator or None
            Needed with ``doc_init="random"``, and a Generator with `GibbsSweeps`.

        Returns
        -------
        stats : LDAStats
            Expected topic counts of the words.
        h : float
            Part of the ELBO that is free of q(beta): E[log p(theta)] + E[log p(z)] and the
            entropies of q(theta) and q(z).
        local : LDALocal
            Where to go on from.
        """
        documents, stats = self._visit(batch, view, local, rng)
        h = float(documents.bound.sum()) - stats.inner(view)
        return stats, h, LDALocal(documents.gamma, 1 + (local.n_visits if local else 0))

    def bounded_step(
        self, batch: DocumentBatch, view: DirichletTopics, rng: Any = None
    ) -> tuple[LDAStats, float]:
        """:meth:`local_step` from the start, with the sum of both parts of the bound.

        Parameters
        ----------
        batch, view, rng : object
            As there.

        Returns
        -------
        stats : LDAStats
            Expected topic counts of the words.
        bound : float
            The documents' part of the ELBO.
        """
        documents, stats = self._visit(batch, view, None, rng)
        return stats, float(documents.bound.sum())

    def _visit(
        self, batch: DocumentBatch, view: DirichletTopics, local: LDALocal | None, rng: Any
    ) -> tuple[DocumentPosteriors, LDAStats]:
        """The documents of a batch, and their statistics."""
        if self.assignments is not None:
            documents, stats = self.assignments.posteriors(
                batch, view, self.alpha(view), rng, self.n_jobs
            )
        else:
            gamma, max_iter, mixed = self._start(batch, local, rng)
            documents = DocumentPosteriors(
                batch, view, self.alpha(view), gamma, self.n_jobs, self.collapsed
            )
            stats = documents.run_and_count(self.mean_change_tol, max_iter, mixed)
        if self._learns:
            weights = self._weights(documents.gamma, self.alpha(view))
            stats = replace(stats, weights=weights, priors=view.priors)
        return documents, stats

    def _start(
        self, batch: DocumentBatch, local: LDALocal | None, rng: Any
    ) -> tuple[NDArray[Any], int, bool]:
        """Where the documents start, how far they may go, and whether in single precision."""
        max_iter, n_visits = self.max_doc_update_iter, local.n_visits if local else 0
        shape = (batch.n_docs, self.n_topics)
        if self.doc_init == "random":
            start = rng.gamma(100.0, 0.01, shape).astype(self.dtype, copy=False)
            return start, max_iter, False
        if self.doc_init == "auto" and n_visits < len(self.fresh_visits):
            max_iter = min(max_iter, self.fresh_visits[n_visits])
            return np.ones(shape, self.dtype), max_iter, self.mean_change_tol >= _LEAST_MIXED_TOL
        if self.doc_init == "ones" or local is None:
            return np.ones(shape, self.dtype), max_iter, False
        return local.gamma, max_iter, False

    def settle(self, local: LDALocal) -> LDALocal:
        """Make the next visit start where the last one ended, so that the ELBO cannot fall.

        Parameters
        ----------
        local : LDALocal
            Of a batch's last visit.

        Returns
        -------
        LDALocal
            The same `local` if there is nothing to settle.
        """
        if self.doc_init != "auto" or local.n_visits >= len(self.fresh_visits):
            return local
        return replace(local, n_visits=len(self.fresh_visits))
