"""Coherence by normalised pointwise mutual information."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp

import fastvb
from fastvb.metrics import coherence_npmi


def test_by_hand():
    """Four documents. Words 0 and 1: p = 3/4, 1/2, together 1/2. Words 0 and 2: together 1/4."""
    X = np.array([[1, 9, 0, 0], [2, 1, 0, 0], [1, 0, 1, 0], [0, 0, 5, 0]])
    topics = [[0.6, 0.3, 0.1, 0], [0.6, 0.1, 0.3, 0], [0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5]]
    expected = [
        np.log((1 / 2) / (3 / 4 * 1 / 2)) / np.log(2),
        np.log((1 / 4) / (3 / 4 * 1 / 2)) / np.log(4),
        -1.0,  # never together
        -1.0,  # word 3 is nowhere
    ]
    np.testing.assert_allclose(coherence_npmi(topics, X, n_top_words=2), expected, 1e-14)
    three = np.mean([expected[0], expected[1], -1.0])
    assert coherence_npmi(topics, X, n_top_words=3)[0] == pytest.approx(three, rel=1e-14)


def test_ends_of_the_scale():
    topics = np.ones((1, 2))
    together, apart = [[1, 1], [1, 1], [0, 0]], [[1, 0], [0, 1]]
    assert coherence_npmi(topics, together, n_top_words=2) == pytest.approx(1.0)
    assert coherence_npmi(topics, apart, n_top_words=2) == -1.0
    independent = [[1, 1], [1, 0], [0, 1], [0, 0]]
    assert coherence_npmi(topics, independent, n_top_words=2) == pytest.approx(0.0, abs=1e-15)
    assert coherence_npmi(topics, [[1, 2], [3, 1]], n_top_words=2) == 0.0  # in every document


def plain(topics, X, n):
    present = np.asarray(X) > 0
    scores = []
    for row in topics:
        top = sorted(range(len(row)), key=lambda v: (-row[v], v))[:n]
        values = []
        for v, w in combinations(top, 2):
            both = (present[:, v] & present[:, w]).mean()
            if both == 0:
                values.append(-1.0)
            else:
                ratio = both / present[:, v].mean() / present[:, w].mean()
                values.append(np.log(ratio) / -np.log(both))
        scores.append(np.mean(values))
    return scores


@pytest.mark.parametrize("n_top_words", [2, 10, 40])
def test_against_plain_loops(n_top_words):
    rng = np.random.default_rng(0)
    X = rng.poisson(0.3, (60, 40))
    topics = rng.dirichlet(np.full(40, 0.1), 7)
    topics[3] = np.round(topics[3], 1)  # ties
    expected = plain(topics, X, n_top_words)
    for counts in (X, sp.csr_matrix(X), sp.coo_array(X.astype(np.float32))):
        scores = coherence_npmi(topics, counts, n_top_words=n_top_words)
        np.testing.assert_allclose(scores, expected, 1e-12)


def test_zeros_that_are_stored_are_absent():
    X = sp.csr_matrix(np.array([[1.0, 1], [1, 1], [0, 1]]))
    X.data[1] = 0
    topics = np.ones((1, 2))
    assert X.nnz == 5
    np.testing.assert_array_equal(
        coherence_npmi(topics, X, n_top_words=2), coherence_npmi(topics, X.toarray(), n_top_words=2)
    )


def test_true_topics_are_more_coherent():
    corpus, topics, _ = fastvb.datasets.make_lda_corpus(
        400, 200, 5, document_length=50, random_state=0
    )
    shuffled = np.random.default_rng(0).permuted(topics, axis=1)
    true, false = (coherence_npmi(t, corpus.counts) for t in (topics, shuffled))
    assert true.shape == (5,)
    assert true.min() > false.max() + 0.1
    lda = fastvb.LatentDirichletAllocation(5, random_state=0, max_iter=5).fit(corpus.counts)
    np.testing.assert_array_equal(
        coherence_npmi(lda, corpus.counts),
        coherence_npmi(lda.topic_word_distribution(), corpus.counts),
    )


@pytest.mark.parametrize(
    ("topics", "X", "options", "error", "message"),
    [
        (np.ones((2, 3)), np.ones((1, 4)), {"n_top_words": 2}, ValueError, "4 features"),
        (np.ones((2, 3)), np.ones((1, 3)), {}, ValueError, "number of words 3, got n_top_words=10"),
        (np.ones((2, 3)), np.ones((1, 3)), {"n_top_words": 1}, ValueError, "at least 2"),
        (np.ones((2, 3)), np.ones((1, 3)), {"n_top_words": 2.0}, TypeError, "an integer"),
        (np.ones((2, 3)), -np.ones((1, 3)), {"n_top_words": 2}, ValueError, "Negative"),
        (-np.ones((2, 3)), np.ones((1, 3)), {"n_top_words": 2}, ValueError, "topics to be"),
        ("x", np.ones((1, 3)), {"n_top_words": 2}, TypeError, "topics to be an estimator"),
        (np.ones((2, 3)), np.ones((0, 3)), {"n_top_words": 2}, ValueError, "one sample"),
    ],
)
def test_bad_input(topics, X, options, error, message):
    with pytest.raises(error, match=message):
        coherence_npmi(topics, X, **options)
