"""Document completion: weights from one half of a document's tokens, a score from the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DocumentPosteriors, TopicView

__all__ = ["completion", "split_tokens"]

_BLOCK = 2**17  # numbers that are gathered at a time and stay in the cache


def split_tokens(X: Any, rng: np.random.RandomState | np.random.Generator) -> tuple[Any, Any]:
    """Two halves of the tokens of documents in CSR, each token in either with probability 1/2."""
    first = rng.binomial(X.data.astype(np.int64), 0.5).astype(np.float64)
    halves = []
    for data in (first, X.data - first):
        half = sp.csr_matrix((data, X.indices.copy(), X.indptr.copy()), shape=X.shape)
        half.eliminate_zeros()
        halves.append(half)
    return halves[0], halves[1]


def completion(
    view: TopicView, prior: NDArray[Any], given: Any, held: Any, tol: float, max_iter: int
) -> float:
    """Mean log probability per token of the held halves, at the weights of the given ones."""
    gamma = np.ones((given.shape[0], view.n_topics))
    documents = DocumentPosteriors(DocumentBatch(given), view, prior, gamma)
    documents.run(tol, max_iter)
    weights = documents.gamma / documents.gamma.sum(axis=1, keepdims=True)
    return _mean_log_probability(weights, view, held)


def _mean_log_probability(weights: NDArray[np.float64], view: TopicView, held: Any) -> float:
    """Mean over tokens of log sum_k weights[d, k] topics[k, w], block by block of entries."""
    entries = held.tocoo()
    if entries.nnz == 0:
        raise ValueError("Expected X to leave at least one token to score, got none.")
    at = view.at(np.arange(view.n_words))
    rows = at.rows[:, : view.n_topics]
    total = float(entries.data @ at.log_scale[entries.col])
    block = max(1, _BLOCK // view.n_topics)
    for start in range(0, entries.nnz, block):
        part = slice(start, start + block)
        probability = np.einsum("ik,ik->i", weights[entries.row[part]], rows[entries.col[part]])
        total += float(entries.data[part] @ np.log(probability))
    return total / float(entries.data.sum())
