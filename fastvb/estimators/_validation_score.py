"""Scores of held-out documents while topics are fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb._validation import check_whole_counts
from fastvb.models._completion import completion, split_tokens
from fastvb.models._lda_local import PointTopics
from fastvb.models._lda_state import LDAGlobals

__all__ = ["ValidationScore"]


class ValidationScore:
    """Document completion by the topics of each iteration, on the words that training has.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Held-out documents as whole-number counts.
    user : str
        Name of the method, for the messages.
    seen : ndarray of bool, shape (n_features,)
        Words of the training documents.
    prior : ndarray of shape (n_topics,)
        Dirichlet prior of the documents' weights.
    tol, max_iter : float, int
        When a document's iteration stops.
    """

    def __init__(
        self,
        X: Any,
        user: str,
        seen: NDArray[np.bool_],
        prior: NDArray[Any],
        tol: float,
        max_iter: int,
    ) -> None:
        counts = check_whole_counts(X, user, len(seen))
        self._seen, self._n_words = np.flatnonzero(seen), len(seen)
        rng = np.random.RandomState(0)
        self._given, self._held = (half[:, self._seen] for half in split_tokens(counts, rng))
        if self._held.nnz == 0:
            raise ValueError(
                "Expected validation to leave at least one token to score, got none among the "
                "words of X."
            )
        self._prior, self._tol, self._max_iter = prior.astype(np.float64), tol, max_iter

    def __call__(self, globals_: LDAGlobals) -> float:
        """Mean log probability of a held-out token, in nats."""
        topics = globals_.with_all_words(self._n_words).topic_word[:, self._seen]
        topics = topics.astype(np.float64, copy=False)
        topics /= topics.sum(axis=1, keepdims=True)
        view = PointTopics(topics, np.float64)
        prior = self._prior if globals_.priors is None else globals_.priors.alpha
        return completion(view, prior, self._given, self._held, self._tol, self._max_iter)
