"""Topics that learn on: partial_fit of LatentDirichletAllocation."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp
from reference.toy_lda import CORPUS, Days, lda

from fastvb import LatentDirichletAllocation
from fastvb.datasets import CorpusFile


def test_partial_fit_follows_the_equations():
    """Hoffman, Blei and Bach (2010), algorithm 2, written out."""
    X = sp.csr_matrix(CORPUS, dtype=float)
    online = lda("online", total_samples=500, max_doc_update_iter=7, mean_change_tol=0.0)
    topics = np.random.RandomState(0).gamma(100.0, 0.01, (4, 60))
    for update, start in enumerate(range(0, 120, 32), 1):
        documents = X[start : start + 32]
        n_docs = documents.shape[0]
        counts = twin.local_step(
            documents, twin.elog_topics(topics), np.full(4, 0.25), np.ones((n_docs, 4)), 0.0, 7
        )[3]
        rho = (10.0 + update) ** -0.7
        topics = (1 - rho) * topics + rho * (0.25 + 500 / n_docs * counts)
        online.partial_fit(documents)
        np.testing.assert_allclose(online.components_, topics, 1e-10)
        assert online.n_batch_iter_ == update + 1
    whole = lda("online", total_samples=500, max_doc_update_iter=7, mean_change_tol=0.0)
    np.testing.assert_allclose(whole.partial_fit(X).components_, topics, 1e-10)
    assert whole.n_samples_seen_ == online.n_samples_seen_ == 120


def test_partial_fit_asks_how_many_documents_there_are():
    with pytest.warns(UserWarning, match="Expected total_samples"):
        seen = lda("online").partial_fit(CORPUS[:60])
    with pytest.warns(UserWarning, match="seen so far"):
        seen.partial_fit(CORPUS[60:100])
    told = lda("online", total_samples=60).partial_fit(CORPUS[:60])
    told.total_samples = 100
    told.partial_fit(CORPUS[60:100])
    np.testing.assert_array_equal(seen.components_, told.components_)


def test_partial_fit_goes_on_after_fit_and_after_loading(tmp_path):
    made = lda("online", total_samples=120).fit(CORPUS[:100])
    made.save(tmp_path / "model.npz")
    loaded = LatentDirichletAllocation.load(tmp_path / "model.npz")
    for model in (made, loaded):
        model.partial_fit(CORPUS[100:])
    np.testing.assert_allclose(loaded.components_, made.components_, 1e-12)
    assert made.n_batch_iter_ == loaded.n_batch_iter_ == 1 + 5 * 4 + 1
    assert made.n_samples_seen_ == 120


@pytest.mark.parametrize("method", ["online", "structured", "streaming"])
def test_partial_fit_goes_on_from_given_components(method):
    given = 1.0 + np.random.default_rng(0).random((4, 60))
    options = {"doc_topic_prior": 0.25, "topic_word_prior": 0.25, "total_samples": 120}
    made = LatentDirichletAllocation.from_components(
        given, learning_method=method, random_state=0, **options
    )
    made.partial_fit(CORPUS[:64])
    assert made.n_samples_seen_ == 64
    assert (made.components_ != given).any()


def test_streaming_from_given_components_keeps_what_they_know():
    given = 100.0 + np.random.default_rng(0).random((4, 60))
    made = LatentDirichletAllocation.from_components(given, learning_method="streaming")
    made.partial_fit(CORPUS[:10])
    np.testing.assert_allclose(made.components_.sum(), given.sum() + CORPUS[:10].sum(), 1e-10)


def test_streaming_in_parts_from_random_documents():
    made = lda("streaming", doc_init="random").partial_fit(CORPUS[:60]).partial_fit(CORPUS[60:])
    np.testing.assert_allclose(made.components_.sum(), CORPUS.sum() + 60 * 4 / 4, 1e-10)


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_components", 40), ("doc_topic_prior_", -1.0), ("topic_word_prior_", np.ones(5))],
)
@pytest.mark.parametrize("method", ["online", "streaming"])
def test_what_was_changed_is_checked_by_partial_fit(method, name, value):
    made = lda(method).fit(CORPUS)
    before = made.components_
    setattr(made, name, value)
    with pytest.raises(ValueError, match=f"Expected {name} to"):
        made.partial_fit(CORPUS)
    np.testing.assert_array_equal(made.components_, before)


def test_a_model_is_whole_between_updates():
    """What was looked at before an update is not what there is after it."""
    made = lda("online", total_samples=120).partial_fit(CORPUS[:32])
    before, weights = made.components_.copy(), made.transform(CORPUS[:5])
    made.partial_fit(CORPUS[32:64])
    assert (made.components_ != before).all()
    assert (made.transform(CORPUS[:5]) != weights).any()
    again = LatentDirichletAllocation.from_components(made.components_, doc_topic_prior=0.25)
    np.testing.assert_allclose(again.transform(CORPUS[:5]), made.transform(CORPUS[:5]), 1e-12)


def test_streaming_in_parts():
    whole = lda("streaming", batch_size=60, doc_init="ones").fit(CORPUS)
    parts = lda("streaming", doc_init="ones").partial_fit(CORPUS[:60]).partial_fit(CORPUS[60:])
    np.testing.assert_allclose(parts.components_, whole.components_, 1e-10)
    total = parts.components_.sum() - 4 * 60 * 0.25
    assert total == pytest.approx(CORPUS.sum(), rel=1e-12)


def test_forgetting():
    """With everything forgotten, the last batch is all that counts."""
    parts = lda("streaming", forgetting=1.0).partial_fit(CORPUS[:60]).partial_fit(CORPUS[60:])
    total = parts.components_.sum() - 4 * 60 * 0.25
    assert total == pytest.approx(CORPUS[60:].sum(), rel=1e-12)
    half = lda("streaming", forgetting=0.5).partial_fit(CORPUS[:60]).partial_fit(CORPUS[60:])
    total = half.components_.sum() - 4 * 60 * 0.25
    assert total == pytest.approx(CORPUS[:60].sum() / 2 + CORPUS[60:].sum(), rel=1e-12)


def test_new_words():
    names = np.array([f"word{v}" for v in range(60)], dtype=object)
    made = lda("online", total_samples=120, vocabulary="grow")
    made.partial_fit(CORPUS[:60, :40], feature_names=names[:40])
    shuffled = np.random.default_rng(0).permutation(60)
    made.partial_fit(CORPUS[60:, shuffled], feature_names=names[shuffled])
    assert made.components_.shape == (4, 60)
    assert sorted(made.feature_names_in_) == sorted(names)
    assert made.feature_names_in_[:40].tolist() == names[:40].tolist()
    order = [list(made.feature_names_in_).index(name) for name in names]
    assert made.seen_words_[order][np.asarray(CORPUS[60:].sum(axis=0)).ravel() > 0].all()
    assert made.transform(CORPUS[:, :60]).shape == (120, 4)

    fixed = lda("online", total_samples=120).partial_fit(CORPUS[:60, :40], feature_names=names[:40])
    before = fixed.components_.copy()
    with pytest.raises(ValueError, match=r'20 new: .*vocabulary="grow"'):
        fixed.partial_fit(CORPUS, feature_names=names)
    np.testing.assert_array_equal(fixed.components_, before)
    fixed.partial_fit(CORPUS[60:, [3, 1, 2]], feature_names=names[[3, 1, 2]])
    assert fixed.components_.shape == (4, 40)
    per_word = lda("online", total_samples=9, vocabulary="grow", topic_word_prior=np.ones(40))
    per_word.partial_fit(CORPUS[:60, :40], feature_names=names[:40])
    with pytest.raises(ValueError, match="topic_word_prior to be a number"):
        per_word.partial_fit(CORPUS, feature_names=names)


@pytest.mark.parametrize(
    ("method", "message"), [("memoized", "visits documents once"), ("nothing", "one of")]
)
def test_partial_fit_refuses(method, message):
    with pytest.raises(ValueError, match=message):
        lda(method).partial_fit(CORPUS)


def test_known_topics_do_not_learn():
    known = LatentDirichletAllocation.from_topics(np.full((4, 60), 1 / 60))
    with pytest.raises(ValueError, match="known topics"):
        known.partial_fit(CORPUS)


@pytest.mark.parametrize("method", ["collapsed", "structured", "structured-full"])
def test_stochastic_methods_in_parts(method):
    made = lda(method, total_samples=120)
    for start in range(0, 120, 40):
        made.partial_fit(CORPUS[start : start + 40])
    assert made.n_batch_iter_ == 1 + 6
    assert (made.components_ > 0).all()
    again = lda(method, total_samples=120)
    for start in range(0, 120, 40):
        again.partial_fit(CORPUS[start : start + 40])
    np.testing.assert_array_equal(again.components_, made.components_)


def test_number_of_documents_is_asked_for():
    with pytest.raises(ValueError, match="Expected total_samples"):
        lda("online").fit(Days(CORPUS))
    with pytest.raises(ValueError, match="memoized"):
        lda("memoized").fit(Days(CORPUS))


def test_partial_fit_takes_a_generator():
    parts = lda("online", total_samples=120).partial_fit(iter(Days(CORPUS, 32)))
    whole = lda("online", total_samples=120).partial_fit(CORPUS)
    np.testing.assert_array_equal(parts.components_, whole.components_)


def test_given_total_counts_more_than_that_of_a_file(tmp_path):
    with CorpusFile.write(tmp_path / "corpus.fvb", CORPUS) as corpus:
        of_file = lda("online").partial_fit(corpus)
        told, more = (lda("online", total_samples=n).partial_fit(corpus) for n in (120, 1000))
    np.testing.assert_array_equal(of_file.components_, told.components_)
    assert more.components_.sum() > 2 * told.components_.sum()


@pytest.mark.parametrize(
    ("method", "size", "parameters"),
    [
        ("streaming", 1e308, {}),
        ("online", 1e300, {"total_samples": 1e20}),
        ("structured", 1e300, {"total_samples": 1e20}),
    ],
)
def test_an_overflow_of_partial_fit_leaves_the_topics_as_they_were(method, size, parameters):
    names = [f"word{v}" for v in range(60)]
    made = lda(method, vocabulary="grow", **{"total_samples": 120, **parameters})
    for _ in range(2):
        made.partial_fit(CORPUS[:, :40], feature_names=names[:40])
    before = pickle.loads(pickle.dumps(made))
    large = CORPUS[:60].astype(np.float64)
    large.data[5:8] = size
    with pytest.raises(FloatingPointError, match="finite"):
        made.partial_fit(large, feature_names=names)
    for found in (made, before):
        found.partial_fit(CORPUS[:, :40], feature_names=names[:40])
    np.testing.assert_array_equal(made.components_, before.components_)
    assert made.n_samples_seen_ == before.n_samples_seen_
