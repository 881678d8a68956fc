from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

complex_digamma: Callable[[NDArray[Any], NDArray[Any]], None] | None
digamma: np.ufunc
exp_digamma: np.ufunc
gammaln: np.ufunc
inv_digamma: np.ufunc
trigamma: np.ufunc
