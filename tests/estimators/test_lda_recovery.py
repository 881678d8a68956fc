"""Topics that made a corpus are found again."""

from __future__ import annotations

import numpy as np
import pytest

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus
from fastvb.metrics import match_topics


@pytest.mark.parametrize("seed", range(5))
def test_true_topics_are_recovered(seed):
    corpus, topics, weights = make_lda_corpus(600, 200, 5, document_length=100, random_state=seed)
    lda = LatentDirichletAllocation(
        5, doc_topic_prior=0.1, topic_word_prior=0.05, max_iter=100, random_state=seed
    ).fit(corpus.counts)
    permutation, similarity = match_topics(topics, lda)
    assert similarity.min() > 0.98
    shuffled = np.random.default_rng(seed).permuted(lda.topic_word_distribution(), axis=1)
    assert match_topics(topics, shuffled)[1].max() < 0.6  # the same numbers at other words
    inferred = lda.transform(corpus.counts)[:, permutation]
    assert np.abs(inferred - weights).mean() < 0.02
    assert np.abs(inferred[:, ::-1] - weights).mean() > 0.1
