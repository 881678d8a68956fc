"""Dirichlet distributions that are most likely to give observed means of log theta.

The mean log likelihood of some theta under Dirichlet(alpha) needs of them the mean m of log theta
alone, which may be an expectation (empirical Bayes):

    F(alpha) = log Gamma(sum alpha) - sum_k log Gamma(alpha_k) + sum_k (alpha_k - 1) m_k.

F is concave. What a step from alpha to beta adds to it is

    F(beta) - F(alpha) = (m - E_alpha[log theta]) . (beta - alpha) - KL(alpha || beta),

which keeps its digits where a difference of two values of F has none left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastvb._validation import check_integer, check_real
from fastvb.special import (
    digamma,
    dirichlet_expectation,
    dirichlet_kl,
    dirichlet_log_normalizer,
    gammaln,
    inv_digamma,
    logsumexp,
    trigamma,
)

__all__ = ["DirichletFit", "fit_dirichlet", "fit_symmetric_dirichlet", "newton_direction"]

Vector = NDArray[np.float64]
Status = Literal["converged", "capped", "stopped"]

_TO_BOUNDARY = 0.95  # the part of the way to alpha_k = 0 that a step may go
_SUFFICIENT = 1e-4  # Armijo: the part of the gain promised by the gradient that must come true
_MOST_HALVINGS = 40
_JENSEN_TOLERANCE = 1e-6  # rounding of single precision in sum(exp(m)) <= 1
_MOST_STEPS = 100  # a symmetric fit takes at most 8
_LEAST_MEAN = -1e100  # beyond, trigamma of the best alpha overflows


@dataclass(frozen=True)
class DirichletFit:
    """What a fit of a Dirichlet distribution has found.

    Attributes
    ----------
    concentration : ndarray of shape (K,), or float
        alpha; a float if it is the same for all components.
    log_likelihood : float
        Mean log density of the observations in nats.
    status : {"converged", "capped", "stopped"}
        "capped": the sum of alpha is at its limit, and the rest is best given that. "stopped":
        after `max_iter` steps, or because rounding leaves no step that helps.
    n_iter : int
        Steps.

    Examples
    --------
    >>> from fastvb.families import fit_symmetric_dirichlet
    >>> fit = fit_symmetric_dirichlet(-1.0, 2)  # as of a theta that is uniform
    >>> round(fit.concentration, 6), fit.status
    (1.0, 'converged')
    """

    concentration: Any
    log_likelihood: float
    status: Status
    n_iter: int


def fit_dirichlet(
    mean_log: ArrayLike,
    start: ArrayLike | None = None,
    *,
    max_total: float = 1e6,
    tol: float = 1e-8,
    max_iter: int = 200,
) -> DirichletFit:
    """Dirichlet of the largest likelihood, from the mean of log theta.

    Newton's method, whose steps take time linear in K, kept positive and made to ascend from any
    start: a step goes at most 95 % of the way to the boundary and is halved until it adds enough
    to the likelihood; should rounding leave none, Minka's fixed point takes its place. So the
    likelihood never falls from step to step.

    Parameters
    ----------
    mean_log : array_like of shape (K,)
        Mean of log theta over the observations, or of its expectations.
    start : array_like of shape (K,) or float, optional
        Where to start; a guess from `mean_log` by default.
    max_total : float
        Limit of the sum of alpha, or that of `start` if this is larger. Observations that are all
        the same have no most likely alpha otherwise.
    tol : float
        Stop when a step would change no component by more than this fraction of it.
    max_iter : int
        Steps at most.

    Returns
    -------
    DirichletFit
        With alpha as an array. With one component, where theta is 1, this is `start`.

    Raises
    ------
    ValueError, TypeError
        If `mean_log` cannot be a mean of log theta (negative, its exponentials with a sum of at
        most 1), or a parameter is not as described.

    See Also
    --------
    fit_symmetric_dirichlet : The same alpha for all components.

    References
    ----------
    T. Minka (2000), Estimating a Dirichlet distribution, section 1.
    D. Blei, A. Ng, M. Jordan (2003), Latent Dirichlet allocation, JMLR 3, appendix A.4.2.
    G. Ronning (1989), Maximum likelihood estimation of Dirichlet distributions, Journal of
    Statistical Computation and Simulation 32 (concavity).

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import fit_dirichlet
    >>> theta = np.random.default_rng(1).dirichlet([0.3, 0.6, 1.2, 3.0], size=500)
    >>> fit_dirichlet(np.log(theta).mean(axis=0)).concentration.round(4)
    array([0.3017, 0.5751, 1.1819, 2.9214])
    """
    mean = _checked_mean(mean_log)
    max_total = check_real("max_total", max_total, 0.0, above=True)
    tol, max_iter = check_real("tol", tol, 0.0), check_integer("max_iter", max_iter, 1)
    if start is None:
        alpha = np.full(len(mean), _guess(float(logsumexp(mean)), len(mean), max_total))
    else:
        alpha = _checked_start(start, len(mean))
    if len(mean) == 1:
        return DirichletFit(alpha, 0.0, "converged", 0)
    cap = max(max_total, float(alpha.sum()))
    status: Status = "stopped"
    for n_iter in range(1, max_iter + 1):  # noqa: B007
        gradient = mean - dirichlet_expectation(alpha)
        step, at_cap = _newton_step(alpha, gradient, cap)
        if float(np.abs(step / alpha).max()) <= tol:
            status = "capped" if at_cap else "converged"
        taken = _ascending(alpha, gradient, step, cap)
        if taken is None and status == "stopped":
            taken = _fixed_point_step(alpha, mean, gradient, cap)
        if taken is not None:
            alpha = alpha + taken
        if taken is None or status != "stopped":
            break
    likelihood = float(dirichlet_log_normalizer(alpha) + (alpha - 1.0) @ mean)
    return DirichletFit(alpha, likelihood, status, n_iter)


def newton_direction(alpha: Vector, gradient: Vector, *, fixed_total: bool = False) -> Vector:
    """Minus inverse Hessian times gradient, in linear time.

    The Hessian of F is a diagonal plus a constant, psi'(sum alpha) - diag(psi'(alpha)), and is
    inverted by the formula of Sherman and Morrison. With `fixed_total`, the direction is best
    among those that do not change the sum, as if the constant were infinite.

    References
    ----------
    T. Minka (2000), Estimating a Dirichlet distribution, equations 15 to 18.
    """
    weight = 1.0 / trigamma(alpha)
    constant = 0.0 if fixed_total else 1.0 / float(trigamma(alpha.sum()))
    shift = float(gradient @ weight) / (float(weight.sum()) - constant)
    direction: Vector = (gradient - shift) * weight
    return direction


def _newton_step(alpha: Vector, gradient: Vector, cap: float) -> tuple[Vector, bool]:
    """Newton's direction, along the cap (True) where it would lead beyond it."""
    step = newton_direction(alpha, gradient)
    if float(alpha.sum()) < cap * (1.0 - 1e-9) or float(step.sum()) <= 0:
        return step, False
    return newton_direction(alpha, gradient, fixed_total=True), True


