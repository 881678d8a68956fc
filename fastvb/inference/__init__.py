"""Inference algorithms. They know the protocol of a model and no model."""

from fastvb.inference.cavi import cavi
from fastvb.inference.monitor import FitState, Monitor

__all__ = ["FitState", "Monitor", "cavi"]
