"""q(z) of documents that read means in place of expectations of logarithms."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DirichletTopics, DocumentPosteriors
from fastvb.models._lda_state import LDAGlobals
from fastvb.models._word_topics import most_probable_topics, word_topics


def test_weights_of_means():
    rng = np.random.default_rng(0)
    X = sp.csr_matrix(rng.poisson(0.4, (20, 30)).astype(float))
    counts = rng.gamma(0.5, 4.0, (3, 30)) + 0.1
    view = DirichletTopics(LDAGlobals.from_topics(counts), None, mean=True)
    documents = DocumentPosteriors(
        DocumentBatch(X), view, np.full(3, 0.2), np.ones((20, 3)), mean=True
    )
    documents.run(1e-6, 100)
    owner = np.repeat(np.arange(20), np.diff(X.indptr))
    topics = counts / counts.sum(axis=1, keepdims=True)
    expected = documents.gamma[owner] * topics[:, X.indices].T
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(word_topics(documents), expected, 1e-12)
    np.testing.assert_array_equal(most_probable_topics(documents), expected.argmax(axis=1))
