"""Dirichlet distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb.families._family import ExponentialFamily, RandomSource
from fastvb.families._layout import coordinates, positive, shaped, stored
from fastvb.families._stable import (
    HALF_LOG_2PI,
    gammaln_excess,
    log_gamma_core,
    log_gamma_draws,
)
from fastvb.families.dirichlet_fit import fit_dirichlet
from fastvb.special import (
    dirichlet_entropy,
    dirichlet_expectation,
    dirichlet_kl,
    dirichlet_log_normalizer,
    logsumexp,
    trigamma,
)

__all__ = ["Dirichlet"]

_MOST_TOTAL = 1e12  # observations whose most likely concentrations are larger are all the same


@dataclass(frozen=True, eq=False)
class Dirichlet(ExponentialFamily):
    """Dirichlet distributions of K proportions.

    eta = concentration, T(x) = log x, h(x) = 1 / prod_k x_k,
    A = sum_k log Gamma(concentration_k) - log Gamma(sum_k concentration_k). With that h the
    parameters are natural, so that those near 0 keep their digits.

    Parameters
    ----------
    concentration : array_like of shape (..., K)
        Positive and finite.

    See Also
    --------
    fit_dirichlet : What `fit` calls for each row, with its limits and its status.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, appendix B.

    Examples
    --------
    >>> from fastvb.families import Categorical, Dirichlet
    >>> prior = Dirichlet([0.5, 0.5, 0.5])
    >>> labels = [0, 2, 2, 2]
    >>> counts = Categorical.sufficient_statistics(labels, n_categories=3).sum(axis=0)
    >>> Categorical.posterior(prior, counts, len(labels)).concentration
    array([1.5, 0.5, 3.5])
    """

    concentration: Any

    def __post_init__(self) -> None:
        concentration = positive("concentration", self.concentration, 1)
        if not concentration.shape[-1]:
            raise ValueError(
                "Expected concentration to have at least one component, "
                f"got concentration.shape={concentration.shape}."
            )
        stored(self, (1,), concentration=concentration)

    @property
    def natural(self) -> Any:
        return self.concentration

    @classmethod
    def from_natural(cls, natural: ArrayLike) -> Self:
        return cls(natural)

    @property
    def mean_parameters(self) -> Any:
        return dirichlet_expectation(self.concentration)

    def log_partition(self) -> Any:
        return -dirichlet_log_normalizer(self.concentration)

    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        direction = coordinates("direction", direction, self.concentration.shape[-1])
        of_total = trigamma(self.concentration.sum(axis=-1, keepdims=True))
        total = direction.sum(axis=-1, keepdims=True)
        return trigamma(self.concentration) * direction - of_total * total

    @classmethod
    def sufficient_statistics(cls, x: ArrayLike) -> Any:
        return np.log(x)

    @classmethod
    def log_base_measure(cls, x: ArrayLike) -> Any:
        return -np.log(x).sum(axis=-1)

    def log_prob(self, x: ArrayLike) -> Any:
        a = self.concentration
        x = shaped("x", x, a.shape[-1])
        total = a.sum(axis=-1, keepdims=True)
        parts = log_gamma_core(x, a, total) - gammaln_excess(a) - HALF_LOG_2PI
        density = parts.sum(axis=-1) + gammaln_excess(total[..., 0]) + HALF_LOG_2PI
        outside = (x < 0).any(axis=-1) | (np.abs(x.sum(axis=-1) - 1.0) > 1e-8)
        return np.where(outside, -np.inf, density)[()]

    def entropy(self) -> Any:
        return dirichlet_entropy(self.concentration)

    def _divergence(self, other: Self) -> Any:
        return dirichlet_kl(self.concentration, other.concentration)

    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        return np.exp(self._draw_statistics(rng, shape))

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        axes = (*shape, self.concentration.shape[-1])
        log_gamma = log_gamma_draws(rng, self.concentration, axes)
        return log_gamma - logsumexp(log_gamma, axis=-1, keepdims=True)

    @classmethod
    def fit(cls, mean_statistics: ArrayLike) -> Self:
        mean = coordinates("mean_statistics", mean_statistics)
        fits = [
            fit_dirichlet(row, max_total=_MOST_TOTAL) for row in mean.reshape(-1, mean.shape[-1])
        ]
        if any(fit.status == "capped" for fit in fits):
            raise ValueError(
                "Expected mean_statistics of observations that differ, got some for which the "
                "likelihood has no maximum."
            )
        return cls(np.reshape([fit.concentration for fit in fits], mean.shape))
