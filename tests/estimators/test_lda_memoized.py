"""Memoized inference of LatentDirichletAllocation: its bound, and what it keeps on disk."""

from __future__ import annotations

import os

import numpy as np
import pytest
import reference.lda as twin

from fastvb import LatentDirichletAllocation
from fastvb._state_file import read_state
from fastvb.datasets import CorpusFile, make_lda_corpus
from fastvb.inference._memo import _FORMAT
from fastvb.models import DocumentBatch, LDAModel

CORPUS = make_lda_corpus(120, 60, 4, random_state=0)[0].counts
BATCH_SIZE, N_BATCHES = 60, 2


@pytest.fixture(autouse=True)
def _fast_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


def memoized(max_iter, **options):
    settings = {"learning_method": "memoized", "batch_size": BATCH_SIZE, "tol": 0}
    settings |= {"max_iter": max_iter, "random_state": 0}
    return LatentDirichletAllocation(4, **(settings | options))


def gamma_of(folder):
    """q(theta) of all documents as the fit has left it."""
    gamma = []
    for number in range(N_BATCHES):
        (path,) = folder.glob(f"batch-{number}.lap-*.npz")
        state = read_state(path, _FORMAT, "kept", lambda _: None, LDAModel.state_types)
        gamma.append(state["local"].gamma[:, :4])
    return np.concatenate(gamma)


def bound_from_scratch(lda, gamma):
    """ELBO of the corpus at these q(theta) and q(beta) with the best q(z), in plain NumPy."""
    alpha = np.broadcast_to(lda.doc_topic_prior_, 4)
    elog, documents = twin.elog_topics(lda.components_), CORPUS.tocsr()
    bound = twin.topics_bound(lda.topic_word_prior_, lda.components_)
    for d in range(documents.shape[0]):
        entries = slice(documents.indptr[d], documents.indptr[d + 1])
        words, counts = documents.indices[entries], documents.data[entries].astype(float)
        bound += twin.document_bound(counts, elog[:, words], alpha, gamma[d])
    return bound


@pytest.mark.parametrize("doc_init", ["auto", "warm", "ones"])
def test_the_bound_is_that_of_its_own_posterior(doc_init, tmp_path):
    """q(z) is older than the topics, so the best one is no worse; in the limit they are one."""
    gaps = []
    for n_laps in (2, 6, 12, 200):
        folder = tmp_path / str(n_laps)
        lda = memoized(n_laps, doc_init=doc_init).fit(CORPUS, spill=folder)
        again = bound_from_scratch(lda, gamma_of(folder))
        gaps.append((again - lda.lower_bound_) / abs(again))
    assert min(gaps) > -1e-12
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-4
    assert gaps[3] < 1e-12
    # documents that start elsewhere may end elsewhere, unless each visit has started like these
    bound = pytest.approx(lda.lower_bound_, rel=1e-12 if doc_init == "ones" else 1e-4)
    assert lda.elbo(CORPUS) == bound


@pytest.mark.parametrize(
    "options",
    [
        {}, {"doc_init": "warm"}, {"doc_topic_prior": "learn"}, {"topic_word_prior": "learn"},
        {"batch_size": 7}, {"random_state": 3},
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_bound_never_falls(options, dtype):
    lda = memoized(40, **options).fit(CORPUS.astype(dtype))
    slack = 1e-12 if dtype == np.float64 else 1e-6
    assert np.diff(lda.lower_bounds_).min() > -slack * abs(lda.lower_bound_)
    assert np.ptp(lda.lower_bounds_) > 100


def test_it_converges():
    lda = memoized(400, tol=1e-9).fit(CORPUS)
    assert lda.converged_
    assert lda.n_iter_ < 400


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("options", [{}, {"doc_init": "warm", "doc_topic_prior": "learn"}])
def test_spilled_is_the_same_bit_for_bit(options, dtype, tmp_path):
    X = CORPUS.astype(dtype)
    in_memory = memoized(8, **options).fit(X)
    spilled = memoized(8, **options).fit(X, spill=tmp_path / "memo")
    checkpoint = {"checkpoint": tmp_path / "fit", "checkpoint_every": 3, "resume": True}
    for n_laps in (1, 3, 8):
        resumed = memoized(n_laps, **options).fit(X, spill=tmp_path / "other", **checkpoint)
    with CorpusFile.write(tmp_path / "x.fvb", X) as corpus:
        from_file = memoized(8, **options).fit(corpus, spill=tmp_path / "more")
    # the file's counts are float32 where these are exact
    for lda in (spilled, resumed) + ((from_file,) if dtype == np.float32 else ()):
        assert lda.components_.tobytes() == in_memory.components_.tobytes()
        assert lda.lower_bounds_.tobytes() == in_memory.lower_bounds_.tobytes()
        np.testing.assert_array_equal(lda.doc_topic_prior_, in_memory.doc_topic_prior_)


def test_size_of_what_is_spilled(tmp_path):
    """(documents + words of the batch) x topics; a word's topics fill lines of 64 bytes."""
    X = make_lda_corpus(300, 6000, 100, document_length=50, random_state=0)[0].counts
    lda = LatentDirichletAllocation(
        100, learning_method="memoized", batch_size=100, max_iter=2, random_state=0
    )
    lda.fit(X.astype(np.float32), spill=tmp_path)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 3
    for number, path in enumerate(paths):
        n_words = len(DocumentBatch(X[100 * number : 100 * (number + 1)].astype("f4")).words)
        numbers = 100 * 100 + n_words * 112 + n_words
        assert n_words < 6000
        assert 4 * numbers < path.stat().st_size < 4 * numbers + 2000
