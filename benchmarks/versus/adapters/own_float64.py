"""fastvb in float64 on a float32 problem: what single precision gains."""

import numpy as np

from versus.adapters.fastvb import TASKS

NAME = "fastvb in float64"

__all__ = ["NAME", "TASKS", "convert"]


def convert(*data):
    """None where nothing would change."""
    if any(getattr(array, "dtype", None) != np.float32 for array in data):
        return None
    return tuple(array.astype(np.float64) for array in data)
