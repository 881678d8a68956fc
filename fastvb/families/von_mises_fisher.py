"""von Mises-Fisher distributions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families import _bessel
from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import Array, check_size, coordinates, inside, shaped, stored
from fastvb.special import gammaln

__all__ = ["VonMisesFisher"]

_UNIT = 1e-6  # what the norm of a unit vector may lack: rounding, also of float32
_MOST_NORM = 1.0 - 1e-14  # means of unit vectors that are longer are of equal ones, up to rounding


@dataclass(frozen=True, eq=False)
class VonMisesFisher(ExponentialFamily):
    """von Mises-Fisher distributions of a unit vector in D dimensions.

    eta = concentration mean_direction, T(x) = x, h(x) = 1 / area of the unit sphere,
    A = log(Gamma(D / 2) (2 / kappa)^(D/2 - 1) I_{D/2 - 1}(kappa)) at the concentration kappa. With
    that h, which is the uniform density, A is 0 for a concentration of 0 and keeps its digits next
    to it. For D = 2 it is the von Mises distribution of an angle.

    Parameters
    ----------
    mean_direction : array_like of shape (..., D)
        Unit vectors, D >= 2. Norms may differ from 1 by 1e-6, and this rounding is removed.
    concentration : array_like of shape (...)
        Not negative and finite; 0 is the uniform distribution, whatever the direction is.

    Notes
    -----
    Natural or mean parameters of 0 lead to the first axis as mean direction. Draws, which are unit
    vectors up to rounding, are by Wood's rejection. The conjugate prior of both parameters has no
    normaliser in closed form.

    References
    ----------
    K. Mardia, P. Jupp (2000), Directional Statistics, section 9.3.
    A. Banerjee, I. Dhillon, J. Ghosh, S. Sra (2005), Clustering on the unit hypersphere using von
    Mises-Fisher distributions, Journal of Machine Learning Research 6.
    A. Wood (1994), Simulation of the von Mises Fisher distribution, Communications in Statistics -
    Simulation and Computation 23.

    Examples
    --------
    >>> from fastvb.families import VonMisesFisher
    >>> q = VonMisesFisher([0.6, 0.0, 0.8], concentration=10.0)
    >>> q.mean_parameters.round(4)
    array([0.54, 0.  , 0.72])
    >>> x = q.sample(rng=0, size=100_000)
    >>> best = VonMisesFisher.fit(VonMisesFisher.sufficient_statistics(x).mean(axis=0))
    >>> best.mean_direction.round(2) + 0.0, best.concentration.round(1)
    (array([0.6, 0. , 0.8]), np.float64(10.0))
    """

    mean_direction: Any
    concentration: Any

    def __post_init__(self) -> None:
        direction = _vectors("mean_direction", self.mean_direction)
        norm = np.linalg.norm(direction, axis=-1, keepdims=True)
        if not (np.abs(norm - 1.0) <= _UNIT).all():
            worst = norm.flat[np.argmax(np.abs(norm - 1.0))]
            raise ValueError(
                "Expected mean_direction to have a norm of 1, got "
                f"norm(mean_direction)={worst}: divide by it."
            )
        least = np.nextafter(0.0, -1.0)  # 0 is allowed
        condition = "at least 0 and finite"
        concentration = inside("concentration", self.concentration, least, np.inf, condition)
        stored(self, (1, 0), mean_direction=direction / norm, concentration=concentration)

    @property
    def _size(self) -> int:
        size: int = self.mean_direction.shape[-1]
        return size

    @property
    def _order(self) -> float:
        """Of the Bessel function."""
        return 0.5 * self._size - 1.0

    @property
    def _slopes(self) -> _bessel.Slopes:
        return _bessel.slopes(self._order, self.concentration)

    @property
    def natural(self) -> Any:
        return self.concentration[..., None] * self.mean_direction

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        norm, direction = _polar(_vectors("natural", natural))
        return cls(direction, norm)

    @property
    def mean_parameters(self) -> Any:
        return self._slopes.per_k[..., None] * self.natural

    def log_partition(self) -> Any:
        return self._batch(_bessel.log_bessel(self._order, self.concentration))

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        change, mu = coordinates("direction", direction, self._size), self.mean_direction
        along = (mu * change).sum(axis=-1, keepdims=True) * mu
        slopes = self._slopes
        across = slopes.per_k[..., None] * (change - along)
        return across + slopes.curvature[..., None] * along

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        return np.asarray(x, np.float64)

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        shape = np.shape(x)
        return np.full(shape[:-1], -_log_area(shape[-1]))

    def log_prob(self, x: ArrayLike) -> Any:
        x, k = shaped("x", x, self._size), self.concentration
        outside = np.abs(np.linalg.norm(x, axis=-1) - 1.0) > _UNIT
        gap = np.where(outside[..., None], 0.0, x) - self.mean_direction
        constant = _log_area(self._size) + _bessel.log_bessel_scaled(self._order, k)
        return np.where(outside, -np.inf, -0.5 * k * (gap**2).sum(axis=-1) - constant)[()]

    def entropy(self) -> Any:
        k, slopes = self.concentration, self._slopes
        low = _bessel.log_bessel(self._order, k) - k * (k * slopes.per_k)
        high = _bessel.log_bessel_scaled(self._order, k) + k * slopes.gap
        return self._batch(_log_area(self._size) + np.where(slopes.gap > 0.5, low, high))

    def _divergence(self, other: Self) -> Any:
        check_size(
            "self.mean_direction", self.mean_direction, "other.mean_direction", other.mean_direction
        )
        k, gap = self.concentration, self.mean_direction - other.mean_direction
        ratio = k * self._slopes.per_k
        of_directions = 0.5 * other.concentration * ratio * (gap**2).sum(axis=-1)
        return _bessel.divergence(self._order, k, other.concentration) + of_directions

    def _batch(self, of_concentration: Any) -> Any:
        return np.broadcast_to(of_concentration, self.batch_shape)[()]

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        mu = self.mean_direction
        u = rng.standard_normal((*shape, self._size - 1))
        u /= np.linalg.norm(u, axis=-1, keepdims=True)
        first, others = mu[..., :1], mu[..., 1:]
        shadow = (others * u).sum(axis=-1, keepdims=True)
        u -= others * shadow / (1.0 + np.abs(first))
        # Householder's reflection that takes the first axis to +-mu takes (0, u) to
        across = np.concatenate([-np.copysign(1.0, first) * shadow, u], axis=-1)
        gap = _one_less_cosine(rng, self._size, np.broadcast_to(self.concentration, shape))
        return (1.0 - gap)[..., None] * mu + np.sqrt(gap * (2.0 - gap))[..., None] * across

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        norm, direction = _polar(_vectors("mean_statistics", mean_statistics))
        condition = "below 1, as of observations that differ"
        ratio = inside("the norm of mean_statistics", norm, -1.0, _MOST_NORM, condition)
        return cls(direction, _bessel.inverse_ratio(0.5 * direction.shape[-1] - 1.0, ratio))


def _vectors(name: str, value: ArrayLike) -> Array:
    array = coordinates(name, value)
    if array.shape[-1] < 2:
        raise ValueError(
            f"Expected {name} to have at least 2 components, got {name}.shape={array.shape}."
        )
    return array


def _polar(vectors: Array) -> tuple[Array, Array]:
    """Norms and directions; that of 0 is the first axis."""
    largest = np.abs(vectors).max(axis=-1, keepdims=True)
    null = largest == 0.0
    axis = np.arange(vectors.shape[-1]) == 0
    scaled = np.where(null, axis, vectors) / np.where(null, 1.0, largest)
    norm = np.linalg.norm(scaled, axis=-1, keepdims=True)
    return (largest * norm)[..., 0], scaled / norm


def _log_area(size: int) -> float:
    """Of the unit sphere in `size` dimensions."""
    half = 0.5 * size
    return math.log(2.0) + half * math.log(math.pi) - float(gammaln(half))


def _one_less_cosine(rng: RandomSource, size: int, k: Array) -> Array:
    """1 - mu^T x of draws x by Wood's rejection, in its own digits for large concentrations k."""
    rest = size - 1.0
    b = rest / (np.hypot(2.0 * k, rest) + 2.0 * k)
    start = 2.0 * b / (1.0 + b)
    found = np.empty(k.shape)
    waiting = np.ones(k.shape, bool)
    while number := np.count_nonzero(waiting):
        z = rng.beta(0.5 * rest, 0.5 * rest, number)
        one_b, one_start, one_k = b[waiting], start[waiting], k[waiting]
        gap = 2.0 * one_b * z / (1.0 - (1.0 - one_b) * z)
        odds = (one_start + gap - one_start * gap) / (one_start * (2.0 - one_start))
        log_accepted = one_k * (one_start - gap) + rest * np.log(odds)
        accepted = np.log1p(-rng.random(number)) <= log_accepted
        places = np.flatnonzero(waiting)[accepted]
        found.reshape(-1)[places] = gap[accepted]
        waiting.reshape(-1)[places] = False
    return found
