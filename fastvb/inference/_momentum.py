"""How far accelerated updates go beyond plain ones.

Nesterov's method takes k / (k + 3) of the last change after k updates, for the worst of convex
functions. That it takes k / (k + 1/2) here, and keeps a quarter of k where the bound would fall,
was the best of several on overlapping Gaussians of all covariance types.
"""

from __future__ import annotations

from typing import Any

__all__ = ["FIRST_MOMENTUM", "after_fall", "step_length"]

# so that the first four updates are plain: where they lead decides which optimum is found
FIRST_MOMENTUM = -3


def step_length(momentum: Any) -> Any:
    """Of the last change, 0 where there is no momentum yet."""
    return momentum / (momentum + 0.5)


def after_fall(momentum: Any) -> Any:
    """What is left of it."""
    return (momentum + 3) // 4
