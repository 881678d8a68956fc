"""The compiled functions of Gamma and Normal-Gamma distributions on batches of any shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastvb import _aligned
from fastvb._kernels import _normal_gamma
from fastvb._threads import effective_n_threads
from fastvb.families._layout import Array

__all__ = ["log_partition", "normal_gamma_kl"]


def log_partition(strength: Array, shape: Array, rate: Array) -> Any:
    """Log Gamma(shape) - shape log(rate) - log(strength) / 2, of the broadcast shape."""
    return _called(_normal_gamma.log_partition, [strength, shape, rate])


def normal_gamma_kl(q: Sequence[Array], p: Sequence[Array]) -> Any:
    """KL(q || p) of (mean, strength, shape, rate), of the broadcast shape."""
    return _called(_normal_gamma.kl, [*q, *p])


def _called(kernel: Any, arguments: list[Array]) -> Any:
    batch = np.broadcast_shapes(*(x.shape for x in arguments))
    out = _aligned.empty(batch, np.float64)
    if out.size:
        flat = [
            np.ravel(x if x.size == 1 or x.shape == batch else np.broadcast_to(x, batch))
            for x in arguments
        ]
        kernel(*flat, out.reshape(-1), effective_n_threads())
    return out[()]
