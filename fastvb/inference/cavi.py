"""Coordinate ascent variational inference (EM where q(global) is a point)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from fastvb.inference._protocol import Conjugate, Model, Settling
from fastvb.inference._requirements import check_bound, check_restartable, no_batch, offers
from fastvb.inference._saving import Saving
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.monitor import Monitor

__all__ = ["cavi"]


def cavi(
    model: Model,
    batches: Iterable[Any],
    monitor: Monitor,
    *,
    rng: Any = None,
    globals_: Any = None,
    checkpoint: Checkpoint | None = None,
) -> Any:
    """Alternate local and global steps over all batches until `monitor` ends it.

    The ELBO after each iteration is that of the statistics at the new globals, so it is exact. If
    it falls because local steps started over (:class:`Settling` models), the iteration is done
    again without; so it never falls, unless the model insists.

    Parameters
    ----------
    model : Model
        The model.
    batches : iterable
        The data; read once per iteration, so a generator will not do.
    monitor : Monitor
        Decides when to stop; holds the trace afterwards.
    rng : RandomState or Generator or None
        Passed to the model's start and local steps.
    globals_ : object or None
        Where to start; None lets the model choose.
    checkpoint : Checkpoint or None
        Where to save the state; it counts iterations.

    Returns
    -------
    object
        The globals of the last iteration.

    Raises
    ------
    TypeError
        If `batches` is an iterator.
    ValueError
        If there is no batch, or the checkpoint is of another fit.
    FloatingPointError
        If the ELBO is not finite after an iteration.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 10.1.1.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import Monitor, cavi
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> batches, monitor = [DocumentBatch(X[:2]), DocumentBatch(X[2:])], Monitor(max_iter=20)
    >>> topics = cavi(model, batches, monitor, rng=np.random.default_rng(0))
    >>> bool(np.all(np.diff(monitor.lower_bounds) > -1e-9))
    True
    """
    check_restartable(batches)
    carried: dict[int, Any] = {}
    bound = -math.inf

    def state() -> dict[str, Any]:
        return {"globals_": globals_, "carried": carried}

    saving = Saving(checkpoint, "cavi", model, monitor, rng, state)
    if (saved := saving.restored()) is not None:
        globals_, carried = saved["globals_"], saved["carried"]
        bound = monitor.lower_bounds[-1] if monitor.lower_bounds else bound
    elif globals_ is None:
        first = next(iter(batches), None)
        if first is None:
            raise no_batch()
        globals_ = model.init_globals(first, rng)
    view: Any = None
    for n_iter in monitor.iterations():
        with monitor.phase("global"):
            view = model.expect(globals_) if view is None else view
        if offers(model, Conjugate):
            globals_ = None  # not needed until the next ones are here, but large
        after = _iterate(model, batches, globals_, view, carried, monitor, rng)
        if after.bound < bound and (settled := _settle(model, carried)):
            del after
            after = _iterate(model, batches, globals_, view, settled, monitor, rng)
        check_bound(after.bound, n_iter)
        globals_, view, carried, bound = after
        del after
        monitor.n_updates += 1
        monitor.record(bound, globals_)
        saving.after(n_iter)
    saving.now()
    return globals_


class _Step(NamedTuple):
    """Where an iteration has led."""

    globals_: Any
    view: Any  # or None, where the bound did without
    carried: dict[int, Any]  # by number of the batch: what its next local step starts from
    bound: float


@np.errstate(over="ignore", invalid="ignore")  # told of once, by the bound
def _iterate(
    model: Any,
    batches: Iterable[Any],
    globals_: Any,
    view: Any,
    carried: dict[int, Any],
    monitor: Monitor,
    rng: Any,
) -> _Step:
    """One local step for every batch, summed in their order, and a global step."""
    total, h_total, left = None, 0.0, {}
    with monitor.phase("local"):
        for number, batch in enumerate(batches):
            stats, h, local = model.local_step(batch, view, carried.get(number), rng)
            total = stats if total is None else total + stats
            h_total += h
            if model.carries_local:
                left[number] = local
    if total is None:
        raise no_batch()
    with monitor.phase("global"):
        globals_ = model.global_step(total, globals_)
    if offers(model, Conjugate):
        with monitor.phase("bound"):
            return _Step(globals_, None, left, h_total + model.posterior_bound(globals_))
    with monitor.phase("global"):
        view = model.expect(globals_)
    with monitor.phase("bound"):
        bound = total.inner(view) + h_total + model.global_bound(globals_)
    return _Step(globals_, view, left, bound)


def _settle(model: Any, carried: dict[int, Any]) -> dict[int, Any]:
    """`carried` without restarts in the next local steps; empty if there are none anyway."""
    if not offers(model, Settling):
        return {}
    settled = {number: model.settle(local) for number, local in carried.items()}
    if all(settled[number] is carried[number] for number in carried):
        return {}
    return settled
