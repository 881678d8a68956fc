"""Collapsed LDA as a model: priors, batches, odd data, and what it finds."""

from __future__ import annotations

import gzip
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import gammaln, psi

from fastvb.datasets import make_lda_corpus, read_corpus
from fastvb.inference import Monitor, cavi
from fastvb.metrics import completion_score
from fastvb.models import CollapsedLDA, DocumentBatch, phi_bytes
from fastvb.models._lda_priors import TopicPrior
from fastvb.models._lda_state import LDAGlobals


def model(n_topics, n_words, alpha=0.1, eta=0.1, **options):
    return CollapsedLDA(np.full(n_topics, alpha), eta, n_words, **options)


def fitted(lda, X, n_steps, seed=0):
    """Globals, h after each step, and the local of one batch."""
    batch, rng = DocumentBatch(sp.csr_matrix(X, dtype=np.float32)), np.random.default_rng(seed)
    globals_, local, trace = lda.init_globals(batch, rng), None, []
    for _ in range(n_steps):
        stats, h, local = lda.local_step(batch, lda.expect(globals_), local, rng)
        globals_ = lda.global_step(stats, globals_)
        trace.append(h)
    return globals_, trace, local


def poisson(n_docs, n_words, mean, seed=0):
    return np.random.default_rng(seed).poisson(mean, (n_docs, n_words)).astype(np.float32)


def test_topics_are_found():
    corpus, topics, _ = make_lda_corpus(300, 60, 3, document_length=60, random_state=0)
    found, trace, local = fitted(model(3, 60), corpus.counts, 12)
    beta = found.topic_word / found.topic_word.sum(axis=1, keepdims=True)
    distance = np.abs(beta[:, None] - topics[None]).sum(axis=2)
    assert distance.min(axis=0).max() < 0.25
    assert len(set(distance.argmin(axis=0))) == 3
    assert trace[-1] > trace[0]
    weights = model(3, 60).doc_topic(local, found)
    assert weights.shape == (300, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, 1e-5)


@pytest.mark.parametrize("kind", ["scalar", "per word", "per topic and word"])
def test_priors(kind):
    """Topic parameters are eta + counts, whatever the shape of eta; counts add up to the tokens."""
    X = poisson(20, 30, 0.7)
    eta = {"scalar": 0.3, "per word": np.linspace(0.1, 1, 30)}.get(kind)
    if eta is None:
        eta = np.random.default_rng(1).random((4, 30)) + 0.05
    lda = CollapsedLDA(np.linspace(0.1, 0.7, 4), eta, 30)
    globals_, _, local = fitted(lda, X, 2)
    prior = np.broadcast_to(eta, (4, 30))
    np.testing.assert_allclose((globals_.topic_word - prior).sum(axis=0), X.sum(axis=0), 2e-3, 1e-5)
    np.testing.assert_allclose(local.doc_counts.sum(axis=1), X.sum(axis=1), 2e-3)
    np.testing.assert_allclose(globals_.total, globals_.topic_word.sum(axis=1), 1e-5)


def test_strong_topic_prior_fixes_the_topics():
    eta = np.full((2, 6), 0.01)
    eta[0, :3] = eta[1, 3:] = 1e3
    X = np.array([[2.0, 1, 1, 0, 0, 0], [0, 0, 0, 3, 1, 2]])
    _, _, local = fitted(CollapsedLDA(np.full(2, 0.1), eta, 6), X, 2)
    np.testing.assert_allclose(local.doc_counts[:, :2], [[4, 0], [0, 6]], atol=1e-3)


def test_one_topic_is_exact():
    X = poisson(7, 9, 1.0)
    globals_, trace, _ = fitted(model(1, 9), X, 1)
    words = X.sum(axis=0) + 0.1
    np.testing.assert_allclose(globals_.topic_word[0], words, 1e-5)
    assert trace[0] == pytest.approx((X @ np.log(words / words.sum())).sum(), rel=1e-6)


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_words_without_counts_change_nothing(n_jobs):
    """Whether a batch has few of the words or all: the same topics of these."""
    X = poisson(40, 30, 0.5)
    wide = np.zeros((40, 90), np.float32)
    columns = np.arange(30) * 3
    wide[:, columns] = X
    lda = CollapsedLDA(np.full(4, 0.1), 1 / 30, 30, n_jobs=n_jobs)
    wide_lda = CollapsedLDA(np.full(4, 0.1), np.tile([1 / 30, 1e-9, 1e-9], 30), 90, n_jobs=n_jobs)
    topics = fitted(lda, X, 2)[0].topic_word
    found = fitted(wide_lda, wide, 2)[0].with_all_words(90).topic_word
    np.testing.assert_allclose(found[:, columns], topics, 2e-2, 2e-2)


