"""fastvb in float64 on a float32 problem: what single precision gains."""

import numpy as np

from versus.adapters import fastvb
from versus.problems import ELEMENTWISE, ROWS

NAME = "fastvb in float64"


def convert(*data):
    """None where nothing would change."""
    if all(array.dtype == np.float64 for array in data):
        return None
    return tuple(array.astype(np.float64) for array in data)


TASKS = {task: fastvb.TASKS[task] for task in (*ELEMENTWISE, *ROWS)}
PREPARE = dict.fromkeys(TASKS, convert)
