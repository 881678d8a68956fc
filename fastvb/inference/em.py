"""Expectation maximisation, with the bound that its passes over the data bring along."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastvb.inference._protocol import Model
from fastvb.inference._requirements import check_bound, check_restartable, no_batch
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
) -> Any:
    """Alternate local and global steps, and stop by the bound at the globals of the local steps.

    The updates are those of :func:`fastvb.inference.cavi`; what differs is the bound. There it is
    that of the statistics at the new globals. Here it is <stats, view> + h + global_bound at the
    globals that the local steps were given: of a model with points as globals, their exact log
    likelihood (and log prior), one iteration late. No iteration computes more than its pass.

    Parameters
    ----------
    model : Model
        The model, without locals that are carried from step to step.
    batches : iterable
        The data; read once per iteration, so a generator will not do.
    monitor : Monitor
        Decides when to stop; holds the trace afterwards.
    rng : RandomState or Generator or None
        Passed to the model's start and local steps.
    globals_ : object or None
        Where to start; None lets the model choose.

    Returns
    -------
    object
        The globals of the last iteration: one update after those of the last bound.

    Raises
    ------
    TypeError
        If `batches` is an iterator.
    ValueError
        If there is no batch.
    FloatingPointError
        If the bound is not finite after an iteration.

    References
    ----------
    A. Dempster, N. Laird, D. Rubin (1977), Maximum likelihood from incomplete data via the EM
    algorithm, JRSS B 39.

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
    if globals_ is None:
        first = next(iter(batches), None)
        if first is None:
            raise no_batch()
        globals_ = model.init_globals(first, rng)
    for n_iter in monitor.iterations():
        bound, globals_ = _iterate(model, batches, globals_, monitor, rng)
        check_bound(bound, n_iter)
        monitor.n_updates += 1
        monitor.record(bound, globals_)
    return globals_


@np.errstate(over="ignore", invalid="ignore")  # told of once, by the bound
def _iterate(
    model: Model, batches: Iterable[Any], globals_: Any, monitor: Monitor, rng: Any
) -> tuple[float, Any]:
    """Bound at the globals, and the next ones."""
    with monitor.phase("global"):
        view = model.expect(globals_)
        bound = model.global_bound(globals_)
    total = None
    with monitor.phase("local"):
        for batch in batches:
            stats, part = bounded_step(model, batch, view, rng)
            total = stats if total is None else total + stats
            bound += part
    if total is None:
        raise no_batch()
    with monitor.phase("global"):
        return bound, model.global_step(total, globals_)
