"""Where the words of documents come from, given fitted topics."""

from __future__ import annotations

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp
from scipy.special import digamma

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus
from fastvb.models import _word_topics

from_topics = LatentDirichletAllocation.from_topics


def corpus(dtype=np.float64):
    counts = make_lda_corpus(40, 60, 5, document_length=30, random_state=1)[0].counts
    X = sp.csr_matrix(counts.astype(dtype))
    X.data[::7] += 0.5
    keep = np.ones(40)
    keep[[0, 11, 12, 39]] = 0  # empty documents
    X = sp.csr_matrix(sp.diags(keep.astype(dtype)) @ X)
    X.eliminate_zeros()
    X.sort_indices()
    return X


def expected(lda, X):
    """Probabilities by the twin, at the weights of transform."""
    gamma = lda.transform(X, normalize=False).astype(float)
    elog = np.log(lda.topic_word_distribution())
    if lda.topic_word_prior_ is not None:
        elog = twin.elog_topics(lda.components_.astype(float))
    rows = [
        np.exp(twin.log_phi(gamma[d], elog[:, X.indices[X.indptr[d] : X.indptr[d + 1]]])[0])
        for d in range(X.shape[0])
    ]
    return np.concatenate(rows)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_topics", [1, 3, 8])
@pytest.mark.parametrize("scratch", [1, 1000, 1 << 22])
def test_against_the_twin(dtype, n_topics, scratch, monkeypatch):
    monkeypatch.setattr(_word_topics, "_SCRATCH_BYTES", scratch)
    X = corpus(dtype)
    lda = LatentDirichletAllocation(n_topics, max_iter=5, random_state=0).fit(X)
    found = lda.word_topic_proba(X)
    assert found.shape == (X.nnz, n_topics)
    assert found.dtype == dtype
    tolerance = 1e-9 if dtype == np.float64 else 2e-4
    np.testing.assert_allclose(found, expected(lda, X), tolerance, tolerance)
    np.testing.assert_allclose(found.sum(axis=1), 1, 10 * np.finfo(dtype).eps)
    assert (lda.word_topics(X) == found.argmax(axis=1)).all()


def test_the_probabilities_add_up_to_the_weights():
    X = corpus()
    alpha = [0.5, 0.1, 0.3]
    lda = LatentDirichletAllocation(3, doc_topic_prior=alpha, random_state=0).fit(X)
    lda.set_params(mean_change_tol=1e-10, max_doc_update_iter=10_000)
    weighted = lda.word_topic_proba(X) * X.data[:, np.newaxis]
    documents = np.repeat(np.arange(40), np.diff(X.indptr))
    gamma = np.tile(alpha, (40, 1))
    np.add.at(gamma, documents, weighted)
    np.testing.assert_allclose(gamma, lda.transform(X, normalize=False), 1e-7)


