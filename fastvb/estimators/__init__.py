"""Estimators with scikit-learn's face."""

from fastvb.estimators.lda import LatentDirichletAllocation

__all__ = ["LatentDirichletAllocation"]