def _ascending(alpha: Vector, gradient: Vector, step: Vector, cap: float) -> Vector | None:
    """The step, shortened until it stays inside and adds enough; None if nothing is left."""
    step = _inside(alpha, step, cap)
    promised = float(gradient @ step)
    for _ in range(_MOST_HALVINGS):
        if not promised > 0:
            return None
        if promised - float(dirichlet_kl(alpha, alpha + step)) >= _SUFFICIENT * promised:
            return step
        step, promised = 0.5 * step, 0.5 * promised
    return None


def _inside(alpha: Vector, step: Vector, cap: float) -> Vector:
    """The step, shortened so as to end above 0 and not beyond the cap."""
    length = min(1.0, _TO_BOUNDARY / max(float((-step / alpha).max()), _TO_BOUNDARY))
    growth, room = float(step.sum()), cap - float(alpha.sum())
    if growth * length > max(room, cap * 1e-12):
        length = max(room, 0.0) / growth
    return length * step


def _fixed_point_step(alpha: Vector, mean: Vector, gradient: Vector, cap: float) -> Vector | None:
    """Minka's equation 9: to the maximum of a lower bound on F that touches it at alpha."""
    best: Vector = inv_digamma(float(digamma(alpha.sum())) + mean)
    step = _inside(alpha, best - alpha, cap)
    gain = float(gradient @ step) - float(dirichlet_kl(alpha, alpha + step))
    return step if gain > 0 else None


