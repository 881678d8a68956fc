"""The learning methods of LatentDirichletAllocation, and partial_fit."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp

from fastvb import LatentDirichletAllocation
from fastvb.datasets import CorpusFile, make_lda_corpus
from fastvb.metrics import completion_score

METHODS = (
    "batch", "collapsed", "online", "structured", "structured-full", "memoized", "streaming",
)  # fmt: skip
CORPUS = make_lda_corpus(120, 60, 4, random_state=0)[0].counts


def lda(method, **options):
    settings = {"learning_method": method, "max_iter": 5, "batch_size": 32, "random_state": 0}
    return LatentDirichletAllocation(4, **{**settings, **options})


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


@pytest.mark.parametrize("method", METHODS)
def test_resuming_what_is_done_changes_nothing(method, tmp_path):
    path = tmp_path / "fit.npz"
    made = lda(method).fit(CORPUS, checkpoint=path)
    again = lda(method).fit(CORPUS, checkpoint=path, resume=True)
    np.testing.assert_array_equal(again.components_, made.components_)
    assert again.n_batch_iter_ == made.n_batch_iter_


def test_resuming_with_other_data_or_a_score_that_was_not_there(tmp_path):
    path = tmp_path / "fit.npz"
    X = sp.csr_matrix(([1.0, 2.0, 3.0], [0, 1, 2], [0, 1, 3]), shape=(2, 3))
    lda("batch").fit(X, checkpoint=path)
    other = sp.csr_matrix((X.data, X.indices, [0, 2, 3]), shape=(2, 3))
    with pytest.raises(ValueError, match=r"X\.indptr"):
        lda("batch").fit(other, checkpoint=path, resume=True)
    with pytest.raises(ValueError, match="validation"):
        lda("batch").fit(X, checkpoint=path, resume=True, validation=X)
    files = [CorpusFile.write(tmp_path / f"{n}.fvb", [n * CORPUS]) for n in (1, 2)]
    lda("online").fit(files[0], checkpoint=path)
    with pytest.raises(ValueError, match=r"X\.checksum"):
        lda("online").fit(files[1], checkpoint=path, resume=True)


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


@pytest.mark.parametrize("method", ["batch", "collapsed", "online", "structured"])
def test_the_warning_names_the_line_of_the_call(method):
    with pytest.warns(UserWarning, match="Expected total_samples") as caught:
        lda(method).partial_fit(CORPUS)
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]


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


class InterruptError(Exception):
    pass


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", ["batch", "collapsed", "online", "structured", "memoized"])
def test_resumed_fit_has_the_same_bits(method, dtype, tmp_path):
    X = CORPUS.astype(dtype)

    def interrupt(state):
        if state.n_iter == 3:
            raise InterruptError

    options = {"tol": 0}
    whole = lda(method, **options).fit(X)
    path = tmp_path / "state"
    with pytest.raises(InterruptError):
        lda(method, callback=interrupt, **options).fit(X, checkpoint=path, checkpoint_every=2)
    resumed = lda(method, **options).fit(X, checkpoint=path, resume=True)
    np.testing.assert_array_equal(resumed.components_, whole.components_)
    np.testing.assert_array_equal(resumed.lower_bounds_, whole.lower_bounds_)
    assert resumed.n_batch_iter_ == whole.n_batch_iter_
    with pytest.raises(ValueError, match="doc_topic_prior"):
        lda(method, doc_topic_prior=0.7, **options).fit(X, checkpoint=path, resume=True)
    with pytest.raises(ValueError, match="checkpoint to resume from"):
        lda(method).fit(X, resume=True)


KILLED = """
import sys
import numpy as np
from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus
method, path, result = sys.argv[1:]
X = make_lda_corpus(400, 300, 4, random_state=0)[0].counts
lda = LatentDirichletAllocation(
    4, learning_method=method, max_iter=40, batch_size=50, tol=0, random_state=0, n_jobs=1)
options = {"checkpoint": path, "resume": True} if path else {}
np.save(result, lda.fit(X, **options).components_)
"""


@pytest.mark.parametrize("method", ["collapsed", "online"])
def test_killed_again_and_again(method, tmp_path):
    def run(path, result):
        return subprocess.Popen([sys.executable, "-c", KILLED, method, path, result])

    whole, path, result = str(tmp_path / "whole.npy"), tmp_path / "state", tmp_path / "result.npy"
    assert run("", whole).wait(timeout=120) == 0
    rng, n_killed = np.random.default_rng(0), 0
    for _ in range(6):
        process = run(str(path), str(result))
        began = time.monotonic()
        while not path.exists() and process.poll() is None and time.monotonic() < began + 60:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.3) if n_killed else 0.05)
        if process.poll() is not None:
            break
        process.kill()
        process.wait()
        n_killed += 1
    assert n_killed > 0
    assert run(str(path), str(result)).wait(timeout=120) == 0
    np.testing.assert_array_equal(np.load(result), np.load(whole))


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


class Days:
    """Matrices that come anew in each pass."""

    def __init__(self, X, size=50):
        self.X, self.size = X, size

    def __iter__(self):
        for start in range(0, self.X.shape[0], self.size):
            yield self.X[start : start + self.size]


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


def test_number_of_documents_is_asked_for():
    with pytest.raises(ValueError, match="Expected total_samples"):
        lda("online").fit(Days(CORPUS))
    with pytest.raises(ValueError, match="memoized"):
        lda("memoized").fit(Days(CORPUS))


def test_partial_fit_takes_a_generator():
    parts = lda("online", total_samples=120).partial_fit(iter(Days(CORPUS, 32)))
    whole = lda("online", total_samples=120).partial_fit(CORPUS)
    np.testing.assert_array_equal(parts.components_, whole.components_)


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


def test_given_total_counts_more_than_that_of_a_file(tmp_path):
    with CorpusFile.write(tmp_path / "corpus.fvb", CORPUS) as corpus:
        of_file = lda("online").partial_fit(corpus)
        told, more = (lda("online", total_samples=n).partial_fit(corpus) for n in (120, 1000))
    np.testing.assert_array_equal(of_file.components_, told.components_)
    assert more.components_.sum() > 2 * told.components_.sum()


def test_checkpoint_in_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="Expected checkpoint"):
        lda("batch").fit(CORPUS, checkpoint=tmp_path / "nowhere" / "state")


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
