"""What is read off fitted topics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

from fastvb import LatentDirichletAllocation, metrics
from fastvb.datasets import make_lda_corpus
from fastvb.models._topic_words import relevance_scores

from_topics = LatentDirichletAllocation.from_topics
from_components = LatentDirichletAllocation.from_components
WORDS = ["ant", "bee", "cow", "dog", "eel"]


@pytest.fixture(scope="module")
def fitted():
    X = make_lda_corpus(60, 50, 4, document_length=40, random_state=0)[0].counts
    return LatentDirichletAllocation(4, random_state=0).fit(X), X


def test_weights_are_shares_of_the_tokens(fitted):
    lda, X = fitted
    assert lda.topic_weights_.sum() == pytest.approx(1)
    tokens = lda.components_.sum(axis=1) - 50 / 4
    np.testing.assert_allclose(lda.topic_weights_, tokens / X.sum(), 1e-6)
    assert from_topics(np.full((2, 3), 1 / 3)).topic_weights_ is None


def test_top_words_by_probability(fitted):
    lda, _ = fitted
    expected = np.argsort(-lda.topic_word_distribution(), axis=1, kind="stable")[:, :7]
    assert lda.top_words(7) == expected.tolist()
    assert [len(words) for words in lda.top_words(500)] == [50] * 4


def test_top_words_have_names():
    pd = pytest.importorskip("pandas", reason="needs pandas")
    X = pd.DataFrame([[5, 1, 0, 0, 0], [0, 0, 0, 4, 2]], columns=WORDS)
    lda = LatentDirichletAllocation(2, random_state=0, topic_word_prior=0.01).fit(X)
    named = lda.top_words(2)
    assert sorted(named) == [["ant", "bee"], ["dog", "eel"]]
    numbers = lda.top_words(2, vocabulary=range(5))
    assert [[WORDS[i] for i in row] for row in numbers] == named
    assert lda.top_words(1, vocabulary=list("vwxyz")) == [[list("vwxyz")[r[0]]] for r in numbers]


def test_relevance_of_sievert_and_shirley():
    components = np.array([[30.0, 10, 1, 5, 1], [10, 1, 20, 5, 1]]) + 0.5
    lda = from_components(components, topic_word_prior=1.5)
    topics = components / components.sum(axis=1, keepdims=True)
    overall = lda.topic_weights_ @ topics
    for part in (0.0, 0.3, 0.6, 1.0):
        scores = part * np.log(topics) + (1 - part) * np.log(topics / overall)
        scores[:, 4] = part * np.log(topics[:, 4])  # has its prior alone: lift 1
        found = lda.top_words(5, relevance=part)
        assert found == np.argsort(-scores, axis=1, kind="stable").tolist()
    assert lda.top_words(1, relevance=0.0) == [[1], [2]]
    assert lda.top_words(1) == [[0], [2]]


@pytest.mark.parametrize("part", [0.0, 0.5])
def test_impossible_words_are_not_relevant(part):
    topics = np.array([[0.5, 0.4, 0.1, 0.0, 0.0], [0.1, 0.5, 0.4, 0.0, 0.0]])
    seen = np.array([True, True, True, False, False])
    scores = relevance_scores(topics, np.array([0.5, 0.5]), seen, part)
    assert np.isneginf(scores[:, 3:]).all()
    assert np.isfinite(scores[:, :3]).all()
    assert from_topics(topics).top_words(3, relevance=part)[0][0] == 0


def test_table_of_known_topics():
    lda = from_topics([[0.5, 0.5, 0.0, 0.0], [0.0, 0.25, 0.5, 0.25]], doc_topic_prior=0.01)
    table = lda.topics_table(n_words=2, vocabulary=WORDS[:4])
    assert list(table) == ["topic", "weight", "effective_words", "exclusivity", "top_words"]
    assert table["topic"].tolist() == [0, 1]
    assert np.isnan(table["weight"]).all()
    assert table["effective_words"] == pytest.approx([2, 2**1.5])
    assert table["exclusivity"] == pytest.approx([(1 + 2 / 3) / 2, (1 + 1 / 3) / 2])
    assert table["top_words"] == ["ant, bee", "cow, bee"]
    shares = lda.topics_table([[6, 0, 0, 0], [0, 0, 1, 1]])["weight"]
    assert shares == pytest.approx([0.75, 0.25], abs=1e-3)


def test_table_of_a_fit(fitted):
    lda, X = fitted
    table = lda.topics_table(X)
    gamma = lda.transform(X, normalize=False).sum(axis=0) - 60 / 4
    np.testing.assert_allclose(table["weight"], gamma / X.sum(), 1e-6)
    table["npmi"] = metrics.coherence_npmi(lda, X)
    assert {len(column) for column in table.values()} == {4}
    assert len(table) == 6
    assert (lda.topics_table()["weight"] == lda.topic_weights_).all()
    with pytest.raises(ValueError, match="at least one token"):
        lda.topics_table(np.zeros((2, 50)))


def test_distances_between_models():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.full(300, 0.1), 4), rng.dirichlet(np.full(300, 0.1), 3)
    a, b = from_topics(p), from_topics(q)
    pairs = [(i, j) for i in range(4) for j in range(3)]
    oracles = {
        "hellinger": lambda p, q: np.sqrt(1 - np.sqrt(p * q).sum()),
        "jensen-shannon": lambda p, q: jensenshannon(p, q, base=2),
        "kl": lambda p, q: rel_entr(p, q).sum(),
    }
    for metric, oracle in oracles.items():
        expected = np.reshape([oracle(p[i], q[j]) for i, j in pairs], (4, 3))
        np.testing.assert_allclose(a.diff(b, metric=metric), expected, 1e-9)
        np.testing.assert_allclose(np.diag(a.diff(a, metric=metric)), 0, atol=1e-7)
    permutation, similarity = metrics.match_topics(a, b)
    paired = permutation >= 0
    np.testing.assert_allclose(
        1 - a.diff(b)[paired, permutation[paired]] ** 2, similarity[paired], 1e-9
    )


def test_distances_at_the_ends_of_their_scales():
    a = from_topics([[0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    b = from_topics([[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 0.0, 0.0]])
    for metric in ("hellinger", "jensen-shannon"):
        np.testing.assert_allclose(a.diff(b, metric=metric)[0], [1, 0], atol=1e-7)
    np.testing.assert_allclose(a.diff(b, metric="kl"), [[np.inf, 0], [np.inf, np.inf]])
    np.testing.assert_allclose(b.diff(a, metric="kl")[:, 1], np.log(2))
    np.testing.assert_allclose(a.diff(b, metric="jaccard", n_top_words=2)[0], [1, 0])
    three = from_topics([[0.4, 0.3, 0.2, 0.1]]), from_topics([[0.1, 0.4, 0.3, 0.2]])
    assert three[0].diff(three[1], metric="jaccard", n_top_words=3)[0, 0] == pytest.approx(0.5)


def test_words_are_matched_by_name():
    a = from_topics([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    b = from_topics([[0.1, 0.4, 0.25, 0.25]])
    with pytest.raises(ValueError, match="got 3 and 4 words"):
        a.diff(b)
    a.feature_names_in_ = np.array(["ant", "bee", "cow"], dtype=object)
    b.feature_names_in_ = np.array(["dog", "cow", "ant", "eel"], dtype=object)
    p, q = np.array([0.5, 0.2]) / 0.7, np.array([0.25, 0.4]) / 0.65
    assert a.diff(b, metric="kl")[0, 0] == pytest.approx(rel_entr(p, q).sum())
    c = from_topics([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])  # the same words in another order
    c.feature_names_in_ = a.feature_names_in_[::-1].copy()
    np.testing.assert_allclose(np.diag(a.diff(c)), 0, atol=1e-7)
    b.feature_names_in_ = np.array(["w", "x", "y", "z"], dtype=object)
    with pytest.raises(ValueError, match=r"got none: this model's first words are 'ant', 'bee'"):
        a.diff(b)
    b.feature_names_in_ = np.array(["ant", "x", "y", "z"], dtype=object)
    a.components_ = [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]
    with pytest.raises(ValueError, match="got topic 1 without"):
        a.diff(b)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda lda: lda.top_words(0), ValueError, "n_words to be at least 1"),
        (lambda lda: lda.top_words(relevance=1.5), ValueError, "relevance to be finite"),
        (lambda lda: lda.top_words(vocabulary=["a"]), ValueError, "each of the 50 features"),
        (lambda lda: lda.topics_table(vocabulary=["a"]), ValueError, "each of the 50 features"),
        (lambda lda: lda.topics_table(np.ones((1, 3))), ValueError, "X has 3 features"),
        (lambda lda: lda.diff(lda, metric="cosine"), ValueError, "metric to be one of"),
        (lambda lda: lda.diff(lda.components_), TypeError, "fitted topic model"),
        (lambda lda: lda.diff(lda, n_top_words=0), ValueError, "n_top_words to be at least 1"),
        (lambda lda: lda.diff(LatentDirichletAllocation()), ValueError, "fitted"),
        (lambda lda: LatentDirichletAllocation().top_words(), ValueError, "fitted"),
        (lambda lda: LatentDirichletAllocation().topic_weights_, AttributeError, "fitted"),
    ],
)
def test_bad_input(fitted, call, error, message):
    with pytest.raises(error, match=message):
        call(fitted[0])


def test_table_makes_a_data_frame(fitted):
    pd = pytest.importorskip("pandas", reason="needs pandas")
    assert pd.DataFrame(fitted[0].topics_table()).shape[0] == 4
