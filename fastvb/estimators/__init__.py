"""Estimators with scikit-learn's face."""

from fastvb.estimators.bayesian_gaussian_mixture import BayesianGaussianMixture
from fastvb.estimators.gaussian_mixture import GaussianMixture
from fastvb.estimators.lda import LatentDirichletAllocation

__all__ = ["BayesianGaussianMixture", "GaussianMixture", "LatentDirichletAllocation"]
