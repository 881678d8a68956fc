"""The kernels of collapsed LDA against their NumPy twin."""

from __future__ import annotations

import numpy as np
import pytest
import reference.collapsed as twin
import scipy.sparse as sp

from fastvb.models import DocumentBatch
from fastvb.models._collapsed_state import CollapsedLocal, Entries
from fastvb.models.lda_collapsed import Sweeps

ETA = 0.05


def corpus(n_docs, n_words, length, seed=0, index=np.int32):
    """Documents of various lengths (the third one empty) with fractional and large counts."""
    rng = np.random.default_rng(seed)
    X = rng.poisson(length / n_words, (n_docs, n_words)) * rng.choice(
        [1.0, 1.0, 0.25, 3.5], (n_docs, n_words)
    )
    X[2 % n_docs] = 0
    X = sp.csr_matrix(X.astype(np.float32))
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    return X


class Setting:
    """Entries, phi and rows of a corpus, for the kernels and for the twin."""

    def __init__(self, X, n_topics, n_jobs=1, n_blocks=None):
        batch = DocumentBatch(X)
        self.n_topics = n_topics
        self.local = CollapsedLocal.random(batch, n_topics, 3, n_jobs)
        if n_blocks is not None:
            self.local.entries = Entries.of_batch(batch, n_blocks)
        stride = self.local.phi.shape[1]
        self.alpha = np.zeros(stride, np.float32)
        self.alpha[:n_topics] = np.linspace(0.05, 0.4, n_topics)
        self.eta = np.linspace(ETA, 2 * ETA, len(batch.words))[:, None]
        counts = self.local.recount(len(batch.words), n_jobs)
        self.rows = counts.copy()
        self.rows[:, :n_topics] += self.eta
        total = np.ones(stride)
        total[:n_topics] = self.eta.sum()
        self.sweeps = Sweeps(self.local, self.rows, self.alpha, total, n_jobs)

    def twin_state(self):
        phi = self.local.phi[:, : self.n_topics].astype(float)
        n_docs, n_words = len(self.local.doc_counts), len(self.rows)
        return phi, *twin.counts(self.local.entries, phi, n_docs, n_words)


@pytest.mark.parametrize("n_blocks", [1, 3, 8])
@pytest.mark.parametrize("n_topics", [1, 2, 7, 16, 17, 31, 33, 100, 128, 129, 200])
def test_sweeps(n_topics, n_blocks):
    n_docs, n_words = (12, 40) if n_topics < 100 else (5, 20)
    setting = Setting(corpus(n_docs, n_words, 15), n_topics, n_blocks=n_blocks)
    entries, alpha = setting.local.entries, setting.alpha[:n_topics].astype(float)
    state = setting.twin_state()
    for relaxation in (0.0, 1.0, 0.0):
        setting.sweeps.run(relaxation)
        twin.sweep(entries, *state, alpha, setting.eta, relaxation)
    phi, doc_counts, word_counts = state
    found = setting.local.phi.astype(float)
    np.testing.assert_allclose(found[:, :n_topics], phi, 2e-3, 1e-5)
    assert not found[:, n_topics:].any()
    words = setting.local.recount(len(setting.rows), 1)
    np.testing.assert_allclose(words[:, :n_topics], word_counts, 2e-3, 1e-4)
    np.testing.assert_allclose(setting.local.doc_counts[:, :n_topics], doc_counts, 2e-3, 1e-4)
    assert not setting.local.doc_counts[:, n_topics:].any()
    assert not words[:, n_topics:].any()
    expected = twin.log_likelihood(entries, doc_counts, word_counts, alpha, setting.eta)
    assert setting.sweeps.log_likelihood(n_topics) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("n_topics", [5, 40, 130])
def test_one_visit_to_rounding(n_topics):
    """From the same counts, phi is right to half precision."""
    X = sp.csr_matrix(np.array([[2.0, 1, 0.5, 0, 0, 300]]))
    for word in (0, 1, 2):  # alone in its document and block
        setting = Setting(X[:, [word, 5]].tocsr(), n_topics, n_blocks=1)
        phi, doc_counts, word_counts = setting.twin_state()
        setting.sweeps.run(0.0)
        twin.sweep(
            setting.local.entries, phi, doc_counts, word_counts,
            setting.alpha[:n_topics].astype(float), setting.eta,
        )  # fmt: skip
        np.testing.assert_allclose(
            setting.local.phi[:, :n_topics].astype(float), phi, 2.0**-10, 2.0**-24
        )


