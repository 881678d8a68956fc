"""Priors, posteriors and predictive distributions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from reference.families import KNOWN, MAKE, OF_OBSERVATIONS

from fastvb import families
from fastvb.special import gammaln

PAIRS = [name for name in MAKE if getattr(families, name).conjugate_prior is not None]
PREDICTIVE = {
    "Bernoulli": "Bernoulli",
    "Categorical": "Categorical",
    "Poisson": "NegativeBinomial",
    "Normal": "StudentT",
    "NormalKnownVariance": "Normal",
    "NormalKnownMean": "StudentT",
    "MultivariateNormal": "MultivariateStudentT",
}


def problem(name, batch=(), size=12):
    """A prior, observations with their statistics, and the parameters' way into the family."""
    rng = np.random.default_rng(3)
    family = getattr(families, name)
    prior = MAKE[family.conjugate_prior.__name__](rng, batch)
    x = MAKE[name](rng, ()).sample(4, size)
    return family, prior, x, family.sufficient_statistics(x, **OF_OBSERVATIONS.get(name, {}))


def likelihood(name, theta):
    """The family at a draw from its prior."""
    if name == "Normal":
        return families.Normal(theta[0], 1.0 / theta[1])
    if name == "MultivariateNormal":
        return families.MultivariateNormal(theta[0], np.linalg.inv(theta[1]))
    if name == "NormalKnownVariance":
        return families.NormalKnownVariance(theta, 1.7)
    if name == "NormalKnownMean":
        return families.NormalKnownMean(0.3, 1.0 / theta)
    return getattr(families, name)(theta)


def test_which_families_have_one():
    assert set(PAIRS) == set(PREDICTIVE)


@pytest.mark.parametrize("name", PAIRS)
def test_posterior_is_bayes_rule(name):
    """log prior + log likelihood - log posterior does not depend on the parameters."""
    family, prior, x, statistics = problem(name)
    posterior = family.posterior(prior, statistics.sum(axis=0), len(x), **KNOWN.get(name, {}))
    for seed in range(3):
        theta = posterior.sample(seed)
        evidence = (
            prior.log_prob(theta)
            + likelihood(name, theta).log_prob(x).sum()
            - posterior.log_prob(theta)
        )
        constant = posterior.log_partition() - prior.log_partition()
        base = family.log_base_measure(x, **KNOWN.get(name, {})).sum()
        assert evidence == pytest.approx(constant + base, rel=1e-9)


@pytest.mark.parametrize("name", PAIRS)
def test_batch_update_is_the_sequential_one(name):
    family, prior, x, statistics = problem(name, batch=(2,))
    known = KNOWN.get(name, {})
    whole = family.posterior(prior, statistics.sum(axis=0), len(x), **known)
    step = prior
    for one in statistics:
        step = family.posterior(step, one, 1, **known)
    np.testing.assert_allclose(step.natural, whole.natural, rtol=1e-11, atol=1e-11)
    assert type(whole) is family.conjugate_prior
    assert whole.batch_shape == (2,)


@pytest.mark.parametrize("name", PAIRS)
def test_predictive_is_the_ratio_of_partition_functions(name):
    family, prior, x, statistics = problem(name)
    known = KNOWN.get(name, {})
    predictive = family.predictive(prior, **known)
    assert type(predictive).__name__ == PREDICTIVE[name]
    after = family.posterior(prior, statistics, np.ones(len(x)), **known)
    expected = after.log_partition() - prior.log_partition() + family.log_base_measure(x, **known)
    np.testing.assert_allclose(predictive.log_prob(x), expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", PAIRS)
def test_predictive_draws(name):
    """Those of the parameters and then of an observation have the same distribution."""
    family, prior, _, _ = problem(name)
    predictive = family.predictive(prior, **KNOWN.get(name, {}))
    direct = np.asarray(predictive.sample(0, 2000), np.float64).reshape(2000, -1)
    twice = likelihood(name, prior.sample(1, 2000)).sample(2)
    twice = np.asarray(twice, np.float64).reshape(2000, -1)
    for column in range(direct.shape[1]):
        assert scipy.stats.ks_2samp(direct[:, column], twice[:, column]).pvalue > 1e-3


def test_predictive_distributions_are_scipys():
    x = np.array([0.0, 1.0, 7.0])
    t = families.StudentT(3.5, 1.0, 2.0)
    np.testing.assert_allclose(t.log_prob(x), scipy.stats.t(3.5, 1.0, 2.0).logpdf(x), rtol=1e-12)
    counts = families.NegativeBinomial(2.5, 0.7)
    nbinom = scipy.stats.nbinom(2.5, 0.7 / 1.7)
    np.testing.assert_allclose(counts.log_prob(x), nbinom.logpmf(x), rtol=1e-12)
    assert (counts.log_prob([-1.0, 0.5]) == -np.inf).all()
    scatter, points = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[0.0, 0.0], [3.0, -1.0]])
    many = families.MultivariateStudentT(3.5, [1.0, 2.0], scatter)
    expected = scipy.stats.multivariate_t([1.0, 2.0], scatter, 3.5).logpdf(points)
    np.testing.assert_allclose(many.log_prob(points), expected, rtol=1e-12)


