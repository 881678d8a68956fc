"""Learned priors of LDA: exact and rising bound, known truth, stochastic steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.datasets import make_lda_corpus, read_corpus
from fastvb.families import fit_dirichlet, fit_symmetric_dirichlet
from fastvb.inference import Monitor, cavi, streaming, streaming_step
from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_terms import elbo_terms
from fastvb.special import dirichlet_expectation

LEARN = [(None, "symmetric"), ("symmetric", None), ("vector", "symmetric"), ("vector", "vector")]


def counts(seed=0, n_docs=60, n_words=40, rate=1.0, dtype=np.float64):
    return sp.csr_matrix(np.random.default_rng(seed).poisson(rate, (n_docs, n_words)).astype(dtype))


def make_model(alpha, eta, n_topics=4, n_words=40, **settings):
    return LDAModel(
        np.full(n_topics, 0.5, settings.get("dtype", np.float64)),
        0.3,
        n_words,
        learn_doc_topic_prior=alpha,
        learn_topic_word_prior=eta,
        **settings,
    )


def elbo(model, stats, h, globals_):
    return stats.inner(model.expect(globals_)) + h + model.global_bound(globals_)


def run(model, X, n_iter, seed=0):
    monitor = Monitor(max_iter=n_iter)
    globals_ = cavi(model, [DocumentBatch(X)], monitor, rng=np.random.default_rng(seed))
    return globals_, np.array(monitor.lower_bounds)


@pytest.mark.parametrize(("alpha", "eta"), LEARN)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bound_rises_at_every_half_step_and_is_that_of_seven_terms(alpha, eta, dtype):
    batch = DocumentBatch(counts(dtype=dtype))
    model = make_model(alpha, eta, dtype=dtype, doc_init="warm", mean_change_tol=0.0)
    rounding = 1e-5 if dtype == np.float32 else 1e-11
    globals_, local, last = model.init_globals(batch, np.random.default_rng(0)), None, -np.inf
    for _ in range(26):  # eta becomes a vector after 20 steps
        stats, h, local = model.local_step(batch, model.expect(globals_), local)
        before = elbo(model, stats, h, globals_)
        globals_ = model.global_step(stats, globals_)
        after = elbo(model, stats, h, globals_)
        assert before > last - rounding * abs(before)
        assert after > before - rounding * abs(before)
        last = after
        exact = pytest.approx(after, rel=rounding)
        assert h + model.posterior_bound(globals_) == exact
    # with q(z) the best for where the globals are now
    terms = elbo_terms(model, batch, globals_, local.gamma)
    again = model.posteriors(batch, model.expect(globals_), local.gamma)
    again.run(0.0, 0)
    expected = again.bound.sum() + model.global_bound(globals_)
    assert sum(terms.values()) == pytest.approx(expected, rel=rounding)


def test_learned_priors_are_the_best_for_the_posteriors():
    X = counts()
    model = make_model("vector", "symmetric")
    globals_, _ = run(model, X, 3)
    batch = DocumentBatch(X)
    stats, _, local = model.local_step(batch, model.expect(globals_))
    after = model.global_step(stats, globals_)
    mean_log = dirichlet_expectation(local.gamma).mean(axis=0)
    np.testing.assert_allclose(after.priors.alpha, fit_dirichlet(mean_log).concentration, rtol=1e-9)
    old_eta = float(globals_.priors.eta.eta)
    topic_word = after.topic_word - after.priors.eta.eta + old_eta
    mean = dirichlet_expectation(topic_word).mean()
    expected = fit_symmetric_dirichlet(mean, 40).concentration
    assert float(after.priors.eta.eta) == pytest.approx(expected, rel=1e-9)
    assert expected != pytest.approx(old_eta, rel=1e-3)


def test_vector_of_words_is_the_best_for_the_topics():
    model = make_model(None, "vector")
    globals_, _ = run(model, counts(), 21)
    stats, _, _ = model.local_step(DocumentBatch(counts()), model.expect(globals_))
    after = model.global_step(stats, globals_)
    topic_word = after.topic_word - after.priors.eta.eta + globals_.priors.eta.eta
    mean_log = dirichlet_expectation(topic_word).mean(axis=0)
    expected = fit_dirichlet(mean_log).concentration
    assert after.priors.eta.eta.shape == (40,)
    np.testing.assert_allclose(after.priors.eta.eta, expected, rtol=1e-7)


@pytest.mark.parametrize(("alpha", "eta"), LEARN)
def test_no_pass_lowers_the_bound_and_learning_raises_it(alpha, eta):
    X = counts()
    _, bounds = run(make_model(alpha, eta), X, 40)
    _, fixed = run(make_model(None, None), X, 40)
    assert (np.diff(bounds) > -1e-10 * abs(bounds[0])).all()
    assert bounds[-1] > fixed[-1] + 10


def test_known_priors_are_found():
    alpha = np.array([0.1, 0.3, 0.9])
    corpus, topics, _ = make_lda_corpus(
        1500, 400, 3, doc_topic_prior=alpha, topic_word_prior=0.05, document_length=300,
        random_state=0,
    )  # fmt: skip
    model = make_model("vector", "symmetric", n_topics=3, n_words=400, doc_init="warm")
    start = model.init_globals(None, np.random.default_rng(0))
    start.counts[:, :3] = 1000 * topics.T  # so that topics keep their order
    start.total[:] = start.counts[:, :3].sum(axis=0)
    monitor = Monitor(max_iter=100)
    batch = DocumentBatch(corpus.counts.astype(float))
    globals_ = cavi(model, [batch], monitor, globals_=start)
    np.testing.assert_allclose(globals_.priors.alpha, alpha, rtol=0.2)
    assert float(globals_.priors.eta.eta) == pytest.approx(0.05, rel=0.25)


def test_statistics_of_parts_add_up():
    X = counts()
    model = make_model("vector", "symmetric", doc_init="warm")
    whole, parts = [DocumentBatch(X)], [DocumentBatch(X[:17]), DocumentBatch(X[17:])]
    ends = []
    for batches in (whole, parts):
        monitor = Monitor(max_iter=5)
        globals_ = cavi(model, batches, monitor, rng=np.random.default_rng(0))
        ends.append((globals_.priors.alpha, globals_.priors.eta.eta, monitor.lower_bounds[-1]))
    for one, two in zip(*ends, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9)


def test_statistics_add_scale_and_subtract():
    model = make_model("vector", None)
    view = model.expect(model.init_globals(None, np.random.default_rng(0)))
    one, _, _ = model.local_step(DocumentBatch(counts(0)), view)
    two, _, _ = model.local_step(DocumentBatch(counts(1)), view)
    inner = one.inner(view) + 3 * two.inner(view)
    assert (one + two.scale(3.0)).inner(view) == pytest.approx(inner, rel=1e-12)
    assert (one + two - two).inner(view) == pytest.approx(one.inner(view), rel=1e-12)
    assert one.zeros().inner(view) == 0
    assert (one + one.zeros()).weights.n_docs == 60


def test_stochastic_steps_learn_from_the_mean_of_what_they_saw():
    X = counts(n_docs=80)
    model = make_model("vector", None, doc_init="warm")
    globals_ = model.init_globals(None, np.random.default_rng(0))
    mean = np.zeros(4)
    for number in range(4):
        batch = DocumentBatch(X[20 * number : 20 * number + 20])
        stats, _, local = model.local_step(batch, model.expect(globals_))
        target, rho = model.global_step(stats.scale(4.0), globals_), 1 / (1 + number)
        globals_ = model.blend(globals_, target, rho)
        mean += dirichlet_expectation(local.gamma).mean(axis=0) / 4
    expected = fit_dirichlet(mean).concentration
    np.testing.assert_allclose(globals_.priors.alpha, expected, rtol=1e-8)
    assert globals_.priors.weights.n_docs == pytest.approx(80)
    # the next local step reads it
    assert model.alpha(model.expect(globals_)) is globals_.priors.alpha


@pytest.mark.parametrize("learn", ["symmetric", "vector"])
def test_tuning_raises_the_bound_at_fixed_statistics(learn):
    model = make_model(None, learn, tunes=True)
    globals_ = model.init_globals(None, np.random.default_rng(0))
    gains = []
    for number in range(30):
        batch = DocumentBatch(counts(number))
        stats, _, _ = model.local_step(batch, model.expect(globals_))
        globals_ = model.blend(globals_, model.global_step(stats.scale(4.0), globals_), 0.3)
        counted = globals_.topic_word - model.eta(globals_).eta
        before = model.posterior_bound(globals_)
        globals_ = model.tune(globals_)
        left = globals_.topic_word - model.eta(globals_).eta
        np.testing.assert_allclose(left, counted, atol=1e-10)
        np.testing.assert_allclose(globals_.total, globals_.topic_word.sum(axis=1))
        gains.append(model.posterior_bound(globals_) - before)
    assert min(gains) > -1e-9 * abs(before)
    assert gains[0] > 0.1
    assert globals_.priors.eta.eta.shape == (() if learn == "symmetric" else (40,))
    # the next target has it
    target = model.global_step(stats, globals_)
    np.testing.assert_array_equal(target.priors.eta.eta, globals_.priors.eta.eta)
    assert make_model(None, learn).tune(globals_) is globals_


def test_tuning_leaves_topics_below_their_prior():
    model = replace(make_model(None, "symmetric", tunes=True), topic_word_prior=5.0)
    start = model.init_globals(None, np.random.default_rng(0))
    topic_word = start.topic_word
    tuned = model.tune(start)
    assert float(model.eta(tuned).eta) < 4
    np.testing.assert_allclose(tuned.topic_word, topic_word)
    start = model.init_globals(None, np.random.default_rng(0))
    assert model.global_bound(tuned) > model.global_bound(start)


def test_posterior_as_prior_is_taken_apart():
    globals_, _ = run(make_model("vector", "symmetric"), counts(), 3)
    model = make_model("vector", "symmetric").with_prior(globals_)
    np.testing.assert_array_equal(model.doc_topic_prior, globals_.priors.alpha)
    assert model.topic_word_prior == globals_.priors.eta.eta
    again = replace(model, tunes=True).global_step(model.no_stats(), globals_)
    np.testing.assert_allclose(again.topic_word, globals_.topic_word, rtol=1e-12)
    assert model.posterior_bound(again) == pytest.approx(0.0, abs=1e-6)
    # bounds are those under the posterior as prior, as long as the priors stay
    other = replace(model, learn_doc_topic_prior=None, learn_topic_word_prior=None, known=None)
    other = other.with_prior(globals_)
    somewhere = replace(model.init_globals(None, np.random.default_rng(1)), priors=globals_.priors)
    expected = other.global_bound(somewhere)
    assert model.global_bound(somewhere) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("alpha", "eta"), LEARN)
def test_bound_given_documents_before_rises_and_is_exact(alpha, eta):
    globals_, _ = run(make_model(alpha, eta), counts(), 25)
    model = make_model(alpha, eta, doc_init="warm", mean_change_tol=0.0).with_prior(globals_)
    batch, local, last = DocumentBatch(counts(1, n_docs=20)), None, -np.inf
    for _ in range(8):
        stats, h, local = model.local_step(batch, model.expect(globals_), local)
        before = elbo(model, stats, h, globals_)
        globals_ = model.global_step(stats, globals_)
        after = elbo(model, stats, h, globals_)
        assert before > last - 1e-8
        assert after > before - 1e-8
        assert h + model.posterior_bound(globals_) == pytest.approx(after, rel=1e-9)
        last = after


@pytest.mark.parametrize("forgetting", [0.0, 0.3])
def test_streaming_learns_from_all_that_it_remembers(forgetting):
    batches = [DocumentBatch(counts(seed, n_docs=30)) for seed in range(4)]
    model, monitor = make_model("vector", "symmetric", doc_init="warm"), Monitor(None)
    globals_ = streaming(
        model, batches, monitor, max_iter=30, forgetting=forgetting, rng=np.random.default_rng(0)
    )
    kept = (1 - forgetting) ** np.arange(4)[::-1]
    assert globals_.priors.weights.n_docs == pytest.approx(30 * kept.sum())
    mean_log = globals_.priors.weights.log_theta / globals_.priors.weights.n_docs
    best = fit_dirichlet(mean_log).concentration
    np.testing.assert_allclose(globals_.priors.alpha, best, rtol=1e-6)
    n_tokens = kept @ [batch.n_tokens for batch in batches]
    left = globals_.topic_word - globals_.priors.eta.eta
    assert left.sum() == pytest.approx(n_tokens, rel=1e-9)
    if forgetting == 0:  # the bounds add up to the one in which all documents have the last priors
        whole = model.posterior_bound(globals_)
        parts = [model.local_step(batch, model.expect(globals_))[1] for batch in batches]
        assert sum(monitor.lower_bounds) == pytest.approx(whole + sum(parts), rel=1e-2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_posterior_below_the_prior_has_no_counts_to_take_with_it(dtype):
    model = replace(make_model("vector", "symmetric", dtype=dtype), topic_word_prior=50.0)
    topics = np.random.default_rng(0).gamma(0.1, 1.0, (4, 40)) + 1e-5
    start = model.start_from(topics.astype(dtype))
    globals_ = streaming_step(model, DocumentBatch(counts(dtype=dtype)), start, Monitor(5))
    assert 0 < globals_.priors.eta.eta < 50
    assert globals_.is_proper()


@pytest.mark.parametrize("n_threads", [2, 5])
def test_threads_do_not_matter(n_threads):
    ends = [run(make_model("vector", "vector", n_jobs=n), counts(), 25)[0] for n in (1, n_threads)]
    np.testing.assert_array_equal(ends[0].priors.alpha, ends[1].priors.alpha)
    np.testing.assert_array_equal(ends[0].priors.eta.eta, ends[1].priors.eta.eta)
    np.testing.assert_array_equal(ends[0].topic_word, ends[1].topic_word)


@pytest.mark.real_data
def test_topics_that_are_alike_do_not_become_the_prior(shared_data):
    """A vector of words learned from the first pass on would explain the corpus by itself."""
    X = read_corpus(shared_data("ap/ap.dat.gz")).counts.astype(float)
    model = LDAModel(
        np.full(20, 0.05),
        0.05,
        X.shape[1],
        learn_doc_topic_prior="vector",
        learn_topic_word_prior="vector",
    )
    globals_, _ = run(model, X, 25)
    assert globals_.priors.eta.eta.shape == (X.shape[1],)
    assert globals_.priors.alpha.sum() < 10
