"""The learning methods of latent Dirichlet allocation: which model, driver and cut of the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fastvb.estimators._perplexity_rule import PerplexityRule
from fastvb.inference import (
    Checkpoint,
    Monitor,
    RobbinsMonro,
    cavi,
    memoized,
    streaming,
    svi,
)
from fastvb.models import DocumentBatch, LDAModel, MatrixMinibatches

__all__ = ["LEARNING_METHODS", "Fit", "checked_checkpoint", "seed_of"]

_MOST_SEED = 2**31
# parameters that do not change what a fit does next
_FREE = ("max_iter", "n_jobs", "verbose", "progress", "callback", "evaluate_every", "perp_tol")


class Fit:
    """What a learning method is given, and how much it has done.

    Parameters
    ----------
    lda : LatentDirichletAllocation
        Its parameters.
    counts : csr_matrix
        Checked documents.
    model : LDAModel
        The model.
    rng : RandomState or Generator
        Source of the start.
    score : callable or None
        Of the globals, after each pass.
    patience : int or None
        Passes without a better score.
    checkpoint : Checkpoint or None
        Where to keep the state.
    """

    def __init__(
        self,
        lda: Any,
        counts: Any,
        model: LDAModel,
        rng: Any,
        *,
        score: Any = None,
        patience: int | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.lda, self.counts, self.model, self.rng = lda, counts, model, rng
        self.checkpoint = checkpoint
        self.monitor = Monitor(
            lda.max_iter,
            lda.tol,
            stop=self._perplexity_rule(),
            callback=lda.callback,
            progress=bool(lda.progress or lda.verbose),
            score=score,
            patience=patience,
        )
        self._n_batches = 1

    def _perplexity_rule(self) -> PerplexityRule | None:
        if self.lda.evaluate_every <= 0:
            return None
        n_tokens = float(self.counts.sum(dtype=np.float64))
        if n_tokens == 0:
            return None
        return PerplexityRule(self.lda.evaluate_every, self.lda.perp_tol, n_tokens)

    @property
    def n_updates(self) -> int:
        """Updates of the topics that the method has made."""
        return len(self.monitor.lower_bounds) * self._n_batches

    @property
    def schedule(self) -> RobbinsMonro:
        """Lengths of stochastic steps."""
        return RobbinsMonro(self.lda.learning_decay, self.lda.learning_offset)

    def minibatches(self, seed: int | None) -> MatrixMinibatches:
        """Mini-batches in an order by `seed`, or in that of the documents."""
        size = self.lda.batch_size
        self._n_batches = math.ceil(self.counts.shape[0] / size)
        return MatrixMinibatches(self.counts, size, seed)


def seed_of(rng: np.random.RandomState | np.random.Generator) -> int:
    """Draw a seed for whatever is drawn by number."""
    if isinstance(rng, np.random.RandomState):
        return int(rng.randint(_MOST_SEED, dtype=np.int64))
    return int(rng.integers(_MOST_SEED))


def checked_checkpoint(
    lda: Any, counts: Any, path: Any, every: int, resume: bool
) -> Checkpoint | None:
    """Where a fit keeps its state, with all that makes it this fit."""
    if path is None:
        if resume:
            raise ValueError("Expected a checkpoint to resume from, got checkpoint=None.")
        return None
    parameters = lda.get_params(deep=False)
    settings = {name: value for name, value in parameters.items() if name not in _FREE}
    settings |= {"n_documents": counts.shape[0], "n_features": counts.shape[1]}
    settings |= {"X.data": counts.data, "X.indices": counts.indices}
    return Checkpoint(path, every, settings=settings, resume=resume)


def _batch(fit: Fit) -> Any:
    batches = [DocumentBatch(fit.counts)]
    return cavi(fit.model, batches, fit.monitor, rng=fit.rng, checkpoint=fit.checkpoint)


def _online(fit: Fit) -> Any:
    seed = seed_of(fit.rng)
    fit.monitor.tol = 0.0  # estimates of the bound are too noisy to stop by
    return svi(
        replace(fit.model, doc_init="ones"), fit.minibatches(seed), fit.monitor,
        schedule=fit.schedule, seed=seed, rng=fit.rng, n_total=fit.lda.total_samples,
        checkpoint=fit.checkpoint,
    )  # fmt: skip


def _memoized(fit: Fit) -> Any:
    batches = list(fit.minibatches(None).epoch(0))
    return memoized(
        fit.model, batches, fit.monitor, seed=seed_of(fit.rng), rng=fit.rng,
        checkpoint=fit.checkpoint,
    )  # fmt: skip


def _streaming(fit: Fit) -> Any:
    lda, monitor = fit.lda, fit.monitor
    monitor.max_iter, monitor.tol = None, 0.0  # one pass; these are of each batch
    batches = MatrixMinibatches(fit.counts, lda.batch_size, None).epoch(0)
    return streaming(
        fit.model, batches, monitor, max_iter=lda.max_iter, tol=lda.tol,
        forgetting=lda.forgetting, rng=fit.rng, checkpoint=fit.checkpoint,
    )  # fmt: skip


LEARNING_METHODS: dict[str, Callable[[Fit], Any]] = {
    "batch": _batch,
    "online": _online,
    "memoized": _memoized,
    "streaming": _streaming,
}
