"""What a driver knows of a model, and what every model therefore offers.

Sufficient statistics add up, and at any time, also after the globals have moved,

    ELBO = <stats, expect(globals)> + h + global_bound(globals).
"""

from __future__ import annotations

from typing import Any, Protocol, Self, runtime_checkable

__all__ = ["Conjugate", "Model", "Settling", "Stats"]


@runtime_checkable
class Stats(Protocol):
    """Expected sufficient statistics of some data."""

    def __add__(self, other: Self) -> Self: ...

    def scale(self, factor: float) -> Self:
        """All statistics times `factor`."""
        ...

    def zeros(self) -> Self:
        """The neutral element of ``+``."""
        ...

    def inner(self, view: Any) -> float:
        """Inner product with the expected natural parameters that `view` stands for."""
        ...


@runtime_checkable
class Model(Protocol):
    """A conditionally conjugate model in four functions (and a start)."""

    carries_local: bool
    """Whether a batch's `local` of one visit is of use to its next visit."""

    def init_globals(self, batch: Any, rng: Any) -> Any:
        """q(global parameters) to start from."""
        ...

    def expect(self, globals_: Any) -> Any:
        """What the local step reads: expected natural parameters."""
        ...

    def local_step(
        self, batch: Any, view: Any, local: Any = None, rng: Any = None
    ) -> tuple[Any, float, Any]:
        """Best q(local) given the view: statistics, h, and what a warm start needs."""
        ...

    def global_step(self, stats: Any, globals_: Any) -> Any:
        """Conjugate update of the globals (or a step that does not lower the ELBO)."""
        ...

    def global_bound(self, globals_: Any) -> float:
        """Return -KL(q(global) || prior)."""
        ...


@runtime_checkable
class Settling(Protocol):
    """Capability: local steps may start over, and so lower the ELBO, until told to settle."""

    def settle(self, local: Any) -> Any:
        """Make the next local step from `local` on not lower the ELBO; `local` if so already."""
        ...


@runtime_checkable
class Conjugate(Protocol):
    """Capability: the global step depends on the statistics alone, and its bound is closed."""

    def posterior_bound(self, globals_: Any) -> float:
        """<stats, expect(globals)> + global_bound(globals), for globals = global_step(stats)."""
        ...
