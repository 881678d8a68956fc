"""Estimators with scikit-learn's face."""

from fastvb.estimators.bayesian_bernoulli_mixture import BayesianBernoulliMixture
from fastvb.estimators.bayesian_gaussian_mixture import BayesianGaussianMixture
from fastvb.estimators.bernoulli_mixture import BernoulliMixture
from fastvb.estimators.columns import fit_columns
from fastvb.estimators.fitted_columns import FittedColumns
from fastvb.estimators.gaussian_gamma import GaussianGamma
from fastvb.estimators.gaussian_mixture import GaussianMixture
from fastvb.estimators.lda import LatentDirichletAllocation
from fastvb.estimators.local_dirichlet_mixture import LocalDirichletMixture

__all__ = [
    "BayesianBernoulliMixture",
    "BayesianGaussianMixture",
    "BernoulliMixture",
    "FittedColumns",
    "GaussianGamma",
    "GaussianMixture",
    "LatentDirichletAllocation",
    "LocalDirichletMixture",
    "fit_columns",
]
