"""The estimator: scikit-learn's results where both are right, its own promises elsewhere."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus, read_corpus
from fastvb.metrics import completion_score


def corpus(n_docs=50, n_words=40, dtype=np.float64, seed=0):
    X, _, _ = make_lda_corpus(n_docs, n_words, 3, document_length=30, random_state=seed)
    return sp.csr_matrix(X.counts.astype(dtype))


def fitted(**parameters):
    return LatentDirichletAllocation(3, random_state=0, **parameters).fit(corpus())


def test_elbo_trace_and_what_fit_leaves():
    lda = fitted(max_iter=60, tol=1e-7)
    assert lda.n_iter_ == len(lda.lower_bounds_) < 60
    assert lda.converged_
    assert lda.lower_bound_ == lda.lower_bounds_[-1]
    assert np.diff(lda.lower_bounds_).min() > -1e-8
    assert lda.n_batch_iter_ == lda.n_iter_ + 1
    assert lda.components_.shape == lda.exp_dirichlet_component_.shape == (3, 40)
    assert lda.components_.flags.c_contiguous
    assert lda.doc_topic_prior_ == lda.topic_word_prior_ == 1 / 3
    assert lda.n_features_in_ == 40
    assert lda.timings_["total"] >= lda.timings_["local"] > 0
    np.testing.assert_allclose(lda.topic_word_distribution().sum(axis=1), 1.0)
    assert list(lda.get_feature_names_out()) == [f"latentdirichletallocation{k}" for k in range(3)]


@pytest.mark.parametrize("doc_init", ["auto", "warm"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_elbo_never_falls(doc_init, dtype):
    X = corpus(200, 60, dtype)
    lda = LatentDirichletAllocation(5, random_state=1, max_iter=40, tol=0, doc_init=doc_init)
    bounds = lda.fit(X).lower_bounds_
    slack = 1e-12 if dtype == np.float64 else 1e-6
    assert np.diff(bounds).min() > -slack * abs(bounds[-1])
    assert lda.components_.dtype == lda.transform(X).dtype == dtype


def test_elbo_at_the_fitted_topics():
    X = corpus()
    lda = fitted(max_iter=200, tol=0, doc_init="warm", mean_change_tol=1e-9)
    # both at the optimum of the documents; the trace's documents are one pass older
    assert lda.elbo(X) == pytest.approx(lda.lower_bound_, rel=1e-4)
    terms = lda.elbo(X, terms=True)
    assert len(terms) == 7
    assert sum(terms.values()) == pytest.approx(lda.elbo(X), rel=1e-12)
    assert terms["entropy_z"] > 0 > terms["log_p_w"]


def test_held_out_perplexity_does_not_grow_with_fewer_documents():
    """It would, by the factor exp(KL / tokens), if it held the topics' divergence."""
    X = corpus(120, 60)
    lda = LatentDirichletAllocation(3, random_state=0).fit(X[:60])
    held_out = X[60:]
    whole = lda.perplexity(held_out)
    for n in (1, 5, 20):
        assert 0.5 * whole < lda.perplexity(held_out[:n]) < 2 * whole
    assert whole < 60  # of uniform guesses
    single = [lda.score(held_out[[i]]) for i in range(60)]
    assert lda.score(held_out) == pytest.approx(sum(single), rel=1e-13)
    divergence = lda.score(held_out) - lda.elbo(held_out)
    assert divergence > 1.0  # so the test would notice


def test_scores_leave_the_corpus_out():
    X, lda = corpus(), fitted()
    bounds = lda.document_bound(X)
    assert lda.score(X) == pytest.approx(bounds.sum())
    assert lda.perplexity(X) == pytest.approx(np.exp(-bounds.sum() / X.sum()))
    np.testing.assert_array_equal(lda.document_bound(X[7]), bounds[7:8])
    with pytest.raises(ValueError, match="at least one token"):
        lda.perplexity(np.zeros((2, 40)))


@pytest.mark.parametrize("n_jobs", [1, 2, 3, 7])
def test_bits_do_not_depend_on_threads(n_jobs):
    X = corpus(300, 80)

    def everything(n):
        lda = LatentDirichletAllocation(20, random_state=0, n_jobs=n, max_iter=4).fit(X)
        return lda.components_, lda.lower_bounds_, lda.transform(X), lda.document_bound(X)

    for alone, together in zip(everything(1), everything(n_jobs), strict=True):
        np.testing.assert_array_equal(alone, together)


