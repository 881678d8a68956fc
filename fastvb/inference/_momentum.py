"""How far accelerated updates go beyond plain ones, with Nesterov's momentum."""

from __future__ import annotations

from typing import Any

__all__ = ["FIRST_MOMENTUM", "after_fall", "step_length"]

# so that the first four updates are plain: where they lead decides which optimum is found
FIRST_MOMENTUM = -3


def step_length(momentum: Any) -> Any:
    """Of the last change, 0 where there is no momentum yet."""
    return momentum / (momentum + 2)


def after_fall(momentum: Any) -> Any:
    """What is left of it."""
    return (momentum + 1) // 2
