"""Seeds for whatever is drawn by number."""

from __future__ import annotations

import numpy as np

__all__ = ["seed_of"]

_MOST_SEED = 2**31


def seed_of(rng: np.random.RandomState | np.random.Generator) -> int:
    """Draw a seed."""
    if isinstance(rng, np.random.RandomState):
        return int(rng.randint(_MOST_SEED, dtype=np.int64))
    return int(rng.integers(_MOST_SEED))
