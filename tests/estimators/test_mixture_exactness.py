"""What must hold exactly for Gaussian mixtures of every covariance type and kind of weights."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from reference import gaussian_mixture as reference

from fastvb import BayesianGaussianMixture, GaussianMixture, threads

TYPES = ["full", "tied", "diag", "spherical"]
WEIGHTS = ["dirichlet_process", "dirichlet_distribution"]


def clusters(n=300, d=2, k=3):
    rng = np.random.default_rng(5)
    centres = 4.0 * rng.normal(size=(k, d))
    return centres[rng.integers(0, k, n)] + rng.normal(size=(n, d))


def bayesian(X, k=4, **settings):
    return BayesianGaussianMixture(n_components=k, random_state=0, **settings).fit(X)


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("covariance_type", TYPES)
def test_one_component_has_the_exact_evidence_and_prediction(covariance_type, kind, d):
    """Also of diag and spherical, whose priors are the marginals of the Wishart's."""
    X = clusters(20, d)
    scale, mean, dof = np.diag([2.0, 0.5, 3.0][:d]), np.full(d, 0.3), d + 1.5
    given = {
        "full": scale, "tied": scale, "diag": np.diag(scale), "spherical": np.diag(scale).mean(),
    }[covariance_type]  # fmt: skip
    mixture = bayesian(
        X, 1, covariance_type=covariance_type, weight_concentration_prior_type=kind,
        mean_precision_prior=0.5, mean_prior=mean, degrees_of_freedom_prior=dof,
        covariance_prior=given,
    )  # fmt: skip
    prior = reference.Prior(covariance_type, 0.5, mean, dof, scale)
    evidence = reference.sequential_evidence(prior, X)
    np.testing.assert_allclose(mixture.lower_bounds_, evidence, rtol=1e-10)
    # the predictive density is what one more row adds to the evidence
    news = [X[0] + 1, X[1] - 20]
    added = [reference.sequential_evidence(prior, np.vstack((X, x))) - evidence for x in news]
    np.testing.assert_allclose(mixture.score_samples(news), added, rtol=1e-9)


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("covariance_type", TYPES)
def test_integer_weights_repeat_rows(covariance_type, kind):
    X = clusters(100)
    weights = np.random.default_rng(1).integers(0, 4, 100)
    rows = np.repeat(np.arange(100), weights)
    settings = {
        "covariance_type": covariance_type, "weight_concentration_prior_type": kind, "tol": 0.0,
        "max_iter": 5, "warm_start": True,
    }  # fmt: skip
    one, other = bayesian(X, 3, **settings), bayesian(X, 3, **settings)  # both go on from here
    one.fit(X, sample_weight=weights)
    other.fit(X[rows])
    np.testing.assert_allclose(one.covariances_, other.covariances_, 1e-8)
    np.testing.assert_allclose(one.lower_bounds_, other.lower_bounds_, 1e-10)
    np.testing.assert_allclose(
        one.score(X, sample_weight=weights), other.score(X[rows]), rtol=1e-10
    )


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("covariance_type", TYPES)
def test_threads_do_not_show(covariance_type, kind):
    X = clusters(3_000)
    fits = []
    for n in (1, 3):
        with threads(n):
            fits.append(bayesian(X, covariance_type=covariance_type, max_iter=3, tol=0.0,
                                 weight_concentration_prior_type=kind))  # fmt: skip
            scores = fits[-1].score_samples(X)
        np.testing.assert_array_equal(scores, fits[0].score_samples(X))
        for name in ("lower_bounds_", "weights_", "means_", "covariances_"):
            np.testing.assert_array_equal(getattr(fits[-1], name), getattr(fits[0], name))


@pytest.mark.parametrize(("dtype", "offset"), [(np.float32, 1e4), (np.float64, 1e8)])
@pytest.mark.parametrize("kind", ["likely", *WEIGHTS])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_an_offset_does_not_show(covariance_type, kind, dtype, offset):
    """Against the same values as they are stored far away, with the offset taken off exactly."""
    far = (clusters() + offset).astype(dtype)
    near = (far.astype(float) - offset).astype(dtype)
    np.testing.assert_array_equal(near.astype(float) + offset, far)
    fits = []
    for X in (near, far):
        settings = {"n_components": 3, "covariance_type": covariance_type, "max_iter": 10,
                    "tol": 0.0, "random_state": 0}  # fmt: skip
        if kind == "likely":
            fits.append(GaussianMixture(**settings).fit(X))
        else:
            settings["weight_concentration_prior_type"] = kind
            fits.append(BayesianGaussianMixture(**settings).fit(X))
    rtol = 1e-3 if dtype == np.float32 else 1e-6
    np.testing.assert_allclose(fits[1].covariances_, fits[0].covariances_, rtol, rtol)
    np.testing.assert_allclose(fits[1].lower_bound_, fits[0].lower_bound_, rtol)
    unit = float(np.spacing(dtype(offset)))
    np.testing.assert_allclose(fits[1].means_.astype(float) - offset, fits[0].means_, atol=unit)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_hard_data_of_points(covariance_type):
    """Constant and duplicate columns, fewer rows than features, all rows alike."""
    X = clusters(60)
    for data in (
        np.column_stack((X, np.ones(60), X[:, 0])), X[:3] @ np.ones((2, 9)) + np.eye(3, 9),
        np.ones((5, 2)),
    ):  # fmt: skip
        for prior in (None, "fraley-raftery"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                mixture = GaussianMixture(
                    2, covariance_type=covariance_type, prior=prior, random_state=0
                ).fit(data)
            assert np.isfinite(mixture.lower_bounds_).all()
            assert np.isfinite(mixture.score_samples(data)).all()
            assert np.isfinite(mixture.covariances_).all()


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("covariance_type", TYPES)
def test_the_predictive_density_integrates_to_one(covariance_type, kind, d):
    """Over the whole space, as x = centre + 3 tan(angle): its tails are those of Student's t."""
    mixture = bayesian(
        clusters(60, d), 3, covariance_type=covariance_type, weight_concentration_prior_type=kind
    )
    angles = (np.arange(300) + 0.5) / 300 * np.pi - np.pi / 2
    x, width = 3 * np.tan(angles), 3 / np.cos(angles) ** 2 * np.pi / 300
    grid = np.stack(np.meshgrid(*[x] * d, indexing="ij"), axis=-1).reshape(-1, d)
    widths = width if d == 1 else np.outer(width, width).ravel()
    assert np.exp(mixture.score_samples(grid)) @ widths == pytest.approx(1.0, abs=1e-5)
