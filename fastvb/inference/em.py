"""Expectation maximisation, with the bound that its passes over the data bring along."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastvb.inference._m_steps import m_step_of
from fastvb.inference._momentum import FIRST_MOMENTUM, OVER_RELAXATION, after_fall, step_length
from fastvb.inference._protocol import Extrapolable, Model
from fastvb.inference._requirements import check_bound, check_restartable, no_batch, require
from fastvb.inference._stochastic import bounded_step
from fastvb.inference.monitor import Monitor

__all__ = ["em"]


def em(
    model: Model,
    batches: Iterable[Any],
    monitor: Monitor,
    *,
    rng: Any = None,
    globals_: Any = None,
    accelerate: bool = False,
    m_step: str = "max",
    order: Sequence[str] | None = None,
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
        Go beyond each update by half of its change (over-relaxation), and in the direction from
        the last one to it (Nesterov's momentum), the further the more updates went so. Where that
        lowers the bound, make the plain update after all, and lose half of the momentum: the bound
        never falls. For slow convergence; which of several optima is found may differ. Where a
        step overshoots the bound hardly changes, so one small change does not mean convergence.
    m_step : {"max", "improve", "conditional"}
        What an update does with Q, the expected log joint density (with the log prior).
        ``"max"`` goes to its maximum, the model's `global_step`. For models whose maximum has no
        closed form there are two generalised EM algorithms, which do not lower Q and therefore not
        the bound: ``"improve"`` makes one step along the model's `ascent_direction`, halved until Q
        does not fall; ``"conditional"`` (ECM) sets blocks of parameters to their best given the
        others, by the model's `conditional_step`, one after the other.
    order : sequence of str or None
        Names of the model's `blocks` in the order of ``"conditional"``, each at least once; None is
        the model's. It may change the path, but not the points where EM stays.

    Returns
    -------
    object
        The globals of the last iteration: one update after those of the last bound.

    Raises
    ------
    TypeError
        If `batches` is an iterator, or the model lacks a function.
    ValueError
        If there is no batch, or `m_step` or `order` is unknown.
    FloatingPointError
        If the bound is not finite after an iteration.

    References
    ----------
    A. Dempster, N. Laird, D. Rubin (1977), Maximum likelihood from incomplete data via the EM
    algorithm, JRSS B 39.
    X. Meng, D. Rubin (1993), Maximum likelihood estimation via the ECM algorithm: a general
    framework, Biometrika 80.
    Y. Nesterov (1983), A method for solving the convex programming problem with convergence rate
    O(1/k^2), Soviet Mathematics Doklady 27.
    R. Salakhutdinov, S. Roweis (2003), Adaptive overrelaxed bound optimization methods, ICML 20.
    B. O'Donoghue, E. Candes (2015), Adaptive restart for accelerated gradient schemes, Foundations
    of Computational Mathematics 15, section 3 (by function values).

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
    update = m_step_of(model, m_step, order)
    if globals_ is None:
        first = next(iter(batches), None)
        if first is None:
            raise no_batch()
        globals_ = model.init_globals(first, rng)
    run = _Run(model, batches, monitor, rng, update)
    at: _Visit | None = None
    for n_iter in monitor.iterations():
        at = run.visit(globals_) if at is None or not accelerate else run.beyond(at)
        check_bound(at.bound, n_iter)
        globals_ = at.next_globals
        monitor.record(at.bound, globals_)
    return globals_


class _Visit(NamedTuple):
    """Some globals, their bound, and where the statistics that they lead to lead next."""

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
    m_step: Callable[[Any, Any], Any]
    last_update: Any = None
    momentum: int = FIRST_MOMENTUM  # updates that have gathered it

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
            return _Visit(globals_, bound, self.m_step(total, globals_))

    def beyond(self, at: _Visit) -> _Visit:
        """Visit where momentum leads from the next update, or else the update itself."""
        with self.monitor.phase("global"):
            ahead = self._ahead(at)
        self.last_update = at.next_globals
        self.momentum += 1
        if ahead is not None:
            visit = self.visit(ahead)
            if math.isfinite(visit.bound) and visit.bound >= at.bound:
                return visit
            self.momentum = after_fall(self.momentum)
        return self.visit(at.next_globals)

    def _ahead(self, at: _Visit) -> Any:
        """Globals beyond the next update, None where there is no momentum."""
        if self.momentum < 1:
            return None
        model, update = self.model, at.next_globals
        here, last, visited = (
            model.coordinates(q, update) for q in (update, self.last_update, at.globals_)
        )
        change = step_length(self.momentum) * (here - last) + OVER_RELAXATION * (here - visited)
        return model.at_coordinates(here + change, update)
