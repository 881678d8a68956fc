"""How far accelerated updates go beyond plain ones: over-relaxed, and with momentum."""

from __future__ import annotations

from typing import Any

__all__ = ["FIRST_MOMENTUM", "OVER_RELAXATION", "after_fall", "step_length"]

# so that the first four updates are plain: where they lead decides which optimum is found
FIRST_MOMENTUM = -3

# of the change by the update: those of EM are short where little is known of the latent variables,
# and twice as far is still stable
OVER_RELAXATION = 0.5


def step_length(momentum: Any) -> Any:
    """Of the change from update to update, 0 where there is no momentum yet."""
    return momentum / (momentum + 2)


def after_fall(momentum: Any) -> Any:
    """What is left of it."""
    return (momentum + 1) // 2
