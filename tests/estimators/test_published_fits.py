"""Fits of classical tables that others have published, or computed with another EM."""

import json

import numpy as np
import pytest

from fastvb import BayesianGaussianMixture, GaussianMixture
from fastvb.datasets import read_table

pytestmark = pytest.mark.real_data

TO_THE_END = {"tol": 1e-9, "max_iter": 5000, "reg_covar": 0.0, "random_state": 0}


@pytest.fixture
def table(shared_data):
    def read(name, columns=None):
        return read_table(shared_data(f"mixture_tables/{name}.csv"), columns).values

    return read


@pytest.fixture
def stan(shared_data):
    return lambda name: json.loads(shared_data(f"stan_gauss_mix/{name}.json").read_text("utf-8"))


def log_likelihood(mixture, X):
    return mixture.score(X) * len(X)


def from_groups(labels, X):
    """The fit that starts at given groups."""
    groups = [X[labels == label] for label in np.unique(labels)]
    return GaussianMixture(
        len(groups),
        weights_init=[len(group) / len(X) for group in groups],
        means_init=[group.mean(axis=0) for group in groups],
        precisions_init=[np.linalg.inv(np.atleast_2d(np.cov(group.T, ddof=0))) for group in groups],
        **TO_THE_END,
    ).fit(X)


# of another EM, the best of 30 starts; tied fits are those of the R package mclust to its digits
@pytest.mark.parametrize(
    ("name", "covariance_type", "n_components", "expected", "bic"),
    [
        ("faithful", "tied", 3, -1126.316, 2314.296),
        ("faithful", "full", 2, -1130.264, 2322.192),
        ("acidity", "tied", 2, -185.9493, 392.0723),
        ("acidity", "full", 2, -184.6447, None),
        ("enzyme", "full", 2, -54.6400, None),
    ],
)
def test_best_of_several_starts(table, name, covariance_type, n_components, expected, bic):
    X = table(name)
    mixture = GaussianMixture(
        n_components, covariance_type=covariance_type, n_init=10, **TO_THE_END,
    ).fit(X)  # fmt: skip
    assert log_likelihood(mixture, X) == pytest.approx(expected, abs=1e-3)
    if bic is not None:
        assert mixture.bic(X) == pytest.approx(bic, abs=2e-3)
    if name == "enzyme":
        np.testing.assert_allclose(np.sort(mixture.weights_), [0.4079, 0.5921], atol=1e-4)


def test_the_completed_likelihood_of_faithful(table):
    """The published fit, with a BIC of 2314.316, has not quite converged."""
    X = table("faithful")
    mixture = GaussianMixture(3, covariance_type="tied", n_init=10, **TO_THE_END).fit(X)
    assert mixture.icl(X) == pytest.approx(2357.824, abs=0.7)


def test_galaxies_in_three_groups(table):
    X = np.sort(table("galaxies"), axis=0) / 1000
    mixture = from_groups(np.repeat([0, 1, 2], [7, 72, 3]), X)
    assert log_likelihood(mixture, X) == pytest.approx(-203.1792, abs=1e-3)
    assert mixture.bic(X) == pytest.approx(441.6122, abs=1e-3)
    assert np.bincount(mixture.predict(X)).tolist() == [7, 72, 3]


def test_diabetes_from_its_classes(table, shared_data):
    """The published fit, -2295.118 with a BIC of 4734.561, has not quite converged."""
    X = table("diabetes", ["fpg", "glucose", "insulin"])
    path = shared_data("mixture_tables/diabetes.csv")
    classes = np.loadtxt(path, delimiter=",", skiprows=1, usecols=0, dtype=str)
    mixture = from_groups(classes, X)
    assert log_likelihood(mixture, X) == pytest.approx(-2295.0935, abs=1e-3)
    assert 4734.561 - 0.1 < mixture.bic(X) < 4734.561
    assert mixture.icl(X) == pytest.approx(4749.16, abs=0.5)
    order = np.argsort(mixture.means_[:, 0])
    np.testing.assert_allclose(
        mixture.weights_[order], [0.5553630, 0.2479432, 0.1966939], atol=0.01
    )
    means = mixture.means_[order]
    published = [
        [91.35843, 357.86717, 165.85059], [104.6401, 515.7332, 314.5807],
        [230.32908, 1103.21235, 81.40487],
    ]  # fmt: skip
    np.testing.assert_allclose(means, published, rtol=1e-2)


def test_the_bic_prefers_two_components_of_iris(table):
    X = table("iris", range(4))
    bic = [
        GaussianMixture(k, n_init=10, init_params="random_from_data", **TO_THE_END).fit(X).bic(X)
        for k in (1, 2, 3)
    ]
    np.testing.assert_allclose(bic, [829.98, 574.02, 580.84], atol=0.01)


def test_posterior_means_of_well_separated_components(stan):
    """Monte Carlo means under other priors: those of 1000 observations matter more."""
    mixture = BayesianGaussianMixture(
        n_components=2, weight_concentration_prior_type="dirichlet_distribution",
        weight_concentration_prior=5.0, covariance_prior=[[1.0]], tol=1e-9, max_iter=2000,
        random_state=0,
    ).fit(np.reshape(stan("low_dim_gauss_mix")["y"], (-1, 1)))  # fmt: skip
    order = np.argsort(mixture.means_[:, 0])
    assert mixture.weights_[order[0]] == pytest.approx(0.62155, abs=0.02)
    np.testing.assert_allclose(mixture.means_[order, 0], [-2.7335, 2.8698], atol=0.02)
    deviations = np.sqrt(mixture.covariances_[order, 0, 0])
    np.testing.assert_allclose(deviations, [1.0281, 1.0238], atol=0.02)


def test_the_truth_of_generated_data(stan):
    data = stan("normal_2")
    mixture = GaussianMixture(2, **TO_THE_END).fit(np.reshape(data["y"], (-1, 1)))
    order = np.argsort(mixture.means_[:, 0])
    np.testing.assert_allclose(mixture.means_[order, 0], [data["mu1"], data["mu2"]], atol=0.15)
    assert mixture.weights_[order[0]] == pytest.approx(data["theta"], abs=0.05)

    data = stan("normal_5")  # of overlapping components: no fit is far below the truth
    X, z = np.reshape(data["y"], (-1, 1)), np.array(data["z"]).ravel()
    weights = np.ravel(data["Ns"]) / len(X)
    densities = weights * np.exp(-0.5 * ((X - data["mus"]) / data["sigmas"]) ** 2)
    densities /= np.sqrt(2 * np.pi) * np.array(data["sigmas"])
    truth = np.log(densities.sum(axis=1)).sum()
    fit = from_groups(z, X)
    assert truth < log_likelihood(fit, X) < truth + 15  # half of 14 parameters, and some chance
