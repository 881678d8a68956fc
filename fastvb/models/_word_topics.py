"""q(z): which topics the words of documents come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _word_topics
from fastvb._threads import effective_n_threads
from fastvb.models._lda_local import DocumentPosteriors, WordRows
from fastvb.special import digamma, responsibilities

__all__ = ["most_probable_topics", "word_topics"]

_SCRATCH_BYTES = 1 << 22  # of the weights of the documents that are taken at a time


def word_topics(documents: DocumentPosteriors) -> NDArray[Any]:
    """q(z) of every entry at the documents' gamma, shape (nnz, n_topics), rows sum to one."""
    n_topics, dtype = documents.view.n_topics, documents.gamma.dtype
    result = np.empty((len(documents.batch.counts), n_topics), dtype)
    for part in _parts(documents):
        _word_topics.probabilities(
            part.places, part.indptr, part.at.rows, part.theta, part.tiny, result[part.entries],
            part.underflows, effective_n_threads(documents.n_jobs),
        )  # fmt: skip
        for entries, exact in part.in_log_space():
            result[entries] = exact
    return result


def most_probable_topics(documents: DocumentPosteriors) -> NDArray[np.int32]:
    """Topic of the largest q(z) of every entry, of equal ones the first, shape (nnz,)."""
    result = np.empty(len(documents.batch.counts), dtype=np.int32)
    for part in _parts(documents):
        _word_topics.most_probable(
            part.places, part.indptr, part.at.rows, part.theta, part.at.n_topics, part.tiny,
            result[part.entries], part.underflows, effective_n_threads(documents.n_jobs),
        )  # fmt: skip
        for entries, exact in part.in_log_space():
            result[entries] = exact.argmax(axis=1)
    return result


class _Part(NamedTuple):
    """Consecutive documents, as the kernels take them."""

    at: WordRows
    places: NDArray[Any]  # (n_entries,)
    indptr: NDArray[Any]  # (n_docs + 1,)
    entries: slice  # where they are in the batch
    log_theta: NDArray[np.float64]  # (n_docs, n_topics) largest 0 in each row
    theta: NDArray[Any]  # (n_docs, stride) its exponential
    tiny: float  # sums below it may lack topics that underflowed
    underflows: NDArray[np.uint8]  # (n_docs,) 1 where there are such sums

    def in_log_space(self) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Entries of the documents whose weights underflow, and their q(z)."""
        for d in np.flatnonzero(self.underflows):
            start, stop = int(self.indptr[d]), int(self.indptr[d + 1])
            joint = self.log_theta[d] + self.at.log_rows[self.places[start:stop]]
            first = self.entries.start
            yield slice(first + start, first + stop), responsibilities(joint)[0]


def _parts(documents: DocumentPosteriors) -> Iterator[_Part]:
    batch, at = documents.batch, documents.view.at(documents.batch.words)
    stride, dtype = at.rows.shape[1], at.rows.dtype
    limits = np.finfo(dtype)
    tiny = stride * float(limits.tiny) / float(limits.eps) ** 2
    doc = entry = 0
    for part in batch.parts(max(1, _SCRATCH_BYTES // (stride * dtype.itemsize))):
        log_theta = _log_theta(documents.gamma[doc : doc + part.n_docs], documents.mean)
        theta = _aligned.empty((part.n_docs, stride), dtype)
        theta[:, : at.n_topics] = np.exp(log_theta)
        theta[:, at.n_topics :] = 0
        entries = slice(entry, entry + len(part.counts))
        underflows = np.empty(part.n_docs, dtype=np.uint8)
        yield _Part(at, part.places, part.indptr, entries, log_theta, theta, tiny, underflows)
        doc, entry = doc + part.n_docs, entries.stop


def _log_theta(gamma: NDArray[Any], mean: bool) -> NDArray[np.float64]:
    """What documents read of their weights, in logs: largest 0 in each row."""
    wide = gamma.astype(np.float64)
    logs: NDArray[np.float64] = np.log(wide) if mean else digamma(wide)
    logs -= logs.max(axis=1, keepdims=True)
    return logs
