"""Every estimator under scikit-learn's own checks and tools."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn")

from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import LatentDirichletAllocation as SklearnLDA
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from fastvb import LatentDirichletAllocation

ESTIMATORS = [LatentDirichletAllocation(n_components=3, max_iter=3)]


def checks():
    with warnings.catch_warnings():
        # said of every estimator that does not import scikit-learn
        warnings.filterwarnings("ignore", message=".*does not inherit from")
        for estimator in ESTIMATORS:
            for estimator_, check in estimator_checks_generator(estimator):
                name = check.func.__name__ if hasattr(check, "func") else check.__name__
                yield pytest.param(estimator_, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.filterwarnings("ignore:.*does not inherit from")
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_check(estimator, check):
    check(estimator)


def counts(n_docs=40, n_words=30):
    return np.random.default_rng(0).poisson(0.7, (n_docs, n_words))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_lda_documents_equal_scikit_learn(dtype):
    """The same topics and the same start: the same gamma after the same number of steps."""
    X = counts().astype(dtype)
    theirs = SklearnLDA(4, random_state=0, max_iter=5, mean_change_tol=0, max_doc_update_iter=30)
    theirs.fit(X)
    ours = LatentDirichletAllocation(4, mean_change_tol=0, max_doc_update_iter=30).fit(X)
    ours.components_ = theirs.components_
    rtol = 1e-7 if dtype == np.float64 else 1e-4  # their digamma is good to 2e-9
    gamma = ours.transform(X, normalize=False)
    np.testing.assert_allclose(gamma, theirs.transform(X, normalize=False), rtol)


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
