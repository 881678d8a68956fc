"""Synthetic corpora whose true parameters are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_integer, check_prior, check_real
from fastvb.datasets.corpus import Corpus, counts_from_rows

__all__ = ["make_lda_corpus"]


def make_lda_corpus(
    n_documents: int = 1000,
    n_words: int = 1000,
    n_components: int = 10,
    *,
    document_length: float = 100.0,
    doc_topic_prior: float | npt.ArrayLike = 0.1,
    topic_word_prior: float | npt.ArrayLike = 0.05,
    random_state: Any = None,
) -> tuple[Corpus, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Draw a corpus from the latent Dirichlet allocation model.

    Topics ~ Dirichlet(topic_word_prior), topic proportions of a document ~
    Dirichlet(doc_topic_prior), its length ~ Poisson(document_length); every token takes a topic
    from the proportions and a word from that topic.

    Parameters
    ----------
    n_documents, n_words, n_components : int
        Size of the corpus, of the vocabulary, and the number of topics.
    document_length : float, default=100
        Expected tokens per document; single documents may be empty when it is small.
    doc_topic_prior : float or array-like of shape (n_components,), default=0.1
        Concentration of the topic proportions.
    topic_word_prior : float or array-like of shape (n_words,), default=0.05
        Concentration of the topics.
    random_state : int, Generator, RandomState or None
        The same value gives the same corpus.

    Returns
    -------
    corpus : Corpus
        The counts; no vocabulary.
    topics : ndarray of shape (n_components, n_words)
        Word probabilities of the true topics.
    doc_topics : ndarray of shape (n_documents, n_components)
        True topic proportions.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or a length or prior no positive number.

    Notes
    -----
    The model of D. Blei, A. Ng and M. Jordan, "Latent Dirichlet allocation", JMLR 3 (2003),
    section 3, with a Dirichlet prior on the topics (section 5.4).

    Ten million tokens (100 000 documents of 100) take one to four seconds.

    Examples
    --------
    >>> from fastvb.datasets import make_lda_corpus
    >>> corpus, topics, doc_topics = make_lda_corpus(50, 200, 4, random_state=0)
    >>> corpus.counts.shape, topics.shape, doc_topics.shape
    ((50, 200), (4, 200), (50, 4))
    """
    check_integer("n_documents", n_documents, 1)
    check_integer("n_words", n_words, 1)
    check_integer("n_components", n_components, 1)
    check_real("document_length", document_length, 0.0, above=True)
    alpha = check_prior("doc_topic_prior", doc_topic_prior, 0.1, ((n_components,),))
    eta = check_prior("topic_word_prior", topic_word_prior, 0.05, ((n_words,),))
    rng = _generator(random_state)
    topics = rng.dirichlet(np.broadcast_to(eta, n_words), n_components)
    doc_topics = rng.dirichlet(np.broadcast_to(alpha, n_components), n_documents)
    lengths = rng.poisson(document_length, n_documents)
    # Tokens of one topic are exchangeable: draw them topic by topic, then sort by document.
    tokens = rng.multinomial(lengths, doc_topics)
    documents = np.concatenate(
        [np.repeat(np.arange(n_documents), tokens[:, k]) for k in range(n_components)]
    )
    words = np.concatenate(
        [rng.choice(n_words, tokens[:, k].sum(), p=topics[k]) for k in range(n_components)]
    )
    words = words[np.argsort(documents, kind="stable")].astype(np.int32)
    ones = np.ones(len(words), dtype=np.int32)
    return Corpus(counts_from_rows(lengths, words, ones, n_words)), topics, doc_topics


def _generator(random_state: Any) -> np.random.Generator:
    if isinstance(random_state, np.random.RandomState):  # default_rng takes it since NumPy 2.2
        return np.random.default_rng(random_state.randint(2**31))
    return np.random.default_rng(random_state)
