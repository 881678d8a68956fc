"""Every estimator under scikit-learn's own checks and tools."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
import reference.lda as twin
import scipy.sparse as sp

pytest.importorskip("sklearn", reason="needs scikit-learn")

from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import LatentDirichletAllocation as SklearnLDA
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from fastvb import (
    BayesianBernoulliMixture,
    BayesianGaussianMixture,
    BernoulliMixture,
    GaussianGamma,
    GaussianMixture,
    LatentDirichletAllocation,
)
from fastvb.datasets import make_lda_corpus, read_corpus

ESTIMATORS = [
    LatentDirichletAllocation(n_components=3, max_iter=3),
    GaussianMixture(2),
    BayesianGaussianMixture(n_components=2),
    GaussianGamma(),
    GaussianGamma(learning_method="mean-field"),
    BernoulliMixture(2, binarize=0.0),  # the checks' data are any numbers
    BayesianBernoulliMixture(n_components=2, binarize=0.0),
]


def checks():
    with warnings.catch_warnings():
        # said of every estimator that does not import scikit-learn
        warnings.filterwarnings("ignore", message=".*does not inherit from")
        for estimator in ESTIMATORS:
            for estimator_, check in estimator_checks_generator(estimator):
                name = check.func.__name__ if hasattr(check, "func") else check.__name__
                yield pytest.param(estimator_, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.filterwarnings("ignore:.*does not inherit from")
@pytest.mark.filterwarnings("ignore:Expected total_samples")
@pytest.mark.filterwarnings("ignore:Expected rows of every component")
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_check(estimator, check):
    check(estimator)


def counts(n_docs=40, n_words=30):
    return np.random.default_rng(0).poisson(0.7, (n_docs, n_words))


def as_ours(theirs, **parameters):
    """The same fitted model, with the same rule for the end of a document's iteration."""
    return LatentDirichletAllocation.from_components(
        theirs.components_,
        doc_topic_prior=theirs.doc_topic_prior_,
        topic_word_prior=theirs.topic_word_prior_,
        mean_change_tol=theirs.mean_change_tol,
        max_doc_update_iter=theirs.max_doc_update_iter,
        **parameters,
    )


# their digamma is good to 2e-9, and they add the machine epsilon to norms
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-6), (np.float32, 2e-3)])
@pytest.mark.parametrize("prior", [None, 0.05, 1.0])
@pytest.mark.parametrize("tol", [0.0, 1e-3])
def test_lda_documents_equal_scikit_learns(dtype, rtol, prior, tol):
    """The same topics, the same start and the same stopping rule: the same gamma."""
    corpus, _, _ = make_lda_corpus(80, 60, 4, document_length=40, random_state=0)
    X = corpus.counts.astype(dtype)
    theirs = SklearnLDA(4, doc_topic_prior=prior, random_state=0, max_iter=5, mean_change_tol=tol)
    theirs.fit(X)
    expected = theirs._unnormalized_transform(X)
    ours = as_ours(theirs)
    np.testing.assert_allclose(ours.transform(X, normalize=False), expected, rtol)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), rtol)
    np.testing.assert_allclose(
        ours.exp_dirichlet_component_, theirs.exp_dirichlet_component_, rtol, atol=1e-30
    )


@pytest.mark.real_data
@pytest.mark.parametrize("n_components", [10, 20])
def test_lda_documents_equal_scikit_learns_on_the_ap_corpus(shared_data, n_components):
    X = sp.csr_matrix(read_corpus(shared_data("ap/ap.dat.gz")).counts.astype(float))
    theirs = SklearnLDA(n_components, random_state=0, max_iter=1, max_doc_update_iter=20)
    expected = theirs.fit(X)._unnormalized_transform(X)
    gamma = as_ours(theirs).transform(X, normalize=False)
    np.testing.assert_allclose(gamma, expected, 1e-6)

    theirs.max_doc_update_iter = 100
    expected = theirs._unnormalized_transform(X)
    gamma = as_ours(theirs).transform(X, normalize=False)
    differ = (np.abs(gamma - expected) > 1e-6 * expected).any(axis=1)
    assert differ.mean() < 0.01
    # slow documents amplify the errors of their digamma and epsilon; the exact iteration is ours
    exact, _, _, _ = twin.local_step(
        X[differ], twin.elog_topics(theirs.components_), np.full(n_components, 1 / n_components),
        np.ones((differ.sum(), n_components)), theirs.mean_change_tol, 100,
    )  # fmt: skip
    np.testing.assert_allclose(gamma[differ], exact, 1e-8)


def test_lda_has_scikit_learns_attributes():
    X = counts().astype(float)
    settings = {"n_components": 4, "random_state": 0, "max_iter": 3}
    theirs, ours = SklearnLDA(**settings).fit(X), LatentDirichletAllocation(**settings).fit(X)
    names = [name for name in vars(theirs) if name.endswith("_") and name != "bound_"]
    assert {"components_", "n_batch_iter_", "random_state_", "exp_dirichlet_component_"} <= {*names}
    for name in names:
        assert np.shape(getattr(ours, name)) == np.shape(getattr(theirs, name)), name
        assert type(getattr(ours, name)) is type(getattr(theirs, name)), name
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    methods = {"fit", "transform", "fit_transform", "score", "perplexity", "get_params"}
    for name in methods:
        theirs_ = inspect.signature(getattr(theirs, name)).parameters
        ours_ = inspect.signature(getattr(ours, name)).parameters
        assert set(theirs_) - {"sub_sampling", "fit_params"} <= {*ours_, "params"}, name