def test_batches_in_turn_reach_what_one_batch_does():
    """Memoized: subtract a batch's old statistics, add the new ones."""
    corpus, _, _ = make_lda_corpus(200, 60, 3, document_length=60, random_state=0)
    X = sp.csr_matrix(corpus.counts, dtype=np.float32)
    lda, rng = model(3, 60), np.random.default_rng(0)
    batches = [DocumentBatch(X[start : start + 50]) for start in range(0, 200, 50)]
    globals_ = lda.init_globals(batches[0], rng)
    total, kept, carried = None, [None] * 4, [None] * 4
    for _ in range(12):
        h = 0.0
        for number, batch in enumerate(batches):
            stats, part, carried[number] = lda.local_step(
                batch, lda.expect(globals_), carried[number], rng
            )
            h += part
            if kept[number] is not None:
                total = total - kept[number]
            total = stats if total is None else total + stats
            kept[number] = stats
            globals_ = lda.global_step(total, globals_)
    _, trace, _ = fitted(lda, X, 12)
    assert h == pytest.approx(trace[-1], rel=5e-3)
    np.testing.assert_allclose(globals_.topic_word.sum(), X.sum() + 0.1 * 180, 1e-4)


def test_cavi_drives_it():
    X = sp.csr_matrix(poisson(50, 40, 0.6))
    monitor = Monitor(max_iter=60, tol=1e-4)
    topics = cavi(model(3, 40), [DocumentBatch(X)], monitor, rng=np.random.default_rng(0))
    assert monitor.converged
    expected, trace, _ = fitted(model(3, 40), X, len(monitor.lower_bounds))
    np.testing.assert_array_equal(topics.topic_word, expected.topic_word)
    assert monitor.lower_bounds == trace


@pytest.mark.parametrize("kind", [np.random.default_rng, np.random.RandomState])
def test_seed(kind):
    X = sp.csr_matrix(poisson(20, 30, 0.6))
    batch, lda = DocumentBatch(X), model(4, 30)
    view = lda.init_globals(batch, None)

    def phi(rng):
        return lda.local_step(batch, view, None, rng)[2].phi

    np.testing.assert_array_equal(phi(kind(5)), phi(kind(5)))
    assert (phi(kind(5)) != phi(kind(6))).any()


ODD = {
    "no documents with tokens": np.zeros((4, 3)),
    "one word": np.array([[5.0], [1.0], [0.0]]),
    "one token": np.array([[0.0, 1.0]]),
    "huge counts": np.array([[1e9, 3e9, 0], [2e9, 0, 1e8], [1, 1, 1]]),
    "tiny counts": np.full((3, 4), 1e-12),
    "fractions": np.array([[0.3, 0.7, 1.5], [0.01, 2.25, 0]]),
    "half a token beside a million": np.array([[0.5, 1e6], [1e6, 0.5]]),
}


@pytest.mark.parametrize("prior", [1e-8, 0.1, 50.0])
@pytest.mark.parametrize("n_topics", [1, 2, 20])
@pytest.mark.parametrize("name", ODD)
def test_odd_data(name, n_topics, prior):
    X = ODD[name]
    lda = model(n_topics, X.shape[1], prior, prior)
    globals_, trace, local = fitted(lda, X, 3)
    topic_word = globals_.with_all_words(X.shape[1]).topic_word
    assert np.isfinite(topic_word).all()
    assert (topic_word > 0).all()
    assert (local.doc_counts >= 0).all()
    assert np.isfinite(trace).all()
    tokens = X.sum(axis=1)
    np.testing.assert_allclose(local.doc_counts.sum(axis=1), tokens, 3e-3)
    assert np.isfinite(lda.doc_topic(local, globals_)).all()


def test_counts_beyond_single_precision():
    with pytest.raises(FloatingPointError, match="Expected the topic counts"):
        fitted(model(2, 4), np.full((1, 4), 3e38), 1)


def test_phi_of_the_words():
    """Back in CSR order: as many tokens of each topic as the statistics say."""
    X = sp.csr_matrix(poisson(30, 40, 0.8))
    _, _, local = fitted(model(5, 40), X, 2)
    proba = local.topic_proba(5)
    np.testing.assert_allclose(proba.sum(axis=1), 1, 1e-6)
    docs = np.repeat(np.arange(30), np.diff(X.indptr))
    counts = np.zeros((30, 5))
    np.add.at(counts, docs, X.data[:, None] * proba)
    np.testing.assert_allclose(local.doc_counts[:, :5], counts, 2e-3, 1e-4)


