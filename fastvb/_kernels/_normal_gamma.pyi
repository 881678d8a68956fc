import numpy as np
from numpy.typing import NDArray

def log_partition(
    strength: NDArray[np.float64],
    shape: NDArray[np.float64],
    rate: NDArray[np.float64],
    out: NDArray[np.float64],
    n_threads: int,
) -> None: ...
def kl(
    mean: NDArray[np.float64],
    strength: NDArray[np.float64],
    shape: NDArray[np.float64],
    rate: NDArray[np.float64],
    other_mean: NDArray[np.float64],
    other_strength: NDArray[np.float64],
    other_shape: NDArray[np.float64],
    other_rate: NDArray[np.float64],
    out: NDArray[np.float64],
    n_threads: int,
) -> None: ...
