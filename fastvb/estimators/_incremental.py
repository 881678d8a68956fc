"""Topic models that learn from a few documents at a time."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import Any, Self

import numpy as np

from fastvb import _validation as check
from fastvb.datasets import CorpusFile
from fastvb.estimators._feature_names import feature_names as names_of
from fastvb.estimators._given_topics import GivenTopics
from fastvb.estimators._lda_learners import LEARNERS, grown
from fastvb.estimators._lda_parameters import (
    check_fitted_prior,
    check_learning,
    check_parameters,
    check_priors,
    fitted_priors,
    learning_model,
)
from fastvb.estimators._seeds import seed_of
from fastvb.estimators._vocabulary import align_features
from fastvb.models import LDAModel, MatrixMinibatches
from fastvb.models._minibatch_sources import is_streamed

__all__ = ["Incremental"]

_BLOCK_SIZE = 1 << 14  # documents of a corpus file in memory at a time
_NO_NAMES = np.empty(0, dtype=object)


class Incremental(GivenTopics):
    """A topic model with :meth:`partial_fit`."""

    n_components: int
    learning_method: str
    batch_size: int
    total_samples: float | None
    vocabulary: str
    random_state: Any
    random_state_: Any
    _seed: int  # of draws of partial_fit
    n_batch_iter_: int
    n_samples_seen_: int

    @abstractmethod
    def _new_model(self, alpha: Any, eta: Any, n_words: int, dtype: Any) -> LDAModel: ...

    def partial_fit(self, X: Any, y: Any = None, *, feature_names: Any = None) -> Self:
        """Update the topics by more documents; the first call starts them.

        With ``learning_method="streaming"`` all of `X` is one batch, on which coordinate ascent
        runs with the posterior so far as prior. With the other methods, as in scikit-learn, each
        `batch_size` documents make one stochastic step, whose cost does not depend on the size of
        the vocabulary.

        Priors that are learned move with each step, that of the topics after each `total_samples`
        documents (or when the documents seen have doubled, where that is not given), since this
        takes a visit of all topics; with "streaming" both move with each pass over the batch.

        Parameters
        ----------
        X : matrix, CorpusFile or iterable of matrices
            Word counts, as :meth:`fit` takes them; also a generator, since each matrix is taken
            once.
        y : object
            Ignored.
        feature_names : array-like of str, shape (n_features,), optional
            The words of the columns, in any order: counts go to the words of these names. With
            ``vocabulary="grow"`` new words are added to the model. A data frame brings its own.

        Returns
        -------
        LatentDirichletAllocation
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or `X` is not as described, then the estimator is as it was; also for
            "memoized", which visits documents again.
        FloatingPointError
            If topics overflow. The mini-batches before stay learnt.

        References
        ----------
        M. Hoffman, D. Blei, F. Bach (2010), Online learning for latent Dirichlet allocation, NIPS.

        Examples
        --------
        >>> import numpy as np
        >>> from fastvb import LatentDirichletAllocation
        >>> rng = np.random.default_rng(0)
        >>> lda = LatentDirichletAllocation(
        ...     5, learning_method="online", total_samples=1000, random_state=0
        ... )
        >>> for _ in range(10):
        ...     _ = lda.partial_fit(rng.poisson(0.1, (100, 50)))
        >>> lda.n_samples_seen_, lda.n_batch_iter_
        (1000, 11)
        """
        check_parameters(self)
        if self.learning_method not in LEARNERS:
            raise ValueError(
                "Expected a learning_method that visits documents once, got "
                f"learning_method={self.learning_method!r}. Use fit."
            )
        if isinstance(X, CorpusFile):
            names = X.vocabulary if feature_names is None else feature_names
            for block in X.blocks(_BLOCK_SIZE):
                self._learn(block, names, X.n_documents)
        elif is_streamed(X):
            for matrix in X:
                self._learn(matrix, feature_names, None)
        else:
            self._learn(X, names_of(X) if feature_names is None else feature_names, None)
        return self

    def _learn(self, X: Any, names: Any, n_documents: int | None) -> None:
        """Update the topics by a matrix, of all these documents if their number is known."""
        fitted = self.__sklearn_is_fitted__()
        counts, names = self._columns(X, names)
        n_words = counts.shape[1]
        if fitted:
            alpha, eta = self._fitted_priors()
        else:
            alpha, eta = check_priors(self, n_words, counts.dtype, may_learn=True)
        known = hasattr(self, "n_batch_iter_")  # not where it was made from components
        rng = self.random_state_ if known else check.check_random_state(self.random_state)
        n_updates, n_seen = (self.n_batch_iter_ - 1, self.n_samples_seen_) if known else (0, 0)
        model = learning_model(self, self._new_model(alpha, eta, n_words, counts.dtype))
        topics: Any = self._topics if fitted else model.init_globals(None, rng)
        seed = self._seed if known else seed_of(rng)
        n_total = n_documents if self.total_samples is None else self.total_samples
        kind = LEARNERS[self.learning_method]
        if kind.has_minibatches and n_total is None:
            _warn_of_unknown_total()
        learner = kind(self, model, seed, n_total, n_seen + counts.shape[0])
        globals_ = grown(learner.model.going_on(topics), learner.model)
        size = self.batch_size if learner.has_minibatches else counts.shape[0]
        seen = np.zeros(n_words, dtype=bool)
        if fitted:
            seen[: self.n_features_in_] = self.seen_words_
        for batch in MatrixMinibatches(counts, size, seed=None).epoch(0):
            n_updates, n_seen = n_updates + 1, n_seen + len(batch)
            globals_ = learner.learn(batch, globals_, n_updates, n_seen)
            alpha, eta = fitted_priors(model, globals_, alpha, eta)
            self.doc_topic_prior_, self.topic_word_prior_, self.random_state_ = alpha, eta, rng
            self.n_batch_iter_, self.n_samples_seen_ = n_updates + 1, n_seen
            seen[batch.indices[batch.counts > 0]] = True
            self._keep(globals_, seen)
            self._seed = seed
            self._keep_optional("feature_names_in_", names)

    def _fitted_priors(self) -> tuple[Any, Any]:
        """Priors in use, which somebody may have changed, as the topics' number in parameters."""
        if self.n_components != self._n_columns():
            raise ValueError(
                f"Expected n_components to be the number of topics, {self._n_columns()}, as long "
                f"as they are learnt further, got n_components={self.n_components}. Use fit."
            )
        check_fitted_prior(self, "doc_topic_prior_")
        check_fitted_prior(self, "topic_word_prior_")
        check_learning(self)
        return self.doc_topic_prior_, self.topic_word_prior_

    def _columns(self, X: Any, names: Any) -> tuple[Any, Any]:
        """Counts by the model's words and those that are new to it, and the names of all."""
        user = f"{type(self).__name__}.partial_fit"
        if not self.__sklearn_is_fitted__():
            counts = check.check_counts(X, user)
            if names is not None:
                counts, names = align_features(counts, names, _NO_NAMES, grow=True)
            return counts, names
        if self.topic_word_prior_ is None:
            raise ValueError(
                "Expected topics that have a prior, got known topics, which do not learn. "
                "Use from_components."
            )
        known = getattr(self, "feature_names_in_", None)
        if names is None or known is None:
            n_known = self.n_features_in_
            return check.check_counts(X, user, dtype=self._dtype, n_features=n_known), known
        counts = check.check_counts(X, user, dtype=self._dtype)
        counts, new = align_features(counts, names, known, grow=self.vocabulary == "grow")
        names = np.concatenate((known, new)) if len(new) > 0 else known
        if len(names) > len(known) and np.ndim(self.topic_word_prior_) > 0:
            raise ValueError(
                "Expected topic_word_prior to be a number where the vocabulary grows, got an "
                f"array of shape {np.shape(self.topic_word_prior_)}."
            )
        return counts, names

    def _keep_optional(self, name: str, value: Any) -> None:
        """Have an attribute where there is a value for it."""
        if value is not None:
            setattr(self, name, value)
        elif hasattr(self, name):
            delattr(self, name)


def _warn_of_unknown_total() -> None:
    warnings.warn(
        "Expected total_samples, the number of documents that partial_fit will see in all, got "
        "total_samples=None: mini-batches stand for the documents seen so far. Pass an estimate, "
        "or learning_method='streaming', which needs none.",
        UserWarning,
        stacklevel=4,  # where partial_fit was called
    )
