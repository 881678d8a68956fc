"""The mathematics of one model each; a driver of :mod:`fastvb.inference` iterates it."""

from fastvb.models._batch_minibatches import BatchMinibatches
from fastvb.models._bernoulli_components import BetaBernoullis, PointBernoullis
from fastvb.models._collapsed_state import phi_bytes
from fastvb.models._documents import DocumentBatch
from fastvb.models._file_minibatches import FileMinibatches
from fastvb.models._gaussian_components import NormalWishart
from fastvb.models._given_densities import GivenDensities
from fastvb.models._linear_components import LinearComponents
from fastvb.models._linear_pass import LinearView
from fastvb.models._local_losses import LocalLosses, LocalNormals
from fastvb.models._minibatch_sources import is_streamed, minibatches_of
from fastvb.models._minibatches import MatrixMinibatches
from fastvb.models._mixture_weights import DirichletWeights, GivenWeights, PointWeights
from fastvb.models._observations import ObservationMinibatches, Observations
from fastvb.models._point_bound import PointBound
from fastvb.models._point_gaussians import PointGaussians
from fastvb.models._stick_breaking import StickBreakingWeights
from fastvb.models.conjugate import ConjugateModel
from fastvb.models.gaussian_gamma import GaussianGammaModel
from fastvb.models.lda import LDAModel
from fastvb.models.lda_collapsed import CollapsedLDA
from fastvb.models.local_dirichlet_mixture import LocalDirichletModel
from fastvb.models.mixture import Mixture

__all__ = [
    "BatchMinibatches",
    "BetaBernoullis",
    "CollapsedLDA",
    "ConjugateModel",
    "DirichletWeights",
    "DocumentBatch",
    "FileMinibatches",
    "GaussianGammaModel",
    "GivenDensities",
    "GivenWeights",
    "LDAModel",
    "LinearComponents",
    "LinearView",
    "LocalDirichletModel",
    "LocalLosses",
    "LocalNormals",
    "MatrixMinibatches",
    "Mixture",
    "NormalWishart",
    "ObservationMinibatches",
    "Observations",
    "PointBernoullis",
    "PointBound",
    "PointGaussians",
    "PointWeights",
    "StickBreakingWeights",
    "is_streamed",
    "minibatches_of",
    "phi_bytes",
]
