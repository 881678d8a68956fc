"""Topic diversity."""

from __future__ import annotations

import numpy as np
import pytest

import fastvb
from fastvb.metrics import topic_diversity


def test_by_hand():
    topics = np.array([[5, 4, 3, 2, 1, 0], [0, 4, 3, 1, 2, 5], [3, 3, 3, 0, 0, 0]])
    assert topic_diversity(topics, n_top_words=1) == pytest.approx(2 / 3)  # 0; 5; 0
    assert topic_diversity(topics, n_top_words=2) == pytest.approx(3 / 6)  # 0 1; 5 1; 0 1
    assert topic_diversity(topics, n_top_words=6) == pytest.approx(6 / 18)
    assert topic_diversity(np.ones((4, 25))) == 0.25
    assert topic_diversity(np.eye(3), n_top_words=1) == 1.0


def test_estimator():
    X = np.random.default_rng(0).poisson(1.0, (20, 30))
    lda = fastvb.LatentDirichletAllocation(3, random_state=0, max_iter=2).fit(X)
    assert topic_diversity(lda) == topic_diversity(lda.components_)


@pytest.mark.parametrize("n_top_words", [0, 4])
def test_bad_number_of_words(n_top_words):
    with pytest.raises(ValueError, match=f"Expected n_top_words to be at .*={n_top_words}"):
        topic_diversity(np.ones((2, 3)), n_top_words=n_top_words)


def test_bad_topics():
    with pytest.raises(TypeError, match="Expected topics to be"):
        topic_diversity(None)
    with pytest.raises(ValueError, match="row of zeros"):
        topic_diversity(np.zeros((2, 30)))
