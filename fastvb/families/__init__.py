"""Exponential families: their parameters, their algebra, and fits to expected statistics."""

from fastvb.families._family import Distribution, ExponentialFamily
from fastvb.families.bernoulli import Bernoulli
from fastvb.families.beta import Beta
from fastvb.families.categorical import Categorical
from fastvb.families.dirichlet import Dirichlet
from fastvb.families.dirichlet_fit import DirichletFit, fit_dirichlet, fit_symmetric_dirichlet
from fastvb.families.gamma import Gamma, InverseGamma
from fastvb.families.multivariate_normal import MultivariateNormal
from fastvb.families.normal import Normal, NormalKnownMean, NormalKnownVariance
from fastvb.families.normal_gamma import NormalGamma
from fastvb.families.normal_wishart import NormalWishart
from fastvb.families.poisson import NegativeBinomial, Poisson
from fastvb.families.student_t import MultivariateStudentT, StudentT
from fastvb.families.von_mises_fisher import VonMisesFisher
from fastvb.families.wishart import Wishart

__all__ = [
    "Bernoulli",
    "Beta",
    "Categorical",
    "Dirichlet",
    "DirichletFit",
    "Distribution",
    "ExponentialFamily",
    "Gamma",
    "InverseGamma",
    "MultivariateNormal",
    "MultivariateStudentT",
    "NegativeBinomial",
    "Normal",
    "NormalGamma",
    "NormalKnownMean",
    "NormalKnownVariance",
    "NormalWishart",
    "Poisson",
    "StudentT",
    "VonMisesFisher",
    "Wishart",
    "fit_dirichlet",
    "fit_symmetric_dirichlet",
]