def test_memory_of_phi():
    X = sp.csr_matrix(poisson(30, 40, 0.8))
    _, _, local = fitted(model(17, 40), X, 1)
    assert local.phi.nbytes == phi_bytes(X.nnz, 17) == X.nnz * 32 * 2
    assert local.phi.ctypes.data % 64 == 0


def tables(counts, prior):
    """Expected tables, entry by entry."""
    n = np.maximum(counts, 1e-30)
    some = -np.expm1(-n)
    return prior * some * (psi(n / some + prior) - psi(prior))


@pytest.mark.parametrize("learn", ["vector", "symmetric"])
def test_alpha_is_one_step_of_the_fixed_point(learn):
    X = poisson(200, 20, 1.0)
    X[:5] = 0
    alpha = np.array([0.1, 0.4, 1.0])
    lda = CollapsedLDA(alpha, 0.1, 20, learn_doc_topic_prior=learn)
    before, _, local = fitted(lda, X, 1)
    np.testing.assert_array_equal(lda.alpha(before), alpha.astype(np.float32))  # too early
    batch = DocumentBatch(sp.csr_matrix(X))
    stats, _, local = lda.local_step(batch, lda.expect(before), local)
    after = lda.global_step(stats, None)  # as coordinate ascent calls it
    n = local.doc_counts[:, :3].astype(float)
    of_topics = tables(n, alpha).sum(axis=0)
    if learn == "symmetric":
        of_topics = of_topics.mean() * np.ones(3)
    rate = (psi(n.sum(axis=1) + alpha.sum()) - psi(alpha.sum())).sum()
    np.testing.assert_allclose(lda.alpha(after), of_topics / rate, 1e-5)
    # the next sweeps read it
    expected = n + lda.alpha(after)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(lda.doc_topic(local, after), expected, 1e-5)
    _, h, _ = lda.local_step(batch, lda.expect(after), deepcopy(local))
    fixed = replace(lda, doc_topic_prior=lda.alpha(after), learn_doc_topic_prior=None)
    assert fixed.local_step(batch, replace(after, priors=None), local)[1] == h


def test_alpha_without_tokens_stays():
    lda = replace(model(3, 20), learn_doc_topic_prior="vector")
    globals_, _, _ = fitted(lda, np.zeros((3, 20)), 4)
    np.testing.assert_array_equal(lda.alpha(globals_), np.float32(lda.doc_topic_prior))


def test_known_alpha_is_found():
    alpha = np.array([0.05, 0.2, 0.8])
    corpus, topics, _ = make_lda_corpus(
        1500, 300, 3, doc_topic_prior=alpha, topic_word_prior=0.05, document_length=100,
        random_state=0,
    )  # fmt: skip
    lda = replace(model(3, 300, alpha=1.0, eta=0.05), learn_doc_topic_prior="vector")
    globals_, _, _ = fitted(lda, corpus.counts.toarray(), 30)
    found = globals_.topic_word / globals_.total[:, None]
    order = [int(np.abs(found - topic).sum(axis=1).argmin()) for topic in topics]
    np.testing.assert_allclose(lda.alpha(globals_)[order], alpha, rtol=0.2)


def test_eta_is_one_step_of_the_fixed_point():
    X = poisson(200, 20, 1.0)
    lda = model(3, 20, learn_topic_word_prior="symmetric")
    before, _, local = fitted(lda, X, 1)
    assert before.priors.eta.eta == np.float32(0.1)  # too early
    batch = DocumentBatch(sp.csr_matrix(X))
    stats, _, local = lda.local_step(batch, lda.expect(before), local)
    after = lda.global_step(stats, None)  # as coordinate ascent calls it
    counts = stats.counts[:, :3].astype(float)
    rate = (psi(counts.sum(axis=0) + 2.0) - psi(2.0)).sum()
    eta = float(after.priors.eta.eta)
    assert eta == pytest.approx(tables(counts, 0.1).sum() / 20 / rate, rel=1e-5)
    # topics and the next sweeps have it
    np.testing.assert_allclose(after.topic_word, counts.T + eta, rtol=1e-5)
    _, h, _ = lda.local_step(batch, lda.expect(after), deepcopy(local))
    fixed = replace(lda, topic_word_prior=eta, learn_topic_word_prior=None)
    assert fixed.local_step(batch, replace(after, priors=None), local)[1] == h


