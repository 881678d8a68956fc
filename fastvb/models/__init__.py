"""The mathematics of one model each; a driver of :mod:`fastvb.inference` iterates it."""

from fastvb.models._collapsed_state import phi_bytes
from fastvb.models._documents import DocumentBatch
from fastvb.models._minibatches import MatrixMinibatches
from fastvb.models.lda import LDAModel
from fastvb.models.lda_collapsed import CollapsedLDA

__all__ = ["CollapsedLDA", "DocumentBatch", "LDAModel", "MatrixMinibatches", "phi_bytes"]
