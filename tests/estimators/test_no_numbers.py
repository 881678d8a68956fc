"""Parameters that should be arrays of numbers and are not: told by name, before any work."""

from __future__ import annotations

import numpy as np
import pytest

from fastvb import (
    BayesianGaussianMixture,
    BernoulliMixture,
    GaussianGamma,
    GaussianMixture,
    LatentDirichletAllocation,
    fit_columns,
)

X = np.random.default_rng(0).normal(size=(30, 2))
BITS = (X > 0).astype(float)
ESTIMATORS = {
    "mean_prior": lambda value: BayesianGaussianMixture(n_components=2, mean_prior=value),
    "covariance_prior": lambda value: BayesianGaussianMixture(
        n_components=2, covariance_prior=value
    ),
    "weights_init": lambda value: GaussianMixture(2, weights_init=value),
    "means_init": lambda value: GaussianMixture(2, means_init=value),
    "precisions_init": lambda value: GaussianMixture(2, precisions_init=value),
    "probabilities_init": lambda value: BernoulliMixture(2, probabilities_init=value),
    "topic_word_prior": lambda value: LatentDirichletAllocation(2, topic_word_prior=value),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_words(name):
    with pytest.raises(TypeError, match=rf"Expected {name} to hold real numbers, got dtype=<U1"):
        ESTIMATORS[name](["a", "b"]).fit(BITS)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_ragged_lists(name):
    with pytest.raises(ValueError, match=rf"Expected {name} to be an array, got {name}=\[\[1"):
        ESTIMATORS[name]([[1, 2], [3]]).fit(BITS)


def test_other_faces():
    with pytest.raises(TypeError, match="Expected mean_prior to hold real numbers"):
        GaussianGamma(mean_prior="a").fit(X)
    with pytest.raises(TypeError, match="Expected mean_prior to hold real numbers"):
        fit_columns(X, BayesianGaussianMixture(n_components=2, mean_prior="a"))


def test_objects_that_are_numbers():
    """Rows of a table with columns of several types, for instance."""
    means = np.array([[0.0, 0.0], [1.0, 1.0]])
    fits = [
        GaussianMixture(2, means_init=given, max_iter=3, tol=0, random_state=0).fit(X)
        for given in (means, means.astype(object))
    ]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)


@pytest.mark.parametrize("wrong", [True, None, "1.5", 10**400])
def test_objects_that_are_none(wrong):
    means = np.array([[0.0, 0.0], [1.0, wrong]], dtype=object)
    with pytest.raises(TypeError, match="Expected means_init to hold real numbers"):
        GaussianMixture(2, means_init=means).fit(X)


def test_masks_and_truth_values():
    with pytest.raises(TypeError, match="Expected weights_init to be an array without a mask"):
        GaussianMixture(2, weights_init=np.ma.array([0.5, 0.5], mask=[0, 1])).fit(X)
    with pytest.raises(TypeError, match="Expected covariance_prior to hold real numbers"):
        BayesianGaussianMixture(n_components=2, covariance_prior=np.eye(2, dtype=bool)).fit(X)
