"""Two libraries on one problem, and what their results must have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SAME = 1e-6  # of the bound, where the updates are equal
NEAR = 1e-4  # of the bound
NEAR_NATS = 0.1


class Side(NamedTuple):
    """A library's way to a bound."""

    name: str
    call: Callable[[], object]  # what is timed
    passes: int  # over the rows
    bound: float


class Contest(NamedTuple):
    """Two of them."""

    title: str
    ours: Side
    theirs: Side


def require(what: str, theirs: Any, ours: Any, tolerance: float) -> None:
    """Stop if these differ by more."""
    if not np.all(np.abs(np.subtract(theirs, ours)) <= tolerance):
        raise SystemExit(f"Not compared: {what} {theirs} differs from {ours} of fastvb.")


def require_same_bound(name: str, theirs: float, ours: float) -> None:
    require(f"the ELBO of {name},", theirs, ours, SAME * abs(ours))


def bound_at(model: Any, batch: Any, q: Any) -> float:
    """The ELBO at q, with the best local parameters."""
    view = model.expect(q)
    stats, h, _ = model.local_step(batch, view)
    return float(stats.inner(view) + h + model.global_bound(q))


def passes_to(goal: float, bounds: Any) -> int | None:
    """How many until the goal is reached."""
    near = np.flatnonzero(np.asarray(bounds) >= goal)
    return int(near[0]) + 1 if len(near) else None
