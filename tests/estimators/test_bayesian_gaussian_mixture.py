"""BayesianGaussianMixture: scikit-learn's where that is right, and exact elsewhere."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from scipy.special import gammaln, multigammaln

from fastvb import BayesianGaussianMixture

TYPES = ["full", "tied", "diag", "spherical"]
WEIGHTS = ["dirichlet_process", "dirichlet_distribution"]


def clusters(n=300, d=2, k=3, spread=4.0, dtype=np.float64):
    rng = np.random.default_rng(2)
    centres = spread * rng.normal(size=(k, d))
    return (centres[rng.integers(0, k, n)] + rng.normal(size=(n, d))).astype(dtype)


def fit(X, k=4, **settings):
    return BayesianGaussianMixture(n_components=k, random_state=0, **settings).fit(X)


def test_scikit_learns_posterior_and_bound():
    """Up to the constant by which its bound falls short (full covariances, no reg_covar)."""
    mixture = pytest.importorskip("sklearn.mixture", reason="needs scikit-learn")
    X, k = clusters(), 4
    n, d = X.shape
    settings = {
        "n_components": k, "init_params": "random", "random_state": 1, "reg_covar": 0.0,
        "weight_concentration_prior_type": "dirichlet_distribution", "max_iter": 40, "tol": 0.0,
    }  # fmt: skip
    for more in ({}, {
        "weight_concentration_prior": 3.0, "mean_precision_prior": 0.2, "mean_prior": np.ones(d),
        "degrees_of_freedom_prior": 5.0, "covariance_prior": np.diag([1.0, 2.0]),
    }):  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = mixture.BayesianGaussianMixture(**settings | more).fit(X)
        ours = BayesianGaussianMixture(**settings | more).fit(X)
        for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_",
                     "weight_concentration_", "mean_precision_", "degrees_of_freedom_",
                     "mean_prior_", "covariance_prior_", "mean_precision_prior_",
                     "degrees_of_freedom_prior_", "weight_concentration_prior_"):  # fmt: skip
            expected = getattr(theirs, name)
            assert np.shape(getattr(ours, name)) == np.shape(expected), name
            np.testing.assert_allclose(getattr(ours, name), expected, 1e-8, 1e-10, err_msg=name)
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), 1e-8, 1e-10)
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        alpha, beta = theirs.weight_concentration_prior_, theirs.mean_precision_prior_
        dof = theirs.degrees_of_freedom_prior_
        log_b = 0.5 * dof * np.linalg.slogdet(np.atleast_2d(theirs.covariance_prior_))[1] - (
            0.5 * dof * d * np.log(2) + multigammaln(dof / 2, d)
        )
        constant = (
            k * (log_b + d * (d - 1) / 4 * np.log(np.pi)) + 0.5 * k * d * np.log(beta)
            - 0.5 * n * d * np.log(2 * np.pi) + gammaln(k * alpha) - k * gammaln(alpha)
        )  # fmt: skip
        np.testing.assert_allclose(
            ours.lower_bounds_, np.array(theirs.lower_bounds_) + constant, rtol=1e-9
        )


def test_scikit_learns_constructor():
    mixture = pytest.importorskip("sklearn.mixture", reason="needs scikit-learn")
    theirs = inspect.signature(mixture.BayesianGaussianMixture).parameters
    ours = inspect.signature(BayesianGaussianMixture).parameters
    for name, parameter in theirs.items():
        assert ours[name].kind == parameter.kind
        if name != "reg_covar":  # the prior regularises
            assert ours[name].default == parameter.default


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("kind", WEIGHTS)
def test_the_bound_never_falls(covariance_type, kind):
    X = clusters()
    bgm = fit(
        X, 6, covariance_type=covariance_type, weight_concentration_prior_type=kind, tol=1e-6,
        max_iter=1000,
    )  # fmt: skip
    assert bgm.converged_
    assert np.diff(bgm.lower_bounds_).min() > -1e-9 * abs(bgm.lower_bound_)
    assert bgm.lower_bound_ == bgm.lower_bounds_[-1]
    assert bgm.weights_.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("d", [1, 3])
def test_the_evidence_of_one_component(d):
    """The bound of K = 1 is exact: Normal-Wishart evidence (Murphy 2007, equation 266)."""
    X = clusters(20, d)
    n, beta, dof = 20, 0.5, d + 2.0
    mean, scale = np.full(d, 0.3), np.eye(d) * 2.0
    bgm = fit(X, 1, mean_precision_prior=beta, mean_prior=mean, degrees_of_freedom_prior=dof,
              covariance_prior=scale)  # fmt: skip
    gap = X.mean(axis=0) - mean
    posterior = scale + (X - X.mean(0)).T @ (X - X.mean(0))
    posterior += beta * n / (beta + n) * np.outer(gap, gap)
    evidence = (
        multigammaln((dof + n) / 2, d) - multigammaln(dof / 2, d) - 0.5 * n * d * np.log(np.pi)
        + 0.5 * dof * np.linalg.slogdet(scale)[1]
        - 0.5 * (dof + n) * np.linalg.slogdet(posterior)[1]
        + 0.5 * d * np.log(beta / (beta + n))
    )  # fmt: skip
    np.testing.assert_allclose(bgm.lower_bound_, evidence)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("kind", WEIGHTS)
def test_the_predictive_density_integrates_to_one(covariance_type, kind):
    X = clusters(25, d=1)
    bgm = fit(X, covariance_type=covariance_type, weight_concentration_prior_type=kind)
    grid = np.linspace(-2000, 2000, 2_000_001)[:, None]
    mass = np.exp(bgm.score_samples(grid)).sum() * (grid[1, 0] - grid[0, 0])
    assert mass == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_sample_has_the_predictive_density(covariance_type):
    bgm = fit(clusters(), covariance_type=covariance_type)
    rows, labels = bgm.sample(20_000, random_state=3)
    again = bgm.sample(20_000, random_state=4)[0]
    scores = bgm.score_samples(rows)
    error = 4 * scores.std() / np.sqrt(20_000)
    assert abs(scores.mean() - bgm.score(again)) < 2 * error
    np.testing.assert_allclose(np.bincount(labels, minlength=4) / 20_000, bgm.weights_, atol=0.02)


def test_superfluous_components_are_left_without_data():
    X = clusters(900, spread=8.0)
    bgm = fit(X, 10, max_iter=1000, weight_concentration_prior=1e-2)
    assert (bgm.weights_ > 0.01).sum() == 3
    assert len(set(bgm.predict(X))) == 3
    a, b = bgm.weight_concentration_
    expected = a / (a + b)  # the sticks, the last of which is 1
    assert expected.max() == 1.0
    assert bgm.mean_precision_.min() == pytest.approx(1.0, abs=1e-6)  # the prior's
    plain = fit(X, 3, max_iter=1000)
    assert bgm.lower_bound_ < plain.lower_bound_ + 20  # comparable across numbers


def test_the_concentration_is_learned():
    X = clusters(900, spread=8.0)
    few, many = (
        fit(data, 12, concentration_prior=(1.0, 1.0), max_iter=500, tol=1e-5)
        for data in (X[:, :1] * 0.01, np.vstack([clusters(900, k=10, spread=20.0)]))
    )
    assert few.concentration_ < many.concentration_
    assert np.diff(many.lower_bounds_).min() > -1e-7
    assert fit(X).concentration_ == 0.25
    with pytest.raises(ValueError, match="dirichlet_process"):
        fit(X, concentration_prior=(1, 1), weight_concentration_prior_type="dirichlet_distribution")
    with pytest.raises(TypeError, match="shape and the rate"):
        fit(X, concentration_prior=1.0)


def test_reg_covar_is_a_part_of_the_prior():
    X = clusters()
    for covariance_type in TYPES:
        bgm = fit(X, covariance_type=covariance_type, reg_covar=0.5, tol=1e-6, max_iter=300)
        assert np.diff(bgm.lower_bounds_).min() > -1e-9 * abs(bgm.lower_bound_)
    with_it, dof = fit(X, reg_covar=0.5), 2.0
    np.testing.assert_allclose(with_it.covariance_prior_, np.cov(X.T) + 0.5 * dof * np.eye(2))


@pytest.mark.parametrize("kind", WEIGHTS)
def test_acceleration(kind):
    X = clusters(300, spread=1.0)
    settings = {"weight_concentration_prior_type": kind, "tol": 1e-3, "max_iter": 1000}
    plain, fast = fit(X, 5, **settings), fit(X, 5, accelerate=True, **settings)
    assert fast.n_batch_iter_ < plain.n_batch_iter_
    assert fast.lower_bound_ > plain.lower_bound_ - 0.1
    assert np.diff(fast.lower_bounds_).min() > -1e-9 * abs(fast.lower_bound_)


@pytest.mark.parametrize("method", ["online", "memoized"])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_learning_methods_agree(method, kind):
    X = clusters(3000, spread=8.0)
    settings = {"weight_concentration_prior_type": kind}
    batch = fit(X, 3, tol=1e-8, max_iter=500, **settings)
    other = fit(
        X, 3, learning_method=method, batch_size=150, learning_decay=0.9, max_iter=30, tol=1e-8,
        **settings,
    )  # fmt: skip
    rtol = 1e-6 if method == "memoized" else 0.2
    order, other_order = (np.argsort(m.means_[:, 0]) for m in (batch, other))
    np.testing.assert_allclose(
        other.covariances_[other_order], batch.covariances_[order], rtol, rtol
    )
    if method == "memoized":
        assert other.lower_bound_ == pytest.approx(batch.lower_bound_, abs=1e-4)
        assert np.diff(other.lower_bounds_).min() > -1e-6


def test_partial_fit():
    X = clusters(3000, spread=8.0)
    batch = fit(X, 3, max_iter=500)
    partial = BayesianGaussianMixture(n_components=3, random_state=0, total_samples=3000)
    for _ in range(8):
        for first in range(0, 3000, 500):
            partial.partial_fit(X[first : first + 500])
    assert partial.score(X) > batch.score(X) - 0.01
    assert partial.mean_precision_.sum() == pytest.approx(3000 + 3)
    with pytest.warns(UserWarning, match="total_samples"):
        BayesianGaussianMixture(n_components=3).partial_fit(X)


def test_prior_weights_of_rows():
    X = clusters(200)
    labels = np.random.default_rng(0).integers(0, 2, 200)
    known = np.eye(2)[labels]
    bgm = fit(X, 2, degrees_of_freedom_prior=3.0, max_iter=10)
    with_them = BayesianGaussianMixture(n_components=2, random_state=0).fit(X, prior_weights=known)
    np.testing.assert_allclose(with_them.mean_precision_, 1 + np.bincount(labels))
    np.testing.assert_array_equal(with_them.predict(X, prior_weights=known), labels)
    assert not hasattr(with_them, "weight_concentration_")
    assert hasattr(bgm, "weight_concentration_")


@pytest.mark.parametrize("covariance_type", TYPES)
def test_hard_data(covariance_type):
    """Constant and duplicate columns, fewer rows than features, all rows alike."""
    X = clusters(60)
    for data in (
        np.column_stack((X, np.ones(60), X[:, 0])), X[:3] @ np.ones((2, 9)) + np.eye(3, 9),
        np.ones((5, 2)),
    ):  # fmt: skip
        bgm = fit(data, 2, covariance_type=covariance_type)
        assert np.isfinite(bgm.lower_bounds_).all()
        assert np.isfinite(bgm.score_samples(data)).all()
        assert np.diff(bgm.lower_bounds_).min(initial=0.0) > -1e-6


def test_integer_weights_repeat_rows():
    X = clusters(100)
    weights = np.random.default_rng(1).integers(0, 4, 100)
    settings = {"mean_prior": np.zeros(2), "covariance_prior": np.eye(2), "max_iter": 300}
    labels = np.arange(100) % 3
    start = np.eye(3)[labels]  # the same start for both, as certain weights of rows
    one = BayesianGaussianMixture(n_components=3, random_state=0, **settings)
    other = BayesianGaussianMixture(n_components=3, random_state=0, **settings)
    one.fit(X, sample_weight=weights, prior_weights=start)
    repeated = np.repeat(np.arange(100), weights)
    other.fit(X[repeated], prior_weights=start[repeated])
    np.testing.assert_allclose(one.covariances_, other.covariances_)
    np.testing.assert_allclose(one.lower_bound_, other.lower_bound_)
    default = fit(X[repeated]).covariance_prior_
    weighted = BayesianGaussianMixture(n_components=4).fit(X, sample_weight=weights)
    np.testing.assert_allclose(weighted.covariance_prior_, default)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_saving_and_warm_start(kind, tmp_path):
    X = clusters()
    settings = {"weight_concentration_prior_type": kind, "tol": 0.0}
    bgm = fit(X, max_iter=5, warm_start=True, **settings)
    bgm.save(tmp_path / "mixture.npz")
    again = BayesianGaussianMixture.load(tmp_path / "mixture.npz")
    np.testing.assert_array_equal(again.score_samples(X), bgm.score_samples(X))
    again.fit(X)
    whole = fit(X, max_iter=10, **settings)
    np.testing.assert_allclose(again.lower_bound_, whole.lower_bound_)
    np.testing.assert_array_equal(again.predict(X), whole.predict(X))


def test_float32_is_kept():
    X = clusters(dtype=np.float32)
    single, double = fit(X), fit(X.astype(float))
    assert single.means_.dtype == single.predict_proba(X).dtype == np.float32
    np.testing.assert_allclose(single.covariances_, double.covariances_, 1e-2, 1e-2)
    assert single.lower_bound_ == pytest.approx(double.lower_bound_, rel=1e-4)
