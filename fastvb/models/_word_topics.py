"""q(z): which topics the words of documents come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.models._lda_local import DocumentPosteriors, WordRows
from fastvb.special import digamma, responsibilities

__all__ = ["most_probable_topics", "word_topics"]

_BLOCK = 1 << 17  # numbers that are multiplied at a time and stay in the cache


def word_topics(documents: DocumentPosteriors) -> NDArray[Any]:
    """q(z) of every entry at the documents' gamma, shape (nnz, n_topics), rows sum to one."""
    n_topics, dtype = documents.view.n_topics, documents.gamma.dtype
    result = np.empty((len(documents.batch.counts), n_topics), dtype)
    for entries, probabilities in _blocks(documents):
        result[entries] = probabilities
    return result


def most_probable_topics(documents: DocumentPosteriors) -> NDArray[np.int32]:
    """Topic of the largest q(z) of every entry, of equal ones the first, shape (nnz,)."""
    result = np.empty(len(documents.batch.counts), dtype=np.int32)
    for entries, probabilities in _blocks(documents):
        result[entries] = probabilities.argmax(axis=1)
    return result


def _blocks(documents: DocumentPosteriors) -> Iterator[tuple[slice, NDArray[Any]]]:
    """q(z) of consecutive entries, valid until the next ones."""
    batch, at = documents.batch, documents.view.at(documents.batch.words)
    step = max(1, _BLOCK // at.n_topics)
    rows = np.empty((step, at.rows.shape[1]), at.rows.dtype)
    for start in range(0, len(batch.counts), step):
        entries = slice(start, min(start + step, len(batch.counts)))
        places = batch.places[entries]
        first = int(np.searchsorted(batch.indptr, start, side="right")) - 1
        last = int(np.searchsorted(batch.indptr, entries.stop))
        lengths = np.diff(np.clip(batch.indptr[first : last + 1], start, entries.stop))
        docs = np.repeat(np.arange(last - first), lengths)
        log_theta = _log_theta(documents.gamma[first:last], documents.mean)
        yield entries, _normalised(at, places, docs, log_theta, rows[: len(places)])


def _log_theta(gamma: NDArray[Any], mean: bool) -> NDArray[np.float64]:
    """What documents read of their weights, in logs: largest 0 in each row."""
    wide = gamma.astype(np.float64)
    logs: NDArray[np.float64] = np.log(wide) if mean else digamma(wide)
    logs -= logs.max(axis=1, keepdims=True)
    return logs


def _normalised(
    at: WordRows,
    places: NDArray[Any],
    docs: NDArray[np.intp],
    log_theta: NDArray[np.float64],
    rows: NDArray[Any],
) -> NDArray[Any]:
    """q(z) of some entries, whose words and documents are at `places` and `docs`."""
    limits = np.finfo(rows.dtype)
    np.take(at.rows, places, axis=0, out=rows, mode="clip")
    probabilities = rows[:, : at.n_topics]
    np.maximum(probabilities, 0, out=probabilities)  # logarithms of what underflows
    probabilities *= np.exp(log_theta).astype(rows.dtype)[docs]
    norms = probabilities.sum(axis=1, keepdims=True)
    tiny = np.flatnonzero(norms[:, 0] < rows.shape[1] * limits.tiny / limits.eps**2)
    norms[tiny] = 1
    probabilities /= norms
    if len(tiny) > 0:  # entries that underflowed might matter
        joint = log_theta[docs[tiny]] + at.log_rows[places[tiny]]
        probabilities[tiny] = responsibilities(joint)[0]
    return probabilities
