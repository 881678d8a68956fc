"""How long the phases of a command take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["timed"]


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Keep the time that the block takes, as ``seconds[name]``."""
    begin = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begin
