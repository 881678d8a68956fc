"""The loop that stochastic drivers share: small steps towards the best globals of mini-batches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastvb._validation import check_integer, check_real
from fastvb.inference._protocol import (
    Blendable,
    BoundedStep,
    Minibatches,
    Sampled,
    Structured,
    Tunable,
)
from fastvb.inference._requirements import check_bound, no_batch, offers, require
from fastvb.inference._saving import Saving
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.draws import STEPS, check_seed, generator
from fastvb.inference.monitor import Monitor
from fastvb.inference.schedule import Schedule

__all__ = ["Run", "StochasticStep", "bounded_step"]


@dataclass(frozen=True)
class StochasticStep:
    """One update; where the stochastic methods differ.

    Parameters
    ----------
    driver : str
        Whose step it is.
    model : Model
        The model.
    sampled : bool
        The local step is given a draw from q(globals), not its expectation.
    corrected : bool
        The statistics are multiplied by V.
    """

    driver: str
    model: Any
    sampled: bool = False
    corrected: bool = False

    def __post_init__(self) -> None:
        require(self.driver, self.model, Blendable)
        if self.sampled:
            require(self.driver, self.model, Sampled)
        if self.corrected:
            require(self.driver, self.model, Structured)

    @np.errstate(divide="ignore", over="ignore", invalid="ignore")  # told of once, by the bound
    def local(self, batch: Any, globals_: Any, rng: Any) -> tuple[Any, float]:
        """Statistics of a mini-batch, and its part of the bound."""
        if self.sampled:
            view = self.model.sample_view(globals_, rng)
        else:
            view = self.model.expect(globals_)
        stats, bound = bounded_step(self.model, batch, view, rng)
        if self.corrected:
            stats = self.model.natural_stats(stats, view)
        return stats, bound

    @np.errstate(over="ignore", invalid="ignore")
    def towards(self, stats: Any, globals_: Any, factor: float, rate: float) -> Any:
        """Globals after the step; each observation counts `factor` times."""
        target = self.model.global_step(stats.scale(factor), globals_)
        return self.model.blend(globals_, target, rate)

    def __call__(self, batch: Any, globals_: Any, rate: float, n_total: float, rng: Any) -> Any:
        """Both in one."""
        stats, _ = self.local(batch, globals_, rng)
        return self.towards(stats, globals_, n_total / _n_observations(batch), rate)


def bounded_step(model: Any, batch: Any, view: Any, rng: Any) -> tuple[Any, float]:
    """Statistics of a local step that starts afresh, and <stats, view> + h."""
    if offers(model, BoundedStep):
        stats, bound = model.bounded_step(batch, view, rng)
        return stats, bound
    stats, h, _ = model.local_step(batch, view, None, rng)
    return stats, stats.inner(view) + h


@dataclass
class _Place:
    """How far a run has come."""

    globals_: Any
    n_updates: int
    n_seen: int = 0  # observations, by all updates
    n_batches: int = 0  # of the present epoch
    n_epoch: int = 0  # observations of the present epoch
    local_bound: float = 0.0  # of the present epoch


class Run:
    """Epochs of stochastic updates.

    Parameters are those of :func:`fastvb.inference.svi`, and

    step : StochasticStep
        The update.
    ramp : bool
        Scale to the number of observations seen so far, until that is all of them.
    """

    def __init__(
        self,
        step: StochasticStep,
        minibatches: Minibatches,
        monitor: Monitor,
        *,
        schedule: Schedule,
        seed: int,
        n_total: float | None,
        n_updates: int,
        rng: Any,
        bound: str | None,
        checkpoint: Checkpoint | None,
        ramp: bool = False,
    ) -> None:
        if bound not in ("epoch", None):
            raise ValueError(f"Expected bound to be 'epoch' or None, got bound={bound!r}.")
        self._step, self._minibatches, self._monitor = step, minibatches, monitor
        if not callable(getattr(schedule, "rate", None)):
            raise TypeError(f"Expected schedule to have a method rate, got schedule={schedule!r}.")
        self._schedule, self._seed = schedule, check_seed(seed)
        self._n_total, self._ramp = _known_total(n_total, minibatches), ramp
        self._with_bound, self._rng = bound is not None, rng
        self._at = _Place(None, check_integer("n_updates", n_updates, 0))
        self._saving = Saving(
            checkpoint, step.driver, step.model, monitor, rng, self._state, full=step.corrected,
            schedule=schedule, seed=seed, n_total=self._n_total, n_updates=n_updates, bound=bound,
            ramp=ramp,
        )  # fmt: skip

    def __call__(self, globals_: Any) -> Any:
        """Go through all epochs, and return the globals."""
        self._start(globals_)
        for n_iter in self._monitor.iterations():
            for batch in self._epoch(n_iter - 1):
                self._update(batch)
            self._monitor.record(self._end_epoch(n_iter), self._at.globals_)
        self._saving.now()
        return self._at.globals_

    def _start(self, globals_: Any) -> None:
        if (saved := self._saving.restored()) is not None:
            self._at = _Place(**saved)
            return
        if globals_ is None:
            first = next(self._minibatches.epoch(0), None)
            if first is None:
                raise no_batch()
            globals_ = self._step.model.init_globals(first, self._rng)
        self._at.globals_ = globals_

    def _state(self) -> dict[str, Any]:
        return vars(self._at)

    def _epoch(self, number: int) -> Iterator[Any]:
        return self._minibatches.epoch(number, self._at.n_batches)

    def _update(self, batch: Any) -> None:
        at, n_batch = self._at, _n_observations(batch)
        rng = generator(self._seed, STEPS, at.n_updates + 1)
        with self._monitor.phase("local"):
            stats, bound = self._step.local(batch, at.globals_, rng)
        at.n_updates += 1
        self._monitor.n_updates += 1
        at.n_batches += 1
        at.n_seen += n_batch
        at.n_epoch += n_batch
        at.local_bound += bound
        stands_for = min(at.n_seen, self._n_total) if self._ramp else self._n_total
        with self._monitor.phase("global"):
            rate = self._schedule.rate(at.n_updates)
            check_real("schedule.rate", rate, 0.0, 1.0, above=True)
            at.globals_ = self._step.towards(stats, at.globals_, stands_for / n_batch, rate)
        self._saving.after(at.n_updates)

    def _end_epoch(self, n_iter: int) -> float:
        """Estimate of the ELBO, or nan."""
        at, model = self._at, self._step.model
        if at.n_batches == 0:
            raise no_batch()
        if offers(model, Tunable):
            with self._monitor.phase("global"):
                at.globals_ = model.tune(at.globals_)
        bound = at.local_bound * (self._n_total / at.n_epoch)
        if self._with_bound:
            with self._monitor.phase("bound"):
                bound += model.global_bound(at.globals_)
        check_bound(bound, n_iter)
        at.n_batches, at.n_epoch, at.local_bound = 0, 0, 0.0
        return bound if self._with_bound else math.nan


def _known_total(n_total: float | None, minibatches: Minibatches) -> float:
    if n_total is None:
        n_total = minibatches.n_total
    if n_total is None:
        raise ValueError(
            "Expected n_total, since minibatches do not know theirs, got n_total=None. Pass the "
            "number of observations in all of the data."
        )
    return check_real("n_total", n_total, 0.0, above=True)


def _n_observations(batch: Any) -> int:
    n_observations = len(batch)
    if n_observations == 0:
        raise ValueError("Expected mini-batches of at least one observation, got one of 0.")
    return n_observations
