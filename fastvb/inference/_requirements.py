"""What drivers check before and while they work."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

__all__ = ["check_bound", "check_restartable", "no_batch", "offers", "require"]


@cache
def _functions(capability: type) -> tuple[str, ...]:
    """Names of what a protocol asks for."""
    return tuple(name for name in vars(capability) if not name.startswith("_"))


def _has(model: Any, name: str) -> bool:
    """Whether it has this function; what is set to None is not there."""
    return getattr(model, name, None) is not None


def offers(model: Any, capability: type) -> bool:
    """Whether a model has the functions of a protocol; isinstance() takes 20 times as long."""
    return all(_has(model, name) for name in _functions(capability))


def require(driver: str, model: Any, *capabilities: type) -> None:
    """Refuse a model that lacks a function of these protocols."""
    for capability in capabilities:
        for name in _functions(capability):
            if not _has(model, name):
                raise TypeError(
                    f"Expected a model with {name}, which {driver} needs, got "
                    f"model={type(model).__name__} without it."
                )


def check_restartable(batches: Any) -> None:
    """Refuse what can be iterated once only."""
    if iter(batches) is batches:
        raise TypeError(
            f"Expected batches to be iterable more than once, got batches={batches!r}. "
            "Pass a list or an object with __iter__."
        )


def no_batch() -> ValueError:
    """There is no data."""
    return ValueError("Expected at least one batch, got batches without any.")


def check_bound(bound: float, n_iter: int) -> None:
    """Refuse an ELBO that shows an overflow."""
    if not math.isfinite(bound):
        raise FloatingPointError(
            f"Expected the ELBO to be finite, got {bound} in iteration {n_iter}. "
            "Are data or priors near the limits of the data type?"
        )
