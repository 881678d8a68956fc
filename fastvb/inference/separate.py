"""Many small problems of one kind side by side, each with bound, momentum and end of its own.

The updates are those of :func:`fastvb.inference.em` and :func:`fastvb.inference.cavi`; an iteration
is one call of the model for all problems that have not converged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fastvb.inference._momentum import FIRST_MOMENTUM, OVER_RELAXATION, after_fall, step_length

__all__ = ["Separate", "SeparateFits", "separately"]

Array = NDArray[np.float64]
Problems = NDArray[np.intp]


class Stack(Protocol):
    """Globals of several problems."""

    def take(self, problems: Problems) -> Self:
        """Those of some."""

    def put(self, problems: Problems, some: Self) -> None:
        """Take those of some in."""


class Separate(Protocol):
    """What a model of separate problems has."""

    def update(self, globals_: Any, problems: Problems, *, late: bool) -> tuple[Array, Any]:
        """Update these problems: bounds, at the globals given if `late`, and new globals."""

    def beyond(
        self, here: Any, ways: Sequence[tuple[Any, Array]], problems: Problems
    ) -> tuple[Any, NDArray[np.bool_]]:
        """Go on from `here`, by multiples of ways to it: (from where, times what) each.

        Return where this leads, and which problems it is possible for.
        """


class SeparateFits(NamedTuple):
    """Where the problems have ended.

    Attributes
    ----------
    globals_ : Stack
        Of all problems.
    lower_bounds : ndarray of shape (n_problems,)
        The last ones; -inf without iterations.
    n_iter : ndarray of int, shape (n_problems,)
        Iterations.
    converged : ndarray of bool, shape (n_problems,)
        Whether the tolerance ended them.
    """

    globals_: Any
    lower_bounds: Array
    n_iter: NDArray[np.int64]
    converged: NDArray[np.bool_]


def separately(
    model: Separate,
    globals_: Any,
    n_problems: int,
    *,
    max_iter: int,
    tol: float,
    late: bool,
    accelerate: bool = False,
    names: Any = None,
) -> SeparateFits:
    """Update all problems until the bound of each changes by less than a number.

    With acceleration, in two iterations in a row: where one overshoots, the bound hardly changes.

    Parameters
    ----------
    model : Separate
        The model.
    globals_ : Stack
        Where to start.
    n_problems : int
        How many there are.
    max_iter : int
        Iterations at most.
    tol : float
        On the change of a bound.
    late : bool
        Whether bounds are of the globals that an update was given, as in
        :func:`fastvb.inference.em`, or of the new ones, as in :func:`fastvb.inference.cavi`.
    accelerate : bool
        With the rule of :func:`fastvb.inference.em`; bounds are then late.
    names : sequence of str or None
        What an error calls the problems.

    Returns
    -------
    SeparateFits
        Where they have ended.

    Raises
    ------
    FloatingPointError
        If a bound is not finite.
    """
    every = np.arange(n_problems)
    run = _Run(
        model, late or accelerate, globals_, globals_.take(every), globals_.take(every), n_problems
    )
    n_iter, n_small = np.zeros((2, n_problems), np.int64)
    converged = np.zeros(n_problems, dtype=bool)
    active = every
    for iteration in range(1, max_iter + 1):
        before = run.bounds[active]
        if iteration == 1 or not accelerate:
            run.visit(active, run.globals_.take(active))
        else:
            run.go_beyond(active)
        _check_bounds(run.bounds, active, iteration, names)
        n_iter[active] = iteration
        small = np.abs(run.bounds[active] - before) < tol
        n_small[active] = np.where(small, n_small[active] + 1, 0)
        converged[active] = n_small[active] == 1 + accelerate
        active = active[~converged[active]]
        if len(active) == 0:
            break
    return SeparateFits(run.globals_, run.bounds, n_iter, converged)


@dataclass
class _Run:
    """Updates of all problems."""

    model: Separate
    late: bool
    globals_: Any  # the update of each
    last_update: Any
    visited: Any  # from where the update came
    n_problems: int

    def __post_init__(self) -> None:
        self.bounds = np.full(self.n_problems, -np.inf)
        self.momentum = np.full(self.n_problems, FIRST_MOMENTUM)

    @np.errstate(over="ignore", invalid="ignore")  # told of once, by the bound
    def visit(self, problems: Problems, globals_: Any, *, least: Array | None = None) -> Problems:
        """One pass; problems whose bound is below `least` stay what they were, and come back."""
        bounds, update = self.model.update(globals_, problems, late=self.late)
        good = np.ones(len(problems), dtype=bool)
        if least is not None:
            good = np.isfinite(bounds) & (bounds >= least)
        kept = np.flatnonzero(good)
        self.bounds[problems[kept]] = bounds[kept]
        self.globals_.put(problems[kept], update.take(kept))
        return problems[~good]

    def go_beyond(self, problems: Problems) -> None:
        """Visit where momentum leads from each update, or else the update itself."""
        at = self.globals_.take(problems)
        momentum = np.maximum(self.momentum[problems], 0)
        ways = [
            (self.last_update.take(problems), step_length(momentum)),
            (self.visited.take(problems), np.full(len(problems), OVER_RELAXATION)),
        ]
        ahead, valid = self.model.beyond(at, ways, problems)
        moving = (momentum > 0) & valid
        self.last_update.put(problems, at)
        self.momentum[problems] += 1
        plain = np.flatnonzero(~moving)
        ahead.put(plain, at.take(plain))
        least = np.where(moving, self.bounds[problems], -np.inf)
        self.visited.put(problems, ahead)
        back = self.visit(problems, ahead, least=least)
        if len(back):
            self.momentum[back] = after_fall(self.momentum[back])
            plain = self.globals_.take(back)
            self.visited.put(back, plain)
            self.visit(back, plain)


def _check_bounds(bounds: Array, problems: Problems, n_iter: int, names: Any) -> None:
    wrong = problems[~np.isfinite(bounds[problems])]
    if len(wrong):
        name = f"problem {wrong[0]}" if names is None else names[wrong[0]]
        raise FloatingPointError(
            f"Expected finite bounds, got {bounds[wrong[0]]} of {name} after iteration {n_iter}: "
            "the data or the priors are too large or too small for the arithmetic."
        )
