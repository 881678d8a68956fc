"""Special functions of variational Bayes on NumPy arrays."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fastvb._kernels import _special
from fastvb._kernels._special import digamma, exp_digamma, gammaln, inv_digamma, trigamma
from fastvb.special._dirichlet import (
    dirichlet_entropy,
    dirichlet_expectation,
    dirichlet_kl,
    dirichlet_log_normalizer,
)
from fastvb.special._logsumexp import logsumexp
from fastvb.special._responsibilities import responsibilities

__all__ = [
    "digamma",
    "dirichlet_entropy",
    "dirichlet_expectation",
    "dirichlet_kl",
    "dirichlet_log_normalizer",
    "exp_digamma",
    "gammaln",
    "inv_digamma",
    "logsumexp",
    "responsibilities",
    "trigamma",
]


def _scipy_digamma(x: NDArray[Any], out: NDArray[Any]) -> None:
    from scipy.special import psi

    psi(x, out=out)


_special.complex_digamma = _scipy_digamma
