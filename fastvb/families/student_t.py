"""Student's t distributions, what is predicted with a Gamma or Wishart distributed precision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import Distribution, RandomSource
from fastvb.families._layout import Array, check_size, finite, positive, shaped, stored
from fastvb.families._matrices import checked_root, log_det, solve, symmetric
from fastvb.special import dirichlet_log_normalizer, gammaln

__all__ = ["MultivariateStudentT", "StudentT"]


@dataclass(frozen=True, eq=False)
class StudentT(Distribution):
    """Student's t distributions of one variable.

    Parameters
    ----------
    dof : array_like of shape (...)
        Degrees of freedom, positive and finite.
    location : array_like of shape (...)
        Finite.
    scale : array_like of shape (...)
        Positive and finite; as `scale` of SciPy's t.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equations 2.158 to 2.160.

    Examples
    --------
    >>> from fastvb.families import Normal, NormalGamma
    >>> t = Normal.predictive(NormalGamma(2.5, 6.0, 3.5, 9.75))
    >>> float(t.dof), float(t.location), round(float(t.scale), 4)
    (7.0, 2.5, 1.8028)
    >>> t.log_prob([0.0, 2.5]).round(4)
    array([-2.5148, -1.5439])
    """

    dof: Any
    location: Any
    scale: Any

    def __post_init__(self) -> None:
        stored(
            self,
            dof=positive("dof", self.dof),
            location=finite("location", self.location),
            scale=positive("scale", self.scale),
        )

    def log_prob(self, x: ArrayLike) -> Any:
        distance = ((np.asarray(x, np.float64) - self.location) / self.scale) ** 2
        return _log_density(self.dof, 1, distance) - np.log(self.scale)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        precision = rng.standard_gamma(0.5 * self.dof, shape) / (0.5 * self.dof)
        return self.location + self.scale * rng.standard_normal(shape) / np.sqrt(precision)


@dataclass(frozen=True, eq=False)
class MultivariateStudentT(Distribution):
    """Student's t distributions of D variables.

    Parameters
    ----------
    dof : array_like of shape (...)
        Degrees of freedom, positive and finite.
    location : array_like of shape (..., D)
        Finite.
    scatter : array_like of shape (..., D, D)
        Positive definite; as `shape` of SciPy's multivariate_t. The covariance is
        dof / (dof - 2) times it.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equations 2.162 to 2.166.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import MultivariateStudentT
    >>> t = MultivariateStudentT(4.0, [0.0, 1.0], np.eye(2))
    >>> t.log_prob([[0.0, 1.0], [2.0, 1.0]]).round(4)
    array([-1.8379, -3.9173])
    """

    dof: Any
    location: Any
    scatter: Any

    def __post_init__(self) -> None:
        location = finite("location", self.location, 1)
        scatter = symmetric("scatter", self.scatter)
        check_size("location", location, "scatter", scatter)
        stored(self, (0, 1, 2), dof=positive("dof", self.dof), location=location, scatter=scatter)
        _ = self._root  # checks the scatter

    @cached_property
    def _root(self) -> Array:
        return checked_root("scatter", self.scatter)

    def log_prob(self, x: ArrayLike) -> Any:
        root, size = self._root, self.location.shape[-1]
        gap = solve(root, shaped("x", x, size) - self.location)
        distance = (gap**2).sum(axis=-1)
        return _log_density(self.dof, size, distance) - 0.5 * log_det(root)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        root = self._root
        precision = rng.standard_gamma(0.5 * self.dof, shape) / (0.5 * self.dof)
        normal = (
            rng.standard_normal((*shape, self.location.shape[-1])) / np.sqrt(precision)[..., None]
        )
        return self.location + (root @ normal[..., None])[..., 0]


def _log_density(dof: Array, size: int, distance: Array) -> Any:
    """Of a unit scatter, where Gamma((dof + size) / 2) / Gamma(dof / 2) would cancel."""
    pair = np.stack(np.broadcast_arrays(0.5 * dof, 0.5 * size), axis=-1)
    constant = dirichlet_log_normalizer(pair) + gammaln(0.5 * size)
    return (
        constant - 0.5 * size * np.log(np.pi * dof) - 0.5 * (dof + size) * np.log1p(distance / dof)
    )