def test_running_counts_stay_those_of_phi():
    X = corpus(60, 200, 50)
    setting = Setting(X, 20)
    for number in range(1, 31):
        setting.sweeps.run(1.0 if number % 4 else 0.0)
    setting.sweeps.run(0.0)
    rows = setting.rows[:, :20] - setting.eta.astype(np.float32)
    words = setting.local.recount(len(setting.rows), 1)[:, :20]
    np.testing.assert_allclose(rows, words, 1e-4, 1e-4)
    tokens = np.asarray(X.sum(axis=1, dtype=float)).ravel()
    np.testing.assert_allclose(setting.local.doc_counts.sum(axis=1), tokens, 5e-4)
    assert words.sum() == pytest.approx(tokens.sum(), rel=1e-4)


@pytest.mark.parametrize("n_jobs", [2, 3, 7])
def test_bits_do_not_depend_on_threads(n_jobs):
    """Large enough that the kernels do start threads."""
    X = corpus(500, 800, 150)

    def everything(n_jobs):
        setting = Setting(X, 100, n_jobs)
        before = setting.local.phi.copy()
        for relaxation in (0.0, 1.0, 0.0):
            setting.sweeps.run(relaxation)
        likelihood = setting.sweeps.log_likelihood(100)
        words = setting.local.recount(len(setting.rows), n_jobs)
        return before, setting.local.phi, setting.rows, setting.local.doc_counts, words, likelihood

    for alone, together in zip(everything(1), everything(n_jobs), strict=True):
        np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("n_blocks", [1, 2, 5, 30])
def test_entries(n_blocks, index):
    """A permutation of the data, by blocks; more blocks than documents or words will do."""
    X = corpus(20, 25, 9, index=index)
    entries = Entries.of_batch(DocumentBatch(X), n_blocks)
    assert sorted(entries.position) == list(range(X.nnz))
    docs = np.repeat(np.arange(20), np.diff(X.indptr))
    np.testing.assert_array_equal(entries.docs, docs[entries.position])
    np.testing.assert_array_equal(entries.words, X.indices[entries.position])
    np.testing.assert_array_equal(entries.counts, X.data[entries.position])
    task = np.repeat(np.arange(n_blocks**2), np.diff(entries.starts))
    block = np.searchsorted(entries.doc_starts, entries.docs, side="right") - 1
    np.testing.assert_array_equal(task // n_blocks, block)
    word_blocks = {}
    for word, number in zip(entries.words, task % n_blocks, strict=True):
        assert word_blocks.setdefault(word, number) == number


def test_documents_take_turns():
    X = sp.csr_matrix(np.ones((4, 3), np.float32))
    X = sp.vstack([X, sp.csr_matrix(np.eye(3, dtype=np.float32)[:1])]).tocsr()
    entries = Entries.of_batch(DocumentBatch(X), 1)
    assert entries.docs.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 1, 2, 3]
    assert entries.words.tolist() == [0] * 5 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("n_topics", [1, 3, 16, 100])
def test_draws(n_topics):
    batch = DocumentBatch(corpus(30, 40, 15))
    first, same, other = (CollapsedLocal.random(batch, n_topics, s, 1).phi for s in (7, 7, 8))
    np.testing.assert_array_equal(first, same)
    phi = first.astype(float)
    np.testing.assert_allclose(phi.sum(axis=1), 1, 1e-3)
    assert not phi[:, n_topics:].any()
    if n_topics > 1:
        assert (first[:, 0] != other[:, 0]).mean() > 0.9
        assert len(np.unique(first[:, 0])) > 0.5 * len(first)
        assert np.abs(np.corrcoef(phi[:-1, 0], phi[1:, 0])[0, 1]) < 0.25
        assert np.median(phi[:, :n_topics]) < 0.4 / n_topics  # most of an entry in few topics
        mean = phi[:, :n_topics].mean(axis=0) * n_topics
        assert (np.abs(mean - 1) < 0.5).all()
