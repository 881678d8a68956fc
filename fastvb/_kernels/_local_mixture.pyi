import numpy as np
from numpy.typing import NDArray

def block_rows(n_components: int) -> int: ...
def losses(
    x: NDArray[np.float64],
    means: NDArray[np.float64],
    scales: NDArray[np.float64],
    concentration: NDArray[np.float64],
    responsibilities: NDArray[np.float64],
    posterior: NDArray[np.float64],
    log_weights: NDArray[np.float64],
    prior_log_weights: NDArray[np.float64],
    factor: float,
    sums: NDArray[np.float64],
    of_x: NDArray[np.float64],
    of_means: NDArray[np.float64],
    of_scales: NDArray[np.float64],
    of_concentration: NDArray[np.float64],
    of_responsibilities: NDArray[np.float64],
    of_posterior: NDArray[np.float64],
    work: NDArray[np.float64],
    n_threads: int,
) -> None: ...
