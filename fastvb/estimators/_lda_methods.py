"""The learning methods of latent Dirichlet allocation: which model, driver and cut of the data."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from fastvb import _aligned
from fastvb._validation import check_integer
from fastvb.estimators._documents import Documents
from fastvb.estimators._perplexity_rule import PerplexityRule
from fastvb.estimators._seeds import seed_of
from fastvb.inference import (
    Checkpoint,
    Monitor,
    RobbinsMonro,
    cavi,
    memoized,
    streaming,
    structured_svi,
    svi,
)
from fastvb.models import CollapsedLDA, LDAModel, phi_bytes
from fastvb.models._lda_cvb0 import CVB0
from fastvb.models._lda_gibbs import GibbsSweeps
from fastvb.models._lda_state import LDAGlobals, LDAStats

__all__ = ["LEARNING_METHODS", "STOCHASTIC", "Fit", "checked_checkpoint", "given_topics"]

# parameters that do not change what a fit does next
_FREE = ("max_iter", "n_jobs", "verbose", "progress", "callback", "evaluate_every", "perp_tol")


class Fit:
    """What a learning method is given.

    Parameters
    ----------
    lda : LatentDirichletAllocation
        Its parameters.
    documents : Documents
        The data.
    model : LDAModel
        The model.
    rng : RandomState or Generator
        Source of the start.
    start : LDAGlobals or None
        Topics to start from instead; may be overwritten.
    score : callable or None
        Of the globals, after each pass.
    patience : int or None
        Passes without a better score.
    checkpoint : Checkpoint or None
        Where to keep the state.
    spill : path-like or None
        Directory for statistics of batches.
    """

    def __init__(
        self,
        lda: Any,
        documents: Documents,
        model: LDAModel,
        rng: Any,
        *,
        start: LDAGlobals | None = None,
        score: Any = None,
        patience: int | None = None,
        checkpoint: Checkpoint | None = None,
        spill: Any = None,
    ) -> None:
        self.spill = spill
        self.lda, self.documents, self.model, self.rng = lda, documents, model, rng
        self.start, self.checkpoint = start, checkpoint
        self.monitor = Monitor(
            lda.max_iter,
            lda.tol,
            stop=self._perplexity_rule(),
            callback=lda.callback,
            progress=bool(lda.progress or lda.verbose),
            score=score,
            patience=patience,
        )

    def _perplexity_rule(self) -> PerplexityRule | None:
        if self.lda.evaluate_every <= 0:
            return None
        n_tokens = self.documents.n_tokens()
        if n_tokens == 0:
            return None
        return PerplexityRule(self.lda.evaluate_every, self.lda.perp_tol, n_tokens)

    @property
    def schedule(self) -> RobbinsMonro:
        """Lengths of stochastic steps."""
        return RobbinsMonro(self.lda.learning_decay, self.lda.learning_offset)


def checked_checkpoint(
    lda: Any, documents: Documents, path: Any, every: int, resume: bool
) -> Checkpoint | None:
    """Where a fit keeps its state, with all that makes it this fit."""
    check_integer("checkpoint_every", every, 1)
    if path is None:
        if resume:
            raise ValueError("Expected a checkpoint to resume from, got checkpoint=None.")
        return None
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            errno.ENOENT, "Expected checkpoint to be in a folder that exists, got", str(path)
        )
    parameters = lda.get_params(deep=False)
    settings = {name: value for name, value in parameters.items() if name not in _FREE}
    settings |= documents.fingerprint()
    return Checkpoint(path, every, settings=settings, resume=resume)


def _batch(fit: Fit) -> Any:
    return cavi(
        fit.model, fit.documents.whole(), fit.monitor, rng=fit.rng, globals_=fit.start,
        checkpoint=fit.checkpoint,
    )  # fmt: skip


def _stochastic(driver: Callable[..., Any], fit: Fit, model: LDAModel) -> Any:
    """Steps of `model` along the natural gradient."""
    n_total, seed = fit.lda.total_samples, seed_of(fit.rng)
    if n_total is None and fit.documents.n_documents is None:
        raise ValueError(
            "Expected total_samples, the number of documents, since X does not tell how many it "
            "has, got total_samples=None."
        )
    fit.monitor.tol = 0.0  # estimates of the bound are too noisy to stop by
    return driver(
        replace(model, doc_init="ones", tunes=True),
        fit.documents.minibatches(fit.lda.batch_size, seed), fit.monitor,
        schedule=fit.schedule, seed=seed, rng=fit.rng, globals_=fit.start, n_total=n_total,
        checkpoint=fit.checkpoint,
    )  # fmt: skip


def _online(fit: Fit) -> Any:
    return _stochastic(svi, fit, fit.model)


def _structured(fit: Fit) -> Any:
    return _stochastic(structured_svi, fit, given_topics(fit.lda, fit.model))


def _structured_full(fit: Fit) -> Any:
    driver = partial(structured_svi, full=True)
    return _stochastic(driver, fit, given_topics(fit.lda, fit.model))


def given_topics(lda: Any, model: LDAModel) -> LDAModel:
    """Make the model whose local step is the one for a draw of the topics."""
    if lda.local_step == "collapsed":
        how = CVB0(model.mean_change_tol, model.max_doc_update_iter)
        return replace(model, collapsed=True, assignments=how)
    return replace(model, assignments=GibbsSweeps() if lda.local_step == "gibbs" else None)


def _collapsed(fit: Fit) -> Any:
    """With phi of every non-zero where that fits in the budget, otherwise stochastic."""
    lda, documents = fit.lda, fit.documents
    everything = documents.in_memory(lda.memory_budget / phi_bytes(1, lda.n_components))
    if everything is None:
        return _stochastic(svi, fit, replace(fit.model, collapsed=True))
    model = CollapsedLDA(
        fit.model.doc_topic_prior, fit.model.topic_word_prior, documents.n_words,
        learn_doc_topic_prior=fit.model.learn_doc_topic_prior,
        learn_topic_word_prior=fit.model.learn_topic_word_prior, n_jobs=lda.n_jobs,
    )  # fmt: skip
    topics = cavi(model, [everything], fit.monitor, rng=fit.rng, checkpoint=fit.checkpoint)
    counts = topics.with_all_words(documents.n_words).counts
    words = np.arange(documents.n_words, dtype=np.int32)
    priors = topics.priors and topics.priors.astype(fit.model.dtype)
    n_tokens = np.bincount(everything.indices, everything.counts, documents.n_words)
    stats = LDAStats(words, _as_rows(counts, fit.model, n_tokens), priors=priors)
    return replace(fit.model, tunes=True).global_step(stats, None)


def _as_rows(counts: Any, model: LDAModel, n_tokens: Any) -> Any:
    """Counts of topics in the model's precision, which sum to the tokens of each word.

    Those of phi in half precision do so but for a part of 1e-4, more or less.
    """
    rows = _aligned.empty(
        (len(counts), _aligned.padded_length(model.n_topics, model.dtype)), model.dtype
    )
    rows[:] = 0
    rows[:, : model.n_topics] = counts[:, : model.n_topics]
    sums = rows.sum(axis=1, dtype=np.float64)
    rows *= np.divide(n_tokens, sums, out=np.ones_like(sums), where=sums > 0)[:, np.newaxis]
    return rows


def _memoized(fit: Fit) -> Any:
    batches = fit.documents.batches(fit.lda.batch_size)
    return memoized(
        fit.model, batches, fit.monitor, seed=seed_of(fit.rng), rng=fit.rng, globals_=fit.start,
        spill=fit.spill, checkpoint=fit.checkpoint, wait=True,  # or topics follow the first batches
    )  # fmt: skip


def _streaming(fit: Fit) -> Any:
    lda, monitor = fit.lda, fit.monitor
    monitor.max_iter, monitor.tol = None, 0.0  # one pass; these are of each batch
    return streaming(
        fit.model, fit.documents.minibatches(lda.batch_size, None).epoch(0), monitor,
        max_iter=lda.max_iter, tol=lda.tol, forgetting=lda.forgetting, rng=fit.rng,
        globals_=fit.start, checkpoint=fit.checkpoint,
    )  # fmt: skip


LEARNING_METHODS: dict[str, Callable[[Fit], Any]] = {
    "batch": _batch,
    "collapsed": _collapsed,
    "online": _online,
    "structured": _structured,
    "structured-full": _structured_full,
    "memoized": _memoized,
    "streaming": _streaming,
}
# whose topics never forget their random start to the last bit
STOCHASTIC = ("collapsed", "online", "structured", "structured-full")