def test_transform_does_not_depend_on_the_other_rows():
    X, lda = corpus(), fitted()
    whole, bounds = lda.transform(X), lda.document_bound(X)
    order = np.random.default_rng(0).permutation(50)
    for n_jobs in (1, 2, 3, 7):
        lda.set_params(n_jobs=n_jobs)
        np.testing.assert_array_equal(lda.transform(X), whole)
        np.testing.assert_array_equal(lda.transform(X[order]), whole[order])
        np.testing.assert_array_equal(lda.document_bound(X[order]), bounds[order])
        for i in (0, 13, 49):
            np.testing.assert_array_equal(lda.transform(X[[i]]), whole[[i]])
        np.testing.assert_array_equal(lda.transform(sp.vstack([X[20:], X[:20]]))[30:], whole[:20])
    gamma = lda.transform(X, normalize=False)
    np.testing.assert_allclose(gamma.sum(axis=1), X.sum(axis=1).A1 + 1.0, 1e-12)


def test_same_seed_same_bits():
    X = corpus()
    for seed in (7, np.random.RandomState(7), np.random.default_rng(7)):
        first = LatentDirichletAllocation(3, random_state=pickle.loads(pickle.dumps(seed))).fit(X)
        second = LatentDirichletAllocation(3, random_state=pickle.loads(pickle.dumps(seed))).fit(X)
        np.testing.assert_array_equal(first.components_, second.components_)
    unseeded = LatentDirichletAllocation(3).fit(X).components_
    assert (unseeded != LatentDirichletAllocation(3).fit(X).components_).any()


def test_saved_and_loaded():
    X, lda = corpus(), fitted()
    again = pickle.loads(pickle.dumps(lda))
    np.testing.assert_array_equal(again.transform(X), lda.transform(X))
    lda.components_ = lda.components_[::-1].copy()
    np.testing.assert_allclose(lda.transform(X), again.transform(X)[:, ::-1], 1e-12)


@pytest.mark.parametrize("K", [1, 2, 7])
def test_priors_of_every_shape(K):
    X, rng = corpus(), np.random.default_rng(0)
    alpha, eta_v, eta_kv = rng.gamma(2, 0.2, K), rng.gamma(2, 0.2, 40), rng.gamma(2, 0.2, (K, 40))
    common = {"random_state": 0, "doc_init": "warm", "max_iter": 5}
    for eta in (0.3, eta_v, eta_kv):
        lda = LatentDirichletAllocation(K, doc_topic_prior=alpha, topic_word_prior=eta, **common)
        assert np.diff(lda.fit(X).lower_bounds_).min() > -1e-8
        np.testing.assert_array_equal(lda.topic_word_prior_, eta)
    as_numbers = LatentDirichletAllocation(K, doc_topic_prior=0.2, topic_word_prior=0.3, **common)
    as_arrays = LatentDirichletAllocation(
        K, doc_topic_prior=np.full(K, 0.2), topic_word_prior=np.full((K, 40), 0.3), **common
    )
    np.testing.assert_allclose(as_numbers.fit(X).components_, as_arrays.fit(X).components_, 1e-13)
    assert as_numbers.lower_bound_ == pytest.approx(as_arrays.lower_bound_, rel=1e-13)


def test_seeded_words_stay_where_the_prior_puts_them():
    X = corpus()
    eta = np.full((3, 40), 0.1)
    eta[2, 5] = 1e4
    lda = LatentDirichletAllocation(3, topic_word_prior=eta, random_state=0).fit(X)
    assert lda.components_[2].argmax() == 5


