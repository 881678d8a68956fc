"""Whether a user's model keeps the promises that drivers rely on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastvb.inference._protocol import (
    BoundedStep,
    Conjugate,
    Extrapolable,
    Model,
    Settling,
    Stats,
)
from fastvb.inference._requirements import offers, require

__all__ = ["check_model"]

_SETTLED = 30  # global steps at fixed statistics, after which blocks no longer move
_VISITS = 200  # of a batch, until q(local) no longer moves
_STEP = 1e-3  # of finite differences, in the model's coordinates
_FLAT = 0.1  # slope beside curvature over such a step


def check_model(
    model: Model,
    batch: Any,
    *,
    parts: Sequence[Any] | None = None,
    rng: Any = None,
    n_iter: int = 20,
    tol: float = 1e-8,
) -> None:
    """Test a model on some data, and say what is wrong with it.

    In this order: the functions are there and return what they should; a local step repeats itself;
    statistics add up (``+``, ``-``, `scale`, `zeros`, `inner`), and those of mini-batches, scaled,
    are on average those of all data; no half step of coordinate ascent lowers the ELBO; a local
    step is the best for its view, its h complete; the capabilities that the model has agree
    with its functions (`bounded_step`, `posterior_bound`); the ELBO is flat at the globals of a
    global step (where there are `coordinates`).

    Parameters
    ----------
    model : Model
        The model. It must have a bound.
    batch : object
        A few dozen observations; at least two.
    parts : sequence or None
        Mini-batches that together are `batch`. None halves it, by its method `parts` or
        `rows` or as an array.
    rng : RandomState or Generator or None
        Passed to the model's start; None is ``numpy.random.default_rng(0)``.
    n_iter : int
        Iterations of coordinate ascent.
    tol : float
        What is allowed for rounding, relative to the numbers that are compared. A model whose local
        step iterates needs more than the default where it stops early.

    Raises
    ------
    TypeError
        If the model or its statistics lack a function.
    ValueError
        If the data cannot be halved.
    AssertionError
        If a test fails, with what was expected and what is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import check_model
    >>> from fastvb.models import DirichletWeights, Mixture, NormalWishart, Observations
    >>> X = np.random.default_rng(0).normal(size=(30, 2))
    >>> gaussians = NormalWishart.of("full", 3, np.zeros(2), 1.0, np.zeros(2), 2.0, np.eye(2))
    >>> check_model(Mixture(DirichletWeights(np.ones(3)), gaussians), Observations(X))
    """
    require("check_model", model, Model)
    if not hasattr(model, "carries_local"):
        raise TypeError(f"Expected {type(model).__name__} to say carries_local, True or False.")
    parts = _halves(batch) if parts is None else parts
    rng = np.random.default_rng(0) if rng is None else rng
    globals_ = model.init_globals(batch, rng)
    check = _Check(model, batch, tol)
    stats = check.local_step(globals_)
    check.addition(stats, globals_)
    check.minibatches(parts, stats, globals_)
    stats, globals_, passed = check.ascent(globals_, n_iter)
    check.best_local(passed)
    check.capabilities(stats, globals_)
    if offers(model, Extrapolable):
        check.optimum(stats, globals_)


def _halves(batch: Any) -> list[Any]:
    n = len(batch)
    half = slice(None, n // 2), slice(n // 2, None)
    if n >= 2 and hasattr(batch, "parts"):
        return list(batch.parts((n + 1) // 2))
    if n >= 2 and hasattr(batch, "rows"):
        return [batch.rows(part) for part in half]
    if n >= 2 and isinstance(batch, np.ndarray):
        return [batch[part] for part in half]
    raise ValueError(
        f"Expected a batch of two or more that can be halved, got batch={type(batch).__name__} of "
        f"{n}. Pass parts, mini-batches that together are the batch."
    )


@dataclass
class _Check:
    """The tests, each of which assumes that those before it have passed."""

    model: Any
    batch: Any
    tol: float

    def same(self, a: float, b: float, what: str) -> None:
        """Refuse numbers that differ by more than rounding."""
        if not abs(a - b) <= self.tol * max(1.0, abs(a), abs(b)):
            raise AssertionError(f"Expected {what}, got {a!r} and {b!r}.")

    def local_step(self, globals_: Any) -> Any:
        """What it returns, and that it does so again."""
        view = self.model.expect(globals_)
        result = self.model.local_step(self.batch, view)
        if not isinstance(result, tuple) or len(result) != 3:
            raise AssertionError(
                f"Expected local_step to return (stats, h, local), got {type(result).__name__}."
            )
        stats, h, local = result
        require("check_model", stats, Stats)
        if not (np.ndim(h) == 0 and math.isfinite(h)):
            raise AssertionError(f"Expected local_step to return a finite number h, got h={h!r}.")
        if self.model.carries_local and local is None:
            raise AssertionError("Expected a local of local_step, as carries_local says, got None.")
        value = stats.inner(view)
        if not (np.ndim(value) == 0 and math.isfinite(value)):
            raise AssertionError(f"Expected inner to return a finite number, got {value!r}.")
        again, h_again, _ = self.model.local_step(self.batch, view)
        what = "local_step to repeat itself, without changing batch or view; its {}"
        self.same(h, h_again, what.format("h"))
        self.same(value, again.inner(view), what.format("statistics"))
        return stats

    def addition(self, stats: Any, globals_: Any) -> None:
        """Laws of statistics, as far as inner products with views can tell."""
        other_globals = self.model.global_step(stats, globals_)
        other = self.model.local_step(self.batch, self.model.expect(other_globals))[0]
        for view in (self.model.expect(globals_), self.model.expect(other_globals)):
            a, b = stats.inner(view), other.inner(view)
            laws = [
                ((stats + other).inner(view), a + b, "inner of a + b to be the sum of inners"),
                ((stats + stats.zeros()).inner(view), a, "zeros() to be neutral in an addition"),
                (stats.scale(2.5).inner(view), 2.5 * a, "scale(c) to multiply inner by c"),
                ((stats + other - other).inner(view), a, "a + b - b to be a"),
            ]
            for before, some in ((a, stats), (b, other)):
                self.same(some.inner(view), before, "+, - and scale to leave their arguments alone")
            for law in laws:
                self.same(*law)

    def minibatches(self, parts: Sequence[Any], stats: Any, globals_: Any) -> None:
        """The mean of scaled statistics, over mini-batches drawn by their sizes."""
        n_total = len(self.batch)
        view = self.model.expect(globals_)
        mean = 0.0
        for part in parts:
            of_part = self.model.local_step(part, view)[0]
            mean += len(part) / n_total * of_part.scale(n_total / len(part)).inner(view)
        self.same(
            mean, stats.inner(view),
            "scaled statistics of mini-batches to be those of all data on average",
        )  # fmt: skip

    def ascent(self, globals_: Any, n_iter: int) -> tuple[Any, Any, list[Any]]:
        """Coordinate ascent: last statistics, globals that follow from them, and those before."""
        model, local, bound = self.model, None, -math.inf
        passed = []
        for n in range(1, n_iter + 1):
            view = model.expect(globals_)
            if offers(model, Settling) and local is not None:
                local = model.settle(local)
            stats, h, local = model.local_step(self.batch, view, local)
            if not model.carries_local:
                local = None
            bound = self.risen(
                bound, stats.inner(view) + h + model.global_bound(globals_), f"local_step {n}",
                "Does it start from the local that it is given, and is h complete?",
            )  # fmt: skip
            passed.append(globals_)
            globals_ = model.global_step(stats, globals_)
            bound = self.risen(
                bound, stats.inner(model.expect(globals_)) + h + model.global_bound(globals_),
                f"global_step {n}",
                "Do global_step, expect and global_bound have the same prior, and all its terms?",
            )  # fmt: skip
        return stats, globals_, passed

    def best_local(self, passed: Sequence[Any]) -> None:
        """At no view is the q(local) of the next view on the way better than its own.

        That the last one is not either, the ascent has shown; where h is wrong, one of the two is.
        """
        views = [self.model.expect(globals_) for globals_ in passed]
        steps, local = [], None
        for view in views:
            stats, h, local = self.settled_step(view, local)
            steps.append((stats, h))
        for view, (own, following) in zip(views, itertools.pairwise(steps), strict=False):
            best, bound = (stats.inner(view) + h for stats, h in (own, following))
            if bound > best + self.tol * max(1.0, abs(best)):
                raise AssertionError(
                    "Expected <stats, view> + h of a local_step to be the best for its view, got "
                    f"{best!r}, and {bound!r} with stats and h of another view. Is h complete "
                    "(entropy, local divergences), and of the right sign?"
                )

    def settled_step(self, view: Any, local: Any) -> tuple[Any, float, Any]:
        """Local steps, of a model that carries locals until they change nothing."""
        model, bound = self.model, -math.inf
        for _ in range(_VISITS if model.carries_local else 1):
            if offers(model, Settling) and local is not None:
                local = model.settle(local)
            stats, h, local = model.local_step(self.batch, view, local)
            last, bound = bound, stats.inner(view) + h
            if abs(bound - last) <= 0.01 * self.tol * abs(bound):
                break
        return stats, h, local if model.carries_local else None

    def risen(self, before: float, after: float, step: str, question: str) -> float:
        """Refuse a bound that is not finite or has fallen."""
        if not math.isfinite(after):
            raise AssertionError(f"Expected a finite ELBO after {step}, got {after!r}.")
        if after < before - self.tol * max(1.0, abs(before)):
            raise AssertionError(
                f"Expected the ELBO not to fall, got {after!r} after {step} and {before!r} before. "
                + question
            )
        return after

    def capabilities(self, stats: Any, globals_: Any) -> None:
        """Shorter ways to the same numbers."""
        model: Any = self.model
        view = model.expect(globals_)
        if offers(self.model, BoundedStep):
            again, h, _ = model.local_step(self.batch, view)
            of_step, bound = model.bounded_step(self.batch, view)
            what = "bounded_step to return {} of local_step"
            self.same(bound, again.inner(view) + h, what.format("<stats, view> + h"))
            self.same(of_step.inner(view), again.inner(view), what.format("the statistics"))
        if offers(self.model, Conjugate):
            self.same(
                model.posterior_bound(globals_), stats.inner(view) + model.global_bound(globals_),
                "posterior_bound to be <stats, expect> + global_bound after a global_step",
            )  # fmt: skip

    def optimum(self, stats: Any, globals_: Any) -> None:
        """Slope of the ELBO in the globals where they are the best for the statistics."""
        model = self.model
        for _ in range(_SETTLED):
            globals_ = model.global_step(stats, globals_)
        here = np.asarray(model.coordinates(globals_, globals_))

        def bound(x: Any) -> float:
            q = model.at_coordinates(x, globals_)
            if q is None:
                return -math.inf
            return float(stats.inner(model.expect(q)) + model.global_bound(q))

        at_optimum = stats.inner(model.expect(globals_)) + model.global_bound(globals_)
        self.same(bound(here), at_optimum, "at_coordinates to undo coordinates; the ELBOs of both")
        rounding = self.tol * 1e-3 * max(1.0, abs(at_optimum))
        for axis, direction in enumerate(np.eye(len(here))):
            ahead, back = (bound(here + step * direction) for step in (_STEP, -_STEP))
            curvature = 2 * at_optimum - ahead - back
            if not abs(ahead - back) <= _FLAT * max(0.0, curvature) + rounding:
                slope = (ahead - back) / (2 * _STEP)
                raise AssertionError(
                    "Expected the ELBO to be at its maximum after global_step, got the derivative "
                    f"{slope:.3g} to coordinate {axis}. Do global_step and global_bound agree?"
                )
