"""Reading documents by fitted topics: where each word comes from, and the data for pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb.estimators._topic_model import TopicModel
from fastvb.estimators._vocabulary import check_vocabulary
from fastvb.models._lda_local import DocumentPosteriors
from fastvb.models._word_topics import most_probable_topics, word_topics

__all__ = ["DocumentReading"]


class DocumentReading(TopicModel):
    """A topic model that tells of the words of documents."""

    def word_topic_proba(self, X: Any) -> NDArray[Any]:
        """Probabilities of the topics that each word of each document comes from: q(z).

        The same word has different topics in different documents. The probabilities, times their
        counts, add up to the weights of :meth:`transform`: with ``normalize=False`` these are the
        sums over a document plus `doc_topic_prior`, up to the tolerance of its iteration.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.

        Returns
        -------
        ndarray of shape (nnz, n_components)
            A row for each stored entry of `X` in CSR, in the order of ``X.data``, which sums to
            one. The entries of document d are the rows from ``X.indptr[d]`` to
            ``X.indptr[d + 1]``, their words are ``X.indices``. Of another kind of `X`, in the
            order of ``scipy.sparse.csr_matrix(X)``.

        Raises
        ------
        ValueError
            If the estimator is not fitted, `X` is not as in :meth:`transform`, or a CSR matrix
            whose indices are not sorted or have duplicates: rows and entries would not agree.

        See Also
        --------
        word_topics : the most probable topic of each entry, in a fraction of the memory.

        References
        ----------
        D. Blei, A. Ng, M. Jordan (2003), Latent Dirichlet allocation, JMLR 3, equation 6.

        Examples
        --------
        "bank" (column 1) is a place by the river in one document and has money in the other:

        >>> import scipy.sparse as sp
        >>> from fastvb import LatentDirichletAllocation
        >>> topics = [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
        >>> lda = LatentDirichletAllocation.from_topics(topics, doc_topic_prior=0.1)
        >>> X = sp.csr_matrix([[4, 1, 0], [0, 1, 4]])
        >>> lda.word_topic_proba(X).round(2)
        array([[1., 0.],
               [1., 0.],
               [0., 1.],
               [0., 1.]])
        """
        return word_topics(self._aligned_posteriors(X, "word_topic_proba"))

    def word_topics(self, X: Any) -> NDArray[np.int32]:
        """Most probable topic of each word of each document.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.

        Returns
        -------
        ndarray of int32, shape (nnz,)
            Column of the largest entry in each row of :meth:`word_topic_proba`, the first of equal
            ones.

        Raises
        ------
        ValueError
            As :meth:`word_topic_proba`.

        Examples
        --------
        >>> import numpy as np, scipy.sparse as sp
        >>> from fastvb import LatentDirichletAllocation
        >>> topics = [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
        >>> lda = LatentDirichletAllocation.from_topics(topics, doc_topic_prior=0.1)
        >>> X = sp.csr_matrix([[4, 1, 0], [0, 1, 4]])
        >>> np.split(lda.word_topics(X), X.indptr[1:-1])  # document by document
        [array([0, 0], dtype=int32), array([1, 1], dtype=int32)]
        """
        return most_probable_topics(self._aligned_posteriors(X, "word_topics"))

    def to_pyldavis(self, X: Any, *, vocabulary: Any = None) -> dict[str, Any]:
        """Arguments of ``pyLDAvis.prepare``, which draws topics and words as a web page.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts of the documents to show, mostly those of training.
        vocabulary : array-like of str, shape (n_features,), optional
            The words; by default ``feature_names_in_``, or else column numbers.

        Returns
        -------
        dict
            - "topic_term_dists": topics of shape (n_components, n_shown), rows sum to one;
            - "doc_topic_dists": weights of shape (n_documents, n_components), rows sum to one;
            - "doc_lengths": tokens of each document;
            - "vocab": list of n_shown words;
            - "term_frequency": tokens of each word.

            Documents without words are left out, since they have no weights to show, and so are
            words that have probability zero in all topics: pyLDAvis would divide by it.

        Raises
        ------
        TypeError, ValueError
            If the estimator is not fitted, `X` is not as in :meth:`transform` or has no token, or
            `vocabulary` has not one word for each column.

        Examples
        --------
        >>> from fastvb import LatentDirichletAllocation
        >>> lda = LatentDirichletAllocation.from_topics([[0.5, 0.5, 0.0], [0.0, 0.2, 0.8]])
        >>> arguments = lda.to_pyldavis([[1, 3, 0], [0, 0, 0], [0, 2, 2]])
        >>> arguments["doc_lengths"]
        array([4., 4.])
        >>> import pyLDAvis  # doctest: +SKIP
        >>> pyLDAvis.prepare(**arguments)  # doctest: +SKIP
        """
        names = check_vocabulary(self, vocabulary)
        documents = self._posteriors(X, "to_pyldavis")
        batch, gamma = documents.batch, documents.gamma.astype(np.float64)
        counts = sp.csr_matrix(
            (batch.counts.astype(np.float64), batch.indices, batch.indptr),
            shape=(batch.n_docs, batch.n_words),
        )
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        filled = lengths > 0
        if not filled.any():
            raise ValueError("Expected X to hold at least one token, got X.sum()=0.")
        weights = gamma[filled]
        weights /= weights.sum(axis=1, keepdims=True)
        topics = self._point_estimate()
        possible = topics.max(axis=0) > 0
        return {
            "topic_term_dists": topics[:, possible],
            "doc_topic_dists": weights,
            "doc_lengths": lengths[filled],
            "vocab": [str(name) for name, kept in zip(names, possible, strict=True) if kept],
            "term_frequency": np.asarray(counts.sum(axis=0)).ravel()[possible],
        }

    def _aligned_posteriors(self, X: Any, method: str) -> DocumentPosteriors:
        """q(theta), where the entries of `X` will not be put in another order."""
        if sp.issparse(X) and X.format == "csr" and not X.has_canonical_format:
            raise ValueError(
                "Expected the indices of X to be sorted and without duplicates, since the result "
                "is in their order, got a matrix without. Call X.sum_duplicates() first."
            )
        return self._posteriors(X, method)

    def _point_estimate(self) -> NDArray[np.float64]:
        """The topics as probabilities that sum to one in float64 too."""
        topics = self.topic_word_distribution().astype(np.float64)
        topics /= topics.sum(axis=1, keepdims=True)
        return topics
