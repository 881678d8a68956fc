"""Twins of the kernels in _responsibilities.pyx."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


@np.errstate(all="ignore")
def logsumexp(x: NDArray[Any], axis: int) -> NDArray[np.float64]:
    x = x.astype(np.float64)
    top = x.max(axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0.0)
    shifted = np.exp(x - shift)
    rest = np.where(x < top, shifted, 0.0).sum(axis=axis, keepdims=True)
    count = (x == top).sum(axis=axis, keepdims=True)
    result = np.where(np.isfinite(top), shift + np.log1p(count - 1.0 + rest), top)
    return np.where(np.isnan(x).any(axis=axis, keepdims=True), np.nan, result).squeeze(axis)


@np.errstate(all="ignore")
def responsibilities(log_joint: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = log_joint.astype(np.float64)
    shifted = np.exp(x - x.max(axis=1, keepdims=True, initial=-np.inf))
    return shifted / shifted.sum(axis=1, keepdims=True), logsumexp(x, 1)
