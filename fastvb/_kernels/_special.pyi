from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

complex_digamma: Callable[[NDArray[Any], NDArray[Any]], None] | None
digamma: np.ufunc
digamma_excess: np.ufunc
exp_digamma: np.ufunc
gammaln: np.ufunc
gammaln_excess: np.ufunc
inv_digamma: np.ufunc
log1p_gap: np.ufunc
trigamma: np.ufunc