def test_eta_of_each_word_comes_after_20_steps():
    X = poisson(60, 20, np.linspace(0.2, 2.0, 20))
    X[:, 3] = 0
    lda = model(3, 20, learn_topic_word_prior="vector")
    shapes = []
    for n_steps in (21, 22):
        globals_, _, _ = fitted(lda, X, n_steps)
        shapes.append(globals_.priors.eta.eta.shape)
    assert shapes == [(), (20,)]
    eta = globals_.priors.eta.eta
    assert 0 < eta[3] == eta.min()
    assert np.isfinite(globals_.topic_word).all()


@pytest.mark.parametrize("learn", ["symmetric", "vector"])
@pytest.mark.parametrize("start", [0.01, 1.0, 50.0])
def test_fixed_point_climbs_to_the_most_likely_eta(start, learn):
    """Of counts that are surely positive; then it is the maximum of a Polya distribution."""
    truth = np.linspace(0.5, 1.5, 12)
    counts = 50 + np.round(3000 * np.random.default_rng(0).dirichlet(truth, 5))

    def log_likelihood(eta):
        prior = np.broadcast_to(eta, 12)
        totals = gammaln(prior.sum()) - gammaln(counts.sum(axis=1) + prior.sum())
        return float(totals.sum() + (gammaln(counts + prior) - gammaln(prior)).sum())

    given = np.asarray(start) if learn == "symmetric" else np.full(12, start)
    prior, trace = TopicPrior(given, 5, 12), []
    for _ in range(2000):
        trace.append(log_likelihood(prior.eta))
        prior = prior.fixed_point(LDAGlobals.from_topics(counts + prior.eta), learn)
        assert (prior.eta > 0).all()
    assert (np.diff(trace) > -1e-9).all()
    best = minimize(
        lambda logs: -log_likelihood(np.exp(logs)), np.zeros(given.shape), tol=1e-9
    ).x  # fmt: skip
    best = np.exp(best).reshape(given.shape)
    np.testing.assert_allclose(prior.eta, best, rtol=2e-3)
    assert log_likelihood(prior.eta) > log_likelihood(best) - 1e-9
    again = prior.fixed_point(LDAGlobals.from_topics(counts + prior.eta), learn)
    np.testing.assert_allclose(again.eta, prior.eta, rtol=1e-9)


def test_eta_without_tokens_stays():
    lda = model(3, 20, learn_topic_word_prior="symmetric")
    globals_, _, _ = fitted(lda, np.zeros((3, 20)), 4)
    assert globals_.priors.eta.eta == np.float32(0.1)


@pytest.mark.parametrize("n_threads", [2, 3])
def test_learned_priors_do_not_depend_on_threads(n_threads):
    X, ends = poisson(300, 80, 0.8), []
    for n_jobs in (1, n_threads):
        learn = {"learn_doc_topic_prior": "vector", "learn_topic_word_prior": "vector"}
        globals_, _, _ = fitted(model(3, 80, n_jobs=n_jobs, **learn), X, 24)
        ends.append(globals_)
    np.testing.assert_array_equal(ends[0].priors.alpha, ends[1].priors.alpha)
    np.testing.assert_array_equal(ends[0].priors.eta.eta, ends[1].priors.eta.eta)
    np.testing.assert_array_equal(ends[0].topic_word, ends[1].topic_word)


def test_known_eta_is_found():
    corpus, _, _ = make_lda_corpus(
        1500, 300, 3, doc_topic_prior=0.1, topic_word_prior=0.05, document_length=100,
        random_state=0,
    )  # fmt: skip
    lda = model(3, 300, eta=1.0, learn_topic_word_prior="symmetric")
    globals_, _, _ = fitted(lda, corpus.counts.toarray(), 30)
    assert float(globals_.priors.eta.eta) == pytest.approx(0.05, rel=0.2)


@pytest.mark.real_data
def test_associated_press(shared_data, tmp_path):
    """After 40 sweeps better than what mean field ever reaches there (-7.87)."""
    path = tmp_path / "ap.dat"
    path.write_bytes(gzip.decompress(shared_data("ap/ap.dat.gz").read_bytes()))
    counts = read_corpus(path).counts.astype(np.float32)
    order = np.random.default_rng(0).permutation(counts.shape[0])
    train, test = counts[order[246:]], counts[order[:246]]
    seen = np.unique(train.indices)
    train, test = train[:, seen].tocsr(), test[:, seen].tocsr()
    topics = fitted(model(100, len(seen)), train, 8)[0].topic_word
    assert completion_score(topics, test, doc_topic_prior=0.1) > -7.74
