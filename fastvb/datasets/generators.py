"""Synthetic corpora whose true parameters are known."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from fastvb._validation import check_integer, check_prior, check_real
from fastvb.datasets.corpus import Corpus, counts_from_entries
from fastvb.datasets.corpus_file import CorpusFile

__all__ = ["generator_of", "make_lda_corpus", "write_lda_corpus"]

_MOST_DOCUMENTS, _MOST_TOKENS = 20_000, 2_000_000  # drawn at a time


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
    rng, topics, alpha = _truth(
        n_documents, n_words, n_components, document_length, doc_topic_prior, topic_word_prior,
        random_state,
    )  # fmt: skip
    counts, doc_topics = _documents(rng, n_documents, topics, alpha, document_length)
    return Corpus(counts), topics, doc_topics


def write_lda_corpus(
    path: str | os.PathLike[str],
    n_documents: int = 1_000_000,
    n_words: int = 100_000,
    n_components: int = 200,
    *,
    document_length: float = 100.0,
    doc_topic_prior: float | npt.ArrayLike = 0.1,
    topic_word_prior: float | npt.ArrayLike = 0.05,
    random_state: Any = None,
) -> tuple[CorpusFile, npt.NDArray[np.float64]]:
    """Draw a corpus of any size from the LDA model into a file, in bounded memory.

    Parameters
    ----------
    path : str or path-like
        The file to write, see :meth:`CorpusFile.write`.
    n_documents, n_words, n_components : int
        Size of the corpus, of the vocabulary, and the number of topics.
    document_length : float, default=100
        Expected tokens per document.
    doc_topic_prior : float or array-like of shape (n_components,), default=0.1
        Concentration of the topic proportions.
    topic_word_prior : float or array-like of shape (n_words,), default=0.05
        Concentration of the topics.
    random_state : int, Generator, RandomState or None
        The same value gives the same corpus.

    Returns
    -------
    corpus : CorpusFile
        The counts; no vocabulary.
    topics : ndarray of shape (n_components, n_words)
        Word probabilities of the true topics.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or a length or prior no positive number.
    OSError
        If the file cannot be written.

    See Also
    --------
    make_lda_corpus : The same in memory.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fastvb.datasets import write_lda_corpus
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "corpus.fvb")
    ...     corpus, topics = write_lda_corpus(path, 500, 300, 5, random_state=0)
    ...     corpus.close()
    >>> corpus.shape, topics.shape
    ((500, 300), (5, 300))
    """
    rng, topics, alpha = _truth(
        n_documents, n_words, n_components, document_length, doc_topic_prior, topic_word_prior,
        random_state,
    )  # fmt: skip
    at_once = max(1, min(_MOST_DOCUMENTS, int(_MOST_TOKENS / document_length)))
    sizes = (min(at_once, n_documents - start) for start in range(0, n_documents, at_once))
    parts = (_documents(rng, size, topics, alpha, document_length)[0] for size in sizes)
    return CorpusFile.write(path, parts), topics


def _truth(
    n_documents: int,
    n_words: int,
    n_components: int,
    document_length: float,
    doc_topic_prior: float | npt.ArrayLike,
    topic_word_prior: float | npt.ArrayLike,
    random_state: Any,
) -> tuple[np.random.Generator, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Checked arguments: a source of random numbers, topics, prior of the proportions."""
    check_integer("n_documents", n_documents, 1)
    check_integer("n_words", n_words, 1)
    check_integer("n_components", n_components, 1)
    check_real("document_length", document_length, 0.0, above=True)
    alpha = check_prior("doc_topic_prior", doc_topic_prior, 0.1, ((n_components,),))
    eta = check_prior("topic_word_prior", topic_word_prior, 0.05, ((n_words,),))
    rng = generator_of(random_state)
    topics = rng.dirichlet(np.broadcast_to(eta, n_words), n_components)
    return rng, topics, np.broadcast_to(alpha, n_components)


def _documents(
    rng: np.random.Generator,
    n_documents: int,
    topics: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    document_length: float,
) -> tuple[sparse.csr_array, npt.NDArray[np.float64]]:
    """Counts and topic proportions of some documents."""
    n_components, n_words = topics.shape
    doc_topics = rng.dirichlet(alpha, n_documents)
    lengths = rng.poisson(document_length, n_documents)
    # Tokens of one topic are exchangeable: draw them topic by topic, then sort by document.
    tokens = rng.multinomial(lengths, doc_topics)
    numbers = np.arange(n_documents, dtype=np.int32)
    documents = np.concatenate([np.repeat(numbers, tokens[:, k]) for k in range(n_components)])
    words = np.concatenate(
        [
            rng.choice(n_words, tokens[:, k].sum(), p=topics[k]).astype(np.int32)
            for k in range(n_components)
        ]
    )
    ones = np.ones(len(words), dtype=np.int32)
    return counts_from_entries(documents, words, ones, (n_documents, n_words)), doc_topics


def generator_of(random_state: Any) -> np.random.Generator:
    """The source of random numbers that a `random_state` stands for."""
    if isinstance(random_state, np.random.RandomState):  # default_rng takes it since NumPy 2.2
        return np.random.default_rng(random_state.randint(2**31))
    return np.random.default_rng(random_state)