def test_lda_starts_from_scikit_learns_draws():
    """The first update from the same topics, when the documents do not depend on their start."""
    X = counts().astype(float)
    settings = {"max_iter": 1, "random_state": 5, "doc_topic_prior": 1.0}
    settings |= {"mean_change_tol": 0, "max_doc_update_iter": 2000}
    ours = LatentDirichletAllocation(3, doc_init="ones", **settings).fit(X)
    theirs = SklearnLDA(3, **settings).fit(X)
    np.testing.assert_allclose(ours.components_, theirs.components_, 1e-5)


def test_same_constructor():
    theirs, ours = (
        inspect.signature(c).parameters for c in (SklearnLDA, LatentDirichletAllocation)
    )
    for name, parameter in theirs.items():
        assert ours[name].kind == parameter.kind
        if name != "total_samples":  # taken from the data
            assert ours[name].default == parameter.default


@pytest.mark.filterwarnings("ignore:.*does not inherit from")
def test_tools():
    X = counts()
    lda = LatentDirichletAllocation(3, max_iter=3, random_state=0)
    assert clone(lda).get_params() == lda.get_params()
    search = GridSearchCV(lda, {"n_components": [2, 3]}, cv=2).fit(X)
    assert search.best_params_["n_components"] in (2, 3)
    pipeline = make_pipeline(TfidfTransformer(), lda)
    np.testing.assert_allclose(pipeline.fit_transform(X).sum(axis=1), 1.0)
    assert "LatentDirichletAllocation" in lda._repr_html_()
    made = LatentDirichletAllocation.from_components(lda.fit(X).components_, doc_topic_prior=0.2)
    fresh = clone(made)
    assert fresh.get_params() == made.get_params()
    assert not hasattr(fresh, "components_")
    np.testing.assert_array_equal(clone(made).fit(X).components_.shape, (3, 30))


@pytest.mark.filterwarnings("ignore:.*does not inherit from")
@pytest.mark.parametrize("estimator", ESTIMATORS[1:3], ids=lambda one: type(one).__name__)
def test_tools_and_mixtures(estimator):
    X = np.random.default_rng(0).normal(size=(90, 3))
    X[:45] += 4
    assert clone(estimator).get_params() == estimator.get_params()
    other = ("covariance_type", ["full", "diag"]), ("init_params", ["kmeans", "random"])
    grid = {"n_components": [1, 2]} | dict([other["Bernoulli" in type(estimator).__name__]])
    search = GridSearchCV(estimator, grid, cv=3).fit(X)
    assert search.best_params_["n_components"] == 2
    pipeline = make_pipeline(StandardScaler(), estimator)
    labels = pipeline.fit(X).predict(X)
    assert len(set(labels[:45])) == len(set(labels[45:])) == 1
    assert type(estimator).__name__ in estimator._repr_html_()
    pd = pytest.importorskip("pandas", reason="needs pandas")
    frame = pd.DataFrame(X, columns=list("abc"))
    fitted = clone(estimator).fit(frame)
    assert list(fitted.feature_names_in_) == list("abc")
    with pytest.warns(UserWarning, match="valid feature names"):
        fitted.predict(X)


def test_output_containers():
    pd = pytest.importorskip("pandas", reason="needs pandas")
    frame = pd.DataFrame(counts(), columns=[f"w{i}" for i in range(30)])
    lda = LatentDirichletAllocation(3, max_iter=2, random_state=0).fit(frame)
    assert list(lda.feature_names_in_) == list(frame.columns)
    plain = lda.transform(frame)
    result = lda.set_output(transform="pandas").transform(frame.iloc[5:])
    assert list(result.columns) == list(lda.get_feature_names_out())
    assert list(result.index) == list(frame.index[5:])
    np.testing.assert_array_equal(result, plain[5:])
    assert isinstance(lda.set_output(transform="default").transform(frame), np.ndarray)
    pl = pytest.importorskip("polars", reason="needs polars")
    result = lda.set_output(transform="polars").transform(frame)
    assert isinstance(result, pl.DataFrame)
    assert result.columns == list(lda.get_feature_names_out())


def test_global_output_container():
    pd = pytest.importorskip("pandas", reason="needs pandas")
    frame = pd.DataFrame(counts(), columns=[f"w{i}" for i in range(30)])
    with config_context(transform_output="pandas"):
        other = LatentDirichletAllocation(3, max_iter=2).fit(frame)
        assert isinstance(other.fit_transform(frame), pd.DataFrame)


def test_column_names():
    pd = pytest.importorskip("pandas", reason="needs pandas")
    frame = pd.DataFrame(counts(), columns=[f"w{i}" for i in range(30)])
    lda = LatentDirichletAllocation(3, max_iter=2, random_state=0).fit(frame)
    with pytest.raises(ValueError, match="transform"):
        lda.set_output(transform="list")
    with pytest.raises(ValueError, match="same order"):
        lda.transform(frame[frame.columns[::-1]])
    with pytest.warns(UserWarning, match="valid feature names"):
        lda.transform(counts())
    lda.transform(sp.csr_matrix(counts()))  # has no place for names: no warning
