"""Expectation maximisation, with the bound that its passes over the data bring along."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastvb.inference._protocol import Extrapolable, Model
from fastvb.inference._requirements import check_bound, check_restartable, no_batch, require
from fastvb.inference._stochastic import bounded_step
from fastvb.inference.monitor import Monitor

__all__ = ["em"]

_GROWTH = 4.0  # of the longest step, where it was right


def em(
    model: Model,
    batches: Iterable[Any],
    monitor: Monitor,
    *,
    rng: Any = None,
    globals_: Any = None,
    accelerate: bool = False,
) -> Any:
    """Alternate local and global steps, and stop by the bound at the globals of the local steps.

    The updates are those of :func:`fastvb.inference.cavi`; what differs is the bound. There it is
    that of the statistics at the new globals. Here it is <stats, view> + h + global_bound at the
    globals that the local steps were given: of a model with points as globals, their exact log
    likelihood (and log prior), one iteration late. No iteration computes more than its pass.

    Parameters
    ----------
    model : Model
        The model, without locals that are carried from step to step; with `accelerate` it must have
        `coordinates`.
    batches : iterable
        The data; read once per pass, so a generator will not do.
    monitor : Monitor
        Decides when to stop; holds the trace afterwards, and the number of passes as `n_updates`.
    rng : RandomState or Generator or None
        Passed to the model's start and local steps.
    globals_ : object or None
        Where to start; None lets the model choose.
    accelerate : bool
        Extrapolate from each two updates to where they lead (SQUAREM), and go on from there if the
        bound is not lower, otherwise from where they were. So it never falls, and an iteration is
        mostly two passes. For slow convergence; which of several optima is found may differ.

    Returns
    -------
    object
        The globals of the last iteration: one update after those of the last bound.

    Raises
    ------
    TypeError
        If `batches` is an iterator, or the model lacks a function.
    ValueError
        If there is no batch.
    FloatingPointError
        If the bound is not finite after an iteration.

    References
    ----------
    A. Dempster, N. Laird, D. Rubin (1977), Maximum likelihood from incomplete data via the EM
    algorithm, JRSS B 39.
    R. Varadhan, C. Roland (2008), Simple and globally convergent methods for accelerating the
    convergence of any EM algorithm, Scandinavian Journal of Statistics 35, section 3 (steps of the
    third kind).

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import Monitor, em
    >>> from fastvb.models import Mixture, Observations, PointGaussians, PointWeights
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(-3, 1, (50, 1)), rng.normal(3, 1, (50, 1))])
    >>> gaussians = PointGaussians.most_likely("full", 2, np.zeros(1))
    >>> model, monitor = Mixture(PointWeights.of(2), gaussians), Monitor(max_iter=20)
    >>> q = em(model, [Observations(X)], monitor, rng=rng)
    >>> bool(np.all(np.diff(monitor.lower_bounds) > -1e-9))
    True
    """
    check_restartable(batches)
    if accelerate:
        require("em with accelerate", model, Extrapolable)
    if globals_ is None:
        first = next(iter(batches), None)
        if first is None:
            raise no_batch()
        globals_ = model.init_globals(first, rng)
    run = _Run(model, batches, monitor, rng)
    at: _Visit | None = None
    for n_iter in monitor.iterations():
        at = run.visit(globals_) if at is None or not accelerate else run.extrapolated(at)
        check_bound(at.bound, n_iter)
        globals_ = at.next_globals
        monitor.record(at.bound, globals_)
    return globals_


class _Visit(NamedTuple):
    """Some globals, their bound, and the best for the statistics that they lead to."""

    globals_: Any
    bound: float
    next_globals: Any


@dataclass
class _Run:
    """Passes over the data."""

    model: Any
    batches: Iterable[Any]
    monitor: Monitor
    rng: Any
    longest: float = 1.0  # step

    @np.errstate(over="ignore", invalid="ignore")  # told of once, by the bound
    def visit(self, globals_: Any) -> _Visit:
        """One pass."""
        model, monitor, total = self.model, self.monitor, None
        monitor.n_updates += 1
        with monitor.phase("global"):
            view = model.expect(globals_)
            bound = model.global_bound(globals_)
        with monitor.phase("local"):
            for batch in self.batches:
                stats, part = bounded_step(model, batch, view, self.rng)
                total = stats if total is None else total + stats
                bound += part
        if total is None:
            raise no_batch()
        with monitor.phase("global"):
            return _Visit(globals_, bound, model.global_step(total, globals_))

    def extrapolated(self, first: _Visit) -> _Visit:
        """The next update, and where the two lead if that is better."""
        second = self.visit(first.next_globals)
        with self.monitor.phase("global"):
            step, globals_ = self._ahead(first, second)
        if globals_ is None:
            return second
        third = self.visit(globals_)
        better = math.isfinite(third.bound) and third.bound >= second.bound
        if step == self.longest:
            self.longest = step * _GROWTH if better else max(1.0, step / _GROWTH)
        return third if better else second

    def _ahead(self, first: _Visit, second: _Visit) -> tuple[float, Any]:
        """Length of the step from the first globals, where 1 is two updates; where it ends."""
        model, reference = self.model, second.next_globals
        start, middle, end = (
            model.coordinates(globals_, reference)
            for globals_ in (first.globals_, second.globals_, reference)
        )
        change, curvature = middle - start, end - 2 * middle + start
        bend = float(np.linalg.norm(curvature))
        ideal = float(np.linalg.norm(change)) / bend if bend > 0 else 1.0
        step = min(max(ideal, 1.0), self.longest)
        if step == 1:
            self.longest = _GROWTH if ideal > 1 else 1.0
            return step, None
        ahead = start + 2 * step * change + step**2 * curvature
        return step, model.at_coordinates(ahead, reference)
