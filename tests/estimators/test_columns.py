"""Mixtures of the columns of a table."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from fastvb import BayesianGaussianMixture, GaussianMixture, fit_columns, threads
from fastvb.estimators._column_start import start_rows, started
from fastvb.estimators._kmeans import Rows
from fastvb.inference import Monitor, cavi, em
from fastvb.inference.separate import separately
from fastvb.models import Observations
from fastvb.models.column_mixtures import ColumnData

ESTIMATORS = {
    "process": BayesianGaussianMixture(n_components=4),
    "wide process": BayesianGaussianMixture(n_components=4, weight_concentration_prior=3.0),
    "priors": BayesianGaussianMixture(
        n_components=3, covariance_type="diag", weight_concentration_prior_type=(
            "dirichlet_distribution"
        ), mean_precision_prior=0.1, mean_prior=[1.0], degrees_of_freedom_prior=2.5,
        covariance_prior=[0.7], reg_covar=1e-3,
    ),
    "likelihood": GaussianMixture(3),
    "modes": GaussianMixture(
        3, covariance_type="spherical", prior="fraley-raftery", weight_concentration_prior=1.5
    ),
}  # fmt: skip


def with_parameters(name, **parameters):
    estimator = ESTIMATORS[name]
    return type(estimator)(**{**estimator.get_params(), "random_state": 0, **parameters})


def table(n=400, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 6)) * [1, 1, 0.2, 3, 1, 1] + [0, 1e3, 0, -2, 0, 5]
    X[: n // 3, 0] += 6
    X[n // 2 :, 2] -= 1
    X[:, 3] = np.exp(0.3 * X[:, 3])
    X[:, 4] = X[:, 4].round()
    return X.astype(dtype)


def fit_alone(estimator, X, weights=None):
    """The drivers on one column, from the start that the columns have."""
    batch = Observations(X, weights)
    rows = Rows(X, weights)
    model = estimator._new_model(batch, rows)
    given = np.empty(0) if weights is None else weights
    chosen = start_rows(given, len(X), np.random.RandomState(0))
    start = started(
        ColumnData(X, rows.origin, given), chosen, estimator.n_components, rows.n_total, 1
    )
    counts, means, scatter = (part[0] for part in start)
    moments = model.components.form.packed(
        (counts * means)[:, np.newaxis],
        (scatter + counts * means**2).reshape(model.components.prior.scatter.shape),
    )
    stats = type(model.gather(batch, np.zeros(len(X), np.intc)))(counts, moments)
    monitor = Monitor(max_iter=estimator.max_iter)
    driver = cavi if isinstance(estimator, BayesianGaussianMixture) else em
    options = {"accelerate": True} if estimator.accelerate else {}
    driver = em if estimator.accelerate else driver
    q = driver(model, [batch], monitor, globals_=model.global_step(stats, None), **options)
    return model, q, np.array(monitor.lower_bounds) / estimator._bound_scale(batch)


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("weighted", [False, True])
def test_each_column_is_a_fit_of_its_own(name, accelerate, weighted):
    X = table()
    weights = np.random.default_rng(1).integers(0, 3, len(X)) * 1.0 if weighted else None
    estimator = with_parameters(name, tol=0.0, max_iter=12, accelerate=accelerate)
    columns = fit_columns(X, estimator, sample_weight=weights)
    assert columns.means_.shape == columns.variances_.shape == columns.weights_.shape
    for j in range(X.shape[1]):
        model, q, bounds = fit_alone(estimator, X[:, [j]], weights)
        assert columns.lower_bound_[j] == pytest.approx(bounds[-1], rel=1e-9, abs=1e-9)
        gaussians = model.components.gaussians(q.components)
        np.testing.assert_allclose(columns.means_[j], gaussians.means[:, 0], 1e-8, 1e-8)
        np.testing.assert_allclose(
            columns.variances_[j], gaussians.covariances.ravel(), 1e-7, 1e-10
        )
        np.testing.assert_allclose(columns.weights_[j], model.weights.mean(q.weights), 1e-7, 1e-10)
    np.testing.assert_array_equal(columns.n_iter_, 12)
    assert not columns.converged_.any()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimator_of_a_column(name):
    X = table()
    columns = fit_columns(X, with_parameters(name))
    for j in (0, 3):
        estimator, x = columns.estimator(j), X[:, [j]]
        np.testing.assert_allclose(estimator.means_[:, 0], columns.means_[j])
        np.testing.assert_allclose(estimator.covariances_.ravel(), columns.variances_[j])
        np.testing.assert_allclose(estimator.weights_, columns.weights_[j])
        assert estimator.lower_bound_ == columns.lower_bound_[j]
        again = type(estimator)(**{**estimator.get_params(), "warm_start": True, "max_iter": 1})
        again.__dict__.update({k: v for k, v in estimator.__dict__.items() if k not in vars(again)})
        gain = again.fit(x).lower_bound_ - columns.lower_bound_[j]
        assert -1e-9 < gain < 0.02
        drawn, _ = estimator.sample(1000, random_state=0)
        assert abs(drawn.mean() - x.mean()) < 0.3 * x.std()
        assert np.isfinite(estimator.score_samples(x)).all()
        labels = columns.transform(X, least_weight=0.0)[1][:, j]
        np.testing.assert_array_equal(labels, estimator.predict(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("accelerate", [False, True])
def test_order_and_threads_do_not_show(dtype, accelerate, monkeypatch):
    X = table(700, dtype)
    estimator = with_parameters("process", accelerate=accelerate, tol=1e-2)
    monkeypatch.setattr("fastvb.estimators.columns._PANEL_BYTES", 2 * X[:, :2].nbytes)
    fits = [
        fit_columns(layout(X), estimator, n_jobs=n)
        for n in (1, 2, 5)
        for layout in (np.ascontiguousarray, np.asfortranarray)
    ]
    with threads(2):
        fits.append(fit_columns(np.repeat(X, 2, axis=0)[::2], estimator))
    for fit in fits:
        assert fit.means_.dtype == dtype
        for name in ("weights_", "means_", "variances_", "lower_bound_", "n_iter_"):
            np.testing.assert_array_equal(getattr(fit, name), getattr(fits[0], name))
    assert len(set(fits[0].n_iter_)) > 1  # columns leave one after the other


def test_single_precision_is_close():
    X = table(700, np.float32)
    one, other = (
        fit_columns(x, with_parameters("likelihood", tol=0.0, max_iter=5)) for x in (X, X * 1.0)
    )
    double = fit_columns(X.astype(np.float64), with_parameters("likelihood", tol=0.0, max_iter=5))
    np.testing.assert_array_equal(one.means_, other.means_)
    np.testing.assert_allclose(one.lower_bound_, double.lower_bound_, 1e-4, 1e-4)


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("name", ["process", "wide process", "priors", "modes"])
def test_bounds_never_fall(name, accelerate):
    X, last = table(), -np.inf
    for max_iter in range(1, 15):
        estimator = with_parameters(
            name, tol=0.0, max_iter=max_iter, accelerate=accelerate,
            **({"reg_covar": 0.0} if name == "modes" else {}),
        )  # fmt: skip
        bounds = fit_columns(X, estimator).lower_bound_
        assert (bounds >= last - 1e-9 * np.abs(bounds)).all()
        last = bounds


def test_momentum_that_lowers_a_bound_is_taken_back():
    """Where beyond is always worse, problems go on by plain updates, and no bound falls."""

    class Stack:
        def __init__(self, values):
            self.values = values

        def take(self, problems):
            return Stack(self.values[problems])

        def put(self, problems, some):
            self.values[problems] = some.values

    class Halving:
        def update(self, globals_, problems, *, late):
            return -np.abs(globals_.values), Stack(globals_.values / 2)

        def beyond(self, here, ways, problems):
            return Stack(here.values + 1e3), np.ones(len(problems), dtype=bool)

    fits = separately(
        Halving(), Stack(np.array([1.0, 64.0])), 2, max_iter=50, tol=1e-3, late=True,
        accelerate=True,
    )  # fmt: skip
    assert fits.converged.all()
    np.testing.assert_array_equal(fits.n_iter, [12, 18])  # 2^-10 is the second small change
    np.testing.assert_allclose(fits.lower_bounds, 0, atol=2e-3)


def test_columns_of_few_values():
    """One warning for all, and components that have values are right."""
    X = table(50)
    X[:, 1], X[:, 2] = 0.1, np.arange(50) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        columns = fit_columns(X, with_parameters("process"))
        assert np.isfinite(columns.lower_bound_).all()
        np.testing.assert_allclose(columns.means_[1], 0.1)
    with pytest.warns(UserWarning, match=r"column\(s\) \[1, 2\] ") as caught:
        columns = fit_columns(X, with_parameters("likelihood", reg_covar=1e-6))
    assert len(caught) == 1
    np.testing.assert_allclose(np.sort(columns.weights_[1]), [0, 0, 1])
    assert set(columns.means_[2, columns.weights_[2] > 0].round(6)) == {0.0, 1.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        columns.estimator(1)


def test_modes_of_values():
    X = table()
    columns = fit_columns(X, with_parameters("process", max_iter=300))
    values, components = columns.transform(X)
    assert np.abs(values).max() <= 1
    back = columns.inverse_transform(values, components)
    inside = np.abs(values) < 1
    assert inside.mean() > 0.99
    np.testing.assert_allclose(back[inside], X[inside], 1e-9, 1e-9)
    j = 0
    mean, variance = columns.means_[j][components[:, j]], columns.variances_[j][components[:, j]]
    expected = np.clip((X[:, j] - mean) / (4 * np.sqrt(variance)), -1, 1)
    np.testing.assert_allclose(values[:, j], expected, 1e-9, 1e-9)
    np.testing.assert_array_equal(columns.transform(X[7:9])[1], components[7:9])


def test_kept_components():
    columns = fit_columns(table(), with_parameters("process"))
    for least in (0.3, 1.0):
        _, components = columns.transform(table(), least_weight=least)
        for j, weights in enumerate(columns.weights_):
            used = weights[np.unique(components[:, j])]
            assert ((used >= least) | (used == weights.max())).all()


def test_drawn_components_have_their_probabilities():
    columns = fit_columns(table(), with_parameters("likelihood", max_iter=5))
    x = np.tile(table()[17], (4000, 1))
    _, components = columns.transform(x, least_weight=0.0, sample=True, random_state=0)
    again = columns.transform(x, least_weight=0.0, sample=True, random_state=0)[1]
    np.testing.assert_array_equal(components, again)
    for j in range(x.shape[1]):
        shares = np.bincount(components[:, j], minlength=3) / len(x)
        expected = columns.estimator(j).predict_proba(x[:1, [j]])[0]
        np.testing.assert_allclose(shares, expected, atol=0.04)


def test_many_rows_start_from_some():
    X = np.concatenate([table(5000), table(5000)])
    estimator = with_parameters("process", max_iter=3)
    one, other = fit_columns(X, estimator), fit_columns(X, estimator)
    np.testing.assert_array_equal(one.means_, other.means_)
    np.testing.assert_allclose(np.sort(one.means_[0])[[0, -1]], [0, 6], atol=2)
    weights = np.ones(len(X))
    weights[5000:] = 0
    start = start_rows(weights, len(X), np.random.RandomState(0))
    assert start.max() < 5000
    assert np.isfinite(fit_columns(X, estimator, sample_weight=weights).lower_bound_).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"covariance_type": "tied"}, "covariance_type to be one of"),
        ({"learning_method": "online"}, "learning_method='batch'"),
        ({"init_params": "random"}, "init_params='kmeans'"),
        ({"means_init": np.zeros((3, 1))}, "means_init=None"),
        ({"n_init": 2}, "n_init=1"),
        ({"tol": -1.0}, "tol to be"),
    ],
)
def test_parameters_without_meaning(parameters, message):
    with pytest.raises(ValueError, match=message):
        fit_columns(table(), with_parameters("likelihood", **parameters))


def test_bad_input():
    X, estimator = table(20), with_parameters("process")
    with pytest.raises(TypeError, match="Expected estimator to be"):
        fit_columns(X, "process")
    with pytest.raises(ValueError, match="n_samples to be at least n_components"):
        fit_columns(X[:3], estimator)
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="finite, got NaN"):
        fit_columns(X, estimator)
    columns = fit_columns(table(20), estimator)
    with pytest.raises(ValueError, match="has 5 features"):
        columns.transform(X[:, :5])
    with pytest.raises(ValueError, match="column to be less than"):
        columns.estimator(6)
    with pytest.raises(ValueError, match="components to be at least 0"):
        columns.inverse_transform(np.zeros((2, 6)), np.full((2, 6), 4))
    with pytest.raises(ValueError, match="components to be integers"):
        columns.inverse_transform(np.zeros((2, 6)), np.zeros((2, 6)))
    with pytest.raises(FloatingPointError, match="finite sums of squares"):
        fit_columns(table(20) * 1e200, estimator)


@pytest.mark.parametrize("sample", [False, True])
def test_values_far_from_all_components(sample):
    """They are clipped in the broadest component, without a warning."""
    X = np.random.default_rng(0).normal(size=(300, 3))
    columns = fit_columns(X, GaussianMixture(2, random_state=0))
    far = np.array([[1e200, -1e200, 0.0]])
    values, components = columns.transform(far, sample=sample, random_state=0)
    broadest = columns.variances_.argmax(axis=1)
    assert components[0, :2].tolist() == broadest[:2].tolist()
    assert values[0, :2].tolist() == [1.0, -1.0]
    assert np.isfinite(columns.inverse_transform(values, components)).all()


def test_a_bound_under_strong_priors_keeps_its_digits():
    X = np.random.default_rng(0).normal(size=(200, 2))

    def bound(s):
        prior = {"mean_precision_prior": 1e12, "mean_prior": [0.0]}
        prior |= {"degrees_of_freedom_prior": 2 * s, "covariance_prior": [[2 * s]]}
        model = BayesianGaussianMixture(n_components=1, random_state=0, **prior)
        return fit_columns(X, model).lower_bound_

    limit = -0.5 * (X**2 + np.log(2 * np.pi)).sum(axis=0)  # the parameters are known
    np.testing.assert_allclose(bound(1e12), limit, rtol=1e-9)
    np.testing.assert_allclose(bound(1e15), limit, rtol=1e-9)


def test_an_error_names_the_column():
    X = np.random.default_rng(0).normal(size=(50, 4))
    X[:, 2] *= 1e160
    with pytest.raises(FloatingPointError, match="column 2"):
        fit_columns(X, GaussianMixture(2, random_state=0))
