"""Document completion: predict one half of a held-out document from the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb._validation import (
    check_integer,
    check_prior,
    check_random_state,
    check_real,
    check_whole_counts,
)
from fastvb.metrics._topics import as_topics
from fastvb.models._completion import completion, split_tokens
from fastvb.models._lda_local import PointTopics

__all__ = ["completion_score"]


def completion_score(
    model: Any,
    X: Any,
    *,
    seen_words: Any = None,
    doc_topic_prior: Any = None,
    random_state: Any = 0,
    mean_change_tol: float = 1e-3,
    max_doc_update_iter: int = 100,
) -> float:
    """Mean log probability per token of one half of each document, given the other half.

    Each token goes to either half with probability 1/2. Topic weights are inferred from the first
    half with the topics held fixed at `model`'s point estimate, and the second half is scored at
    their posterior mean. Words that training has not seen are left out of both halves, and of the
    topics, which are normalised over the others: they would measure smoothing only.

    This is one yardstick for the topics of any library, also where bounds do not compare: the
    split depends on `X` and `random_state` alone. The score depends on the topics, on the words
    that count and on the prior of the weights. An estimator of fastvb brings its own words and
    prior; to compare it with other models, pass the same `seen_words` and `doc_topic_prior` with
    each.

    Parameters
    ----------
    model : estimator or array-like of shape (n_components, n_features)
        Fitted estimator with ``topic_word_distribution()``, or a matrix of topics; its rows are
        normalised.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Held-out documents as whole-number counts.
    seen_words : array-like of bool, shape (n_features,), optional
        Which words the training documents hold, such as ``X_train.sum(axis=0) > 0``. By default
        those that an estimator knows (``seen_words_``), and those of positive probability in some
        topic of a matrix: give it for a library whose topics are smoothed over all words.
    doc_topic_prior : float or array-like of shape (n_components,), optional
        Dirichlet prior of the weights; the estimator's own, and 1 / n_components for a matrix,
        by default.
    random_state : int, RandomState, Generator or None
        Source of the split; an int gives the same split for every model.
    mean_change_tol : float
        A document's iteration stops when its weights' mean absolute change is below it; at
        least 0.
    max_doc_update_iter : int
        Most iterations per document; at least 1.

    Returns
    -------
    float
        In nats per token, higher is better.

    Raises
    ------
    TypeError
        If `model` is neither, or another argument is of the wrong kind.
    ValueError
        If the matrix of topics is not two-dimensional, finite and non-negative or a row sums to
        zero over the seen words; if `X` has other words than the topics, counts that are negative,
        not whole numbers or above 2**31 - 1, a seen word that has probability zero in all topics,
        or no token to score; if another argument is out of its range.
    FloatingPointError
        If weights overflow, with a prior near the limits of float64.
    sklearn.exceptions.NotFittedError
        If `model` is an estimator that is not fitted.

    References
    ----------
    M. Hoffman, D. Blei, C. Wang, J. Paisley (2013), Stochastic variational inference, JMLR 14,
    section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.metrics import completion_score
    >>> topics = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
    >>> X = np.array([[9, 7, 0, 0], [0, 0, 8, 8]])
    >>> bool(completion_score(topics, X) > completion_score(np.ones((2, 4)), X))
    True
    """
    mean_change_tol = check_real("mean_change_tol", mean_change_tol, 0.0)
    max_doc_update_iter = check_integer("max_doc_update_iter", max_doc_update_iter, 1)
    rng = check_random_state(random_state)
    topics = as_topics("model", model)
    n_topics, n_words = topics.shape
    prior = _prior(model, doc_topic_prior, n_topics)
    words = _scored_words(model, topics, seen_words)
    given, held = (
        half[:, words]
        for half in split_tokens(check_whole_counts(X, "completion_score", n_words), rng)
    )
    view = PointTopics(_over_words(topics, words, (given, held)), np.float64)
    return completion(view, prior, given, held, mean_change_tol, max_doc_update_iter)


def _prior(model: Any, doc_topic_prior: Any, n_topics: int) -> NDArray[np.float64]:
    """Prior of the weights: the given one, the estimator's, or 1 / n_topics."""
    if doc_topic_prior is None:
        doc_topic_prior = getattr(model, "doc_topic_prior_", None)
    prior = check_prior("doc_topic_prior", doc_topic_prior, 1.0 / n_topics, ((n_topics,),))
    return np.broadcast_to(np.asarray(prior), n_topics)


def _scored_words(model: Any, topics: NDArray[np.float64], seen_words: Any) -> NDArray[np.intp]:
    """Words that count, ascending."""
    seen = seen_words
    if seen is None:
        seen = getattr(model, "seen_words_", topics.max(axis=0) > 0)
    mask, n_words = np.asarray(seen), topics.shape[1]
    if mask.dtype != bool or mask.size != n_words:
        raise ValueError(
            f"Expected seen_words to be {n_words} truth values, one for each word, "
            f"got seen_words of dtype={mask.dtype} and shape={mask.shape}."
        )
    return np.flatnonzero(mask)  # also of the (1, n_features) that sums of sparse matrices have


def _over_words(
    topics: NDArray[np.float64], words: NDArray[np.intp], halves: tuple[Any, ...]
) -> NDArray[np.float64]:
    """The topics as distributions over some of the words."""
    topics = topics[:, words]
    totals = topics.sum(axis=1, keepdims=True)
    if not (totals > 0).all():
        raise ValueError(
            "Expected every topic to have a positive sum over the seen words, "
            f"got topic {int(totals.argmin())} without."
        )
    topics /= totals
    impossible = topics.max(axis=0, initial=0.0) == 0
    if impossible.any():
        used = np.concatenate([half.indices for half in halves])
        if impossible[used].any():
            word = words[used[impossible[used].argmax()]]
            raise ValueError(
                "Expected every seen word to have a positive probability in some topic, "
                f"got word {word} without."
            )
        topics[:, impossible] = 1  # no document holds them
    return topics
