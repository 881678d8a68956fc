"""What LDA accepts, and what it says of the rest."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

from fastvb import LatentDirichletAllocation
from fastvb._validation import check_counts
from fastvb.datasets import make_lda_corpus


def corpus(n_docs=50, n_words=40, dtype=np.float64, seed=0):
    X, _, _ = make_lda_corpus(n_docs, n_words, 3, document_length=30, random_state=seed)
    return sp.csr_matrix(X.counts.astype(dtype))


def fitted(**parameters):
    return LatentDirichletAllocation(3, random_state=0, **parameters).fit(corpus())


def test_empty_documents_and_zero_counts():
    X = corpus().tolil()
    X[4] = 0
    X = sp.csr_matrix(X)
    with_zeros = X.copy()
    with_zeros.data[::5] = 0
    lda = fitted()
    np.testing.assert_array_equal(lda.transform(X)[4], np.full(3, 1 / 3))
    assert lda.document_bound(X)[4] == pytest.approx(0.0, abs=1e-14)
    without = with_zeros.copy()
    without.eliminate_zeros()
    assert without.nnz < with_zeros.nnz
    np.testing.assert_allclose(lda.transform(with_zeros), lda.transform(without), 1e-12)


@pytest.mark.parametrize("convert", [sp.csc_matrix, sp.coo_array, sp.lil_matrix, sp.csr_array])
def test_other_formats(convert):
    X, lda = corpus(), fitted()
    np.testing.assert_array_equal(lda.transform(convert(X)), lda.transform(X))
    np.testing.assert_array_equal(lda.transform(X.toarray()), lda.transform(X))


def test_unsorted_and_duplicate_entries():
    X = corpus()
    halves = sp.csr_matrix(
        (np.tile(X.data / 2, 2), np.tile(X.indices, 2), 2 * X.indptr), shape=X.shape
    )
    rows = np.repeat(np.arange(50), np.diff(X.indptr))
    order = np.lexsort((np.tile(-X.indices, 2), np.tile(rows, 2)))
    halves.indices = halves.indices[order]
    halves.data = halves.data[order]
    kept = halves.indices.copy()
    np.testing.assert_allclose(fitted().transform(halves), fitted().transform(X), 1e-12)
    np.testing.assert_array_equal(halves.indices, kept)


def test_csr_is_not_copied():
    X = corpus()
    X.data.flags.writeable = X.indices.flags.writeable = X.indptr.flags.writeable = False
    assert check_counts(X, "test") is X
    whole = X.copy()
    whole.data = X.data.astype(np.int64)
    assert np.shares_memory(check_counts(whole, "test").indices, whole.indices)
    LatentDirichletAllocation(2, max_iter=2).fit(X)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_components": 0}, ValueError, "n_components to be at least 1, got n_components=0"),
        ({"n_components": 2.5}, TypeError, "n_components to be an integer"),
        ({"learning_method": "gibbs"}, ValueError, "learning_method to be one of"),
        ({"doc_topic_prior": 0.0}, ValueError, "doc_topic_prior"),
        ({"doc_topic_prior": [0.1, 0.2]}, ValueError, r"shape \(3,\)"),
        ({"doc_topic_prior": [0.1, -0.2, 0.3]}, ValueError, "positive"),
        ({"topic_word_prior": np.ones((40, 3))}, ValueError, r"\(40,\) or \(3, 40\)"),
        ({"max_iter": 0}, ValueError, "max_iter"),
        ({"tol": -1.0}, ValueError, "tol"),
        ({"tol": np.nan}, ValueError, "tol"),
        ({"mean_change_tol": "small"}, TypeError, "mean_change_tol to be a number"),
        ({"max_doc_update_iter": 0}, ValueError, "max_doc_update_iter"),
        ({"learning_decay": 1.5}, ValueError, "learning_decay"),
        ({"learning_offset": 0.5}, ValueError, "learning_offset"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"total_samples": -1}, ValueError, "total_samples"),
        ({"doc_init": "cold"}, ValueError, "doc_init"),
        ({"n_jobs": 0}, ValueError, "n_jobs"),
        ({"callback": 3}, TypeError, "callable"),
        ({"random_state": "seed"}, TypeError, "random_state"),
        ({"random_state": -1}, ValueError, "random_state"),
    ],
)
def test_bad_parameters_leave_the_estimator_as_it_was(parameters, error, message):
    lda = fitted()
    before = dict(vars(lda))
    lda.set_params(**parameters)
    with pytest.raises(error, match=message):
        lda.fit(corpus(seed=1))
    lda.set_params(**{name: before[name] for name in parameters})
    assert vars(lda) == before


def test_bad_checkpoint_every(tmp_path):
    with pytest.raises(ValueError, match="Expected checkpoint_every to be at least 1, got"):
        fitted().fit(corpus(), checkpoint=tmp_path / "fit", checkpoint_every=0)


def test_a_fit_that_fails_leaves_the_estimator_as_it_was():
    def interrupt(state):
        if state.n_iter == 3:
            raise KeyboardInterrupt

    lda = fitted()
    before = dict(vars(lda))
    lda.set_params(callback=interrupt)
    with pytest.raises(KeyboardInterrupt):
        lda.fit(corpus(seed=1))
    lda.set_params(callback=None)
    assert vars(lda) == before


@pytest.mark.parametrize(("value", "error"), [(np.nan, ValueError), (1e306, FloatingPointError)])
def test_a_fit_that_the_data_fail_leaves_the_estimator_as_it_was(value, error):
    X = corpus(seed=1)
    X.data[5:8] = value
    lda = fitted()
    before = dict(vars(lda))
    with pytest.raises(error, match="finite"):
        lda.fit(X)
    assert vars(lda) == before


@pytest.mark.parametrize("name", ["doc_topic_prior", "topic_word_prior"])
@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (1e-50, np.float32, "positive and finite in float32, got .*=1e-50"),
        (1e50, np.float32, "positive and finite in float32, got .*=1e"),
        (3e38, np.float32, "sum of .* finite in float32, got .*=3e"),
        (1e308, np.float64, "sum of .* finite in float64, got .*=1e"),
    ],
)
def test_priors_beyond_the_data_type(name, value, dtype, message):
    X = corpus(dtype=dtype)
    shape = (3,) if name == "doc_topic_prior" else (3, 40)
    for prior in (value, np.full(shape, value)):
        lda = LatentDirichletAllocation(3, **{name: prior})
        with pytest.raises(ValueError, match=message if np.ndim(prior) == 0 else "Expected"):
            lda.fit(X)
        assert not hasattr(lda, "components_")


bad_numbers = st.sampled_from([np.nan, np.inf, -np.inf, -1.0, -1e-300])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 199), bad_numbers, st.booleans(), st.booleans())
def test_bad_counts(position, value, sparse, single):
    X = np.ones((5, 40), dtype=np.float32 if single else np.float64)
    X.flat[position] = value
    if X.flat[position] == 0:  # -1e-300 in single precision
        return
    lda = fitted(max_iter=1)
    for method in (LatentDirichletAllocation(2).fit, lda.transform, lda.score):
        with pytest.raises(ValueError, match=r"finite|Negative"):
            method(sp.csr_matrix(X) if sparse else X)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1e6), min_size=4, max_size=4), min_size=1, max_size=6),
    st.integers(1, 5),
    st.floats(1e-3, 1e3),
    st.booleans(),
    st.sampled_from(["batch", "collapsed", "online", "structured", "memoized", "streaming"]),
)
def test_any_counts(rows, n_components, prior, single, method):
    """Whatever the counts: finite topics, weights that sum to one, tokens all counted."""
    X = np.array(rows, dtype=np.float32 if single else np.float64)
    lda = LatentDirichletAllocation(
        n_components, doc_topic_prior=prior, topic_word_prior=prior, random_state=0, max_iter=3,
        learning_method=method, batch_size=2,
    ).fit(X)  # fmt: skip
    assert np.isfinite(lda.components_).all()
    assert (lda.components_ > 0).all()
    assert np.isfinite(lda.lower_bounds_).all()
    rtol = 1e-5 if single else 1e-9
    gamma = lda.transform(X, normalize=False).astype(np.float64)
    total = X.sum(axis=1, dtype=np.float64) + n_components * prior
    np.testing.assert_allclose(gamma.sum(axis=1), total, rtol)
    np.testing.assert_allclose(lda.transform(X).sum(axis=1), 1.0, 1e-5)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones(40), "Reshape your data"),
        (np.ones((0, 40)), "0 sample"),
        (np.ones((2, 0)), "0 feature"),
        (np.ones((2, 39)), "39 features, but LatentDirichletAllocation is expecting 40"),
        (np.full((2, 40), 1j), "Complex"),
        (np.array([["a"] * 40]), "numbers"),
    ],
)
def test_bad_matrices(X, message):
    with pytest.raises(ValueError, match=message):
        fitted(max_iter=1).transform(X)


def test_corrupt_csr_is_refused():
    X = corpus()
    X.indices = X.indices.copy()
    X.indices[3] = 99
    lda, message = LatentDirichletAllocation(2), r"Expected X.indices to be from 0 to 39 .*, got "
    with pytest.raises(ValueError, match=message + r"X.indices.max\(\)=99\."):
        lda.fit(X)
    X.indices[3] = -1
    with pytest.raises(ValueError, match=message + r"X.indices.min\(\)=-1\."):
        lda.fit(X)
    X = corpus()
    X.indptr[4] = X.indptr[5] + 1
    with pytest.raises(ValueError, match="Expected X to be a valid csr matrix, got "):
        lda.fit(X)
    X = sp.csc_matrix(corpus())
    X.indices[3] = 50
    with pytest.raises(ValueError, match=r"from 0 to 49 .*max\(\)=50"):
        lda.fit(X)
    X = sp.coo_matrix(corpus())
    X.col[3] = 40
    with pytest.raises(ValueError, match=r"X.col to be from 0 to 39 .*max\(\)=40"):
        lda.fit(X)


def test_before_fit():
    lda = LatentDirichletAllocation(2)
    for method in (lda.transform, lda.score, lda.perplexity, lda.elbo, lda.document_bound):
        with pytest.raises(ValueError, match="Call fit first"):
            method(corpus())
    with pytest.raises(AttributeError):
        lda.topic_word_distribution()


def evidence_of_one_topic(X, eta):
    """Log probability of a corpus from one Dirichlet-multinomial."""
    n = np.asarray(X.sum(axis=0)).ravel()
    total = eta * len(n)
    return gammaln(total) - gammaln(total + n.sum()) + (gammaln(eta + n) - gammaln(eta)).sum()


def test_one_topic_is_exact():
    X = corpus()
    lda = LatentDirichletAllocation(1, topic_word_prior=0.3, random_state=0).fit(X)
    np.testing.assert_allclose(lda.components_[0], 0.3 + X.sum(axis=0).A1, 1e-13)
    assert lda.lower_bound_ == pytest.approx(evidence_of_one_topic(X, 0.3), rel=1e-12)
    np.testing.assert_array_equal(lda.transform(X), 1.0)


@pytest.mark.parametrize("shape", [(1, 40), (50, 1), (1, 1), (2, 3)])
@pytest.mark.parametrize("n_components", [1, 3, 70])
def test_small_shapes_and_more_topics_than_words(shape, n_components):
    X = np.ascontiguousarray(corpus().toarray()[: shape[0], : shape[1]]) + np.eye(*shape)
    lda = LatentDirichletAllocation(n_components, random_state=0).fit(X)
    assert lda.components_.shape == (n_components, shape[1])
    assert np.diff(lda.lower_bounds_).min(initial=0) >= -1e-10
    assert lda.lower_bound_ <= 1e-12  # the log probability of discrete data
    eta = lda.topic_word_prior_
    assert lda.components_.sum() == pytest.approx(X.sum() + eta * lda.components_.size)
    np.testing.assert_allclose(lda.transform(X).sum(axis=1), 1.0)
    assert lda.perplexity(X) + 1e-12 >= 1.0


def test_documents_that_are_all_empty():
    X = np.zeros((3, 4))
    lda = LatentDirichletAllocation(2, random_state=0, evaluate_every=1).fit(X)
    np.testing.assert_array_equal(lda.components_, 0.5)  # the prior
    np.testing.assert_allclose(lda.lower_bounds_, 0.0, atol=1e-14)
    np.testing.assert_array_equal(lda.transform(X), 0.5)
    assert lda.score(X) == pytest.approx(0.0, abs=1e-14)
    assert not lda.seen_words_.any()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.float16, np.longdouble, object])
def test_numbers_of_every_type(dtype):
    X = corpus().toarray()
    for sparse in (False, True):
        if sparse and dtype in (np.float16, object):  # SciPy has no such matrices
            continue
        counts = sp.csr_matrix(X.astype(dtype)) if sparse else X.astype(dtype)
        lda = fitted(max_iter=3)
        again = LatentDirichletAllocation(3, random_state=0, max_iter=3).fit(counts)
        np.testing.assert_array_equal(again.components_, lda.components_)
        np.testing.assert_array_equal(again.transform(counts), lda.transform(X))


def test_wide_indices():
    X, wide = corpus(), corpus()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    mixed = corpus()
    mixed.indptr = mixed.indptr.astype(np.int64)
    lda = fitted(max_iter=3)
    for counts in (wide, mixed):
        again = LatentDirichletAllocation(3, random_state=0, max_iter=3).fit(counts)
        np.testing.assert_array_equal(again.components_, lda.components_)
        np.testing.assert_array_equal(again.document_bound(counts), lda.document_bound(X))


def test_fractions_are_counts_too():
    """Twice half a count is a count; the bound of a fraction lies between its neighbours."""
    X = corpus()
    lda = fitted()
    doubled = sp.csr_matrix((X.data / 2, X.indices, X.indptr), shape=X.shape)
    np.testing.assert_array_equal(lda.transform(doubled * 2), lda.transform(X))
    half = lda.document_bound(doubled)
    assert ((lda.document_bound(X) < half) & (half < 0)).all()
    assert np.isfinite(LatentDirichletAllocation(3).fit(doubled).lower_bound_)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-np.ones((3, 40)), ValueError, r"positive and finite.*components_.min\(\)=-1"),
        (np.zeros((3, 40)), ValueError, "positive and finite"),
        (np.full((3, 40), np.nan), ValueError, "positive and finite"),
        (np.full((3, 40), 1e308), ValueError, "sums of its rows"),
        (np.ones(40), ValueError, r"shape \(n_components, n_features\), got .*=\(40,\)"),
        (np.ones((3, 0)), ValueError, r"shape=\(3, 0\)"),
        (np.ones((3, 40)) * 1j, TypeError, "real numbers, got ndarray of dtype=complex"),
        ("topics", TypeError, "real numbers, got str"),
        (None, TypeError, "real numbers, got NoneType"),
    ],
)
def test_bad_components_are_refused_when_they_are_assigned(value, error, message):
    lda = fitted(max_iter=1)
    before = dict(vars(lda))
    with pytest.raises(error, match=f"Expected components_ to .*{message}"):
        lda.components_ = value
    assert vars(lda) == before
    with pytest.raises(error, match="Expected components to"):
        LatentDirichletAllocation.from_components(value)


def test_whole_numbers_as_components():
    X, lda = corpus(), fitted(max_iter=1)
    whole = np.arange(1, 121).reshape(3, 40)
    lda.components_ = whole
    assert lda.components_.dtype == np.float64
    expected = lda.transform(X)
    lda.components_ = whole.astype(float).tolist()
    np.testing.assert_array_equal(lda.transform(X), expected)
    lda.components_ = whole.astype(np.float32)
    assert lda.transform(X).dtype == np.float32
    np.testing.assert_allclose(lda.transform(X), expected, 1e-4)


def test_priors_that_do_not_fit_the_components():
    X, lda = (
        corpus(),
        fitted(max_iter=1, doc_topic_prior=[0.1, 0.2, 0.3], topic_word_prior=[1] * 40),
    )
    lda.components_ = np.ones((2, 40))
    for method in (lda.transform, lda.score, lda.elbo, lda.document_bound, lda.perplexity):
        with pytest.raises(ValueError, match=r"Expected doc_topic_prior_ to .*shape=\(3,\)"):
            method(X)
        lda.doc_topic_prior_ = -0.5
        with pytest.raises(ValueError, match="Expected doc_topic_prior_ to be finite, above 0"):
            method(X)
        lda.doc_topic_prior_ = [0.1, 0.2, 0.3]
    lda.doc_topic_prior_ = 0.1
    assert np.isfinite(lda.elbo(X))
    lda.components_ = np.ones((2, 39))
    assert np.isfinite(lda.score(X[:, :39]))
    with pytest.raises(ValueError, match=r"Expected topic_word_prior_ to .*shape=\(40,\)"):
        lda.elbo(X[:, :39])


def test_assignment_before_fit():
    with pytest.raises(ValueError, match="Call fit first"):
        LatentDirichletAllocation(3).components_ = np.ones((3, 40))
    assert not hasattr(LatentDirichletAllocation(3), "components_")


def test_a_corpus_is_not_its_counts():
    made, _, _ = make_lda_corpus(5, 40, 2, random_state=0)
    with pytest.raises(ValueError, match="got X of type Corpus"):
        LatentDirichletAllocation(2).fit(made)
    with pytest.raises(ValueError, match="got X of type NoneType"):
        LatentDirichletAllocation(2).fit(None)


def test_counts_whose_sum_overflows():
    with pytest.raises(FloatingPointError, match="limits of the data type"):
        LatentDirichletAllocation(2).fit([[1.7e308, 0.0], [0.0, 1.7e308]])


def test_counts_beyond_the_precision_of_the_fit():
    lda = LatentDirichletAllocation(2, random_state=0).fit(corpus(dtype=np.float32))
    with pytest.raises(ValueError, match="Expected X to be finite"):
        lda.transform(np.full((1, 40), 1e300))


def test_more_inner_iterations_than_a_document_ever_needs():
    parameters = {"n_components": 2, "max_iter": 2, "random_state": 0}
    few, many = (
        LatentDirichletAllocation(**parameters, doc_init="ones", max_doc_update_iter=most)
        for most in (2000, 2**40)
    )
    np.testing.assert_array_equal(few.fit(corpus()).components_, many.fit(corpus()).components_)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tiny_counts(dtype):
    """Documents of 1e-9 tokens cost a nat all the same: their perplexity is beyond all floats."""
    X, tiny = corpus(dtype=dtype) * dtype(1e-9), 1e-3
    lda = LatentDirichletAllocation(
        3, doc_topic_prior=tiny, topic_word_prior=tiny, evaluate_every=1, random_state=0
    ).fit(X)
    assert np.isfinite(lda.lower_bounds_).all()
    assert (lda.components_ > 0).all()
    assert lda.perplexity(X) == np.inf
