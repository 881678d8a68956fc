"""The learning methods of LatentDirichletAllocation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from reference.toy_lda import CORPUS, METHODS, Days, lda

from fastvb import LatentDirichletAllocation
from fastvb.datasets import CorpusFile, make_lda_corpus
from fastvb.metrics import completion_score


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_topics(method, dtype):
    X = CORPUS.astype(dtype)
    made = lda(method, max_iter=30, tol=0).fit(X)
    assert made.components_.dtype == dtype
    assert made.n_samples_seen_ == 120
    assert np.isfinite(made.lower_bounds_).all()
    unfitted = LatentDirichletAllocation.from_components(np.ones((4, 60)), doc_topic_prior=0.25)
    assert completion_score(made, CORPUS) > completion_score(unfitted, CORPUS) + 0.3
    weights = made.transform(X)
    np.testing.assert_allclose(weights.sum(axis=1), 1, 1e-5)
    assert made.fit_transform(X).tobytes() == weights.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_bits_do_not_depend_on_threads(method):
    X = make_lda_corpus(200, 1500, 4, random_state=1)[0].counts
    alone = lda(method, n_jobs=1, max_iter=2, batch_size=100).fit(X)
    together = lda(method, n_jobs=3, max_iter=2, batch_size=100).fit(X)
    np.testing.assert_array_equal(alone.components_, together.components_)
    np.testing.assert_array_equal(alone.lower_bounds_, together.lower_bounds_)


def test_updates_are_counted():
    assert lda("online").fit(CORPUS).n_batch_iter_ == 1 + 5 * 4  # 120 documents by 32
    assert lda("memoized", tol=0).fit(CORPUS).n_batch_iter_ == 1 + 5 * 4
    assert lda("streaming").fit(CORPUS).n_batch_iter_ == 1 + 4
    assert lda("batch", tol=0).fit(CORPUS).n_batch_iter_ == 1 + 5


def test_whole_steps_on_all_documents_are_coordinate_ascent():
    """Steps of length 1 on one mini-batch; the start is drawn after the seed of the order."""
    online = lda("online", learning_decay=0.0, batch_size=120, max_iter=1).fit(CORPUS)
    rng = np.random.RandomState(0)
    rng.randint(2**31, dtype=np.int64)
    batch = lda("batch", max_iter=1, doc_init="ones", random_state=rng).fit(CORPUS)
    np.testing.assert_allclose(online.components_, batch.components_, 1e-11)


@pytest.mark.parametrize("method", ["batch", "collapsed", "online", "structured"])
def test_the_warning_names_the_line_of_the_call(method):
    with pytest.warns(UserWarning, match="Expected total_samples") as caught:
        lda(method).partial_fit(CORPUS)
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]


def test_validation_and_patience():
    train, held = CORPUS[:90], CORPUS[90:]
    made = lda("batch", max_iter=6, tol=0).fit(train, validation=held)
    assert made.validation_scores_.shape == (6,)
    assert made.validation_scores_[-1] == pytest.approx(completion_score(made, held), rel=1e-12)
    many = lda("online", max_iter=500, learning_decay=0.9)
    stopped = many.fit(train, validation=held, patience=3)
    assert stopped.converged_
    assert 3 < stopped.n_iter_ < 500
    best = int(stopped.validation_scores_.argmax())
    assert stopped.n_iter_ == best + 1 + 3
    assert not hasattr(stopped.fit(train), "validation_scores_")
    with pytest.raises(ValueError, match="whole numbers"):
        lda("batch").fit(train, validation=held * 0.5)
    with pytest.raises(ValueError, match="score"):
        lda("batch").fit(train, patience=2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("counts", [CORPUS, CORPUS * 1e-3, CORPUS * 2.5e6])
def test_collapsed_counts_each_token_once(counts, dtype):
    """Though phi is kept in half precision: its sums are 1 give or take 1e-4."""
    made = lda("collapsed", topic_word_prior=0.25).fit(counts.astype(dtype))
    expected = counts.sum(axis=0) + 4 * 0.25
    rtol = 1e-12 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(made.components_.sum(axis=0, dtype=float), expected, rtol)


def test_collapsed_within_the_budget(tmp_path):
    """Two forms, of which the larger is taken where it fits; both find the topics."""
    large = lda("collapsed", max_iter=40, tol=0).fit(CORPUS)
    small = lda("collapsed", max_iter=40, memory_budget=1e4, learning_offset=1.0).fit(CORPUS)
    assert large.n_batch_iter_ == 1 + 40
    with CorpusFile.write(tmp_path / "corpus.fvb", CORPUS) as corpus:  # likewise
        assert lda("collapsed", tol=0).fit(corpus).n_batch_iter_ == 1 + 5
        assert lda("collapsed", tol=0, memory_budget=1e4).fit(corpus).n_batch_iter_ == 1 + 5 * 4
    assert small.n_batch_iter_ == 1 + 40 * 4
    scores = [completion_score(made, CORPUS) for made in (large, small)]
    assert abs(scores[0] - scores[1]) < 0.05
    tokens = large.components_.sum() - 4 * 60 * 0.25
    assert tokens == pytest.approx(CORPUS.sum(), rel=1e-4)  # phi is in half precision


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_collapsed_knows_which_words_it_has_seen(dtype):
    """0.1 is not the same in both precisions."""
    X = np.array([[3, 2, 0, 0], [2, 4, 0, 0], [0, 1, 3, 0]], dtype)
    lda = LatentDirichletAllocation(
        2, topic_word_prior=0.1, learning_method="collapsed", random_state=0
    ).fit(X)
    assert lda.seen_words_.tolist() == [True, True, True, False]
    assert (lda.components_[:, 3] == dtype(0.1)).all()


@pytest.mark.parametrize("local_step", ["mean-field", "collapsed", "gibbs"])
def test_local_steps_given_a_draw(local_step):
    options = {"local_step": local_step, "max_iter": 30, "learning_offset": 1.0}
    made = lda("structured", **options).fit(CORPUS)
    unfitted = LatentDirichletAllocation.from_components(np.ones((4, 60)), doc_topic_prior=0.25)
    assert completion_score(made, CORPUS) > completion_score(unfitted, CORPUS) + 0.3
    threads = lda("structured", n_jobs=3, **options).fit(CORPUS)
    np.testing.assert_array_equal(made.components_, threads.components_)
    parts = lda("structured", total_samples=120, **options).partial_fit(CORPUS)
    assert parts.n_batch_iter_ == 1 + 4
    others = {"mean-field": "collapsed", "collapsed": "gibbs", "gibbs": "mean-field"}
    differs = lda("structured", **{**options, "local_step": others[local_step]}).fit(CORPUS)
    assert (differs.components_ != made.components_).any()


def test_gibbs_sampling_needs_whole_tokens():
    made = lda("structured", local_step="gibbs", total_samples=120).fit(CORPUS)
    before = made.components_.copy()
    for learn in (made.fit, made.partial_fit):
        with pytest.raises(ValueError, match="whole-number counts"):
            learn(CORPUS * 0.5)
    np.testing.assert_array_equal(made.components_, before)


def test_structured_bound():
    """Above the mean-field bound of the same topics: it knows how words depend on one another."""
    made = lda("structured", max_iter=60, learning_decay=0.9, learning_offset=1.0).fit(CORPUS)
    estimate, error = made.structured_bound(CORPUS, n_draws=30, random_state=1)
    assert 0 < error < 0.01 * abs(estimate)
    assert estimate > made.elbo(CORPUS)
    again = made.structured_bound(CORPUS, n_draws=30, random_state=1)
    assert again == (estimate, error)
    other = made.structured_bound(CORPUS, n_draws=30, random_state=2)
    assert abs(other[0] - estimate) < 6 * (error + other[1])
    with pytest.raises(ValueError, match="n_draws"):
        made.structured_bound(CORPUS, n_draws=1)


@pytest.mark.parametrize("method", ["batch", "collapsed", "online", "streaming"])
def test_matrices_one_after_the_other(method):
    options = {"total_samples": None if method in ("batch", "streaming") else 500, "tol": 0}
    ordered = lda(method, **options).fit(list(Days(CORPUS)))
    again = lda(method, **options).fit(Days(CORPUS))
    np.testing.assert_array_equal(ordered.components_, again.components_)
    assert again.n_samples_seen_ == 120
    if method == "batch":
        np.testing.assert_allclose(ordered.components_, lda(method, tol=0).fit(CORPUS).components_)
    with pytest.raises(TypeError, match="partial_fit"):
        lda(method).fit(iter(list(Days(CORPUS))))


@pytest.mark.parametrize("method", ["batch", "online", "streaming"])
def test_a_pass_that_fails_leaves_the_estimator_as_it_was(method):
    class Failing(Days):
        def __iter__(self):
            nonlocal n_left
            n_left -= 1
            if n_left == 0:
                raise OSError("disk")
            return super().__iter__()

    made = lda(method, total_samples=120, max_iter=2, doc_topic_prior="learn-symmetric")
    made.fit(CORPUS[:60])
    n_passes, failed = 0, True
    while failed:
        n_passes += 1
        n_left, before = n_passes, dict(vars(made))
        try:
            made.fit(Failing(CORPUS))
        except OSError:
            assert vars(made) == before
        else:
            failed = False
    assert n_passes > 2


@pytest.mark.parametrize("method", METHODS)
def test_corpus_file(method, tmp_path):
    names = [f"word{v}" for v in range(60)]
    corpus = CorpusFile.write(tmp_path / "corpus.fvb", CORPUS, vocabulary=names)
    with corpus:
        made = lda(method, tol=0).fit(corpus)
        assert made.feature_names_in_.tolist() == names
        assert made.n_samples_seen_ == 120
        assert made.components_.dtype == np.float32
        if method in ("batch", "collapsed", "memoized", "streaming"):  # in the order of the file
            same = lda(method, tol=0).fit(CORPUS.astype(np.float32))
            np.testing.assert_allclose(made.components_, same.components_, 1e-4)
        resumed = lda(method, tol=0).fit(corpus, checkpoint=tmp_path / "state", resume=True)
        np.testing.assert_array_equal(resumed.components_, made.components_)
        if method != "memoized":
            lda(method).partial_fit(corpus)


@pytest.mark.parametrize("method", METHODS)
def test_seen_words(method, tmp_path):
    """Words without data, which topics of a random start cannot tell from the others."""
    X = sp.lil_matrix(CORPUS)
    X[:, [3, 17, 59]] = 0
    X = X.tocsr()
    seen = np.asarray(X.sum(axis=0)).ravel() > 0
    made = lda(method).fit(X)
    np.testing.assert_array_equal(made.seen_words_, seen)
    made.save(tmp_path / "model.npz")
    loaded = LatentDirichletAllocation.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(loaded.seen_words_, seen)
    if method != "memoized":
        parts = lda(method, total_samples=120).partial_fit(X[:60])
        parts.partial_fit(X[60:])
        np.testing.assert_array_equal(parts.seen_words_, seen)
