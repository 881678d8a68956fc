"""Watching a fit: trace of the bound, stopping, callback, progress, time per phase."""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastvb._validation import check_integer, check_real

__all__ = ["FitState", "Monitor"]


@dataclass(frozen=True)
class FitState:
    """What a callback is told after each iteration.

    Attributes
    ----------
    n_iter : int
        Iterations done.
    max_iter : int or None
        Iterations at most; None if there is no limit.
    lower_bound : float
        The ELBO now, in nats; nan if it was not asked for.
    change : float
        What the iteration added to it; inf after the first.
    seconds : float
        Since the fit began, or was resumed.
    score : float or None
        What the monitor's `score` said.
    parameter_change : float or None
        Largest change of the monitor's `parameters`, relative to the largest of them; inf after the
        first iteration.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import LatentDirichletAllocation
    >>> def report(state):
    ...     print(state.n_iter, state.lower_bound < 0)
    >>> lda = LatentDirichletAllocation(2, max_iter=2, random_state=0, callback=report)
    >>> _ = lda.fit(np.eye(3))
    1 True
    2 True
    """

    n_iter: int
    max_iter: int | None
    lower_bound: float
    change: float
    seconds: float
    score: float | None = None
    parameter_change: float | None = None


class Monitor:
    """Record of a fit, and the decision when it ends.

    Parameters
    ----------
    max_iter : int or None
        Iterations at most; None for as many as there are.
    tol : float
        The fit has converged when an iteration changes the ELBO by less than this fraction
        of it, which it never does where the ELBO is not computed (nan). 0 does not ask for it.
    stop : callable or None
        A further criterion: the fit has converged when ``stop(state)`` is true.
    callback : callable or None
        Called with a :class:`FitState` after each iteration. What it raises ends the fit.
    progress : bool
        Show a tqdm bar; a line per iteration on stderr where tqdm is missing.
    score : callable or None
        ``score(globals)`` is kept after each iteration, for example a score of held-out data,
        the higher the better.
    patience : int or None
        The fit has converged when this many iterations have not improved on the best score. The
        globals of the best are not kept, since they may be large: the fit ends with its last.
    parameters : callable or None
        ``parameters(globals)`` is an array of what must have come to rest: means of components,
        say. It is copied.
    parameter_tol : float
        The fit has converged when no parameter changes by more than this fraction of the largest;
        with `tol` above 0, when both are so. 0 does not ask for it.
    max_seconds : float or None
        No iteration begins later than this after the fit has begun, or was resumed. A fit that ends
        so has not converged.

    Attributes
    ----------
    lower_bounds : list of float
        The ELBO after each iteration; nan where it was not asked for.
    batch_bounds : list of float
        The ELBO after each batch, by drivers that know it then.
    scores : list of float
        The score after each iteration.
    parameter_changes : list of float
        Largest change of a parameter in each iteration, relative to the largest; inf in the first.
    n_updates : int
        Updates of the globals, as drivers count them.
    converged : bool
        Whether a criterion ended the fit.
    timings : dict of float
        Seconds per phase, and ``total``.

    Raises
    ------
    TypeError, ValueError
        If `patience` is not a positive integer, or `max_seconds` or `parameter_tol` no number of at
        least 0, or there is no `score` or `parameters` for them.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import Monitor
    >>> monitor = Monitor(max_iter=100, tol=1e-3)
    >>> for n_iter in monitor.iterations():
    ...     monitor.record(-1.0 - 0.5**n_iter)
    >>> len(monitor.lower_bounds), monitor.converged
    (10, True)

    Until means come to rest, but for a minute at most:

    >>> monitor = Monitor(None, parameters=lambda q: q, parameter_tol=0.01, max_seconds=60)
    >>> for n_iter in monitor.iterations():
    ...     monitor.record(float("nan"), np.array([1.0, 0.5**n_iter]))
    >>> monitor.parameter_changes
    [inf, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125]
    """

    def __init__(
        self,
        max_iter: int | None,
        tol: float = 0.0,
        *,
        stop: Callable[[FitState], bool] | None = None,
        callback: Callable[[FitState], Any] | None = None,
        progress: bool = False,
        score: Callable[[Any], float] | None = None,
        patience: int | None = None,
        parameters: Callable[[Any], Any] | None = None,
        parameter_tol: float = 0.0,
        max_seconds: float | None = None,
    ) -> None:
        if patience is not None:
            check_integer("patience", patience, 1)
            if score is None:
                raise ValueError(f"Expected a score to wait for, got patience={patience} without.")
        if check_real("parameter_tol", parameter_tol, 0.0) > 0 and parameters is None:
            raise ValueError(
                f"Expected parameters to compare, got parameter_tol={parameter_tol} without."
            )
        if max_seconds is not None:
            check_real("max_seconds", max_seconds, 0.0)
        self.max_iter, self.tol = max_iter, tol
        self._score, self._patience = score, patience
        self._parameters, self._parameter_tol = parameters, parameter_tol
        self._last_parameters = np.empty(0)
        self._max_seconds = max_seconds
        self.lower_bounds: list[float] = []
        self.batch_bounds: list[float] = []
        self.scores: list[float] = []
        self.parameter_changes: list[float] = []
        self.n_updates = 0
        self.converged = False
        self.timings: dict[str, float] = {}
        self._stop, self._callback, self._progress = stop, callback, progress

    def iterations(self) -> Iterator[int]:
        """Count iterations until one of them meets a criterion or `max_iter` is reached.

        With the trace of a fit that is resumed, it goes on from there.

        Yields
        ------
        int
            Number of the iteration, from 1. Each must :meth:`record` its bound.
        """
        n_done = len(self.lower_bounds)
        for n_iter in range(1, n_done + 1):  # criteria may look back
            self.converged = self._meets_criterion(self._state(n_iter, 0.0))
        begin = time.perf_counter()
        show = _progress_bar(self.max_iter, n_done) if self._progress else _Silent()
        try:
            for n_iter in self._numbers(n_done + 1):
                yield n_iter
                state = self._state(n_iter, time.perf_counter() - begin)
                show.update(state)
                if self._callback is not None:
                    self._callback(state)
                if self._meets_criterion(state):
                    self.converged = True
                    break
                seconds = time.perf_counter() - begin  # callbacks and criteria count
                if self._max_seconds is not None and seconds >= self._max_seconds:
                    break
        finally:
            self.timings["total"] = time.perf_counter() - begin
            show.close()

    def _numbers(self, first: int) -> Iterator[int]:
        if self.converged:
            return iter(())
        if self.max_iter is None:
            return itertools.count(first)
        return iter(range(first, self.max_iter + 1))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time spent inside to ``timings[name]``.

        Parameters
        ----------
        name : str
            What the time is spent on.
        """
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - begin

    def record(self, lower_bound: float, globals_: Any = None) -> None:
        """Append the ELBO after this iteration, and the score of its globals.

        Parameters
        ----------
        lower_bound : float
            In nats; nan if it was not asked for.
        globals_ : object
            What the iteration has led to.
        """
        self.lower_bounds.append(lower_bound)
        if self._score is not None:
            with self.phase("score"):
                self.scores.append(float(self._score(globals_)))
        if self._parameters is not None:
            with self.phase("parameters"):
                self._compare(np.array(self._parameters(globals_), np.float64).ravel())

    def _compare(self, now: np.ndarray[Any, Any]) -> None:
        """Parameters of this iteration with those of the last one."""
        last, change = self._last_parameters, float("inf")
        if self.parameter_changes:
            if now.shape != last.shape:
                raise ValueError(
                    "Expected parameters of the same size in every iteration, got "
                    f"{now.size} numbers after {last.size}."
                )
            with np.errstate(invalid="ignore"):
                largest = float(np.abs(now).max(initial=0.0))
                change = float(np.abs(now - last).max(initial=0.0))
            if change != 0:  # nan, too
                change = change / largest if largest != 0 else float("inf")
        self.parameter_changes.append(change)
        self._last_parameters = now

    def record_batch(self, lower_bound: float) -> None:
        """Append the ELBO after a batch.

        Parameters
        ----------
        lower_bound : float
            In nats.
        """
        self.batch_bounds.append(lower_bound)

    def trace(self) -> dict[str, Any]:
        """Return what :meth:`restore` needs to go on.

        Returns
        -------
        dict of ndarray
            Bounds, scores, parameters and their changes, and the number of updates.
        """
        names = ("lower_bounds", "batch_bounds", "scores", "parameter_changes", "n_updates")
        trace = {name: np.array(getattr(self, name)) for name in names}
        return {**trace, "last_parameters": self._last_parameters}

    def restore(self, trace: dict[str, Any]) -> None:
        """Go on from the trace of a fit that is resumed.

        Parameters
        ----------
        trace : dict of ndarray
            As :meth:`trace` has returned it.

        Raises
        ------
        ValueError
            If there is a score, or there are parameters now, but were none.
        """
        self._last_parameters = trace["last_parameters"]
        for name in trace.keys() - {"last_parameters"}:
            setattr(self, name, trace[name].tolist())
        for wanted, what, known in (
            (self._score, "a score (validation)", self.scores),
            (self._parameters, "parameters", self.parameter_changes),
        ):
            if wanted is not None and len(known) < len(self.lower_bounds):
                raise ValueError(
                    f"Expected {what} after every iteration of the fit that goes on, got "
                    f"{len(known)} for {len(self.lower_bounds)} iterations. Go on without."
                )

    def _state(self, n_iter: int, seconds: float) -> FitState:
        now = self.lower_bounds[n_iter - 1]
        change = now - self.lower_bounds[n_iter - 2] if n_iter > 1 else float("inf")
        score = self.scores[n_iter - 1] if self._score is not None else None
        moved = self.parameter_changes[n_iter - 1] if self._parameters is not None else None
        return FitState(n_iter, self.max_iter, now, change, seconds, score, moved)

    def _at_rest(self, state: FitState) -> bool:
        """Whether what is asked for of bound and parameters is so."""
        asked = []
        if self.tol > 0:
            asked.append(abs(state.change) < self.tol * abs(state.lower_bound))
        if self._parameter_tol > 0 and state.parameter_change is not None:
            asked.append(state.parameter_change <= self._parameter_tol)
        return bool(asked) and all(asked)

    def _meets_criterion(self, state: FitState) -> bool:
        if self._at_rest(state):
            return True
        if self._patience is not None:
            scores = np.nan_to_num(self.scores[: state.n_iter], nan=-np.inf)
            if state.n_iter - 1 - int(scores.argmax()) >= self._patience:
                return True
        return self._stop is not None and self._stop(state)


def _in_words(state: FitState) -> str:
    """What is known of the fit, except time."""
    numbers = {"lower bound": state.lower_bound, "score": state.score}
    known = {name: x for name, x in numbers.items() if x is not None and not math.isnan(x)}
    return ", ".join(f"{name} {x:.6g}" for name, x in known.items())


class _Silent:
    def update(self, state: FitState) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines(_Silent):
    def update(self, state: FitState) -> None:
        of = "" if state.max_iter is None else f" of {state.max_iter}"
        known = ", ".join(filter(None, (_in_words(state), f"{state.seconds:.1f} s")))
        sys.stderr.write(f"iteration {state.n_iter}{of}: {known}\n")


class _Bar(_Silent):
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def update(self, state: FitState) -> None:
        self._bar.set_postfix_str(_in_words(state), refresh=False)
        self._bar.update()

    def close(self) -> None:
        self._bar.close()


def _progress_bar(max_iter: int | None, n_done: int) -> _Silent:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Lines()
    return _Bar(tqdm(total=max_iter, initial=n_done, unit="iteration"))
