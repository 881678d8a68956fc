from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastvb.datasets import generators, make_lda_corpus, write_lda_corpus


def test_shapes_and_distributions() -> None:
    corpus, topics, doc_topics = make_lda_corpus(40, 60, 3, document_length=50, random_state=0)
    assert corpus.counts.shape == (40, 60)
    assert corpus.counts.has_canonical_format
    assert topics.shape == (3, 60)
    assert doc_topics.shape == (40, 3)
    np.testing.assert_allclose(topics.sum(axis=1), 1.0)
    np.testing.assert_allclose(doc_topics.sum(axis=1), 1.0)


def test_counts_follow_the_truth() -> None:
    """Word frequencies of each document, within the noise of the draw."""
    corpus, topics, doc_topics = make_lda_corpus(
        200, 30, 4, document_length=2000, topic_word_prior=0.2, random_state=1
    )
    counts = corpus.counts.toarray()
    lengths = counts.sum(axis=1)
    assert abs(lengths.mean() - 2000) < 6 * np.sqrt(2000 / 200)
    p = doc_topics @ topics
    z = (counts - lengths[:, None] * p) / np.sqrt(lengths[:, None] * p * (1 - p) + 1e-12)
    likely = lengths[:, None] * p > 5
    assert abs(z[likely].std() - 1) < 0.1
    assert np.abs(z[likely]).max() < 6


def test_priors_are_used() -> None:
    _, topics, doc_topics = make_lda_corpus(
        2000, 20, 3, doc_topic_prior=[0.5, 1.0, 2.5], topic_word_prior=1000.0, random_state=2
    )
    np.testing.assert_allclose(doc_topics.mean(axis=0), [0.125, 0.25, 0.625], atol=0.03)
    np.testing.assert_allclose(topics, 1 / 20, atol=0.01)


@pytest.mark.parametrize("kind", [int, np.random.default_rng, np.random.RandomState])
def test_random_state(kind: type) -> None:
    first, topics, _ = make_lda_corpus(20, 30, 3, random_state=kind(5))
    second, same, _ = make_lda_corpus(20, 30, 3, random_state=kind(5))
    assert (first.counts != second.counts).nnz == 0
    np.testing.assert_array_equal(topics, same)
    other, _, _ = make_lda_corpus(20, 30, 3, random_state=kind(6))
    assert (first.counts != other.counts).nnz > 0


def test_empty_documents_and_one_topic() -> None:
    corpus, _, doc_topics = make_lda_corpus(50, 10, 1, document_length=0.5, random_state=0)
    assert (corpus.counts.sum(axis=1) == 0).any()
    assert corpus.counts.shape == (50, 10)
    np.testing.assert_allclose(doc_topics, 1.0)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"n_words": 0}, ValueError, "Expected n_words to be at least 1, got n_words=0"),
        ({"n_documents": 2.5}, TypeError, "Expected n_documents to be an integer"),
        ({"document_length": -1}, ValueError, "Expected document_length to be finite"),
        ({"doc_topic_prior": [1.0, 2.0]}, ValueError, r"of shape \(10,\)"),
        (
            {"topic_word_prior": np.nan},
            ValueError,
            "Expected topic_word_prior to be finite",
        ),
    ],
)
def test_refused_arguments(kwargs: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make_lda_corpus(**kwargs)


def test_a_corpus_in_a_file_follows_the_same_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Word frequencies of the corpus, drawn in many parts, are those of the topics' mixture."""
    monkeypatch.setattr(generators, "_MOST_DOCUMENTS", 37)
    alpha = np.array([0.5, 1.0, 2.5])
    options = {"document_length": 200, "doc_topic_prior": alpha, "random_state": 3}
    corpus, topics = write_lda_corpus(tmp_path / "x", 500, 40, 3, **options)
    with corpus:
        counts = corpus.rows(0, 500)
        assert abs(counts.sum(axis=1).mean() - 200) < 6 * np.sqrt(200 / 500)
        share = np.asarray(counts.sum(axis=0)).ravel() / counts.sum()
        np.testing.assert_allclose(share, alpha / 4 @ topics, atol=0.01)
        parts = [counts[i : i + 37].toarray() for i in range(0, 74, 37)]
        assert (parts[0] != parts[1]).any()
    again, _ = write_lda_corpus(tmp_path / "y", 500, 40, 3, **options)
    again.close()
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
