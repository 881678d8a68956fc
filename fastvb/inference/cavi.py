"""Coordinate ascent variational inference (EM where q(global) is a point)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastvb.inference._protocol import Model
from fastvb.inference.monitor import Monitor

__all__ = ["cavi"]


def cavi(
    model: Model,
    batches: Iterable[Any],
    monitor: Monitor,
    *,
    rng: Any = None,
    globals_: Any = None,
) -> Any:
    """Alternate local and global steps over all batches until `monitor` ends it.

    The ELBO after each iteration is that of the statistics at the new globals, so it is exact
    and, with a model whose local step does not lower the bound, never falls.

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

    Returns
    -------
    object
        The globals of the last iteration.

    Raises
    ------
    TypeError
        If `batches` is an iterator.
    ValueError
        If there is no batch.

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
    if iter(batches) is batches:
        raise TypeError(
            f"Expected batches to be iterable more than once, got batches={batches!r}. "
            "Pass a list or an object with __iter__."
        )
    if globals_ is None:
        first = next(iter(batches), None)
        if first is None:
            raise ValueError("Expected at least one batch, got batches without any.")
        globals_ = model.init_globals(first, rng)
    view = model.expect(globals_)
    carried: dict[int, Any] = {}
    for _ in monitor.iterations():
        with monitor.phase("local"):
            stats, h = _local_steps(model, batches, view, carried, rng)
        with monitor.phase("global"):
            globals_ = model.global_step(stats, globals_)
            view = model.expect(globals_)
        with monitor.phase("bound"):
            monitor.record(stats.inner(view) + h + model.global_bound(globals_))
    return globals_


def _local_steps(
    model: Model, batches: Iterable[Any], view: Any, carried: dict[int, Any], rng: Any
) -> tuple[Any, float]:
    """Sum over batches in their order; `carried` keeps what the next visits start from."""
    total, h_total = None, 0.0
    for number, batch in enumerate(batches):
        stats, h, local = model.local_step(batch, view, carried.get(number), rng)
        total = stats if total is None else total + stats
        h_total += h
        if model.carries_local:
            carried[number] = local
    return total, h_total
