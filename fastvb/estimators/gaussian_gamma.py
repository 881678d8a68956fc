"""Gaussian variables with unknown means and precisions: exact, and by mean field."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb import _validation as check
from fastvb.estimators._base import DensityEstimator
from fastvb.estimators._feature_names import check_feature_names
from fastvb.estimators._feature_names import feature_names as names_of
from fastvb.estimators._mixture_data import check_rows
from fastvb.families import Normal, NormalGamma
from fastvb.inference import FitState, Monitor, cavi
from fastvb.models import GaussianGammaModel
from fastvb.models.gaussian_gamma import MeanAndPrecision, NormalSums
from fastvb.special import digamma

__all__ = ["GaussianGamma"]

Array = NDArray[np.float64]


class GaussianGamma(DensityEstimator):
    """Gaussian variables with unknown mean and precision under a Normal-Gamma prior.

    Each feature is a variable of its own: mu | tau ~ N(mean_prior, 1 / (mean_precision_prior tau)),
    tau ~ Gamma(shape_prior, rate_prior). The posterior is known exactly, so that the mean-field
    approximation q(mu) q(tau) and its bound can be held against it: at its fixed point E[tau] is
    exact, while mu and tau are no longer dependent.

    Parameters
    ----------
    mean_prior : float or array-like of shape (n_features,)
        Mean of mu.
    mean_precision_prior : float or array-like of shape (n_features,)
        How many observations that mean is worth.
    shape_prior, rate_prior : float or array-like of shape (n_features,)
        Of the Gamma distribution of tau.
    learning_method : {"exact", "mean-field"}
        The posterior, or coordinate ascent on q(mu) q(tau).
    tol : float
        Stop when an iteration changes no E[tau] by more than this fraction.
    max_iter : int
        Iterations of coordinate ascent at most.
    callback : callable, optional
        Called with a :class:`fastvb.inference.FitState` after each iteration.
    progress : bool
        Show a tqdm bar.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        E[mu].
    precision_ : ndarray of shape (n_features,)
        E[tau].
    mean_precision_ : ndarray of shape (n_features,)
        "exact": strength of the posterior, the precision of mu in units of tau; "mean-field": the
        precision of q(mu) itself.
    shape_, rate_ : ndarray of shape (n_features,)
        Of the Gamma distribution of tau.
    log_evidence_ : float
        Logarithm of the marginal likelihood of all data in nats, exact in both cases.
    lower_bound_ : float
        What the method has of it: the same, or the evidence lower bound.
    lower_bounds_ : ndarray of shape (n_iter,)
        The bound after each iteration.
    n_iter_ : int
        Iterations; 1 for "exact".
    converged_ : bool
        Whether `tol` has ended them.
    timings_ : dict of float
        Seconds per phase.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if X had any.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, sections 2.3.6 and 10.1.3.
    K. Murphy (2007), Conjugate Bayesian analysis of the Gaussian distribution, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import GaussianGamma
    >>> X = np.arange(1.0, 6.0)[:, np.newaxis]
    >>> exact = GaussianGamma().fit(X)
    >>> exact.mean_, exact.precision_.round(6), round(exact.log_evidence_, 6)
    (array([2.5]), array([0.358974]), -12.260034)
    >>> mean_field = GaussianGamma(learning_method="mean-field").fit(X)
    >>> mean_field.precision_.round(6), round(mean_field.lower_bound_, 6)
    (array([0.358974]), -12.329755)
    """

    _fitted_attribute = "_posterior"
    _state_types = (NormalGamma,)

    _posterior: NormalGamma

    def __init__(
        self,
        mean_prior: Any = 0.0,
        mean_precision_prior: Any = 1.0,
        shape_prior: Any = 1.0,
        rate_prior: Any = 1.0,
        *,
        learning_method: str = "exact",
        tol: float = 1e-10,
        max_iter: int = 100,
        callback: Callable[[FitState], Any] | None = None,
        progress: bool = False,
    ) -> None:
        self.mean_prior = mean_prior
        self.mean_precision_prior = mean_precision_prior
        self.shape_prior = shape_prior
        self.rate_prior = rate_prior
        self.learning_method = learning_method
        self.tol = tol
        self.max_iter = max_iter
        self.callback = callback
        self.progress = progress

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Observations.
        y : object
            Ignored.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or `X` is not as described. The estimator is then as it was.
        """
        begin = time.perf_counter()
        rows = check_rows(X, "GaussianGamma.fit", dtype=np.float64)
        names = names_of(X)
        method = check.check_choice(
            "learning_method", self.learning_method, ("exact", "mean-field")
        )
        tol = check.check_real("tol", self.tol, 0.0)
        max_iter = check.check_integer("max_iter", self.max_iter, 1)
        origin = rows.mean(axis=0)  # near which sums of squares keep their digits
        prior = self._prior(rows.shape[1], origin)
        gaps = _aligned.empty(rows.shape, np.float64)  # its memory is used again by the next fit
        np.subtract(rows, origin, out=gaps)
        stats = NormalSums.of(gaps)
        posterior = Normal.posterior(prior, stats.sums, stats.number)
        evidence = float((_log_likelihood(stats, posterior) - posterior.kl(prior)).sum())
        monitor = Monitor(1)
        strength, fitted = posterior.strength, posterior
        if method == "mean-field":
            rule = _PrecisionRule(tol)
            monitor = Monitor(
                max_iter, stop=rule.stop, score=rule.score, callback=self.callback,
                progress=self.progress,
            )  # fmt: skip
            q = cavi(GaussianGammaModel(prior), [gaps], monitor)
            strength = 1.0 / q.mean.variance
            fitted = NormalGamma(q.mean.mean, strength, q.precision.shape, q.precision.rate)
        exact = method == "exact"
        self._posterior = NormalGamma(
            posterior.mean + origin, posterior.strength, posterior.shape, posterior.rate
        )
        self.mean_, self.precision_ = fitted.mean + origin, fitted.shape / fitted.rate
        self.mean_precision_, self.shape_, self.rate_ = strength, fitted.shape, fitted.rate
        self.log_evidence_ = evidence
        self.lower_bounds_ = np.array([evidence] if exact else monitor.lower_bounds)
        self.lower_bound_, self.n_iter_ = float(self.lower_bounds_[-1]), len(self.lower_bounds_)
        self.converged_ = exact or monitor.converged
        self.timings_ = monitor.timings | {"total": time.perf_counter() - begin}
        self.n_features_in_ = rows.shape[1]
        vars(self).pop("feature_names_in_", None)
        if names is not None:
            self.feature_names_in_ = names
        return self

    def _prior(self, n_features: int, origin: Array) -> NormalGamma:
        """Of the means relative to the origin, which has all features."""
        mean = check.real_array("mean_prior", self.mean_prior)
        if mean.shape not in ((), (n_features,)):
            raise ValueError(
                f"Expected mean_prior to be a number or an array of shape ({n_features},), "
                f"got mean_prior.shape={mean.shape}."
            )
        if not np.isfinite(mean).all():
            raise ValueError(f"Expected mean_prior to be finite, got mean_prior={mean}.")
        others = (
            check.check_prior(name, getattr(self, name), 1.0, ((n_features,),))
            for name in ("mean_precision_prior", "shape_prior", "rate_prior")
        )
        return NormalGamma(mean - origin, *others)

    def score_samples(self, X: Any) -> Array:
        """Log density of each row given the data of fit, in nats.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Of Student's t distributions, which the exact posterior predicts; with both methods.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError, TypeError
            If `X` is not as described.
        """
        self._check_is_fitted()
        check_feature_names(self, X)
        rows = check_rows(
            X, "GaussianGamma.score_samples", dtype=np.float64, n_features=self.n_features_in_
        )
        density: Array = Normal.predictive(self._posterior).log_prob(rows).sum(axis=1)
        return density

    def score(self, X: Any, y: Any = None) -> float:
        """Mean of :meth:`score_samples`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : object
            Ignored.

        Returns
        -------
        float
            In nats per row.
        """
        return float(self.score_samples(X).mean())


