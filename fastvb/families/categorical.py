"""Categorical distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb._validation import check_integer
from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import Array, coordinates, positive, stored
from fastvb.families._stable import ratio_gap
from fastvb.families.dirichlet import Dirichlet
from fastvb.special import logsumexp

__all__ = ["Categorical"]


@dataclass(frozen=True, eq=False)
class Categorical(ExponentialFamily):
    """Categorical distributions of labels 0, ..., K - 1.

    eta_k = log(probabilities_k / probabilities_{K-1}) and T(x)_k = [x = k] for k < K - 1, h(x) = 1,
    A = log(1 + sum_k exp(eta_k)). Without a coordinate for the last label eta is unique and Cov[T]
    has an inverse.

    Parameters
    ----------
    probabilities : array_like of shape (..., K)
        Positive, with a sum of 1 over the last axis.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 2.4.

    Examples
    --------
    >>> from fastvb.families import Categorical, Dirichlet
    >>> labels = [0, 2, 2, 2]
    >>> statistics = Categorical.sufficient_statistics(labels, n_categories=3)
    >>> posterior = Categorical.posterior(Dirichlet([1.0, 1.0, 1.0]), statistics.sum(axis=0), 4)
    >>> Categorical.predictive(posterior).probabilities.round(3)
    array([0.286, 0.143, 0.571])
    """

    probabilities: Any
    conjugate_prior = Dirichlet

    def __post_init__(self) -> None:
        probabilities = positive("probabilities", self.probabilities, 1)
        total = probabilities.sum(axis=-1)
        if not (np.abs(total - 1.0) < 1e-8).all():
            worst = total.flat[np.argmax(np.abs(total - 1.0))]
            raise ValueError(
                f"Expected probabilities to have a sum of 1, got probabilities.sum()={worst}."
            )
        stored(self, (1,), probabilities=probabilities)

    @property
    def natural(self) -> Any:
        return np.log(self.probabilities[..., :-1] / self.probabilities[..., -1:])

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        eta = coordinates("natural", natural)
        logits = np.concatenate([eta, np.zeros((*eta.shape[:-1], 1))], axis=-1)
        return cls(np.exp(logits - logsumexp(logits, axis=-1, keepdims=True)))

    @property
    def mean_parameters(self) -> Any:
        return self.probabilities[..., :-1]

    def log_partition(self) -> Any:
        return -np.log(self.probabilities[..., -1])

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        p = self.mean_parameters
        part = p * coordinates("direction", direction, p.shape[-1])
        return part - p * part.sum(axis=-1, keepdims=True)

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike, *, n_categories: int) -> Any:
        number = check_integer("n_categories", n_categories, 1)
        labels = np.asarray(x)
        outside = ~((labels >= 0) & (labels < number) & (labels == np.floor(labels)))
        if outside.any():
            raise ValueError(
                f"Expected x to hold whole numbers from 0 to {number - 1}, got "
                f"x={labels[outside].flat[0]}."
            )
        return (labels[..., None] == np.arange(number - 1)).astype(np.float64)

    @classmethod
    def log_base_measure(cls, x: ArrayLike, *, n_categories: int | None = None) -> Any:
        return np.zeros(np.shape(x))

    def log_prob(self, x: ArrayLike) -> Any:
        labels, number = np.asarray(x), self.probabilities.shape[-1]
        batch = np.broadcast_shapes(labels.shape, self.batch_shape)
        valid = (labels >= 0) & (labels < number) & (labels == np.floor(labels))
        index = np.broadcast_to(np.where(valid, labels, 0).astype(np.intp), batch)
        logs = np.broadcast_to(np.log(self.probabilities), (*batch, number))
        found = np.take_along_axis(logs, index[..., None], axis=-1)[..., 0]
        return np.where(valid, found, -np.inf)[()]

    def entropy(self) -> Any:
        return -(self.probabilities * np.log(self.probabilities)).sum(axis=-1)

    def _divergence(self, other: Self) -> Any:
        p = self.probabilities
        return (p * ratio_gap(other.probabilities, p)).sum(axis=-1)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        below = np.cumsum(self.probabilities[..., :-1], axis=-1)
        return (rng.random(shape)[..., None] >= below).sum(axis=-1)[()]

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        number = self.probabilities.shape[-1]
        return self.sufficient_statistics(self._draw(rng, shape), n_categories=number)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        mean = coordinates("mean_statistics", mean_statistics)
        return cls(np.concatenate([mean, 1.0 - mean.sum(axis=-1, keepdims=True)], axis=-1))

    @classmethod
    def _gain(cls, sums: Array, number: Array, *, n_categories: int | None = None) -> Array:
        if n_categories is not None and n_categories != sums.shape[-1] + 1:
            raise ValueError(
                f"Expected stats to have n_categories - 1 = {n_categories - 1} coordinates, got "
                f"stats.shape={sums.shape}."
            )
        last = number - sums.sum(axis=-1)
        batch = np.broadcast_shapes(sums.shape[:-1], last.shape)
        most = np.broadcast_to(sums, (*batch, sums.shape[-1]))
        return np.concatenate([most, np.broadcast_to(last, batch)[..., None]], axis=-1)

    @classmethod
    def _predictive(cls, prior: Dirichlet) -> Categorical:
        a = prior.concentration
        return Categorical(a / a.sum(axis=-1, keepdims=True))
