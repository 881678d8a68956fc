"""Memoized variational inference: incremental, without a learning rate, with an exact bound."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb.inference._memo import Memo, MemoInMemory, MemoOnDisk
from fastvb.inference._protocol import Conjugate, Model, Settling, Storable
from fastvb.inference._requirements import check_bound, no_batch, offers, require
from fastvb.inference._saving import Saving
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.draws import ORDER, STEPS, check_seed, generator
from fastvb.inference.monitor import Monitor

__all__ = ["memoized"]


def memoized(
    model: Model,
    batches: Sequence[Any],
    monitor: Monitor,
    *,
    shuffle: bool = True,
    seed: int = 0,
    rng: Any = None,
    globals_: Any = None,
    wait: bool = False,
    bound: Literal["batch", "lap"] | None = "batch",
    spill: str | os.PathLike[str] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Any:
    """Update the globals after each batch, by replacing its statistics in those of all data.

    From the end of the first lap on, the statistics are those of all data, so the ELBO is known
    exactly after every batch. With ``bound="batch"`` it does not fall then: where local steps start
    over and lower it (:class:`Settling` models), the batch is visited again without. The sum of the
    statistics is made anew at the end of each lap, so rounding errors do not pile up.

    Parameters
    ----------
    model : Model
        The model. Its statistics must have ``-``.
    batches : sequence
        The data.
    monitor : Monitor
        Decides after each lap when to stop; holds the trace afterwards, and with ``bound="batch"``
        the ELBO after each batch from the end of the first lap on (`batch_bounds`).
    shuffle : bool
        Visit batches in an order that depends on `seed` and the lap, instead of their own.
    seed : int
        Local steps draw by a generator of (seed, number of the visit).
    rng : RandomState or Generator or None
        Passed to the model's start.
    globals_ : object or None
        Where to start; None lets the model choose.
    wait : bool
        Keep the globals of the start until each batch has been visited: where they come from all
        data, what the first batches say is less, and of data in some order misleading.
    bound : {"batch", "lap", None}
        When to compute the ELBO. With None the trace holds nan.
    spill : path-like or None
        Directory, of this fit alone, where statistics and locals of the batches are kept instead of
        in memory: one file each. It is not removed. The results are the same.
    checkpoint : Checkpoint or None
        Where to save the state; it counts batches. With `spill` it relies on the files there.

    Returns
    -------
    object
        The globals after the last lap.

    Raises
    ------
    TypeError
        If the model lacks a function.
    ValueError
        If there is no batch, a parameter is not as described, or the checkpoint is of another fit.
    FloatingPointError
        If the ELBO is not finite.

    References
    ----------
    M. Hughes, E. Sudderth (2013), Memoized online variational inference for Dirichlet process
    mixture models, NeurIPS 26, section 3.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import Monitor, memoized
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> batches, monitor = [DocumentBatch(X[:2]), DocumentBatch(X[2:])], Monitor(max_iter=10)
    >>> topics = memoized(model, batches, monitor, rng=np.random.default_rng(0))
    >>> len(monitor.batch_bounds), bool(np.all(np.diff(monitor.batch_bounds) > -1e-9))
    (19, True)
    """
    if bound not in ("batch", "lap", None):
        raise ValueError(f"Expected bound to be 'batch', 'lap' or None, got bound={bound!r}.")
    if len(batches) == 0:
        raise no_batch()
    memo: Memo = MemoInMemory()
    if spill is not None:
        require("memoized with spill", model, Storable)
        memo = MemoOnDisk(spill, model.state_types)  # type: ignore[attr-defined]
    check_seed(seed)
    laps = _Laps(model, batches, monitor, memo, shuffle, seed, rng, wait, bound, checkpoint)
    return laps.run(globals_)


@dataclass
class _Place:
    """How far a run has come."""

    globals_: Any
    total: Any  # statistics of all batches that were visited
    h: NDArray[np.float64]  # by batch
    n_visits: int = 0
    bound: float = -math.inf


class _Visit(NamedTuple):
    """Where the visit of a batch leads."""

    stats: Any
    local: Any
    h: float
    total: Any
    globals_: Any
    view: Any  # or None, where the bound did without
    bound: float  # or nan


class _Laps:
    """State and steps of one run."""

    def __init__(
        self,
        model: Any,
        batches: Sequence[Any],
        monitor: Monitor,
        memo: Memo,
        shuffle: bool,
        seed: int,
        rng: Any,
        wait: bool,
        bound: str | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._model, self._batches, self._monitor, self._memo = model, batches, monitor, memo
        self._shuffle, self._seed, self._rng, self._bound_after = shuffle, seed, rng, bound
        self._n_waits = len(batches) - 1 if wait else 0
        self._at = _Place(None, None, np.zeros(len(batches)))
        self._view: Any = None
        self._saving = Saving(
            checkpoint, "memoized", model, monitor, rng, self._state, n_batches=len(batches),
            shuffle=shuffle, seed=seed, wait=wait, bound=bound,
            spill=isinstance(memo, MemoOnDisk),
        )  # fmt: skip

    def run(self, globals_: Any) -> Any:
        self._start(globals_)
        for n_iter in self._monitor.iterations():
            n_left = n_iter * len(self._batches) - self._at.n_visits
            for number in self._order(n_iter - 1)[len(self._batches) - n_left :]:
                self._visit(int(number), n_iter)
            bound = math.nan if self._bound_after is None else self._at.bound
            self._monitor.record(bound, self._at.globals_)
        self._save()
        return self._at.globals_

    def _start(self, globals_: Any) -> None:
        if (saved := self._saving.restored()) is not None:
            self._memo.restore(saved.pop("memo"))
            self._at = _Place(**saved)
            return
        self._memo.restore({})
        if globals_ is None:
            globals_ = self._model.init_globals(self._batches[0], self._rng)
        self._at.globals_ = globals_

    def _state(self) -> dict[str, Any]:
        return {**vars(self._at), "memo": self._memo.state()}

    def _save(self) -> None:
        self._saving.now()
        self._memo.keep_for_checkpoint()

    def _order(self, lap: int) -> NDArray[np.int64]:
        if self._shuffle:
            return generator(self._seed, ORDER, lap).permutation(len(self._batches))
        return np.arange(len(self._batches))

    def _visit(self, number: int, n_iter: int) -> None:
        """Replace what is known of a batch, and update the globals."""
        at = self._at
        old, local = self._memo.get(number) if n_iter > 1 else (None, None)
        after = self._revised(number, old, local)
        if after.bound < at.bound and (settled := self._settled(local)) is not local:
            del after
            after = self._revised(number, old, settled)
        at.n_visits += 1
        self._monitor.n_updates += 1
        self._view = after.view
        at.globals_, at.total, at.h[number] = after.globals_, after.total, after.h
        self._memo.put(number, n_iter, after.stats, after.local)
        if self._is_bound_due(at.n_visits):
            check_bound(after.bound, n_iter)
            at.bound = after.bound
            if self._bound_after == "batch":
                self._monitor.record_batch(at.bound)
        if self._saving.is_due(at.n_visits):
            self._save()

    @np.errstate(over="ignore", invalid="ignore")  # told of once, by the bound
    def _revised(self, number: int, old: Any, local: Any) -> _Visit:
        model, at = self._model, self._at
        n_visits = at.n_visits + 1
        if self._view is None:
            with self._monitor.phase("global"):
                self._view = model.expect(at.globals_)
        with self._monitor.phase("local"):
            rng = generator(self._seed, STEPS, n_visits)
            stats, h, local = model.local_step(self._batches[number], self._view, local, rng)
        with self._monitor.phase("global"):
            total = self._replaced(number, old, stats)
            waits = n_visits <= self._n_waits
            globals_ = at.globals_ if waits else model.global_step(total, at.globals_)
        visit = _Visit(
            stats, local if model.carries_local else None, h, total, globals_,
            self._view if waits else None, math.nan,
        )  # fmt: skip
        if not self._is_bound_due(n_visits):
            return visit
        h_total = math.fsum(np.delete(at.h, number)) + h
        if offers(model, Conjugate):
            with self._monitor.phase("bound"):
                return visit._replace(bound=h_total + model.posterior_bound(globals_))
        with self._monitor.phase("global"):
            view = model.expect(globals_)
        with self._monitor.phase("bound"):
            bound = total.inner(view) + h_total + model.global_bound(globals_)
        return visit._replace(view=view, bound=bound)

    def _replaced(self, number: int, old: Any, new: Any) -> Any:
        """Sum of all statistics with those of one batch replaced."""
        n_batches, total = len(self._batches), self._at.total
        if (self._at.n_visits + 1) % n_batches == 0:  # at the end of the lap, afresh
            kept = (new if i == number else self._memo.get(i)[0] for i in range(n_batches))
            return reduce(add, kept)
        if total is None:
            return new
        return total + new if old is None else total - old + new

    def _settled(self, local: Any) -> Any:
        """`local` without restarts; `local` itself if there are none, or no bound to watch them."""
        if local is None or self._bound_after != "batch" or not offers(self._model, Settling):
            return local
        return self._model.settle(local)

    def _is_bound_due(self, n_visits: int) -> bool:
        if self._bound_after is None or n_visits < len(self._batches):
            return False
        return self._bound_after == "batch" or n_visits % len(self._batches) == 0
