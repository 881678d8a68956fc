"""Checks of what latent Dirichlet allocation is given beside documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb import _validation as check
from fastvb._threads import effective_n_threads
from fastvb.models import LDAModel
from fastvb.models._lda_state import LDAGlobals

__all__ = [
    "check_document_parameters",
    "check_fitted_prior",
    "check_learning",
    "check_parameters",
    "check_priors",
    "check_pseudo_counts",
    "check_topics",
    "checked_globals",
    "fitted_priors",
    "learning_model",
]

_LEARNING_METHODS = (
    "batch", "collapsed", "online", "structured", "structured-full", "memoized", "streaming",
)  # fmt: skip
_LEARN: dict[str, dict[str, Any]] = {
    "doc_topic_prior": {"learn": "vector", "learn-symmetric": "symmetric"},
    "topic_word_prior": {"learn": "symmetric", "learn-vector": "vector"},
}
_SUM_TOLERANCE = 1e-4  # of probabilities in single precision, or printed with a few digits


def check_parameters(lda: Any) -> None:
    """All parameters of the constructor but the priors, whose shapes depend on the data."""
    check.check_choice("learning_method", lda.learning_method, _LEARNING_METHODS)
    check.check_choice("vocabulary", lda.vocabulary, ("fixed", "grow"))
    check.check_choice("local_step", lda.local_step, ("mean-field", "collapsed", "gibbs"))
    check.check_real("memory_budget", lda.memory_budget, 0.0)
    check.check_real("forgetting", lda.forgetting, 0.0, 1.0)
    check.check_integer("n_components", lda.n_components, 1)
    check.check_integer("max_iter", lda.max_iter, 1)
    check.check_integer("batch_size", lda.batch_size, 1)
    check.check_integer("evaluate_every", lda.evaluate_every, -1)
    check.check_real("learning_decay", lda.learning_decay, 0.0, 1.0)
    check.check_real("learning_offset", lda.learning_offset, 1.0)
    if lda.total_samples is not None:
        check.check_real("total_samples", lda.total_samples, 0.0, above=True)
    check.check_real("perp_tol", lda.perp_tol, 0.0)
    check.check_real("tol", lda.tol, 0.0)
    if not isinstance(lda.warm_start, (bool, np.bool_)):
        raise TypeError(
            f"Expected warm_start to be True or False, got warm_start={lda.warm_start!r}."
        )
    if lda.warm_start and lda.learning_method == "collapsed":
        raise ValueError(
            "Expected another learning_method with warm_start=True, got "
            "learning_method='collapsed', which starts from assignments of words and not from "
            "topics."
        )
    if lda.callback is not None and not callable(lda.callback):
        raise TypeError(f"Expected callback to be callable, got callback={lda.callback!r}.")
    check_document_parameters(lda)


def check_document_parameters(lda: Any) -> None:
    """Parameters that matter after fit too, when they may have been changed."""
    check.check_integer("max_doc_update_iter", lda.max_doc_update_iter, 1)
    check.check_real("mean_change_tol", lda.mean_change_tol, 0.0)
    check.check_choice("doc_init", lda.doc_init, ("auto", "ones", "random", "warm"))
    effective_n_threads(lda.n_jobs)


def check_priors(
    lda: Any, n_words: int, dtype: Any, *, may_learn: bool = False
) -> tuple[float | NDArray[np.float64], float | NDArray[np.float64]]:
    """Priors of the documents' weights and of the topics, as given or 1 / n_components.

    The latter is also where those that are learned start.
    """
    n_topics = lda.n_components
    shapes = {
        "doc_topic_prior": ((n_topics,),),
        "topic_word_prior": ((n_words,), (n_topics, n_words)),
    }
    alpha, eta = (
        check.check_prior(name, _numbers(lda, name, may_learn), 1.0 / n_topics, shapes[name], dtype)
        for name in shapes
    )
    return alpha, eta


def check_learning(lda: Any) -> None:
    """Whether priors that are learned can be, from those in use on."""
    for name in _LEARN:
        _numbers(lda, name, may_learn=True)
    kind, now = lda.topic_word_prior, np.shape(lda.topic_word_prior_)
    if isinstance(kind, str) and len(now) > (kind == "learn-vector"):
        raise ValueError(
            f"Expected topic_word_prior_ to be a number where it is learned further with "
            f"topic_word_prior={kind!r}, got topic_word_prior_.shape={now}."
        )


def _numbers(lda: Any, name: str, may_learn: bool) -> Any:
    """A prior, or None where it is learned."""
    value = getattr(lda, name)
    if not isinstance(value, str):
        return value
    if value not in _LEARN[name]:
        words = " or ".join(map(repr, _LEARN[name]))
        raise ValueError(
            f"Expected {name} to be a number, an array, {words}, got {name}={value!r}."
        )
    if not may_learn:
        raise ValueError(
            f"Expected {name} to be a number or an array, got {name}={value!r}. Only fit and "
            "partial_fit learn it."
        )
    if value == "learn-vector" and lda.learning_method == "memoized":
        raise ValueError(
            "Expected topic_word_prior='learn' with learning_method='memoized', got "
            "topic_word_prior='learn-vector': a number for each word must wait until the topics "
            "differ, passes and not batches."
        )
    return None


def learning_model(lda: Any, model: LDAModel) -> LDAModel:
    """Make the model that learns those priors that are to be learned."""
    kinds = {
        f"learn_{name}": kinds[value]
        for name, kinds in _LEARN.items()
        if isinstance(value := getattr(lda, name), str)
    }
    return replace(model, **kinds)


def fitted_priors(model: LDAModel, topics: Any, alpha: Any, eta: Any) -> tuple[Any, Any]:
    """Priors after a fit, in place of those it started from where they were learned."""
    priors = topics.priors
    if model.learn_doc_topic_prior == "vector":
        alpha = priors.alpha.astype(np.float64)
    elif model.learn_doc_topic_prior == "symmetric":
        alpha = float(priors.alpha[0])
    if model.learn_topic_word_prior == "vector":
        eta = np.full(model.n_words, priors.eta.eta, np.float64)
    elif model.learn_topic_word_prior == "symmetric":
        eta = float(priors.eta.eta)
    return alpha, eta


def check_fitted_prior(lda: Any, name: str) -> Any:
    """A prior that somebody may have changed since the fit, as the models take it."""
    n_topics, n_words, dtype = lda._n_columns(), lda.n_features_in_, lda._dtype
    of_documents = name == "doc_topic_prior_"
    shapes = ((n_topics,),) if of_documents else ((n_words,), (n_topics, n_words))
    prior = check.check_prior(name, getattr(lda, name), np.nan, shapes, dtype)
    return np.broadcast_to(np.asarray(prior, dtype), n_topics) if of_documents else prior


def checked_globals(topics: LDAGlobals) -> LDAGlobals:
    """Saved topics that learn on, in memory as kernels want it."""
    counts, prior, priors = topics.counts, topics.prior, topics.priors
    n_topics, n_words = len(topics.total), len(counts)
    shape = (n_words, _aligned.padded_length(n_topics, counts.dtype))
    if (
        counts.shape != shape
        or prior.shape not in (shape, (1, shape[1]))
        or prior.dtype != counts.dtype
        or topics.words is not None
        or not np.isfinite(topics.total).all()
    ):
        raise ValueError(f"topics of shape {counts.shape} that do not fit together")
    check_pseudo_counts("components_", topics.topic_word)
    if priors is not None:
        for name, given, length in (
            ("alpha", priors.alpha, n_topics),
            ("eta", priors.eta.eta[()], n_words),
        ):
            check.check_prior(name, given, np.nan, ((length,),), counts.dtype)
    return replace(topics, counts=_aligned_copy(counts), prior=_aligned_copy(prior))


def _aligned_copy(rows: NDArray[Any]) -> NDArray[Any]:
    copy = _aligned.empty(rows.shape, rows.dtype)
    copy[:] = rows
    return copy


def check_pseudo_counts(name: str, value: Any) -> NDArray[Any]:
    """Parameters of Dirichlet posteriors, float32 or float64: a copy of the user's array."""
    array = _matrix(name, value)
    with np.errstate(over="ignore"):
        totals = array.sum(axis=1)
    if not (array > 0).all() or not np.isfinite(totals).all():
        raise ValueError(
            f"Expected {name} to be positive and finite, and so the sums of its rows, "
            f"got {name}.min()={array.min():g}, {name}.max()={array.max():g}."
        )
    return array