def test_order_of_the_entries():
    lda = from_topics([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    X = sp.csr_matrix([[2.0, 0, 1], [0, 3, 1]])
    found = lda.word_topic_proba(X)
    for same in (X.toarray(), X.tocsc(), sp.csr_array(X)):
        np.testing.assert_array_equal(lda.word_topic_proba(same), found)
        np.testing.assert_array_equal(lda.word_topics(same), [0, 1, 1, 1])
    assert lda.word_topic_proba(sp.csr_matrix((3, 3))).shape == (0, 2)
    assert lda.word_topics(sp.csr_matrix((3, 3))).shape == (0,)


@pytest.mark.parametrize("indices", [[2, 0, 1], [0, 0, 1]])
def test_entries_out_of_order_are_refused(indices):
    X = sp.csr_matrix(([1.0, 2.0, 3.0], indices, [0, 2, 3]), shape=(2, 3))
    lda = from_topics([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    for method in (lda.word_topic_proba, lda.word_topics):
        with pytest.raises(ValueError, match=r"Call X.sum_duplicates\(\) first"):
            method(X)
    assert lda.to_pyldavis(X)["term_frequency"].sum() == 6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_words_whose_probability_underflows(dtype):
    """Weights near alpha = 1e-3 and expectations near exp(-1000) meet in the same word."""
    components = np.array([[1e-3, 500.0, 1e-3], [500.0, 1e-3, 500.0]], dtype)
    lda = LatentDirichletAllocation.from_components(components, doc_topic_prior=1e-3)
    X = sp.csr_matrix(np.array([[0, 1, 0], [9, 1e-5, 0], [3, 2, 1], [1e-5, 80, 1e-6]], dtype))
    lowest = lda.transform(X, normalize=False).min(axis=1)
    assert (np.exp(digamma(lowest[[1, 3]].astype(float))) < 1e-300).all()
    found = lda.word_topic_proba(X)
    exact = expected(lda, X)
    np.testing.assert_allclose(found, exact, 1e-2 if dtype == np.float32 else 1e-9)
    np.testing.assert_array_equal(lda.word_topics(X), exact.argmax(axis=1))
    assert lda.word_topics(X)[:3].tolist() == [0, 1, 0]
    known = from_topics(np.array([[1.0, 0.0], [0.0, 1.0]], dtype), doc_topic_prior=1e-3)
    proba = known.word_topic_proba(np.array([[1, 100]], dtype))
    np.testing.assert_array_equal(proba, [[1, 0], [0, 1]])


def test_arguments_of_pyldavis():
    X = corpus()
    lda = LatentDirichletAllocation(3, random_state=0).fit(X)
    words = [f"w{i}" for i in range(60)]
    arguments = lda.to_pyldavis(X, vocabulary=words)
    filled = np.asarray(X.sum(axis=1)).ravel() > 0
    assert filled.sum() == 36
    assert list(arguments) == [
        "topic_term_dists", "doc_topic_dists", "doc_lengths", "vocab", "term_frequency",
    ]  # fmt: skip
    np.testing.assert_allclose(arguments["topic_term_dists"], lda.topic_word_distribution())
    np.testing.assert_allclose(arguments["doc_topic_dists"], lda.transform(X)[filled])
    np.testing.assert_allclose(arguments["doc_lengths"], np.asarray(X.sum(axis=1)).ravel()[filled])
    np.testing.assert_allclose(arguments["term_frequency"], np.asarray(X.sum(axis=0)).ravel())
    assert arguments["vocab"] == words


def test_pyldavis_gets_rows_that_sum_to_one_in_single_precision():
    X = corpus(np.float32)
    arguments = LatentDirichletAllocation(3, random_state=0).fit(X).to_pyldavis(X)
    for name in ("topic_term_dists", "doc_topic_dists"):
        np.testing.assert_allclose(arguments[name].sum(axis=1), 1, 1e-12)
    assert arguments["vocab"][:3] == ["0", "1", "2"]


def test_pyldavis_gets_no_impossible_words():
    lda = from_topics([[0.5, 0.0, 0.5], [0.2, 0.0, 0.8]])
    arguments = lda.to_pyldavis([[1, 0, 2]], vocabulary=["ant", "bee", "cow"])
    assert arguments["vocab"] == ["ant", "cow"]
    assert arguments["term_frequency"].tolist() == [1, 2]
    assert arguments["topic_term_dists"].shape == (2, 2)


@pytest.mark.parametrize("method", ["word_topic_proba", "word_topics", "to_pyldavis"])
def test_bad_input(method):
    with pytest.raises(ValueError, match="fitted"):
        getattr(LatentDirichletAllocation(), method)([[1, 2]])
    lda = from_topics([[0.5, 0.5], [0.2, 0.8]])
    with pytest.raises(ValueError, match="X has 3 features"):
        getattr(lda, method)([[1, 2, 3]])
    with pytest.raises(ValueError, match=r"Negative values in data passed to .*\." + method):
        getattr(lda, method)([[1, -2]])
    if method == "to_pyldavis":
        with pytest.raises(ValueError, match="at least one token"):
            lda.to_pyldavis([[0, 0]])
