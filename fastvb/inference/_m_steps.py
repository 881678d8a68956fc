"""M-steps: the whole of it, a step uphill, or one block of parameters after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastvb.inference._protocol import Ascending, Conditional, Extrapolable
from fastvb.inference._requirements import require

__all__ = ["m_step_of"]

_HALVINGS = 40  # of a step: beyond, rounding decides whether Q falls


def m_step_of(model: Any, kind: str, order: Sequence[str] | None) -> Callable[[Any, Any], Any]:
    """Make the function from statistics and globals to the next globals, checked beforehand."""
    if order is not None and kind != "conditional":
        raise ValueError(f"Expected order only with m_step='conditional', got m_step={kind!r}.")
    if kind == "max":
        update: Callable[[Any, Any], Any] = model.global_step
        return update
    if kind == "improve":
        require("em with m_step='improve'", model, Ascending, Extrapolable)
        return lambda stats, globals_: _uphill(model, stats, globals_)
    if kind == "conditional":
        require("em with m_step='conditional'", model, Conditional)
        blocks = _blocks(model, order)
        return lambda stats, globals_: _in_turn(model, blocks, stats, globals_)
    raise ValueError(
        f"Expected m_step to be 'max', 'improve' or 'conditional', got m_step={kind!r}."
    )


def _blocks(model: Any, order: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(model.blocks)
    blocks = known if order is None else tuple(order)
    if set(blocks) != set(known):
        raise ValueError(f"Expected order to name each of the blocks {known}, got order={order!r}.")
    return blocks


def _in_turn(model: Any, blocks: tuple[str, ...], stats: Any, globals_: Any) -> Any:
    for block in blocks:
        globals_ = model.conditional_step(stats, globals_, block)
    return globals_


@np.errstate(all="ignore")  # of steps that are not taken
def _uphill(model: Any, stats: Any, globals_: Any) -> Any:
    """Go along the model's direction, half as far until Q does not fall."""
    q_here = _q(model, stats, globals_)
    here = model.coordinates(globals_, globals_)
    step = model.ascent_direction(stats, globals_)
    for _ in range(_HALVINGS):
        there = model.at_coordinates(here + step, globals_)
        if there is not None:
            q_there = _q(model, stats, there)
            if math.isfinite(q_there) and q_there >= q_here:
                return there
        step = 0.5 * step
    return globals_


def _q(model: Any, stats: Any, globals_: Any) -> float:
    """Q, with the log prior: the part of the bound that the M-step changes."""
    return float(stats.inner(model.expect(globals_)) + model.global_bound(globals_))
