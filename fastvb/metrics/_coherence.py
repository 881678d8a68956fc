"""Topic coherence: whether a topic's top words occur in the same documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb._validation import check_counts
from fastvb.metrics._topics import as_topics, check_top_words
from fastvb.models._topic_words import top_words

__all__ = ["coherence_npmi"]


def coherence_npmi(topics: Any, X: Any, *, n_top_words: int = 10) -> NDArray[np.float64]:
    """Mean normalised pointwise mutual information of the pairs of each topic's top words.

    With p(v) the share of the documents of `X` that hold word v at least once, and p(v, w) the
    share that hold both, a pair has ``log(p(v, w) / (p(v) p(w))) / -log p(v, w)``: 1 for words
    that occur only together, 0 for independent ones, -1 for words that never occur together.

    Parameters
    ----------
    topics : estimator or array-like of shape (n_components, n_features)
        Fitted estimator with ``topic_word_distribution()``, or a matrix of topics.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Word counts of the reference documents, of which only the presence of words matters.
        These may be the training documents or, better, held-out ones.
    n_top_words : int
        Words of a topic that are compared, at least 2; of equally probable words the first.

    Returns
    -------
    ndarray of shape (n_components,)
        From -1 to 1, higher is better.

    Raises
    ------
    TypeError, ValueError
        If `topics` is neither, if `X` has other words than the topics or is not as described, or
        if `n_top_words` is below 2 or above the number of words.

    Notes
    -----
    Conventions: documents are the windows, there is no smoothing, a pair with a word that is not
    in `X` counts -1, and a pair that is in every document counts 0. Other definitions take
    sliding windows over text or smooth the probabilities; values compare only within one
    definition, one set of documents and one `n_top_words`.

    References
    ----------
    G. Bouma (2009), Normalized (pointwise) mutual information in collocation extraction, GSCL.
    J. H. Lau, D. Newman, T. Baldwin (2014), Machine reading tea leaves, EACL.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.metrics import coherence_npmi
    >>> X = np.array([[1, 2, 0, 0], [3, 1, 0, 0], [0, 0, 1, 1], [0, 0, 2, 5]])
    >>> topics = np.array([[0.5, 0.5, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0]])
    >>> coherence_npmi(topics, X, n_top_words=2)
    array([ 1., -1.])
    """
    matrix = as_topics("topics", topics)
    n_top_words = check_top_words(n_top_words, 2, matrix.shape[1])
    counts = check_counts(X, "coherence_npmi", n_features=matrix.shape[1])
    top = top_words(matrix, n_top_words)
    words, places = np.unique(top, return_inverse=True)
    present = _presence(counts, words)
    pairs = np.triu_indices(n_top_words, 1)
    scores = [_mean_npmi(present[:, place], pairs) for place in places.reshape(top.shape)]
    return np.array(scores)


def _presence(counts: Any, words: NDArray[np.intp]) -> Any:
    """Which documents hold which of some words: CSC of zeros and ones."""
    present = sp.csr_matrix(
        ((counts.data > 0).astype(np.float64), counts.indices, counts.indptr), shape=counts.shape
    )
    return present[:, words].tocsc()


def _mean_npmi(present: Any, pairs: tuple[NDArray[np.intp], ...]) -> float:
    """Mean over pairs of the columns."""
    n_documents = present.shape[0]
    together = (present.T @ present).toarray()
    joint = together[pairs] / n_documents
    alone = together.diagonal() / n_documents
    npmi = np.full(len(joint), -1.0)
    npmi[joint == 1] = 0
    some = (joint > 0) & (joint < 1)
    first, second = (alone[index[some]] for index in pairs)
    exact = np.log(joint[some] / (first * second)) / -np.log(joint[some])
    npmi[some] = np.clip(exact, -1, 1)  # the ends of the scale, whatever the rounding
    return float(npmi.mean())