class _PrecisionRule:
    """Converged when E[tau] no longer moves: the bound is flat there and says it too early."""

    def __init__(self, tol: float) -> None:
        self._tol = tol
        self._before: Array | None = None

    def score(self, q: MeanAndPrecision) -> float:
        """Minus the largest relative change since the last call."""
        before, now = self._before, q.expected_precision
        self._before = now
        return -np.inf if before is None else -float(np.abs(now / before - 1.0).max())

    def stop(self, state: FitState) -> bool:
        """Whether the last one was small."""
        return state.score is not None and -state.score <= self._tol


def _log_likelihood(stats: NormalSums, q: NormalGamma) -> Array:
    """E[log p(rows | mean, precision)] of each column under q, of rows about their own means.

    Less the divergence of the posterior from the prior this is the log evidence, of which the
    difference of their log partition functions leaves few digits where the prior is strong.
    """
    sums, squares = stats.sums[..., 0], stats.sums[..., 1]
    squares = squares - q.mean * (2.0 * sums - stats.number * q.mean)
    distance = squares * (q.shape / q.rate) + stats.number / q.strength
    log_precision = digamma(q.shape) - np.log(q.rate)
    expected: Array = 0.5 * (stats.number * (log_precision - np.log(2.0 * np.pi)) - distance)
    return expected
