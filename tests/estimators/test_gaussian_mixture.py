"""GaussianMixture: scikit-learn's results, and what it has beyond them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb import GaussianMixture, threads
from fastvb.datasets import make_mixture

TYPES = ["full", "tied", "diag", "spherical"]


def clusters(n=400, d=3, k=4, spread=3.0, dtype=np.float64):
    rng = np.random.default_rng(0)
    centres = spread * rng.normal(size=(k, d))
    return (centres[rng.integers(0, k, n)] + rng.normal(size=(n, d))).astype(dtype)


def start(X, covariance_type, k=4):
    d = X.shape[1]
    precisions = {
        "full": np.tile(np.eye(d), (k, 1, 1)), "tied": np.eye(d), "diag": np.ones((k, d)),
        "spherical": np.ones(k),
    }[covariance_type]  # fmt: skip
    return {
        "n_components": k, "covariance_type": covariance_type, "means_init": X[:k],
        "weights_init": np.arange(1, k + 1) / (k * (k + 1) / 2), "precisions_init": precisions / 2,
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning:sklearn")
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("given", [True, False])
def test_scikit_learns_results(covariance_type, given):
    mixture = pytest.importorskip("sklearn.mixture", reason="needs scikit-learn")
    X = clusters()
    settings = {"covariance_type": covariance_type, "n_components": 4, "random_state": 3}
    settings |= start(X, covariance_type) if given else {"init_params": "random"}
    for more in ({"max_iter": 7, "tol": 0.0}, {"tol": 1e-5, "max_iter": 400}, {"reg_covar": 0.3}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = mixture.GaussianMixture(**settings | more).fit(X)
        ours = GaussianMixture(**settings | more).fit(X)
        assert ours.n_iter_ == theirs.n_iter_
        assert ours.converged_ == theirs.converged_
        for name in ("lower_bound_", "lower_bounds_", "weights_", "means_", "covariances_",
                     "precisions_", "precisions_cholesky_"):  # fmt: skip
            expected = getattr(theirs, name)
            assert np.shape(getattr(ours, name)) == np.shape(expected), name
            np.testing.assert_allclose(getattr(ours, name), expected, 1e-8, 1e-10, err_msg=name)
        for name in ("score_samples", "predict_proba", "predict", "score", "bic", "aic"):
            expected = getattr(theirs, name)(X)
            np.testing.assert_allclose(getattr(ours, name)(X), expected, 1e-8, 1e-10, err_msg=name)


def test_scikit_learns_constructor():
    mixture = pytest.importorskip("sklearn.mixture", reason="needs scikit-learn")
    import inspect

    theirs = inspect.signature(mixture.GaussianMixture).parameters
    ours = inspect.signature(GaussianMixture).parameters
    for name, parameter in theirs.items():
        assert (ours[name].kind, ours[name].default) == (parameter.kind, parameter.default)


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
def test_starts(init_params):
    X = clusters(spread=8.0)
    first = GaussianMixture(4, init_params=init_params, n_init=4, random_state=0).fit(X)
    again = GaussianMixture(4, init_params=init_params, n_init=4, random_state=0).fit(X)
    np.testing.assert_array_equal(first.means_, again.means_)
    best = GaussianMixture(4, init_params=init_params, n_init=10, random_state=1).fit(X)
    assert best.score(X) > GaussianMixture(1).fit(X).score(X) + 1.0
    labels = best.predict(X)
    np.testing.assert_array_equal(labels, best.fit_predict(X))
    np.testing.assert_array_equal(labels, best.predict_proba(X).argmax(axis=1))


def test_several_starts_keep_the_best_and_each_is_reproducible():
    X = clusters(k=8, spread=1.5)
    rng = np.random.RandomState(0)
    bounds = [
        GaussianMixture(8, init_params="random", random_state=rng, max_iter=20).fit(X).lower_bound_
        for _ in range(5)
    ]
    assert len(set(bounds)) > 1
    settings = {"init_params": "random", "max_iter": 20, "random_state": 0}
    first = GaussianMixture(8, **settings).fit(X)
    many = GaussianMixture(8, n_init=5, **settings).fit(X)
    assert first.lower_bound_ <= many.lower_bound_
    for n_jobs in (1, 2, 5):
        same = GaussianMixture(8, n_init=5, n_jobs=n_jobs, **settings).fit(X)
        np.testing.assert_array_equal(same.lower_bounds_, many.lower_bounds_)
        np.testing.assert_array_equal(same.means_, many.means_)
    watched = GaussianMixture(8, n_init=5, callback=lambda state: None, **settings).fit(X)
    np.testing.assert_array_equal(watched.means_, many.means_)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_integer_weights_repeat_rows(covariance_type):
    X = clusters(150)
    weights = np.random.default_rng(1).integers(0, 4, 150)
    settings = start(X, covariance_type) | {"max_iter": 10, "tol": 0.0}
    weighted = GaussianMixture(**settings).fit(X, sample_weight=weights)
    repeated = np.repeat(X, weights, axis=0)
    plain = GaussianMixture(**settings).fit(repeated)
    np.testing.assert_allclose(weighted.covariances_, plain.covariances_, 1e-8)
    np.testing.assert_allclose(weighted.lower_bounds_, plain.lower_bounds_)
    np.testing.assert_allclose(weighted.score(X, sample_weight=weights), plain.score(repeated))


@pytest.mark.parametrize("covariance_type", TYPES)
def test_threads_and_layout_do_not_show(covariance_type):
    X = clusters(20_000)
    settings = {"covariance_type": covariance_type, "random_state": 0, "max_iter": 5, "tol": 0.0}
    with threads(1):
        one = GaussianMixture(4, **settings).fit(X)
    wide = np.zeros((40_000, 6))
    wide[::2, ::2] = X
    for n_jobs, data in ((2, X), (3, np.asfortranarray(X)), (2, wide[::2, ::2])):
        other = GaussianMixture(4, n_jobs=n_jobs, **settings).fit(data)
        np.testing.assert_array_equal(other.covariances_, one.covariances_)
        np.testing.assert_array_equal(other.lower_bounds_, one.lower_bounds_)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("dtype", "offset"), [(np.float32, 1e4), (np.float64, 1e8)])
def test_shift_invariance(covariance_type, dtype, offset):
    X = np.round(clusters() * 32) / 32
    settings = {"covariance_type": covariance_type, "random_state": 0, "max_iter": 20, "tol": 0.0}
    near = GaussianMixture(4, **settings).fit(X.astype(dtype))
    far = GaussianMixture(4, **settings).fit((X + offset).astype(dtype))
    rtol = 2e-3 if dtype == np.float32 else 1e-5
    np.testing.assert_allclose(far.covariances_, near.covariances_, rtol, rtol)
    np.testing.assert_allclose(far.lower_bound_, near.lower_bound_, rtol)


def test_float32_is_kept():
    X = clusters(dtype=np.float32)
    single = GaussianMixture(4, random_state=0).fit(X)
    double = GaussianMixture(4, random_state=0).fit(X.astype(float))
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(single, name).dtype == np.float32
        np.testing.assert_allclose(getattr(single, name), getattr(double, name), 2e-3, 1e-3)
    assert single.predict_proba(X).dtype == single.score_samples(X).dtype == np.float32


def test_warm_start_goes_on():
    X = clusters()
    settings = {"random_state": 0, "tol": 0.0}
    whole = GaussianMixture(4, max_iter=12, **settings).fit(X)
    part = GaussianMixture(4, max_iter=5, warm_start=True, **settings).fit(X)
    part.set_params(max_iter=7).fit(X)
    np.testing.assert_allclose(part.means_, whole.means_)
    np.testing.assert_allclose(part.lower_bounds_, whole.lower_bounds_[5:])
    part.set_params(tol=1.0).fit(X)
    assert part.n_iter_ == 1  # the change against the fit before
    other = part.set_params(covariance_type="diag").fit(X)
    assert other.covariances_.shape == (4, 3)


def test_acceleration():
    X = clusters(500, spread=1.0)
    settings = {"random_state": 0, "tol": 1e-7, "max_iter": 1500}
    plain = GaussianMixture(3, **settings).fit(X)
    fast = GaussianMixture(3, accelerate=True, **settings).fit(X)
    assert fast.n_batch_iter_ < 0.75 * plain.n_batch_iter_
    assert fast.score(X) > plain.score(X) - 1e-4
    with pytest.raises(ValueError, match="learning_method='batch'"):
        GaussianMixture(3, accelerate=True, learning_method="online").fit(X)


@pytest.mark.parametrize("seed", range(4))
def test_acceleration_does_not_stop_where_it_overshoots(seed):
    X = make_mixture(3000, 5, 4, separation=2.0, random_state=1)[0]
    settings = {"random_state": seed, "tol": 1e-6, "max_iter": 500}
    plain = GaussianMixture(5, **settings).fit(X)
    fast = GaussianMixture(5, accelerate=True, **settings).fit(X)
    assert fast.n_iter_ < plain.n_iter_
    assert fast.lower_bound_ > plain.lower_bound_ - 1e-5


def test_no_iterations():
    X = clusters()
    gm = GaussianMixture(max_iter=0, **start(X, "full")).fit(X)
    np.testing.assert_allclose(gm.means_, X[:4])
    np.testing.assert_allclose(gm.precisions_, np.tile(np.eye(3) / 2, (4, 1, 1)))
    np.testing.assert_allclose(gm.weights_, np.arange(1, 5) / 10)
    assert gm.lower_bound_ == -np.inf


@pytest.mark.parametrize("covariance_type", TYPES)
def test_singular_and_empty_components_are_named(covariance_type):
    X = clusters(spread=10.0)
    X[:50] = X[0]  # many rows of one value
    settings = start(X, covariance_type) | {"reg_covar": 0.0, "max_iter": 30}
    far = X[:4].copy()
    far[3] = 1e6  # no row is near
    settings["means_init"] = far
    if covariance_type == "tied":
        gm = GaussianMixture(**settings).fit(X)
    else:
        with pytest.warns(UserWarning, match=r"component\(s\) \[.*3\]") as told:
            gm = GaussianMixture(**settings).fit(X)
        assert len(told) == 1
    assert gm.weights_[3] == 0.0
    assert np.isfinite(gm.covariances_).all()
    assert np.isfinite(gm.score_samples(X)).all()
    assert set(gm.predict(X)) <= {0, 1, 2}


def test_priors_keep_components_from_collapsing():
    X = clusters(60, spread=10.0)
    X[:20] = X[0]
    with pytest.warns(UserWarning, match="component"):
        plain = GaussianMixture(5, reg_covar=0.0, random_state=0).fit(X)
    settings = {"reg_covar": 0.0, "random_state": 0, "max_iter": 500, "tol": 0.0}
    for covariance_type in TYPES:
        gm = GaussianMixture(
            5, prior="fraley-raftery", covariance_type=covariance_type, **settings
        ).fit(X)
        assert np.all(np.diff(gm.lower_bounds_) > -1e-9)
    assert plain.covariances_.min() < 1e-9


def test_the_mode_under_the_prior():
    """One component has a closed form (Fraley and Raftery 2007, section 2)."""
    X = clusters(30)
    gm = GaussianMixture(1, prior="fraley-raftery", reg_covar=0.0, max_iter=3).fit(X)
    n, d, mean = 30, 3, X.mean(axis=0)
    scatter = (X - mean).T @ (X - mean)  # the prior mean is the mean
    expected = (np.cov(X.T) + scatter) / (d + 2 + n + d + 2)
    np.testing.assert_allclose(gm.means_[0], mean)
    np.testing.assert_allclose(gm.covariances_[0], expected)
    gm = GaussianMixture(
        1, prior="fraley-raftery", reg_covar=0.0, max_iter=3, mean_precision_prior=5.0,
        mean_prior=np.zeros(3), degrees_of_freedom_prior=7.0, covariance_prior=np.eye(3),
    ).fit(X)  # fmt: skip
    expected = np.eye(3) + scatter + 5 * n / (n + 5) * np.outer(mean, mean)
    np.testing.assert_allclose(gm.means_[0], n * mean / (n + 5))
    np.testing.assert_allclose(gm.covariances_[0], expected / (7 + n + d + 2))
    weights = GaussianMixture(4, weight_concentration_prior=1e9, random_state=0).fit(clusters())
    np.testing.assert_allclose(weights.weights_, 0.25, 1e-3)


def test_stochastic_steps_approach_the_optimum():
    X = clusters(4000, spread=6.0)
    batch = GaussianMixture(4, random_state=0, tol=1e-9, max_iter=500).fit(X)
    settings = {"batch_size": 200, "learning_decay": 0.8, "random_state": 0}
    online = GaussianMixture(4, learning_method="online", max_iter=20, **settings).fit(X)
    assert online.score(X) > batch.score(X) - 5e-3
    assert online.n_batch_iter_ == 401
    memoized = GaussianMixture(4, learning_method="memoized", max_iter=50, **settings).fit(X)
    np.testing.assert_allclose(memoized.score(X), batch.score(X), atol=1e-3)
    partial = GaussianMixture(4, **settings)
    for _ in range(10):
        for first in range(0, 4000, 1000):
            partial.partial_fit(X[first : first + 1000])
    assert partial.score(X) > batch.score(X) - 5e-3
    assert partial.n_samples_seen_ == 40_000


def test_full_steps_of_all_rows_are_em():
    X = clusters()
    settings = start(X, "full") | {"tol": 0.0, "random_state": 0}
    batch = GaussianMixture(max_iter=4, **settings).fit(X)
    steps = GaussianMixture(learning_decay=0.0, learning_offset=0.0, **settings)
    for _ in range(4):
        steps.partial_fit(X)
    np.testing.assert_allclose(steps.means_, batch.means_)
    np.testing.assert_allclose(steps.covariances_, batch.covariances_, 1e-9, 1e-12)


def test_prior_weights_of_rows():
    """Where they are certain, the components are those of labelled data."""
    X = clusters(300)
    labels = np.random.default_rng(0).integers(0, 3, 300)
    known = np.eye(3)[labels]
    gm = GaussianMixture(3, reg_covar=0.0, random_state=0).fit(X, prior_weights=known)
    for k in range(3):
        np.testing.assert_allclose(gm.means_[k], X[labels == k].mean(axis=0))
        np.testing.assert_allclose(gm.covariances_[k], np.cov(X[labels == k].T, bias=True))
    np.testing.assert_array_equal(gm.predict(X, prior_weights=known), labels)
    np.testing.assert_allclose(gm.predict_proba(X, prior_weights=known), known)
    with pytest.raises(ValueError, match="sum to 1"):
        gm.fit(X, prior_weights=2 * known)
    with pytest.raises(ValueError, match=r"shape \(300, 3\)"):
        gm.fit(X, prior_weights=known[:, :2])


@pytest.mark.parametrize("covariance_type", TYPES)
def test_sample(covariance_type):
    X = clusters(2000)
    gm = GaussianMixture(4, covariance_type=covariance_type, random_state=0).fit(X)
    rows, labels = gm.sample(40_000, random_state=1)
    again = GaussianMixture(**start(rows, covariance_type)).fit(rows)
    assert again.score(rows) == pytest.approx(gm.score(rows), abs=0.01)
    np.testing.assert_allclose(np.bincount(labels) / 40_000, gm.weights_, atol=0.01)
    for k in range(4):
        np.testing.assert_allclose(rows[labels == k].mean(axis=0), gm.means_[k], atol=0.1)
        covariance = {
            "full": lambda k=k: gm.covariances_[k], "tied": lambda: gm.covariances_,
            "diag": lambda k=k: np.diag(gm.covariances_[k]),
            "spherical": lambda k=k: gm.covariances_[k] * np.eye(3),
        }[covariance_type]()  # fmt: skip
        np.testing.assert_allclose(np.cov(rows[labels == k].T), covariance, atol=0.15)
    assert not np.array_equal(gm.sample(3)[0], gm.sample(3)[0])


def test_information_criteria_choose_the_number_of_components():
    rng = np.random.default_rng(0)
    X = 6 * np.eye(4)[rng.integers(0, 4, 1000)] + rng.normal(size=(1000, 4))
    fits = [GaussianMixture(k, random_state=0, n_init=3).fit(X) for k in range(1, 7)]
    for name in ("bic", "icl"):
        assert int(np.argmin([getattr(gm, name)(X) for gm in fits])) + 1 == 4
    assert fits[5].icl(X) > fits[5].bic(X)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_saving(covariance_type, tmp_path):
    X = clusters(dtype=np.float32)
    gm = GaussianMixture(4, covariance_type=covariance_type, random_state=0).fit(X)
    gm.save(tmp_path / "mixture.npz")
    again = GaussianMixture.load(tmp_path / "mixture.npz")
    assert again.get_params() == gm.get_params()
    np.testing.assert_array_equal(again.score_samples(X), gm.score_samples(X))
    np.testing.assert_array_equal(again.sample(5)[0], gm.sample(5)[0])
    np.testing.assert_array_equal(again.partial_fit(X).means_, gm.partial_fit(X).means_)


def test_callback_and_timings():
    states = []
    X = clusters()
    gm = GaussianMixture(4, random_state=0, callback=states.append).fit(X)
    assert [state.n_iter for state in states] == list(range(1, gm.n_iter_ + 1))
    np.testing.assert_allclose([state.lower_bound / 400 for state in states], gm.lower_bounds_)
    assert {"start", "local", "global", "total"} <= gm.timings_.keys()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"covariance_type": "round"}, "covariance_type"),
        ({"init_params": "best"}, "init_params"),
        ({"prior": "flat"}, "prior"),
        ({"mean_prior": [0.0] * 3}, "prior='fraley-raftery'"),
        ({"prior": "fraley-raftery", "covariance_prior": -np.eye(3)}, "positive definite"),
        ({"prior": "fraley-raftery", "degrees_of_freedom_prior": 2.0}, "degrees_of_freedom"),
        ({"prior": "fraley-raftery", "mean_prior": [0.0]}, "mean_prior"),
        ({"weight_concentration_prior": 0.5}, "weight_concentration_prior"),
        ({"weights_init": [0.5, 0.6]}, "sum to 1"),
        ({"weights_init": [1.0]}, "weights_init"),
        ({"means_init": [[0.0]]}, "means_init"),
        ({"precisions_init": np.ones((2, 3))}, "precisions_init"),
        ({"precisions_init": np.zeros((2, 3, 3))}, "positive definite"),
        ({"precisions_init": np.tile(np.triu(np.ones((3, 3))), (2, 1, 1))}, "symmetric"),
        ({"n_init": 0}, "n_init"),
        ({"max_iter": -1}, "max_iter"),
        ({"reg_covar": -1.0}, "reg_covar"),
        ({"learning_method": "structured"}, "learning_method"),
    ],
)
def test_bad_parameters(settings, message):
    X = clusters()
    gm = GaussianMixture(2, random_state=0).fit(X)
    before = gm.means_
    with pytest.raises(ValueError, match=message):
        gm.set_params(**settings).fit(X)
    assert gm.means_ is before


def test_bad_input():
    X = clusters()
    for weights, message in ((-np.ones(400), "negative"), (np.zeros(400), "zero"),
                             (np.ones(3), "shape"), (np.full(400, np.nan), "finite")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            GaussianMixture(2).fit(X, sample_weight=weights)
    with pytest.raises(ValueError, match="n_samples=3, n_components=4"):
        GaussianMixture(4).fit(X[:3])
    with pytest.raises(TypeError, match="dense"):
        GaussianMixture(2).fit(sp.csr_matrix(X))
    with pytest.raises(ValueError, match="NaN"):
        GaussianMixture(2).fit(np.where(X[5, 1] == X, np.nan, X))


def test_fields_of_records_are_copied():
    """Their strides are no multiples of the item."""
    X = clusters()
    records = np.zeros(400, dtype=[("flag", "i1"), ("x", "f8", 3)])
    records["x"] = X
    gm = GaussianMixture(2, random_state=0).fit(records["x"])
    np.testing.assert_array_equal(gm.means_, GaussianMixture(2, random_state=0).fit(X).means_)


@pytest.mark.parametrize("batch_size", [50, 256, 500])
@pytest.mark.parametrize("seed", range(3))
def test_memoized_inference_of_sorted_rows(batch_size, seed):
    """Batches of one cluster each do not pull all components there."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(600, 2)), rng.normal(size=(400, 2)) * 0.5 + 5])
    whole = GaussianMixture(2, random_state=seed, tol=1e-9).fit(X)
    memoized = GaussianMixture(
        2, random_state=seed, tol=1e-9, learning_method="memoized", batch_size=batch_size
    ).fit(X)
    assert memoized.score(X) == pytest.approx(whole.score(X), abs=1e-6)
