"""GaussianGamma: oracle numbers, columns, origin, files, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from fastvb import GaussianGamma

X = np.arange(1.0, 6.0)[:, np.newaxis]
METHODS = ["exact", "mean-field"]


def test_five_numbers():
    """Closed form; the mean-field bound is below the evidence by 0.069721188."""
    exact = GaussianGamma(0.0, 1.0, 1.0, 1.0, learning_method="exact").fit(X)
    found = exact.mean_, exact.mean_precision_, exact.shape_, exact.rate_
    assert [float(value[0]) for value in found] == pytest.approx([2.5, 6.0, 3.5, 9.75], rel=1e-13)
    assert exact.log_evidence_ == exact.lower_bound_ == pytest.approx(-12.260034296, abs=1e-9)
    mean_field = GaussianGamma(learning_method="mean-field").fit(X)
    found = mean_field.mean_precision_, mean_field.shape_, mean_field.rate_
    expected = [2.153846154, 4.0, 11.142857143]
    assert [float(value[0]) for value in found] == pytest.approx(expected, abs=1e-9)
    assert mean_field.lower_bound_ == pytest.approx(-12.329755484, abs=1e-9)
    assert mean_field.log_evidence_ == exact.log_evidence_
    assert mean_field.precision_[0] == pytest.approx(14 / 39, abs=1e-9)
    assert mean_field.precision_[0] == pytest.approx(exact.precision_[0], rel=1e-9)
    assert mean_field.converged_
    assert 1 < mean_field.n_iter_ < 30


@pytest.mark.parametrize("method", METHODS)
def test_columns_are_fitted_by_themselves(method):
    many = np.random.default_rng(0).normal([0.0, 3.0, -5.0], [0.1, 1.0, 10.0], (20, 3))
    prior = {"mean_prior": [0.0, 1.0, 2.0], "rate_prior": [1.0, 2.0, 3.0]}
    whole = GaussianGamma(**prior, learning_method=method).fit(many)
    bound = 0.0
    for column in range(3):
        own = {name: value[column] for name, value in prior.items()}
        one = GaussianGamma(**own, learning_method=method).fit(many[:, [column]])
        assert whole.mean_[column] == pytest.approx(one.mean_[0], rel=1e-12)
        assert whole.precision_[column] == pytest.approx(one.precision_[0], rel=1e-9)
        bound += one.lower_bound_
    assert whole.lower_bound_ == pytest.approx(bound, rel=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_an_offset_costs_no_digits(method):
    here = GaussianGamma(0.0, learning_method=method).fit(X)
    far = GaussianGamma(1e9, learning_method=method).fit(X + 1e9)
    assert far.mean_[0] - 1e9 == pytest.approx(here.mean_[0], rel=1e-6)
    assert far.rate_[0] == pytest.approx(here.rate_[0], rel=1e-12)
    assert far.lower_bound_ == pytest.approx(here.lower_bound_, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_score_is_the_log_density_of_students_t(method):
    estimator = GaussianGamma(learning_method=method).fit(X)
    scale = np.sqrt(9.75 * 7 / (3.5 * 6))
    expected = scipy.stats.t(7.0, 2.5, scale).logpdf(X[:, 0])
    np.testing.assert_allclose(estimator.score_samples(X), expected, rtol=1e-12)
    assert estimator.score(X) == pytest.approx(expected.mean())


def test_callback_and_bounds():
    states = []
    estimator = GaussianGamma(learning_method="mean-field", callback=states.append).fit(X)
    assert [state.lower_bound for state in states] == estimator.lower_bounds_.tolist()
    assert (np.diff(estimator.lower_bounds_) > -1e-12).all()
    short = GaussianGamma(learning_method="mean-field", max_iter=2).fit(X)
    assert (short.n_iter_, short.converged_) == (2, False)


def test_file(tmp_path):
    estimator = GaussianGamma(learning_method="mean-field").fit(X)
    estimator.save(tmp_path / "fit.npz")
    again = GaussianGamma.load(tmp_path / "fit.npz")
    np.testing.assert_array_equal(again.score_samples(X), estimator.score_samples(X))
    np.testing.assert_array_equal(again.lower_bounds_, estimator.lower_bounds_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"mean_prior": [1.0, 2.0]}, r"a number or an array of shape \(1,\), got mean_prior"),
        ({"mean_prior": np.nan}, "Expected mean_prior to be finite"),
        ({"rate_prior": 0.0}, "Expected rate_prior"),
        ({"learning_method": "batch"}, "Expected learning_method to be one of"),
        ({"max_iter": 0}, "Expected max_iter to be at least 1"),
        ({"tol": -1.0}, "Expected tol"),
    ],
)
def test_bad_parameters_leave_the_estimator_as_it_was(parameters, message):
    estimator = GaussianGamma().fit(X)
    before = dict(vars(estimator))
    estimator.set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        estimator.fit(X)
    assert vars(estimator) == before | parameters


@pytest.mark.parametrize("size", [1e9, 1e12, 1e16])
def test_the_evidence_under_strong_priors_keeps_its_digits(size):
    rows = np.random.default_rng(0).normal(size=(200, 2))
    known = -0.5 * (rows**2 + np.log(2 * np.pi)).sum()  # as if mean and precision were
    estimator = GaussianGamma(
        mean_prior=0.0, mean_precision_prior=1e12, shape_prior=size, rate_prior=size
    ).fit(rows)
    assert estimator.log_evidence_ == pytest.approx(known, rel=1e-6)
