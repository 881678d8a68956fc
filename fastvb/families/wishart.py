"""Wishart distributions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._gamma_kernels import normal_gamma_kl
from fastvb.families._layout import (
    Array,
    coordinates,
    inside,
    join,
    matrix_size,
    shaped,
    stored,
)
from fastvb.families._matrices import (
    checked_root,
    flat,
    inverse,
    log_det,
    some_roots,
    spectrum,
    square,
    symmetric,
)
from fastvb.families._stable import (
    HALF_LOG_2PI,
    digamma_excess,
    gammaln_excess,
    gap_of,
    log1p_gap,
    log_gamma_draws,
    ratio_gap,
    shape_of_gap,
)
from fastvb.families.gamma import checked_gap
from fastvb.special import digamma, trigamma

__all__ = ["Wishart", "checked_dof"]

_LEAST_ROOT = 1e-170  # of Gamma draws: its square is 0, but a triangle with it has an inverse


@dataclass(frozen=True, eq=False)
class Wishart(ExponentialFamily):
    """Wishart distributions of a positive definite matrix x, such as a precision.

    eta = (dof / 2, -scatter / 2), T(x) = (log det x, x), h(x) = det(x)^(-(D + 1) / 2),
    A = log Gamma_D(dof / 2) - dof / 2 log det(scatter / 2). For one variable this is
    Gamma(dof / 2, scatter / 2). Of D variables there are 1 + D^2 coordinates.

    Parameters
    ----------
    dof : array_like of shape (...)
        Degrees of freedom, above D - 1.
    scatter : array_like of shape (..., D, D)
        Positive definite; the inverse of SciPy's `scale`, as a rate is. The mean is dof times its
        inverse.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, appendix B.
    W. Smith, R. Hocking (1972), Wishart variate generator, Applied Statistics 21.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import Wishart
    >>> q = Wishart(5.0, [[2.0, 0.0], [0.0, 4.0]])
    >>> q.mean_parameters.round(4)  # E[log det x], then E[x] row by row
    array([0.4328, 2.5   , 0.    , 0.    , 1.25  ])
    >>> q.sample(rng=0, size=3).shape
    (3, 2, 2)
    """

    dof: Any
    scatter: Any

    def __post_init__(self) -> None:
        scatter = symmetric("scatter", self.scatter)
        stored(self, (0, 2), dof=checked_dof(self.dof, scatter.shape[-1]), scatter=scatter)
        _ = self._root  # checks the scatter

    @cached_property
    def _root(self) -> Array:
        return checked_root("scatter", self.scatter)

    @property
    def _size(self) -> int:
        size: int = self.scatter.shape[-1]
        return size

    @property
    def _halves(self) -> Array:
        """All i / 2, i < D: what the shapes dof / 2 - i / 2 of Gamma functions lack."""
        return 0.5 * np.arange(self._size, dtype=np.float64)

    @property
    def _shapes(self) -> Any:
        return 0.5 * self.dof[..., None] - self._halves

    @property
    def natural(self) -> Any:
        return join(0.5 * self.dof, flat(-0.5 * self.scatter))

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        eta = _coordinates("natural", natural)
        return cls(2.0 * eta[..., 0], -2.0 * square(eta[..., 1:]))

    @cached_property
    def mean(self) -> Any:
        """E[x], of shape (..., D, D)."""
        return self.dof[..., None, None] * inverse(self._root)

    def expected_log_det(self) -> Any:
        """E[log det x].

        Returns
        -------
        ndarray of the batch's shape, or scalar
            The mean, which is below the log determinant of the mean.

        References
        ----------
        C. Bishop (2006), Pattern Recognition and Machine Learning, equation B.81.
        """
        return (digamma(self._shapes) + math.log(2.0)).sum(axis=-1) - log_det(self._root)

    @property
    def mean_parameters(self) -> Any:
        return join(self.expected_log_det(), flat(self.mean))

    def log_partition(self) -> Any:
        a, size = 0.5 * self.dof, self._size
        large = a * (size * (np.log(2.0 * a) - 1.0) - log_det(self._root))
        return large + self._rest() + 0.25 * size * (size - 1) * math.log(math.pi)

    def _rest(self) -> Any:
        """Sum over i of log Gamma(a - i / 2) - (a log a - a), a = dof / 2."""
        a, half = 0.5 * self.dof[..., None], self._halves
        of_halves = self._shapes * np.log1p(-half / a) - half * (np.log(a) - 1.0)
        return (HALF_LOG_2PI + gammaln_excess(self._shapes) + of_halves).sum(axis=-1)

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        change = _coordinates("direction", direction)
        of_half_dof, of_scatter = change[..., 0], -2.0 * square(change[..., 1:])
        inverse_scatter = inverse(self._root)
        part = inverse_scatter @ of_scatter
        trace = np.trace(part, axis1=-2, axis2=-1)
        of_mean = (2.0 * of_half_dof)[..., None, None] * inverse_scatter - part @ self.mean
        return join(trigamma(self._shapes).sum(axis=-1) * of_half_dof - trace, flat(of_mean))

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        x = np.asarray(x, np.float64)
        return join(np.linalg.slogdet(x)[1], flat(x))

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return -0.5 * (np.shape(x)[-1] + 1) * np.linalg.slogdet(np.asarray(x, np.float64))[1]

    def log_prob(self, x: ArrayLike) -> Any:
        x = shaped("x", x, self._size, self._size)
        root, valid = some_roots(x)
        size, whitened = self._size, self._root.swapaxes(-1, -2) @ root
        ratios = np.linalg.svd(whitened, compute_uv=False) ** 2
        near = ratio_gap(ratios, self.dof[..., None]).sum(axis=-1)
        log_dets = log_det(root) + log_det(self._root) - size * np.log(self.dof)
        gaps = (whitened**2).sum(axis=(-2, -1)) / self.dof - size - log_dets
        gaps = np.where(gaps < 1.0, near, gaps)  # small ratios have no digits, small gaps have none
        constant = self._rest() + 0.25 * size * (size - 1) * math.log(math.pi)
        density = -0.5 * ((size + 1) * log_det(root) + self.dof * gaps) - constant
        unknown = np.isnan(x).any(axis=(-2, -1))
        return np.where(valid, density, np.where(unknown, np.nan, -np.inf))[()]

    def entropy(self) -> Any:
        size, shapes, half = self._size, self._shapes, self._halves
        power = 0.5 * (self.dof[..., None] - size - 1)
        parts = (0.5 * (size + 1) - half) * np.log(shapes) + gammaln_excess(shapes)
        parts = parts - power * digamma_excess(shapes) + HALF_LOG_2PI
        constant = 0.5 * (size + 1) * (size * math.log(2.0) - log_det(self._root))
        return constant + parts.sum(axis=-1) + 0.25 * size * (size - 1) * (1 + math.log(math.pi))

    def _divergence(self, other: Self) -> Any:
        """A Gamma divergence in each direction, as in Gamma's kernel, plus what D changes.

        The log of Gamma_D has a - i / 2 in place of a = dof / 2. With
        F(a) = (a - i/2) log(a - i/2) - a log a the rest is the divergences of F and of E.
        """
        ratios, changes = spectrum(other.scatter, self.scatter, self._root)
        q, p = self.dof[..., None], other.dof[..., None]
        of_means = gap_of(q / p * ratios, (q - p) / p * (1.0 + changes) + changes)
        zero, one = np.zeros(()), np.ones(())
        of_excess = normal_gamma_kl(
            (zero, one, self._shapes, self._shapes), (zero, one, other._shapes, other._shapes)
        )
        of_halves = _divergence_of_halves(0.5 * q, 0.5 * p, self._halves)
        return (0.5 * p * of_means).sum(axis=-1) + (of_excess + of_halves).sum(axis=-1)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        factor = self._factor(self._draw_triangle(rng, shape)[0])
        return factor @ factor.swapaxes(-1, -2)

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        triangle, log_det_x = self._draw_triangle(rng, shape)
        factor = self._factor(triangle)
        return join(log_det_x, flat(factor @ factor.swapaxes(-1, -2)))

    def _draw_triangle(self, rng: RandomSource, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Bartlett's lower triangular A, which has an inverse, and log det x of x = F F^T."""
        axes = (*shape, self._size)
        triangle = np.tril(rng.standard_normal((*axes, self._size)), -1)
        logs = log_gamma_draws(rng, self._shapes, axes) + math.log(2.0)
        diagonal = np.arange(self._size)
        triangle[..., diagonal, diagonal] = np.maximum(np.exp(0.5 * logs), _LEAST_ROOT)
        return triangle, logs.sum(axis=-1) - log_det(self._root)

    def _factor(self, triangle: Array) -> Array:
        """F = R^-T A of the scatter R R^T."""
        factor: Any = np.linalg.solve(self._root.swapaxes(-1, -2), triangle)
        result: Array = factor
        return result

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        statistics = _coordinates("mean_statistics", mean_statistics)
        mean = square(statistics[..., 1:])
        root = checked_root("the mean of x in mean_statistics", mean)
        dof = 2.0 * shape_of_gap(checked_gap(log_det(root) - statistics[..., 0]), mean.shape[-1])
        return cls(dof, dof[..., None, None] * inverse(root))


def checked_dof(value: ArrayLike, size: int) -> Array:
    """Degrees of freedom of D x D matrices."""
    return inside("dof", value, size - 1.0, np.inf, f"finite and above D - 1 = {size - 1}")


def _coordinates(name: str, value: ArrayLike) -> Array:
    array = coordinates(name, value)
    matrix_size(name, array, extra=1, vectors=0)
    return array


def _divergence_of_halves(a: Array, c: Array, half: Array) -> Any:
    """F(c) - F(a) - (c - a) F'(a) = (c - half) log(1 + u) - half log(1 + w)."""
    w = (c - a) / a
    u = half * (c - a) / ((a - half) * c)
    near = half * u * w - (c - half) * log1p_gap(u) + half * log1p_gap(w)
    far = (c - half) * np.log1p(u) - half * np.log1p(w)
    return np.where((np.abs(u) < 0.5) & (np.abs(w) < 0.5), near, far)
