"""The mathematics of one model each; a driver of :mod:`fastvb.inference` iterates it."""

from fastvb.models.lda import LDAModel

__all__ = ["LDAModel"]