def fit_symmetric_dirichlet(
    mean_log: float,
    n_components: int,
    start: float | None = None,
    *,
    max_total: float = 1e6,
) -> DirichletFit:
    """Symmetric Dirichlet of the largest likelihood, from the mean of log theta.

    Newton's method for 1 / alpha, in which the derivative of the likelihood is nearly linear, and
    convex: one step may overshoot, the rest come from one side, a handful from any start.

    Parameters
    ----------
    mean_log : float
        Mean of log theta over observations and components.
    n_components : int
        Components of theta, K.
    start : float, optional
        Where to start; a guess from `mean_log` by default.
    max_total : float
        Limit of the sum of alpha over components, or that of `start` if this is larger.

    Returns
    -------
    DirichletFit
        With alpha as a float. With one component, where theta is 1, this is `start`.

    Raises
    ------
    ValueError, TypeError
        If `mean_log` cannot be such a mean (it is at most -log K), or a parameter is not as
        described.

    See Also
    --------
    fit_dirichlet : An alpha for each component.

    References
    ----------
    T. Minka (2000), Estimating a Dirichlet distribution, section 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.families import fit_symmetric_dirichlet
    >>> theta = np.random.default_rng(0).dirichlet(np.full(50, 0.1), size=1000)
    >>> round(fit_symmetric_dirichlet(np.log(theta).mean(), 50).concentration, 3)
    0.1
    """
    size = check_integer("n_components", n_components, 1)
    mean = check_real("mean_log", mean_log, _LEAST_MEAN)
    max_total = check_real("max_total", max_total, 0.0, above=True)
    excess = mean + math.log(size)
    _check_jensen(excess)
    if start is None:
        alpha = _guess(excess, size, max_total)
    else:
        alpha = check_real("start", start, 0.0, above=True)
    if size == 1:
        return DirichletFit(alpha, 0.0, "converged", 0)
    cap = max(max_total / size, alpha)
    status: Status = "stopped"
    for n_iter in range(1, _MOST_STEPS + 1):  # noqa: B007
        slope = mean + float(digamma(size * alpha) - digamma(alpha))
        curvature = size * float(trigamma(size * alpha)) - float(trigamma(alpha))
        divisor = 1.0 + slope / (alpha * curvature)
        new = min(cap, alpha / divisor) if divisor > 0 else cap
        if abs(new - alpha) <= 1e-8 * alpha:
            status = "capped" if new == cap and slope > 0 else "converged"
        alpha = new
        if status != "stopped":
            break
    constant = float(gammaln(size * alpha)) - size * float(gammaln(alpha))
    return DirichletFit(alpha, constant + size * (alpha - 1.0) * mean, status, n_iter)


def _guess(log_sum: float, size: int, max_total: float) -> float:
    """Equal alpha from log sum_k exp(m_k).

    This is -(K - 1) / (2 sum alpha) for large equal alpha and twice that for small ones.
    """
    if size == 1:
        return 1.0
    total = 0.5 * (size - 1) / max(-log_sum, 0.5 * (size - 1) / max_total)
    return total / size


def _checked_mean(mean_log: ArrayLike) -> Vector:
    mean = np.asarray(mean_log, dtype=np.float64)
    if mean.ndim != 1 or len(mean) == 0:
        raise ValueError(f"Expected mean_log to have shape (K,), got mean_log.shape={mean.shape}.")
    if not (mean >= _LEAST_MEAN).all():
        worst = mean[np.argmin(mean)]
        raise ValueError(f"Expected mean_log to be finite, got min(mean_log)={worst}.")
    _check_jensen(float(logsumexp(mean)))
    return mean


def _check_jensen(log_sum: float) -> None:
    if not log_sum <= _JENSEN_TOLERANCE:
        raise ValueError(
            "Expected exp(mean_log) to have a sum over components of at most 1, as means of "
            f"log theta do, got sum(exp(mean_log))=exp({log_sum:.6g})."
        )


def _checked_start(start: ArrayLike, size: int) -> Vector:
    alpha = np.asarray(start, dtype=np.float64)
    if alpha.shape not in ((), (size,)):
        raise ValueError(
            f"Expected start to be a number or to have the shape of mean_log, ({size},), "
            f"got start.shape={alpha.shape}."
        )
    if not (np.isfinite(alpha) & (alpha > 0)).all():
        raise ValueError(f"Expected start to be positive and finite, got start={start!r}.")
    return np.array(np.broadcast_to(alpha, size))