def check_topics(name: str, value: Any) -> NDArray[Any]:
    """Word probabilities, float32 or float64, with the rounding of their sums taken out."""
    array = _matrix(name, value)
    if not (array >= 0).all():  # also where NaN
        raise ValueError(
            f"Expected {name} to hold probabilities, got {name}.min()={array.min():g}."
        )
    with np.errstate(over="ignore"):
        totals = array.sum(axis=1, dtype=np.float64, keepdims=True)
    error = np.abs(totals - 1)
    if not (error <= _SUM_TOLERANCE).all():
        row = int(error.argmax())
        raise ValueError(
            f"Expected every row of {name} to sum to 1, got {name}[{row}].sum()="
            f"{totals[row, 0]:g}. Pseudo-counts are for from_components."
        )
    array /= totals.astype(array.dtype)
    return array


def _matrix(name: str, value: Any) -> NDArray[Any]:
    given = np.asarray(value)
    if given.dtype.kind not in "iuf":
        raise TypeError(
            f"Expected {name} to be a matrix of real numbers, got {type(value).__name__} of "
            f"dtype={given.dtype}."
        )
    if given.ndim != 2 or given.size == 0:
        raise ValueError(
            f"Expected {name} to have shape (n_components, n_features), "
            f"got {name}.shape={given.shape}."
        )
    dtype = np.float32 if given.dtype == np.float32 else np.float64
    return np.array(given, dtype=dtype, order="C")
