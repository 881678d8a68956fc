"""Random numbers that depend on a seed and a place in the run, and on nothing else."""

from __future__ import annotations

import numpy as np

__all__ = ["ORDER", "STEPS", "VALUES", "generator"]

# streams: what a generator is for
STEPS, ORDER, VALUES = range(3)


def generator(seed: int, stream: int, index: int) -> np.random.Generator:
    """Make the generator of one place in a run, in about 10 microseconds.

    Counter-based (Philox, Salmon et al. 2011): `seed` and `stream` are the key, `index` the upper
    half of the counter, so generators of different places share no number. A run that resumes at a
    place meets the same numbers, and kernels may take their own seed from it.
    """
    return np.random.Generator(np.random.Philox(key=seed + (stream << 64), counter=index << 128))
