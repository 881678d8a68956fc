"""Normal-Wishart distributions of a mean and a precision matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import (
    Array,
    check_size,
    coordinates,
    finite,
    join,
    matrix_size,
    positive,
    shaped,
    stored,
)
from fastvb.families._matrices import flat, inverse, log_det, outer, solve, square, times
from fastvb.families._stable import HALF_LOG_2PI, ratio_gap
from fastvb.families.wishart import Wishart
from fastvb.special import trigamma

__all__ = ["NormalWishart"]


@dataclass(frozen=True, eq=False)
class NormalWishart(ExponentialFamily):
    """Normal-Wishart distributions of (mu, Lambda).

    mu | Lambda ~ N(mean, (strength Lambda)^-1), Lambda ~ Wishart(dof, scatter). An observation is
    the pair (mu, Lambda); T = (log det Lambda, Lambda, Lambda mu, mu^T Lambda mu),
    h = (2 pi)^(-D / 2) det(Lambda)^(-D / 2),
    eta = (dof / 2, -(scatter + strength mean mean^T) / 2, strength mean, -strength / 2) and
    A = that of the Wishart distribution - D log(strength) / 2. Of D variables there are
    2 + D + D^2 coordinates.

    Parameters
    ----------
    mean : array_like of shape (..., D)
        Finite.
    strength : array_like of shape (...)
        Positive and finite: how many observations the mean is worth.
    dof : array_like of shape (...)
        Degrees of freedom, above D - 1.
    scatter : array_like of shape (..., D, D)
        Positive definite; the inverse of the scale of Lambda.

    Notes
    -----
    In natural coordinates the scatter is what is left of a difference: it has few digits if
    strength mean mean^T is much larger. Shift data so that 0 is among them.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equation 2.157.
    K. Murphy (2007), Conjugate Bayesian analysis of the Gaussian distribution, section 8.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import NormalWishart
    >>> q = NormalWishart(np.ones(2), 2.0, 5.0, np.eye(2))
    >>> round(float(q.kl(NormalWishart(np.zeros(2), 1.0, 2.0, np.eye(2)))), 4)
    7.1697
    >>> mu, precision = q.sample(rng=0, size=10)
    >>> mu.shape, precision.shape
    ((10, 2), (10, 2, 2))
    """

    mean: Any
    strength: Any
    dof: Any
    scatter: Any

    def __post_init__(self) -> None:
        mean, strength = finite("mean", self.mean, 1), positive("strength", self.strength)
        precision = Wishart(self.dof, self.scatter)
        dof, scatter = precision.dof, precision.scatter
        check_size("mean", mean, "scatter", scatter)
        stored(self, (1, 0, 0, 2), mean=mean, strength=strength, dof=dof, scatter=scatter)
        self.__dict__["precision"] = precision

    @cached_property
    def precision(self) -> Wishart:
        """Distribution of Lambda."""
        return Wishart(self.dof, self.scatter)

    @property
    def _size(self) -> int:
        size: int = self.mean.shape[-1]
        return size

    @property
    def natural(self) -> Any:
        weighted = self.strength[..., None] * self.mean
        matrix = -0.5 * (self.scatter + outer(weighted, self.mean))
        return join(0.5 * self.dof, flat(matrix), [weighted], -0.5 * self.strength)

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        of_dof, matrix, weighted, of_strength = _split("natural", natural)
        strength = positive("the strength -2 natural[..., -1]", -2.0 * of_strength)
        mean = weighted / strength[..., None]
        scatter = -2.0 * matrix - outer(weighted, mean)
        return cls(mean, strength, 2.0 * of_dof, 0.5 * (scatter + scatter.swapaxes(-1, -2)))

    @property
    def mean_parameters(self) -> Any:
        matrix = self.precision.mean
        vector = times(matrix, self.mean)
        number = self._size / self.strength + (self.mean * vector).sum(axis=-1)
        return join(self.precision.expected_log_det(), flat(matrix), [vector], number)

    def log_partition(self) -> Any:
        result = self.precision.log_partition() - 0.5 * self._size * np.log(self.strength)
        return np.broadcast_to(result, self.batch_shape)[()]

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        of_half_dof, of_matrix, of_weighted, of_number = _split("direction", direction)
        of_strength = -2.0 * of_number
        gain = of_weighted - of_strength[..., None] * self.mean  # strength times that of the mean
        of_mean = gain / self.strength[..., None]
        cross = outer(gain, self.mean)
        of_scatter = -2.0 * of_matrix - cross - cross.swapaxes(-1, -2)
        of_scatter = of_scatter - of_strength[..., None, None] * outer(self.mean, self.mean)
        precision, inverse_scatter = self.precision, inverse(self.precision._root)
        part = inverse_scatter @ of_scatter
        change = (2.0 * of_half_dof)[..., None, None] * inverse_scatter - part @ precision.mean
        of_log_det = trigamma(precision._shapes).sum(axis=-1) * of_half_dof
        vector, of_vector = times(precision.mean, self.mean), times(change, self.mean)
        number = (of_vector * self.mean + 2.0 * of_mean * vector).sum(axis=-1)
        return join(
            of_log_det - np.trace(part, axis1=-2, axis2=-1),
            flat(change),
            [of_vector + times(precision.mean, of_mean)],
            number - self._size * of_strength / self.strength**2,
        )

    @classmethod
    def sufficient_statistics(cls, x: Any) -> Any:
        mu, matrix = (np.asarray(part, np.float64) for part in x)
        vector = times(matrix, mu)
        return join(
            np.linalg.slogdet(matrix)[1], flat(matrix), [vector], (mu * vector).sum(axis=-1)
        )

    @classmethod
    def log_base_measure(cls, x: Any) -> Any:
        mu, matrix = x
        size = np.shape(mu)[-1]
        constant = np.zeros(np.shape(mu)[:-1]) - size * HALF_LOG_2PI
        return constant - 0.5 * size * np.linalg.slogdet(matrix)[1]

    def log_prob(self, x: Any) -> Any:
        mu = shaped("mu", x[0], self._size)
        matrix = shaped("Lambda", x[1], self._size, self._size)
        of_matrix = self.precision.log_prob(matrix)
        valid = np.isfinite(of_matrix)
        root = np.linalg.cholesky(np.where(valid[..., None, None], matrix, np.eye(self._size)))
        distance = np.where(valid[..., None], mu - self.mean, 0.0)
        gap = times(root.swapaxes(-1, -2), distance)
        with np.errstate(over="ignore"):  # means of nearly singular draws: -inf
            of_mean = 0.5 * (log_det(root) - self.strength * (gap**2).sum(axis=-1))
        constant = self._size * (0.5 * np.log(self.strength) - HALF_LOG_2PI)
        return np.where(valid, constant + of_mean + of_matrix, of_matrix)[()]

    def entropy(self) -> Any:
        of_mean = self._size * (HALF_LOG_2PI + 0.5 - 0.5 * np.log(self.strength))
        of_mean = of_mean - 0.5 * self.precision.expected_log_det()
        return np.broadcast_to(of_mean + self.precision.entropy(), self.batch_shape)[()]

    def _divergence(self, other: Self) -> Any:
        gap = solve(self.precision._root, self.mean - other.mean)
        distance = other.strength * self.dof * (gap**2).sum(axis=-1)
        of_strength = self._size * ratio_gap(other.strength, self.strength)
        return self.precision.kl(other.precision) + 0.5 * (of_strength + distance)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        triangle, factor, normal, _ = self._draw_parts(rng, shape)
        whitened = solve(triangle.swapaxes(-1, -2), normal)
        mu = self.mean + times(self.precision._root, whitened)
        return mu, factor @ factor.swapaxes(-1, -2)

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        _, factor, normal, log_det_x = self._draw_parts(rng, shape)
        mu = times(factor.swapaxes(-1, -2), self.mean) + normal  # F^T mu, finite where mu is not
        matrix = flat(factor @ factor.swapaxes(-1, -2))
        return join(log_det_x, matrix, [times(factor, mu)], (mu**2).sum(axis=-1))

    def _draw_parts(
        self, rng: RandomSource, shape: tuple[int, ...]
    ) -> tuple[Array, Array, Array, Array]:
        """A and F of Lambda = F F^T as of the Wishart, F^T (mu - mean), log det Lambda."""
        triangle, log_det_x = self.precision._draw_triangle(rng, shape)
        normal = rng.standard_normal((*shape, self._size)) / np.sqrt(self.strength)[..., None]
        return triangle, self.precision._factor(triangle), normal, log_det_x

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        log_det_mean, matrix, vector, number = _split("mean_statistics", mean_statistics)
        precision = Wishart.fit(join(log_det_mean, flat(matrix)))
        mean = solve(matrix, vector)
        spread = number - (mean * vector).sum(axis=-1)
        strength = mean.shape[-1] / positive("the spread of mu in mean_statistics", spread)
        return cls(mean, strength, precision.dof, precision.scatter)


def _split(name: str, value: ArrayLike) -> tuple[Array, Array, Array, Array]:
    """A number, a matrix, a vector and another number."""
    array = coordinates(name, value)
    size = matrix_size(name, array, extra=2, vectors=1)
    end = 1 + size * size
    return array[..., 0], square(array[..., 1:end]), array[..., end:-1], array[..., -1]
