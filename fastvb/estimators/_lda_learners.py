"""What partial_fit makes of a batch of documents, for each learning method that can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastvb import _aligned
from fastvb.estimators._lda_methods import given_topics
from fastvb.inference import (
    Monitor,
    RobbinsMonro,
    cavi,
    streaming_step,
    structured_svi_step,
    svi_step,
)
from fastvb.inference.draws import STEPS, generator
from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_state import LDAGlobals

__all__ = ["LEARNERS", "grown"]


class Stochastic:
    """A step along the natural gradient for each mini-batch.

    Parameters
    ----------
    lda : LatentDirichletAllocation
        Its parameters.
    model : LDAModel
        The model.
    seed : int
        Of draws, with the number of the update.
    n_total : float or None
        Documents that mini-batches stand for.
    n_seen : int
        Documents seen so far, with those at hand.
    """

    has_minibatches = True

    def __init__(
        self, lda: Any, model: LDAModel, seed: int, n_total: float | None, n_seen: int
    ) -> None:
        del seed
        self.model = replace(model, doc_init="ones", tunes=True)
        self._schedule = RobbinsMonro(lda.learning_decay, lda.learning_offset)
        self._n_total, self._stands_for = n_total, n_seen if n_total is None else n_total

    def learn(
        self, batch: DocumentBatch, globals_: LDAGlobals, update: int, n_seen: int
    ) -> LDAGlobals:
        """Topics after update number `update`, from 1; `globals_` may be overwritten.

        By then `n_seen` documents have been seen.
        """
        topics = self._step(batch, globals_, update)
        is_due = self._n_tunings(n_seen) > self._n_tunings(n_seen - len(batch))
        return self.model.tune(topics) if is_due else topics

    def _n_tunings(self, n_seen: int) -> float:
        """How often the prior of the topics is learned in so many documents."""
        if self._n_total is None:
            return n_seen.bit_length()
        return n_seen // self._n_total

    def _step(self, batch: DocumentBatch, globals_: LDAGlobals, update: int) -> LDAGlobals:
        topics: LDAGlobals = svi_step(
            self.model, batch, globals_, rate=self._schedule.rate(update), n_total=self._stands_for
        )
        return topics


class Collapsed(Stochastic):
    """The same at the means of theta and beta."""

    def __init__(
        self, lda: Any, model: LDAModel, seed: int, n_total: float | None, n_seen: int
    ) -> None:
        super().__init__(lda, replace(model, collapsed=True), seed, n_total, n_seen)


class Structured(Stochastic):
    """The same given one draw of the topics."""

    full = False

    def __init__(
        self, lda: Any, model: LDAModel, seed: int, n_total: float | None, n_seen: int
    ) -> None:
        super().__init__(lda, given_topics(lda, model), seed, n_total, n_seen)
        self._seed = seed

    def _step(self, batch: DocumentBatch, globals_: LDAGlobals, update: int) -> LDAGlobals:
        topics: LDAGlobals = structured_svi_step(
            self.model, batch, globals_, rate=self._schedule.rate(update),
            n_total=self._stands_for, rng=generator(self._seed, STEPS, update), full=self.full,
        )  # fmt: skip
        return topics


class StructuredFull(Structured):
    """The same with statistics multiplied by V."""

    full = True


class Streaming:
    """Coordinate ascent on each batch with the posterior of those before as prior."""

    has_minibatches = False

    def __init__(
        self, lda: Any, model: LDAModel, seed: int, n_total: float | None, n_seen: int
    ) -> None:
        del n_total, n_seen
        self.model, self._seed, self._forgetting = model, seed, lda.forgetting
        self._is_first = not lda.__sklearn_is_fitted__()
        self._max_iter, self._tol = lda.max_iter, lda.tol

    def learn(
        self, batch: DocumentBatch, globals_: LDAGlobals, update: int, n_seen: int
    ) -> LDAGlobals:
        """Topics after update number `update`, from 1; `globals_` may be overwritten."""
        model, monitor = self.model, Monitor(self._max_iter, self._tol)
        rng = generator(self._seed, STEPS, update)
        topics: LDAGlobals
        if self._is_first:
            topics = cavi(model, [batch], monitor, rng=rng, globals_=globals_)
        else:
            if self._forgetting > 0:  # it overwrites them, and may fail then
                globals_ = replace(globals_, counts=globals_.counts.copy())
            prior = model.global_step(model.no_stats(), globals_)
            topics = streaming_step(
                model, batch, globals_, monitor, prior=prior, forgetting=self._forgetting,
                rng=rng,
            )  # fmt: skip
        return topics.with_all_words(model.n_words)


LEARNERS: dict[str, type[Stochastic | Streaming]] = {
    "batch": Stochastic,
    "collapsed": Collapsed,
    "online": Stochastic,
    "structured": Structured,
    "structured-full": StructuredFull,
    "streaming": Streaming,
}


def grown(globals_: Any, model: LDAModel) -> LDAGlobals:
    """Topics with all words of the model, the new ones at their prior; the old stay as they are."""
    n_known, stride = globals_.counts.shape
    known: LDAGlobals = globals_
    if n_known == model.n_words:
        return known
    eta = replace(model.eta(known), n_words=model.n_words)
    counts = _aligned.empty((model.n_words, stride), known.counts.dtype)
    counts[:n_known], counts[n_known:] = known.beyond(eta.rows), 0
    total = known.total + (model.n_words - n_known) * float(eta.eta)
    priors = known.priors and replace(known.priors, eta=eta)
    return LDAGlobals(counts, eta.rows, total, priors=priors)
