"""The learning methods of mixtures, and the best of several fits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from fastvb._threads import effective_n_threads
from fastvb.inference import FitState, Monitor, RobbinsMonro, em, memoized, svi
from fastvb.models import Mixture, ObservationMinibatches, Observations

__all__ = ["LEARNING_METHODS", "ChangeRule", "Fit", "Start", "best_fit"]


class Start(NamedTuple):
    """Where a fit starts, and what it draws by."""

    globals_: Any
    seed: int


class Fit(NamedTuple):
    """Where a fit has ended."""

    globals_: Any
    monitor: Monitor

    @property
    def bound(self) -> float:
        """The last one; -inf without iterations."""
        bounds = self.monitor.lower_bounds
        return bounds[-1] if bounds else float("-inf")


@dataclass
class ChangeRule:
    """Stop when the bound changes by less than a number, as scikit-learn's mixtures do.

    With acceleration, two iterations in a row: where one overshoots, the bound hardly changes.

    Parameters
    ----------
    tol : float
        That number.
    before : float or None
        The bound of the fit that this one continues.
    cancelled : threading.Event
        Set when no fit is wanted any more.
    in_a_row : int
        How many changes must be as small.
    """

    tol: float
    before: float | None
    cancelled: threading.Event
    in_a_row: int
    n_small: int = field(default=0, init=False)  # until now

    def __call__(self, state: FitState) -> bool:
        change = state.change
        if state.n_iter == 1 and self.before is not None:
            change = state.lower_bound - self.before
        self.n_small = self.n_small + 1 if abs(change) < self.tol else 0
        return self.n_small == self.in_a_row or self.cancelled.is_set()


@dataclass(frozen=True)
class _Job:
    """One fit."""

    estimator: Any  # its parameters
    model: Mixture
    data: Observations
    start: Start
    monitor: Monitor

    def batches(self) -> Iterator[Observations]:
        """Consecutive rows."""
        size = self.estimator.batch_size
        for first in range(0, len(self.data), size):
            yield self.data.rows(slice(first, first + size))


def _batch(job: _Job) -> Any:
    driver = job.estimator._batch_driver
    if job.estimator.accelerate:
        driver = partial(em, accelerate=True)
    return driver(job.model, [job.data], job.monitor, globals_=job.start.globals_)


def _online(job: _Job) -> Any:
    estimator, seed = job.estimator, job.start.seed
    schedule = RobbinsMonro(estimator.learning_decay, estimator.learning_offset)
    return svi(
        job.model, ObservationMinibatches(job.data, estimator.batch_size, seed), job.monitor,
        schedule=schedule, seed=seed, globals_=job.start.globals_, n_total=estimator.total_samples,
    )  # fmt: skip


def _memoized(job: _Job) -> Any:
    return memoized(
        job.model, list(job.batches()), job.monitor, seed=job.start.seed,
        globals_=job.start.globals_, wait=True, bound="lap",
    )  # fmt: skip


LEARNING_METHODS: dict[str, Callable[[_Job], Any]] = {
    "batch": _batch,
    "online": _online,
    "memoized": _memoized,
}


def best_fit(
    estimator: Any,
    model: Mixture,
    data: Observations,
    starts: list[Start],
    tol: float,
    before: float | None = None,
) -> Fit:
    """Fit from each start, and keep the one whose bound is highest, the first of several.

    Several fits run side by side, a thread each, unless somebody watches them.

    Parameters
    ----------
    estimator : Any
        Its parameters.
    model : Mixture
        The model.
    data : Observations
        All rows.
    starts : list of Start
        Where from.
    tol : float
        On the change of the bound.
    before : float or None
        The bound of the fit that this one continues.
    """
    cancelled = threading.Event()
    watched = estimator.callback is not None or estimator.progress or estimator.verbose
    method = LEARNING_METHODS[estimator.learning_method]
    # the bounds of stochastic steps are estimates, too noisy to stop by
    tol = 0.0 if estimator.learning_method == "online" else tol

    def fit(start: Start, n_jobs: int | None) -> Fit:
        in_a_row = 2 if estimator.accelerate else 1
        monitor = Monitor(
            estimator.max_iter, 0.0, stop=ChangeRule(tol, before, cancelled, in_a_row),
            callback=estimator.callback, progress=bool(estimator.progress or estimator.verbose),
        )  # fmt: skip
        own = replace(model, n_jobs=n_jobs)
        return Fit(method(_Job(estimator, own, data, start, monitor)), monitor)

    n_threads = min(effective_n_threads(estimator.n_jobs), len(starts))
    if n_threads == 1 or watched:
        fits = [fit(start, estimator.n_jobs) for start in starts]
    else:
        with ThreadPoolExecutor(n_threads) as pool:
            futures = [pool.submit(fit, start, 1) for start in starts]
            try:
                fits = [future.result() for future in futures]
            finally:
                cancelled.set()
                pool.shutdown(cancel_futures=True)
    return max(fits, key=lambda one: one.bound)