def test_normal_gamma_of_five_numbers():
    """Exact posterior and evidence of 1, ..., 5 (closed form)."""
    x = np.arange(1.0, 6.0)
    prior = families.NormalGamma(0.0, 1.0, 1.0, 1.0)
    statistics = families.Normal.sufficient_statistics(x)
    posterior = families.Normal.posterior(prior, statistics.sum(axis=0), 5)
    found = posterior.mean, posterior.strength, posterior.shape, posterior.rate
    assert [float(value) for value in found] == pytest.approx([2.5, 6.0, 3.5, 9.75], rel=1e-14)
    evidence = posterior.log_partition() - prior.log_partition()
    evidence += families.Normal.log_base_measure(x).sum()
    assert evidence == pytest.approx(-12.260034296, abs=1e-9)
    step, predicted = prior, 0.0
    for value, one in zip(x, statistics, strict=True):
        predicted += families.Normal.predictive(step).log_prob(value)
        step = families.Normal.posterior(step, one, 1)
    assert predicted == pytest.approx(float(evidence), rel=1e-12)


def test_log_partition_of_the_normal_family():
    """-eta_1^2 / (4 eta_2) - log(-2 eta_2) / 2: its sign is easily lost."""
    q = families.Normal(0.7, 1.9)
    eta = q.natural
    expected = -(eta[0] ** 2) / (4 * eta[1]) - 0.5 * np.log(-2 * eta[1])
    assert q.log_partition() == pytest.approx(expected, rel=1e-14)
    assert q.mean_parameters.tolist() == pytest.approx([0.7, 2.39], rel=1e-14)


def test_expected_counts_are_statistics():
    """Responsibilities may take the place of observations."""
    r = np.array([[0.2, 0.8], [0.9, 0.1], [0.5, 0.5]])
    posterior = families.Categorical.posterior(
        families.Dirichlet([1.0, 1.0]), r[:, :1].sum(axis=0), r.sum()
    )
    np.testing.assert_allclose(posterior.concentration, 1.0 + r.sum(axis=0))
    evidence = posterior.log_partition() - families.Dirichlet([1.0, 1.0]).log_partition()
    expected = gammaln(posterior.concentration).sum() - gammaln(5.0)
    assert evidence == pytest.approx(expected, rel=1e-12)


def test_statistics_that_no_observations_have():
    with pytest.raises(ValueError, match="Expected concentration to be positive"):
        families.Categorical.posterior(families.Dirichlet([1.0, 1.0]), [5.0], 2)
    with pytest.raises(ValueError, match="Expected rate to be positive"):
        families.Normal.posterior(families.NormalGamma(0.0, 1.0, 1.0, 1.0), [9.0, 1.0], 1)


def test_statistics_of_another_shape():
    prior = families.NormalGamma(0.0, 1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="Expected stats to have 2 coordinates"):
        families.Normal.posterior(prior, [1.0], 1)
    with pytest.raises(ValueError, match="Expected stats to have at least 1 axes"):
        families.Poisson.posterior(families.Gamma(1.0, 1.0), 5.0, 1)
    with pytest.raises(ValueError, match="the same number of features or categories"):
        families.Categorical.posterior(families.Dirichlet(np.ones(3)), [1.0, 0.0, 0.0], 1)
    with pytest.raises(ValueError, match="Expected n to be finite, got n=nan"):
        families.Poisson.posterior(families.Gamma(1.0, 1.0), [5.0], np.nan)


def test_nan_stays_nan():
    assert np.isnan(families.StudentT(1.0, 0.0, 1.0).log_prob(np.nan))
    assert np.isnan(families.NegativeBinomial(1.0, 1.0).log_prob(np.nan))
