"""The mathematics of one model each; a driver of :mod:`fastvb.inference` iterates it."""

from fastvb.models._documents import DocumentBatch
from fastvb.models._minibatches import MatrixMinibatches
from fastvb.models.lda import LDAModel

__all__ = ["DocumentBatch", "LDAModel", "MatrixMinibatches"]
