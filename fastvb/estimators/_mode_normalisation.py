"""Mode-specific normalisation of columns: which component a value belongs to, and where in it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Modes", "denormalised", "normalised"]

Array = NDArray[np.float64]

_BLOCK_VALUES = 1 << 16  # of X at a time
_DEVIATIONS = 4.0  # from the mean of a component, that become 1


class Modes(NamedTuple):
    """Components of all columns, shape (n_components, n_columns)."""

    constants: Array  # log weights and constants; -inf of those that are not to be used
    means: Array
    roots: Array  # of expected precisions
    deviations: Array


@np.errstate(over="ignore")  # of values far from all components
def normalised(
    X: NDArray[Any], origin: Array, modes: Modes, rng: Any
) -> tuple[NDArray[Any], NDArray[np.intc]]:
    """Values in [-1, 1] and components; drawn by their probabilities if there is an `rng`."""
    # the broadest component has the values that are so far from all that densities underflow
    usable = modes.constants > -np.inf
    broadest = np.where(usable, modes.roots, np.inf).argmin(axis=0)
    columns = np.arange(X.shape[1])
    far_mean, far_deviation = (part[broadest, columns] for part in (modes.means, modes.deviations))
    values, labels = np.empty(X.shape, X.dtype), np.empty(X.shape, np.intc)
    labels[:] = broadest
    size = max(1, _BLOCK_VALUES // X.shape[1])
    for first in range(0, len(X), size):
        block = slice(first, first + size)
        shifted = X[block].astype(np.float64) - origin
        best = np.full(shifted.shape, -np.inf)
        mean, deviation = (np.tile(part, (len(best), 1)) for part in (far_mean, far_deviation))
        for k, (constant, of_mean, root, of_deviation) in enumerate(zip(*modes, strict=True)):
            log_joint = constant - 0.5 * ((shifted - of_mean) * root) ** 2
            if rng is not None:  # the largest with Gumbel noise is a draw
                log_joint += rng.gumbel(size=log_joint.shape)
            better = log_joint > best
            for result, value in (
                (best, log_joint), (labels[block], k), (mean, of_mean), (deviation, of_deviation)
            ):  # fmt: skip
                np.copyto(result, value, where=better)
        values[block] = np.clip((shifted - mean) / (_DEVIATIONS * deviation), -1, 1)
    return values, labels


def denormalised(
    values: NDArray[Any], labels: NDArray[Any], origin: Array, modes: Modes
) -> NDArray[Any]:
    """The values that :func:`normalised` has been given, but for what it clips."""
    X = np.empty(values.shape, values.dtype)
    size = max(1, _BLOCK_VALUES // values.shape[1])
    for first in range(0, len(values), size):
        block = slice(first, first + size)
        mean, deviation = (
            np.take_along_axis(part, labels[block], 0) for part in (modes.means, modes.deviations)
        )
        X[block] = origin + mean + _DEVIATIONS * deviation * values[block]
    return X
