"""Watching a fit: trace of the bound, stopping, callback, progress, time per phase."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["FitState", "Monitor"]


@dataclass(frozen=True)
class FitState:
    """What a callback is told after each iteration.

    Attributes
    ----------
    n_iter : int
        Iterations done.
    max_iter : int
        Iterations at most.
    lower_bound : float
        The ELBO now, in nats.
    change : float
        What the iteration added to it; inf after the first.
    seconds : float
        Since the fit began.

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
    max_iter: int
    lower_bound: float
    change: float
    seconds: float


class Monitor:
    """Record of a fit, and the decision when it ends.

    Parameters
    ----------
    max_iter : int
        Iterations at most.
    tol : float
        The fit has converged when an iteration changes the ELBO by less than this fraction
        of it. With 0 it runs to `max_iter`.
    stop : callable or None
        A further criterion: the fit has converged when ``stop(state)`` is true.
    callback : callable or None
        Called with a :class:`FitState` after each iteration. What it raises ends the fit.
    progress : bool
        Show a tqdm bar; a line per iteration on stderr where tqdm is missing.

    Attributes
    ----------
    lower_bounds : list of float
        The ELBO after each iteration.
    converged : bool
        Whether a criterion ended the fit.
    timings : dict of float
        Seconds per phase, and ``total``.

    Examples
    --------
    >>> from fastvb.inference import Monitor
    >>> monitor = Monitor(max_iter=100, tol=1e-3)
    >>> for n_iter in monitor.iterations():
    ...     monitor.record(-1.0 - 0.5**n_iter)
    >>> len(monitor.lower_bounds), monitor.converged
    (10, True)
    """

    def __init__(
        self,
        max_iter: int,
        tol: float = 0.0,
        *,
        stop: Callable[[FitState], bool] | None = None,
        callback: Callable[[FitState], Any] | None = None,
        progress: bool = False,
    ) -> None:
        self.max_iter, self.tol = max_iter, tol
        self.lower_bounds: list[float] = []
        self.converged = False
        self.timings: dict[str, float] = {}
        self._stop, self._callback, self._progress = stop, callback, progress

    def iterations(self) -> Iterator[int]:
        """Count iterations until one of them meets a criterion or `max_iter` is reached.

        Yields
        ------
        int
            Number of the iteration, from 1. Each must :meth:`record` its bound.
        """
        begin = time.perf_counter()
        show = _progress_bar(self.max_iter) if self._progress else _Silent()
        try:
            for n_iter in range(1, self.max_iter + 1):
                yield n_iter
                state = self._state(n_iter, time.perf_counter() - begin)
                show.update(state)
                if self._callback is not None:
                    self._callback(state)
                if self._meets_criterion(state):
                    self.converged = True
                    break
        finally:
            self.timings["total"] = time.perf_counter() - begin
            show.close()

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

    def record(self, lower_bound: float) -> None:
        """Append the ELBO after this iteration.

        Parameters
        ----------
        lower_bound : float
            In nats.
        """
        self.lower_bounds.append(lower_bound)

    def _state(self, n_iter: int, seconds: float) -> FitState:
        now = self.lower_bounds[-1]
        change = now - self.lower_bounds[-2] if n_iter > 1 else float("inf")
        return FitState(n_iter, self.max_iter, now, change, seconds)

    def _meets_criterion(self, state: FitState) -> bool:
        if abs(state.change) < self.tol * abs(state.lower_bound):
            return True
        return self._stop is not None and self._stop(state)


class _Silent:
    def update(self, state: FitState) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines(_Silent):
    def update(self, state: FitState) -> None:
        sys.stderr.write(
            f"iteration {state.n_iter} of {state.max_iter}: lower bound {state.lower_bound:.6g}, "
            f"{state.seconds:.1f} s\n"
        )


class _Bar(_Silent):
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def update(self, state: FitState) -> None:
        self._bar.set_postfix_str(f"lower bound {state.lower_bound:.6g}", refresh=False)
        self._bar.update()

    def close(self) -> None:
        self._bar.close()


def _progress_bar(max_iter: int) -> _Silent:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Lines()
    return _Bar(tqdm(total=max_iter, unit="iteration"))
