"""Reading fitted topics: their words, weights and distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._document_reading import DocumentReading
from fastvb.estimators._vocabulary import check_vocabulary, shared_words
from fastvb.models._topic_distance import topic_distances
from fastvb.models._topic_words import effective_words, exclusivity, relevance_scores, top_words

__all__ = ["TopicReading"]


class TopicReading(DocumentReading):
    """A topic model whose topics can be read."""

    @property
    def topic_weights_(self) -> NDArray[np.float64] | None:
        """Share of the training tokens that is expected to come from each topic, (n_components,).

        None where the topics are known: these have seen no tokens.
        """
        self._check_is_fitted()
        if self.topic_word_prior_ is None:
            return None
        counts = self.components_ - np.asarray(self.topic_word_prior_)
        tokens = np.maximum(counts, 0).sum(axis=1, dtype=np.float64)  # given ones may be below it
        shares: NDArray[np.float64] = tokens / max(tokens.sum(), np.finfo(np.float64).tiny)
        return shares

    def top_words(
        self, n_words: int = 10, *, vocabulary: Any = None, relevance: float = 1.0
    ) -> list[list[Any]]:
        """Words that stand for each topic, the first first.

        Parameters
        ----------
        n_words : int
            Words per topic at most.
        vocabulary : array-like of str, shape (n_features,), optional
            The words; by default ``feature_names_in_``, or else column numbers.
        relevance : float
            Lambda of Sievert and Shirley, from 0 to 1: words are ranked by ``relevance *
            log(probability) + (1 - relevance) * log(lift)``. 1 is the probability in the topic. 0
            is the lift, that probability over the one in all topics: words that the topic has
            almost alone, also very rare ones. In between, 0.6 was the choice of their readers. A
            word without data has lift 1.

        Returns
        -------
        list of list of str
            `n_words` words for each topic; of int where there are no names.

        Raises
        ------
        TypeError, ValueError
            If the estimator is not fitted, a number is out of its range, or `vocabulary` has not
            one word for each column.

        References
        ----------
        C. Sievert, K. Shirley (2014), LDAvis: a method for visualizing and interpreting topics,
        ACL workshop on interactive language learning, visualization, and interfaces, equation 1.

        Examples
        --------
        >>> from fastvb import LatentDirichletAllocation
        >>> lda = LatentDirichletAllocation.from_topics([[0.5, 0.4, 0.1], [0.5, 0.1, 0.4]])
        >>> words = ["the", "river", "money"]
        >>> lda.top_words(2, vocabulary=words)
        [['the', 'river'], ['the', 'money']]
        >>> lda.top_words(2, vocabulary=words, relevance=0.0)
        [['river', 'the'], ['money', 'the']]
        """
        top, names = self._ranked(n_words, vocabulary, relevance)
        return [[names[word] for word in row] for row in top]

    def topics_table(
        self,
        X: Any = None,
        *,
        n_words: int = 10,
        vocabulary: Any = None,
        relevance: float = 1.0,
    ) -> dict[str, Any]:
        """One row for each topic: how common it is, how sharp, and its words.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features), optional
            Word counts of documents in which to look for the topics; by default their weights in
            training (:attr:`topic_weights_`) are given.
        n_words : int
            Words per topic at most.
        vocabulary, relevance : array-like of str, float
            As in :meth:`top_words`.

        Returns
        -------
        dict of columns of length n_components
            As ``pandas.DataFrame`` takes them; row k is topic k:

            - "topic": its number;
            - "weight": expected share of the tokens; NaN for known topics without `X`;
            - "effective_words": exp(entropy) of the topic, the number of words among which a
              uniform distribution would be as undecided;
            - "exclusivity": mean share that the topic has in its top words, from 1 / n_components
              to 1;
            - "top_words": these, as one string.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`top_words` and, of `X`, :meth:`transform`.

        See Also
        --------
        fastvb.metrics.coherence_npmi : for a column ``table["npmi"] = coherence_npmi(lda, X)``.

        References
        ----------
        J. Bischof, E. Airoldi (2012), Summarizing topical content with word frequency and
        exclusivity, ICML.

        Examples
        --------
        >>> from fastvb import LatentDirichletAllocation
        >>> lda = LatentDirichletAllocation.from_topics([[0.5, 0.5, 0.0], [0.0, 0.2, 0.8]])
        >>> table = lda.topics_table([[0, 1, 3]], n_words=2, vocabulary=["ant", "bee", "cow"])
        >>> table["top_words"]
        ['ant, bee', 'cow, bee']
        >>> table["effective_words"].round(2)
        array([2.  , 1.65])
        """
        top, names = self._ranked(n_words, vocabulary, relevance)
        topics = self._point_estimate()
        return {
            "topic": np.arange(len(topics)),
            "weight": self._shares(X),
            "effective_words": effective_words(topics),
            "exclusivity": exclusivity(topics, top),
            "top_words": [", ".join(str(names[word]) for word in row) for row in top],
        }

    def diff(
        self, other: DocumentReading, *, metric: str = "hellinger", n_top_words: int = 25
    ) -> NDArray[np.float64]:
        """Distance of each topic to each topic of another model.

        Where both models have ``feature_names_in_`` and these differ, words are matched by name,
        and topics are compared as distributions over the words that both models have.

        Parameters
        ----------
        other : LatentDirichletAllocation
            A fitted model, or this one.
        metric : {"hellinger", "jensen-shannon", "kl", "jaccard"}
            - "hellinger": Hellinger distance, from 0 to 1;
            - "jensen-shannon": root of the Jensen-Shannon divergence in bits, from 0 to 1;
            - "kl": Kullback-Leibler divergence of the other model's topic from this one's,
              ``sum_v p_v log(p_v / q_v)`` in nats, where p is of this model;
            - "jaccard": one less the number of top words that both have over the number that
              either has, from 0 to 1.
        n_top_words : int
            Words of a topic that "jaccard" compares at most.

        Returns
        -------
        ndarray of shape (n_components, other.n_components)
            Row k has the distances of topic k.

        Raises
        ------
        TypeError, ValueError
            If `other` is no fitted topic model, if the models have no word in common, or, where
            either has no names, not the same number of words; or if a parameter is not as
            described.

        See Also
        --------
        fastvb.metrics.match_topics : pairs of topics, one to one.

        References
        ----------
        J. Lin (1991), Divergence measures based on the Shannon entropy, IEEE Transactions on
        Information Theory 37.

        Examples
        --------
        >>> from fastvb import LatentDirichletAllocation
        >>> a = LatentDirichletAllocation.from_topics([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
        >>> b = LatentDirichletAllocation.from_topics([[0.0, 0.5, 0.5]])
        >>> a.diff(b)
        array([[1.],
               [0.]])
        """
        self._check_is_fitted()
        if not isinstance(other, DocumentReading):
            raise TypeError(f"Expected other to be a fitted topic model, got other={other!r}.")
        other._check_is_fitted()
        check.check_choice("metric", metric, ("hellinger", "jensen-shannon", "kl", "jaccard"))
        n_top_words = check.check_integer("n_top_words", n_top_words, 1)
        mine, theirs = shared_words(self, other)
        a = _over_words(self._point_estimate(), mine)
        b = _over_words(other._point_estimate(), theirs)
        return topic_distances(a, b, metric, min(n_top_words, a.shape[1]))

    def _ranked(
        self, n_words: Any, vocabulary: Any, relevance: Any
    ) -> tuple[NDArray[np.intp], Sequence[Any]]:
        """Words of each topic by relevance, and the names of all."""
        names = check_vocabulary(self, vocabulary)
        n_words = min(check.check_integer("n_words", n_words, 1), len(names))
        relevance = check.check_real("relevance", relevance, 0.0, 1.0)
        scores = self._point_estimate()
        if relevance < 1:
            weights = self.topic_weights_
            if weights is None:
                weights = np.full(len(scores), 1 / len(scores))
            scores = relevance_scores(scores, weights, self.seen_words_, relevance)
        return top_words(scores, n_words), names

    def _shares(self, X: Any) -> NDArray[np.float64]:
        """Expected share of the tokens of documents, or of training, that comes from a topic."""
        if X is None:
            weights = self.topic_weights_
            return np.full(self._n_columns(), np.nan) if weights is None else weights
        documents = self._posteriors(X, "topics_table")
        tokens = documents.gamma.sum(axis=0, dtype=np.float64)
        tokens -= documents.batch.n_docs * documents.prior.astype(np.float64)
        shares: NDArray[np.float64] = np.maximum(tokens, 0)
        total = shares.sum()
        if total == 0:
            raise ValueError("Expected X to hold at least one token, got X.sum()=0.")
        shares /= total
        return shares


def _over_words(topics: NDArray[np.float64], words: Any) -> NDArray[np.float64]:
    """Topics as distributions over some of the words."""
    topics = topics[:, words]
    totals = topics.sum(axis=1, keepdims=True)
    if not (totals > 0).all():
        raise ValueError(
            "Expected every topic to have some of the words that both models have, "
            f"got topic {int(totals.argmin())} without."
        )
    shared: NDArray[np.float64] = topics / totals
    return shared
