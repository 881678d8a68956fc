"""Scores of fitted models."""

from fastvb.metrics._completion import completion_score

__all__ = ["completion_score"]
