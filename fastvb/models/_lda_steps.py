"""Steps of LDA's q(beta) that are not the conjugate one: parts of the way, and of its prior."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._threads import effective_n_threads
from fastvb.models._lda_bounds import keep_above_prior
from fastvb.models._lda_priors import Learn, Priors, TopicPrior
from fastvb.models._lda_state import LDAGlobals, LDAStats

__all__ = ["TopicSteps"]


class TopicSteps:
    """What stochastic drivers do with q(beta)."""

    n_words: int
    n_jobs: int | None
    learn_doc_topic_prior: Learn | None
    learn_topic_word_prior: Learn | None
    collapsed: bool
    tunes: bool
    dtype: Any

    @property
    @abstractmethod
    def n_topics(self) -> int: ...

    @property
    @abstractmethod
    def _first_priors(self) -> Priors: ...

    @abstractmethod
    def eta(self, globals_: LDAGlobals) -> TopicPrior: ...

    @property
    @abstractmethod
    def _learns(self) -> bool: ...

    def start_from(self, topic_word: NDArray[Any]) -> LDAGlobals:
        """Make q(beta) of given topics, with the priors as given.

        Parameters
        ----------
        topic_word : ndarray of shape (n_topics, n_words)
            Parameters of the topics' Dirichlet distributions, copied.

        Returns
        -------
        LDAGlobals
            What a driver may start from in place of :meth:`LDAModel.init_globals`.
        """
        return self._with_priors(LDAGlobals.from_topics(topic_word))

    def _with_priors(self, start: LDAGlobals) -> LDAGlobals:
        return replace(start, priors=self._first_priors) if self._learns else start

    def going_on(self, globals_: LDAGlobals) -> LDAGlobals:
        """Topics that were learned before, to be learned further with the priors of this model.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).

        Returns
        -------
        LDAGlobals
            The same, which shares its memory. Learned priors start at this model's, and go on from
            the statistics that they were learned from before.
        """
        priors = self._first_priors.after(globals_.priors) if self._learns else None
        return replace(globals_, priors=priors)

    def no_stats(self) -> LDAStats:
        """Statistics of no documents.

        Returns
        -------
        LDAStats
            The neutral element of ``+``.
        """
        stride = _aligned.padded_length(self.n_topics, self.dtype)
        nothing = np.empty((0, stride), self.dtype)
        return LDAStats(np.empty(0, np.int32), nothing, 1.0, self._first_priors.weights)

    def blend(self, globals_: LDAGlobals, target: LDAGlobals, rho: float) -> LDAGlobals:
        """Move q(beta) towards a target in natural coordinates, which are its parameters.

        Parameters
        ----------
        globals_ : LDAGlobals
            Where from; overwritten.
        target : LDAGlobals
            Where to, of a :meth:`global_step`. The cost does not depend on words that it lacks.
        rho : float
            0 stays, 1 goes all the way.

        Returns
        -------
        LDAGlobals
            (1 - rho) globals + rho target; parameters that :meth:`natural_stats` would bring below
            their prior stay there.

        Raises
        ------
        FloatingPointError
            If the target is not finite; then `globals_` are as they were.

        References
        ----------
        M. Hoffman, D. Blei, C. Wang, J. Paisley (2013), Stochastic variational inference, JMLR 14,
        equation 25.
        """
        if not np.isfinite(target.total).all():
            raise FloatingPointError(
                "Expected the topic counts of all words to be finite, got some that are not. Are "
                "counts, their scale or priors near the limits of the data type?"
            )
        if rho == 1:
            globals_ = target.with_all_words(self.n_words)
            keep_above_prior(globals_, target)
            return globals_
        globals_ = globals_.with_all_words(self.n_words)
        globals_.rebase(self.eta(target).rows)
        globals_.blend(target, rho, effective_n_threads(self.n_jobs))
        if target.priors is not None:
            priors = globals_.priors or self._first_priors
            globals_.priors = priors.blended(target.priors, rho, self.learn_doc_topic_prior)
        keep_above_prior(globals_, target)
        return globals_

    def tune(self, globals_: LDAGlobals) -> LDAGlobals:
        """Learn eta from all of q(beta), if the model `tunes`, and move q(beta) with it.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).

        Returns
        -------
        LDAGlobals
            q(beta) with as many expected counts above the new prior as it had above the old; its
            own parameters where these would not be positive.
        """
        if self.learn_topic_word_prior is None or not self.tunes:
            return globals_
        globals_ = globals_.with_all_words(self.n_words)
        before = globals_.priors or self._first_priors
        globals_.rebase(before.eta.rows)
        priors = before.with_eta(globals_, self.learn_topic_word_prior, self.collapsed)
        total = globals_.total + priors.eta.total - before.eta.total
        moved = replace(globals_, prior=priors.eta.rows, total=total, priors=priors)
        return moved if moved.is_proper() else replace(globals_, priors=priors)
