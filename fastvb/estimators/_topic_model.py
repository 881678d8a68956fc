"""What fitted topics are good for: weights, bounds and scores of documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._base import Transformer
from fastvb.estimators._feature_names import check_feature_names
from fastvb.estimators._lda_parameters import (
    check_document_parameters,
    check_fitted_prior,
    check_pseudo_counts,
    check_topics,
    checked_globals,
)
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DirichletTopics, DocumentPosteriors, PointTopics, TopicView
from fastvb.models._lda_state import LDAGlobals
from fastvb.models._lda_terms import seven_terms, topic_terms
from fastvb.models.lda import LDAModel
from fastvb.special import digamma

__all__ = ["TopicModel"]


class TopicModel(Transformer):
    """Fitted topics: Dirichlet posteriors, or known points where there is no prior.

    A subclass has the parameters `mean_change_tol`, `max_doc_update_iter`, `doc_init` and
    `n_jobs`, and hands over its topics with :meth:`_keep`.
    """

    _fitted_attribute = "_topics"
    _state_types = LDAModel.state_types

    mean_change_tol: float
    max_doc_update_iter: int
    n_jobs: int | None
    doc_topic_prior_: float | NDArray[np.float64]
    topic_word_prior_: Any  # float, ndarray, or None: the topics are known
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    _topics: LDAGlobals | NDArray[Any]  # posteriors, or known points
    _components: NDArray[Any] | None  # made when asked for
    _seen: NDArray[np.bool_] | None  # words of data, where the topics do not tell
    _known_view: list[TopicView]
    _impossible_words: NDArray[np.intp]  # of known topics: in none of them

    @property
    def components_(self) -> NDArray[Any]:
        """Topics of shape (n_components, n_features): pseudo-counts, or known probabilities.

        Read-only. Another matrix may be assigned, which is copied.
        """
        if "_topics" not in vars(self):
            raise AttributeError(f"'{type(self).__name__}' has no 'components_' before fit.")
        if self._components is None:
            topics = self._topics
            if isinstance(topics, LDAGlobals):
                topics = topics.topic_word
            topics.flags.writeable = False  # other attributes are of these values
            self._components = topics
        return self._components

    @components_.setter
    def components_(self, value: Any) -> None:
        self._check_is_fitted()
        checked = self._check_topics("components_", value)
        self._keep_components(checked)
        if len(getattr(self, "feature_names_in_", ())) not in (0, checked.shape[1]):
            del self.feature_names_in_

    def _check_topics(self, name: str, value: Any) -> NDArray[Any]:
        known = self.topic_word_prior_ is None
        return check_topics(name, value) if known else check_pseudo_counts(name, value)

    def _keep_components(self, components: NDArray[Any]) -> None:
        """Take checked topics of shape (n_components, n_features)."""
        known = self.topic_word_prior_ is None
        self._keep(components if known else LDAGlobals.from_topics(components))

    def _keep(
        self, topics: LDAGlobals | NDArray[Any], seen: NDArray[np.bool_] | None = None
    ) -> None:
        """Take posteriors of all words, or known topics.

        `seen` is of words in data, for posteriors that still have something of a random start.
        """
        self._impossible_words = np.empty(0, dtype=np.intp)
        if isinstance(topics, LDAGlobals):
            self.n_features_in_ = len(topics.counts)
        else:
            self._impossible_words = np.flatnonzero(topics.max(axis=0) == 0)
            self.n_features_in_ = topics.shape[1]
        self._topics, self._components, self._known_view = topics, None, []
        self._seen = seen

    @property
    def _view(self) -> TopicView:
        """What documents read of the topics."""
        if not self._known_view:  # filled on first use: it may become as large as the topics
            self._known_view.append(self._expected())
        return self._known_view[0]

    def _expected(self) -> TopicView:
        topics = self._topics
        if isinstance(topics, LDAGlobals):
            return DirichletTopics(topics, self.n_jobs)
        if self._impossible_words.size > 0:  # documents that have them are refused
            topics = topics.copy()
            topics[:, self._impossible_words] = 1
        return PointTopics(topics, topics.dtype)

    @property
    def _dtype(self) -> Any:
        topics = self._topics
        return topics.counts.dtype if isinstance(topics, LDAGlobals) else topics.dtype

    def _n_columns(self) -> int:
        topics = self._topics
        return len(topics.total if isinstance(topics, LDAGlobals) else topics)

    def __getstate__(self) -> dict[str, Any]:
        derived = ("_topics", "_components", "_known_view", "_impossible_words")
        state = {name: value for name, value in vars(self).items() if name not in derived}
        if "_topics" in vars(self):
            topics = self._topics
            if isinstance(topics, LDAGlobals) and not (topics.is_settled and topics.priors is None):
                state["_topics"] = replace(topics, priors=topics.priors and topics.priors.lean())
            else:
                state["components_"] = self.components_
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        topics = ("components_", "_topics")
        vars(self).update({name: value for name, value in state.items() if name not in topics})
        if any(name in state for name in topics):
            seen = state.get("_seen")
            if "_topics" in state:
                self._keep(checked_globals(state["_topics"]))
            else:
                self._check_topics("components_", state["components_"])
                self._keep_components(state["components_"])
            self._seen = seen
            for name in ("doc_topic_prior_", "topic_word_prior_"):
                check_fitted_prior(self, name)

    def transform(self, X: Any, *, normalize: bool = True) -> Any:
        """Topic weights of documents, given the fitted topics.

        Every document is treated on its own and starts from equal weights: the result does not
        depend on the other rows of `X`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        normalize : bool
            Return the posterior mean, rows summing to one; otherwise the parameters of the
            Dirichlet posterior.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Weights; another container if :meth:`set_output` asked for it.

        Raises
        ------
        ValueError
            If the estimator is not fitted or `X` is not as in :meth:`fit`.
        """
        gamma = self._posteriors(X, "transform").gamma
        if normalize:
            gamma /= gamma.sum(axis=1, keepdims=True)
        return self._in_container(gamma, X)

    def document_bound(self, X: Any) -> NDArray[np.float64]:
        """Lower bound of the log probability of each document, given the fitted topics.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats; 0 for an empty document.
        """
        return self._posteriors(X, "document_bound").bound

    def score(self, X: Any, y: Any = None) -> float:
        """Sum of the document bounds.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        y : object
            Ignored.

        Returns
        -------
        float
            In nats, higher is better.
        """
        return float(self._posteriors(X, "score").bound.sum())

    def perplexity(self, X: Any) -> float:
        """exp(-score(X) / number of tokens).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.

        Returns
        -------
        float
            Lower is better, inf beyond the largest float. The divergence of the topics from their
            prior is not in it.
        """
        documents = self._posteriors(X, "perplexity")
        if documents.batch.n_tokens == 0:
            raise ValueError("Expected X to hold at least one token, got X.sum()=0.")
        with np.errstate(over="ignore"):  # tokens of weight 1e-9 in a document that costs 1 nat
            return float(np.exp(-documents.bound.sum() / documents.batch.n_tokens))

    @overload
    def elbo(self, X: Any, terms: Literal[False] = False) -> float: ...
    @overload
    def elbo(self, X: Any, terms: Literal[True]) -> dict[str, float]: ...
    def elbo(self, X: Any, terms: bool = False) -> float | dict[str, float]:
        """ELBO of documents at the fitted topics, as if they were the training corpus.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        terms : bool
            Return the seven expectations whose sum it is.

        Returns
        -------
        float or dict of float
            In nats. The terms: ``log_p_theta``, ``log_p_beta``, ``log_p_z``, ``log_p_w`` (expected
            log densities) and ``entropy_beta``, ``entropy_theta``, ``entropy_z``. Known topics
            have no distribution: both terms of beta are 0 and the ELBO is that of the documents.
        """
        documents = self._posteriors(X, "elbo")
        if self.topic_word_prior_ is None:
            return seven_terms(documents, 0.0, 0.0) if terms else float(documents.bound.sum())
        model, globals_ = self._model()
        if terms:
            return seven_terms(documents, *topic_terms(model, globals_))
        return float(documents.bound.sum()) + model.global_bound(globals_)

    def topic_word_distribution(self) -> NDArray[Any]:
        """Return the posterior mean of the topics.

        Returns
        -------
        ndarray of shape (n_components, n_features)
            Word probabilities, rows summing to one; the topics themselves where they are known.
        """
        self._check_is_fitted()
        if self.topic_word_prior_ is None:
            return self.components_.copy()
        mean: NDArray[Any] = (self.components_ / self._totals()).astype(self.components_.dtype)
        return mean

    @property
    def exp_dirichlet_component_(self) -> NDArray[Any]:
        """exp(E[log beta]) of shape (n_components, n_features)."""
        self._check_is_fitted()
        if self.topic_word_prior_ is None:
            return self.components_.copy()
        elog = digamma(self.components_.astype(np.float64)) - digamma(self._totals())
        rows: NDArray[Any] = np.exp(elog).astype(self.components_.dtype)
        return rows

    @property
    def seen_words_(self) -> NDArray[np.bool_]:
        """Mask of shape (n_features,): words that some topic has beyond its prior."""
        self._check_is_fitted()
        if self._seen is not None:
            return self._seen.copy()
        prior = 0.0 if self.topic_word_prior_ is None else self.topic_word_prior_
        beyond = self.components_ > np.asarray(prior, self.components_.dtype)
        return np.asarray(beyond.any(axis=0))

    def _totals(self) -> NDArray[np.float64]:
        """Sums of the topics' pseudo-counts, the same bits for any layout of these."""
        rows = np.ascontiguousarray(self.components_)
        totals: NDArray[np.float64] = rows.sum(axis=1, dtype=np.float64, keepdims=True)
        return totals

    def _model(self) -> tuple[LDAModel, LDAGlobals]:
        """The topics as the model has them, with a prior."""
        assert isinstance(self._topics, LDAGlobals)
        topics = self._topics.settled()
        model = LDAModel(
            check_fitted_prior(self, "doc_topic_prior_"),
            check_fitted_prior(self, "topic_word_prior_"),
            len(topics.counts),
            dtype=topics.counts.dtype,
            n_jobs=self.n_jobs,
        )
        return model, topics

    def _posteriors(self, X: Any, method: str) -> DocumentPosteriors:
        """q(theta) of documents, each on its own and from equal weights."""
        self._check_is_fitted()
        check_document_parameters(self)
        check_feature_names(self, X)
        prior = check_fitted_prior(self, "doc_topic_prior_")
        user = f"{type(self).__name__}.{method}"
        counts = check.check_counts(X, user, dtype=self._dtype, n_features=self.n_features_in_)
        self._refuse_impossible_words(counts)
        gamma = np.ones((counts.shape[0], len(prior)), self._dtype)
        documents = DocumentPosteriors(DocumentBatch(counts), self._view, prior, gamma, self.n_jobs)
        documents.run(self.mean_change_tol, self.max_doc_update_iter)
        return documents

    def _refuse_impossible_words(self, counts: Any) -> None:
        if self._impossible_words.size == 0:
            return
        wrong = np.isin(counts.indices, self._impossible_words) & (counts.data > 0)
        if wrong.any():
            entry = int(wrong.argmax())
            document = int(np.searchsorted(counts.indptr, entry, side="right")) - 1
            word = int(counts.indices[entry])
            names = getattr(self, "feature_names_in_", None)
            name = "" if names is None else f" ({names[word]!r})"
            raise ValueError(
                "Expected every word of X to have a positive probability in some topic, got word "
                f"{word}{name} in document {document}. Drop its column's counts, or smooth the "
                "topics."
            )
