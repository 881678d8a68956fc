"""Beta distributions: Dirichlet distributions of two components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import Array, coordinates, positive, stored
from fastvb.families.dirichlet import Dirichlet

__all__ = ["Beta"]


@dataclass(frozen=True, eq=False)
class Beta(ExponentialFamily):
    """Beta distributions of a number between 0 and 1.

    eta = (a, b), T(x) = (log x, log(1 - x)), h(x) = 1 / (x (1 - x)),
    A = log Gamma(a) + log Gamma(b) - log Gamma(a + b). With that h the parameters are natural, so
    that those near 0 keep their digits.

    Parameters
    ----------
    a, b : array_like of shape (...)
        Positive and finite; x counts as a / (a + b) on average.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, appendix B.

    Examples
    --------
    >>> from fastvb.families import Beta
    >>> round(float(Beta(2.0, 3.0).kl(Beta(1.0, 1.0))), 6)
    0.234907
    """

    a: Any
    b: Any

    def __post_init__(self) -> None:
        stored(self, a=positive("a", self.a), b=positive("b", self.b))

    @property
    def _pair(self) -> Dirichlet:
        return Dirichlet(self.natural)

    @property
    def natural(self) -> Any:
        return np.stack(np.broadcast_arrays(self.a, self.b), axis=-1)

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        return cls._of_pair(coordinates("natural", natural, 2))

    @classmethod
    def _of_pair(cls, pair: Array) -> Self:
        return cls(pair[..., 0], pair[..., 1])

    @property
    def mean_parameters(self) -> Any:
        return self._pair.mean_parameters

    def log_partition(self) -> Any:
        return self._pair.log_partition()

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        return self._pair.hessian_vector_product(direction)

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        return np.stack([np.log(x), np.log1p(-x)], axis=-1)

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return -cls.sufficient_statistics(x).sum(axis=-1)

    def log_prob(self, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        return self._pair.log_prob(np.stack([x, 1.0 - x], axis=-1))

    def entropy(self) -> Any:
        return self._pair.entropy()

    def _divergence(self, other: Self) -> Any:
        return self._pair.kl(other._pair)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return self._pair._draw(rng, shape)[..., 0]

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return self._pair._draw_statistics(rng, shape)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        pair = Dirichlet.fit(coordinates("mean_statistics", mean_statistics, 2))
        return cls._of_pair(pair.concentration)
