"""Random numbers that depend on a seed and a place in the run, and on nothing else."""

from __future__ import annotations

import numpy as np

from fastvb._validation import check_integer

__all__ = ["ORDER", "STEPS", "VALUES", "check_seed", "generator"]

# streams: what a generator is for; 0 is left to the order of mini-batches
STEPS, ORDER, VALUES = 1, 2, 3


def generator(seed: int, stream: int, index: int) -> np.random.Generator:
    """Make the generator of one place in a run, in about 10 microseconds.

    Counter-based (Philox, Salmon et al. 2011): `seed` and `stream` are the key, `index` the upper
    half of the counter, so generators of different places share no number. A run that resumes at a
    place meets the same numbers, and kernels may take their own seed from it.
    """
    return np.random.Generator(np.random.Philox(key=seed + (stream << 64), counter=index << 128))


def check_seed(seed: int) -> int:
    """Refuse what cannot be half of a key."""
    if check_integer("seed", seed, 0) >= 1 << 64:
        raise ValueError(f"Expected seed to be less than 2**64, got seed={seed}.")
    return int(seed)
