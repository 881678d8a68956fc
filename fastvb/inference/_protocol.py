"""What a driver knows of a model, and what every model therefore offers.

Sufficient statistics add up, and at any time, also after the globals have moved,

    ELBO = <stats, expect(globals)> + h + global_bound(globals).

What only some models can do is a capability. A driver asks for those that it needs before it
starts any work (:func:`fastvb.inference._requirements.require`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, Self, runtime_checkable

__all__ = [
    "Ascending",
    "Blendable",
    "BoundedStep",
    "Conditional",
    "Conjugate",
    "Extrapolable",
    "Minibatches",
    "Model",
    "Renewable",
    "Sampled",
    "Settling",
    "Stats",
    "Storable",
    "Structured",
    "Tunable",
]  # fmt: skip


@runtime_checkable
class Stats(Protocol):
    """Expected sufficient statistics of some data."""

    def __add__(self, other: Self) -> Self: ...

    def __sub__(self, other: Self) -> Self:
        """Without a part that was added before; rounding leaves no impossible statistics."""
        ...

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
        """Best q(local) given the view: statistics, h, and what a warm start needs.

        `local` may be overwritten. A model without a bound returns ``h = 0.0``.
        """
        ...

    def global_step(self, stats: Any, globals_: Any) -> Any:
        """Conjugate update of the globals (or a step that does not lower the ELBO)."""
        ...

    def global_bound(self, globals_: Any) -> float:
        """Return -KL(q(global) || prior)."""
        ...


@runtime_checkable
class BoundedStep(Protocol):
    """Capability: the bound of a local step costs less than its two parts."""

    def bounded_step(self, batch: Any, view: Any, rng: Any = None) -> tuple[Any, float]:
        """Statistics of a local step that starts afresh, and <stats, view> + h."""
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


@runtime_checkable
class Blendable(Protocol):
    """Capability: steps of any length towards other globals."""

    def blend(self, globals_: Any, target: Any, rho: float) -> Any:
        """(1 - rho) globals + rho target in natural coordinates; may overwrite `globals_`."""
        ...


@runtime_checkable
class Sampled(Protocol):
    """Capability: a view of one value of the globals."""

    def sample_view(self, globals_: Any, rng: Any) -> Any:
        """Make the view of one draw from q(globals), by a generator that is this draw's own."""
        ...


@runtime_checkable
class Structured(Protocol):
    """Capability: the gradient of structured variational inference without its approximation."""

    def natural_stats(self, stats: Any, view: Any) -> Any:
        """V(draw, globals) times the statistics, for the draw that `view` was sampled as."""
        ...


@runtime_checkable
class Renewable(Protocol):
    """Capability: what was learnt may become what is known beforehand."""

    def with_prior(self, globals_: Any) -> Any:
        """Make the same model with q(globals) as its prior."""
        ...


@runtime_checkable
class Tunable(Protocol):
    """Capability: stochastic inference may improve between epochs what its steps leave alone."""

    def tune(self, globals_: Any) -> Any:
        """Globals of a better hyperparameter, say, at the cost of a visit of all of them.

        The ELBO at fixed statistics must not fall; may overwrite `globals_`.
        """
        ...


@runtime_checkable
class Extrapolable(Protocol):
    """Capability: globals as vectors without constraints, through which lines may be laid."""

    def coordinates(self, globals_: Any, reference: Any) -> Any:
        """Coordinates of globals of a global step, in units that other globals set."""
        ...

    def at_coordinates(self, coordinates: Any, reference: Any) -> Any:
        """Globals of given coordinates in the same units; None where there are none."""
        ...


@runtime_checkable
class Ascending(Protocol):
    """Capability: a way uphill where the best globals have no closed form."""

    def ascent_direction(self, stats: Any, globals_: Any) -> Any:
        """Step in the coordinates of `globals_` along which <stats, expect> + global_bound rises.

        Of a length that is worth trying: of Newton's step or the natural gradient, say.
        """
        ...


@runtime_checkable
class Conditional(Protocol):
    """Capability: blocks of the globals, each of which has a best value given the others."""

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, in the order in which they are updated unless told otherwise."""
        ...

    def conditional_step(self, stats: Any, globals_: Any, block: str) -> Any:
        """Globals in which one block is the best given the others."""
        ...


@runtime_checkable
class Storable(Protocol):
    """Capability: what the functions pass around can be written to a file."""

    @property
    def state_types(self) -> tuple[type, ...]:
        """The dataclasses of arrays and numbers that globals, statistics and locals are made of."""
        ...


@runtime_checkable
class Minibatches(Protocol):
    """Data in small batches, each with ``len``, its number of observations."""

    @property
    def n_total(self) -> int | None:
        """Observations in all of the data, where known."""
        ...

    def epoch(self, number: int, start: int = 0) -> Iterator[Any]:
        """Batches of epoch `number` (from 0) but the first `start`; the same at each call."""
        ...
