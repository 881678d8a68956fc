"""A driver's hold on its checkpoint."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from fastvb._atomic import remove_partial_files
from fastvb._state_file import Format, read_state, write_state
from fastvb.inference._protocol import Storable
from fastvb.inference._requirements import require
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.monitor import Monitor

__all__ = ["Saving"]

_FORMAT = Format("fastvb checkpoint", 2)


class Saving:
    """Reads and writes the checkpoint of one run; does nothing where there is none.

    Parameters
    ----------
    checkpoint : Checkpoint or None
        None saves nothing.
    driver : str
        Its name.
    model : Model
        Whose state is saved.
    monitor : Monitor
        Whose trace is saved.
    rng : RandomState or Generator or None
        Whose state is saved.
    state : callable
        Returns what else has to be saved, by name.
    **settings : object
        Of the driver: the run goes on only if they are the same.
    """

    def __init__(
        self,
        checkpoint: Checkpoint | None,
        driver: str,
        model: Any,
        monitor: Monitor,
        rng: Any,
        state: Callable[[], dict[str, Any]],
        **settings: Any,
    ) -> None:
        self._checkpoint, self._monitor, self._rng, self._state = checkpoint, monitor, rng, state
        if checkpoint is None:
            return
        require("a checkpoint", model, Storable)
        self._types = model.state_types
        own = {"model": type(model).__name__, "rng": _kind_of_rng(rng), **settings}
        fingerprints = {k: _fingerprint(value) for k, value in (own | checkpoint.settings).items()}
        self._about: dict[str, Any] = {"driver": driver, "settings": fingerprints}

    def restored(self) -> dict[str, Any] | None:
        """State to go on from, or None; trace and random numbers already go on from there."""
        checkpoint = self._checkpoint
        if checkpoint is None:
            return None
        remove_partial_files(checkpoint.path)
        if not checkpoint.resume or not os.path.exists(checkpoint.path):
            return None
        expected = f"a checkpoint of this fit by {self._about['driver']}"
        state = read_state(checkpoint.path, _FORMAT, expected, self._problem_with, self._types)
        self._monitor.restore(state.pop("trace"))
        _restore_rng(self._rng, state.pop("rng"))
        return state

    def is_due(self, update: int) -> bool:
        """Whether the state should be saved after this update."""
        return self._checkpoint is not None and update % self._checkpoint.every == 0

    def after(self, update: int) -> None:
        """Save the state if it is due."""
        if self.is_due(update):
            self.now()

    def now(self) -> None:
        """Save the state."""
        if self._checkpoint is not None:
            state = {**self._state(), "trace": self._monitor.trace(), "rng": self._rng}
            write_state(self._checkpoint.path, _FORMAT, self._about, state, self._types)

    def _problem_with(self, header: dict[str, Any]) -> str | None:
        if header["driver"] != self._about["driver"]:
            return f"one by {header['driver']}"
        saved, ours = header["settings"], self._about["settings"]
        for name in {**ours, **saved}:
            before, now = saved.get(name, "nothing"), ours.get(name, "nothing")
            if before != now:
                return f"one with {name}={before} where this fit has {name}={now}"
        return None


def _fingerprint(value: Any) -> str:
    """A short text that tells values apart."""
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"array({value.dtype}, shape={value.shape}, sha256={digest[:16]})"
    return repr(value.item() if isinstance(value, np.generic) else value)


def _restore_rng(rng: Any, saved: Any) -> None:
    """Put a source of random numbers where a saved one of the same kind stood."""
    if isinstance(rng, np.random.RandomState):
        rng.set_state(saved.get_state(legacy=False))
    elif isinstance(rng, np.random.Generator):
        rng.bit_generator.state = saved.bit_generator.state


def _kind_of_rng(rng: Any) -> str:
    """For the settings: what :func:`_restore_rng` takes for the same kind."""
    if isinstance(rng, np.random.RandomState):
        return f"RandomState({rng.get_state(legacy=False)['bit_generator']})"
    if isinstance(rng, np.random.Generator):
        return f"Generator({type(rng.bit_generator).__name__})"
    return type(rng).__name__
