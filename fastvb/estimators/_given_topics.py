"""Estimators that are made from topics instead of documents."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

from fastvb.estimators._lda_parameters import (
    check_parameters,
    check_priors,
    check_pseudo_counts,
    check_topics,
)
from fastvb.estimators._topic_reading import TopicReading

__all__ = ["GivenTopics"]


class GivenTopics(TopicReading):
    """A topic model whose constructor takes the number of topics, priors and further parameters."""

    @abstractmethod
    def __init__(self, n_components: int, **parameters: Any) -> None: ...

    @classmethod
    def from_components(
        cls,
        components: Any,
        *,
        doc_topic_prior: Any = None,
        topic_word_prior: Any = None,
        **params: Any,
    ) -> Self:
        """Make a fitted estimator from the pseudo-counts of its topics.

        They may come from another library, such as the ``components_`` of a scikit-learn model or
        ``get_lambda()`` of a gensim model's ``state``. Give the model's priors with them.

        Parameters
        ----------
        components : array-like of shape (n_components, n_features)
            Parameters of the Dirichlet posteriors of the topics: positive, copied. float32 stays
            float32, everything else becomes float64.
        doc_topic_prior, topic_word_prior : float or array-like, optional
            The priors, as in the constructor.
        **params : object
            Further parameters of the constructor except `n_components`.

        Returns
        -------
        LatentDirichletAllocation
            Without the attributes that tell of a fit, such as ``lower_bound_``.

        Raises
        ------
        ValueError, TypeError
            If `components` or a parameter is not as described.

        Examples
        --------
        >>> from fastvb import LatentDirichletAllocation
        >>> lda = LatentDirichletAllocation.from_components([[9.0, 1.0, 1.0], [1.0, 1.0, 9.0]])
        >>> lda.transform([[4, 1, 0]]).argmax()
        np.int64(0)
        """
        checked = check_pseudo_counts("components", components)
        lda = cls(
            len(checked),
            doc_topic_prior=doc_topic_prior,
            topic_word_prior=topic_word_prior,
            **params,
        )
        check_parameters(lda)
        lda.doc_topic_prior_, lda.topic_word_prior_ = check_priors(
            lda, checked.shape[1], checked.dtype
        )
        lda._keep_components(checked)
        return lda

    @classmethod
    def from_topics(cls, probabilities: Any, *, doc_topic_prior: Any = None, **params: Any) -> Self:
        """Make a fitted estimator from topics that are known exactly.

        Documents then read log(probability) in place of its expectation under a Dirichlet
        posterior; there is no prior of the topics, so ``topic_word_prior_`` is None, and
        ``components_`` holds the probabilities.

        Parameters
        ----------
        probabilities : array-like of shape (n_components, n_features)
            Word probabilities of each topic, copied; rows must sum to one within 1e-4, and what is
            missing is scaled away. float32 stays float32, everything else becomes float64. A word
            may have probability zero in some topics. Where it has in all of them, a document that
            holds it is impossible, and is refused with an error that names the word.
        doc_topic_prior : float or array-like, optional
            Prior of the documents' topic weights, as in the constructor.
        **params : object
            Further parameters of the constructor except `n_components` and `topic_word_prior`.

        Returns
        -------
        LatentDirichletAllocation
            Without the attributes that tell of a fit, such as ``lower_bound_``.

        Raises
        ------
        ValueError, TypeError
            If `probabilities` or a parameter is not as described.

        References
        ----------
        D. Blei, A. Ng, M. Jordan (2003), Latent Dirichlet allocation, JMLR 3, section 5.2.

        Examples
        --------
        >>> from fastvb import LatentDirichletAllocation
        >>> lda = LatentDirichletAllocation.from_topics([[0.75, 0.25, 0.0], [0.0, 0.25, 0.75]])
        >>> lda.transform([[4, 1, 0]]).argmax()
        np.int64(0)
        """
        if "topic_word_prior" in params:
            raise TypeError(
                "Expected no topic_word_prior, since known topics have none, got "
                f"topic_word_prior={params['topic_word_prior']!r}."
            )
        checked = check_topics("probabilities", probabilities)
        lda = cls(len(checked), doc_topic_prior=doc_topic_prior, **params)
        check_parameters(lda)
        lda.doc_topic_prior_, _ = check_priors(lda, checked.shape[1], checked.dtype)
        lda.topic_word_prior_ = None
        lda._keep_components(checked)
        return lda