def test_parameters_changed_after_fit():
    X, lda = corpus(), fitted()
    expected, elbo = lda.transform(X), lda.elbo(X)
    for n_components in (2, 50):
        lda.set_params(n_components=n_components)
        np.testing.assert_array_equal(lda.transform(X), expected)
        assert lda.elbo(X) == elbo
        assert sum(lda.elbo(X, terms=True).values()) == pytest.approx(elbo, rel=1e-12)
    for name, value in (
        ("mean_change_tol", -1),
        ("max_doc_update_iter", 0),
        ("doc_init", "zzz"),
        ("n_jobs", 0),
    ):
        good = getattr(lda, name)
        lda.set_params(**{name: value})
        for method in (lda.transform, lda.score, lda.perplexity, lda.elbo, lda.document_bound):
            with pytest.raises(ValueError, match=f"Expected {name} to be"):
                method(X)
        lda.set_params(**{name: good})


def test_components_are_read_only_and_may_be_replaced():
    X, lda = corpus(), fitted()
    with pytest.raises(ValueError, match="read-only"):
        lda.components_[0] = 1.0
    again = pickle.loads(pickle.dumps(lda))
    with pytest.raises(ValueError, match="read-only"):
        again.components_[0] = 1.0
    changed = lda.components_.copy()
    changed[0] = 1.0
    lda.components_ = changed
    other = LatentDirichletAllocation.from_components(
        changed, doc_topic_prior=1 / 3, topic_word_prior=1 / 3
    )
    assert (lda.transform(X) != again.transform(X)).any()
    np.testing.assert_array_equal(lda.transform(X), other.transform(X))
    assert lda.elbo(X) == other.elbo(X)
    expected = lda.transform(X)
    changed[1] = 5.0  # assigned arrays are copied
    np.testing.assert_array_equal(lda.transform(X), expected)
    lda.components_ = changed[:2, :30]
    assert lda.n_features_in_ == 30
    assert lda.transform(X[:, :30]).shape == (50, 2)
    with pytest.raises(ValueError, match=r"40 features, but .* is expecting 30"):
        lda.transform(X)


def test_perplexity_rule():
    X = corpus()
    lda = LatentDirichletAllocation(
        3, max_iter=90, evaluate_every=2, perp_tol=0.5, tol=0, random_state=0
    ).fit(X)
    assert lda.converged_
    assert lda.n_iter_ % 2 == 0
    perplexity = np.exp(-lda.lower_bounds_ / X.sum())
    changes = np.abs(np.diff(perplexity[1::2]))
    assert changes[-1] < 0.5
    assert (changes[:-1] >= 0.5).all()


def test_repr_names_what_is_not_default():
    assert repr(LatentDirichletAllocation()) == "LatentDirichletAllocation()"
    lda = LatentDirichletAllocation(50, tol=0.1)
    assert repr(lda) == "LatentDirichletAllocation(n_components=50, tol=0.1)"
    with pytest.raises(ValueError, match="'alpha'"):
        lda.set_params(tol=0.5, alpha=1)
    assert lda.tol == 0.1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_control_c():
    """SIGINT in the middle of one long pass is obeyed at once."""
    code = """
        import os, signal, threading, time
        import numpy as np, scipy.sparse as sp, fastvb
        X = sp.csr_matrix(np.random.default_rng(0).poisson(0.2, (4000, 1500)).astype(float))
        lda = fastvb.LatentDirichletAllocation(
            200, doc_init="ones", mean_change_tol=0, max_doc_update_iter=400, n_jobs=1)
        sent = []
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none
        def interrupt():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(1.0, interrupt).start()
        try:
            lda.fit(X)
        except KeyboardInterrupt:
            print("waited", time.perf_counter() - sent[0])
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert run.stdout.startswith("waited"), run.stdout + run.stderr
    # a pass takes half a minute; the bound is generous because the machine may be busy
    assert float(run.stdout.split()[1]) < 5.0


@pytest.mark.real_data
@pytest.mark.parametrize("n_components", [5, 20])
def test_kos_blog_entries(shared_data, n_components):
    """Real text: the bound rises, held-out prediction beats a single topic."""
    X = sp.csr_matrix(read_corpus(shared_data("kos/docword.kos.txt.gz")).counts)
    train, test = X[::10], X[1::10]
    common = {"random_state": 0, "max_iter": 10}
    lda = LatentDirichletAllocation(n_components, **common).fit(train)
    assert np.diff(lda.lower_bounds_).min() > 0
    single = LatentDirichletAllocation(1, **common).fit(train)
    assert completion_score(lda, test) > completion_score(single, test) + 0.1
