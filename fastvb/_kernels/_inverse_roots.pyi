import numpy as np
from numpy.typing import NDArray

OK: int
SMALL: int

def inverse_roots(
    covariances: NDArray[np.float64],
    least: NDArray[np.float64],
    roots: NDArray[np.float64],
    status: NDArray[np.int8],
    work: NDArray[np.float64],
) -> None: ...
