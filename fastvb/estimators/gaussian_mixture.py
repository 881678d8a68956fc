"""scikit-learn's face of Gaussian mixtures by expectation maximisation."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._gaussian import GaussianEstimator
from fastvb.estimators._gaussian_attributes import covariances_of_precisions, with_covariances
from fastvb.estimators._kmeans import Rows
from fastvb.estimators._mixture_start import first_statistics
from fastvb.estimators._point_mixture import PointMixture
from fastvb.inference import FitState
from fastvb.models import Mixture, Observations, PointGaussians
from fastvb.models.mixture import MixtureGlobals, MixtureStats

__all__ = ["GaussianMixture"]

Array = NDArray[np.float64]

_PRIORS = ("mean_precision_prior", "mean_prior", "degrees_of_freedom_prior", "covariance_prior")


class GaussianMixture(PointMixture, GaussianEstimator):
    """Mixture of Gaussians by expectation maximisation.

    Parameters
    ----------
    n_components : int
        Number of components.
    covariance_type : {"full", "tied", "diag", "spherical"}
        Whether each component has a covariance matrix, all share one, each has a variance for each
        feature, or a single one.
    tol : float
        Stop when an iteration changes the mean log-likelihood per row by less than this.
    reg_covar : float
        Added to all variances in each iteration.
    max_iter : int
        Iterations at most; with 0, the start is the result.
    n_init : int
        Starts, of which the fit with the highest bound is kept.
    init_params : {"kmeans", "k-means++", "random_from_data", "random"}
        Start by k-means; by the nearest row of its greedy seeding, or of rows that are drawn by
        chance; or by responsibilities that are drawn by chance, with the same int as
        `random_state` those of scikit-learn.
    weights_init : array-like of shape (n_components,), optional
        Weights to start from.
    means_init : array-like of shape (n_components, n_features), optional
        Means to start from.
    precisions_init : array-like, optional
        Inverse covariances to start from, in the shape of ``precisions_``.
    random_state : int, RandomState, Generator or None
        Source of the starts.
    warm_start : bool
        Let `fit` go on from the last fit, where there is one of this shape.
    verbose : int
        If positive, as `progress`.
    verbose_interval : int
        Without effect: progress is a bar.
    prior : {None, "fraley-raftery"}
        None: maximum likelihood. "fraley-raftery": the most probable means and covariances under a
        Normal-Wishart prior, which keeps components from collapsing; the next four are its
        parameters.
    mean_precision_prior : float, optional
        Rows that the prior of a mean counts as, 0.01 by default.
    mean_prior : array-like of shape (n_features,), optional
        Where means are expected, by default at the mean of the data.
    degrees_of_freedom_prior : float, optional
        Rows that the prior of a covariance counts as, above n_features - 1; n_features + 2 by
        default.
    covariance_prior : float or array-like, optional
        Scatter of these rows, of shape (n_features, n_features) for "full" and "tied",
        (n_features,) for "diag", a number for "spherical"; by default the covariance of the data
        over ``n_components ** (2 / n_features)``.
    weight_concentration_prior : float, optional
        At least 1: the weights are then the most probable ones under a symmetric Dirichlet prior.
    learning_method : {"batch", "online", "memoized"}
        All rows in each iteration; stochastic steps on mini-batches in random order (stepwise EM);
        or an update after each batch, by replacing its statistics (incremental EM).
    accelerate : bool
        Go beyond updates in their direction, with momentum, where that is no worse: of slow fits
        far fewer passes over the rows will do. For "batch"; which of several optima is found may
        differ. The change must be below `tol` twice in a row, so not before the second iteration.
    learning_decay, learning_offset : float
        Step t of "online" and of :meth:`partial_fit` has the length
        ``(learning_offset + t) ** -learning_decay``.
    batch_size : int
        Rows in a mini-batch.
    total_samples : float or None
        Rows that mini-batches stand for, which matters where there is a prior; None for those of
        `X`, in :meth:`partial_fit` for those seen so far.
    n_jobs : int or None
        Threads; None follows :func:`fastvb.set_num_threads`, -1 means all CPUs. The result does not
        depend on it, bit for bit.
    callback : callable, optional
        Called with a :class:`fastvb.inference.FitState` after each iteration; its bound is that of
        all rows together.
    progress : bool
        Show a tqdm bar.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Weights of the components.
    means_ : ndarray of shape (n_components, n_features)
        Means.
    covariances_, precisions_ : ndarray
        Covariances and their inverses, of shape (n_components, n_features, n_features) for "full",
        (n_features, n_features) for "tied", (n_components, n_features) for "diag", (n_components,)
        for "spherical".
    precisions_cholesky_ : ndarray
        Upper triangular P with P P^T = precision; of variances, inverse standard deviations.
    lower_bound_ : float
        Mean log-likelihood per row before the last update; with a prior, the log density of the
        prior over the number of rows is part of it.
    lower_bounds_ : ndarray of shape (n_iter,)
        The same before each update. With "online" estimates; with "memoized" lower bounds.
    n_iter_ : int
        Iterations of the best start.
    converged_ : bool
        Whether `tol` ended it.
    n_samples_seen_ : int
        Rows of `fit`, or of all calls of :meth:`partial_fit`.
    n_batch_iter_ : int
        1 + updates.
    timings_ : dict
        Seconds per phase: "start" (all starts), and of the best "local", "global" and "total".
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Column names, where X was a data frame.

    Notes
    -----
    From the same start, the results are scikit-learn's. What differs: "k-means++" and
    "random_from_data" assign all rows to the nearest seed, where scikit-learn starts from
    covariances of one row each; a fit that does not converge says so in ``converged_`` alone; and a
    component that loses its rows, or the variance of its rows, is kept at the least variance that
    is more than rounding and named in a warning, where scikit-learn fails.

    References
    ----------
    A. Dempster, N. Laird, D. Rubin (1977), Maximum likelihood from incomplete data via the EM
    algorithm, JRSS B 39.
    C. Fraley, A. Raftery (2007), Bayesian regularization for normal mixture estimation and
    model-based clustering, Journal of Classification 24.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import GaussianMixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> gm = GaussianMixture(2, random_state=0).fit(X)
    >>> gm.means_[gm.means_[:, 0].argsort()]
    array([[ 1.,  2.],
           [10.,  2.]])
    >>> one, other = gm.predict([[0, 0], [12, 3]])
    >>> bool(one != other)
    True
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        prior: str | None = None,
        mean_precision_prior: float | None = None,
        mean_prior: Any = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: Any = None,
        weight_concentration_prior: float | None = None,
        learning_method: str = "batch",
        accelerate: bool = False,
        learning_decay: float = 0.7,
        learning_offset: float = 10.0,
        batch_size: int = 1024,
        total_samples: float | None = None,
        n_jobs: int | None = None,
        callback: Callable[[FitState], Any] | None = None,
        progress: bool = False,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.prior = prior
        self.mean_precision_prior = mean_precision_prior
        self.mean_prior = mean_prior
        self.degrees_of_freedom_prior = degrees_of_freedom_prior
        self.covariance_prior = covariance_prior
        self.weight_concentration_prior = weight_concentration_prior
        self.learning_method = learning_method
        self.accelerate = accelerate
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset
        self.batch_size = batch_size
        self.total_samples = total_samples
        self.n_jobs = n_jobs
        self.callback = callback
        self.progress = progress

    def _n_parameters(self) -> int:
        """Free ones."""
        model = self._model
        n_components, n_features = model.n_components, model.components.n_features
        of_covariances = {
            "full": n_components * n_features * (n_features + 1) // 2,
            "tied": n_features * (n_features + 1) // 2,
            "diag": n_components * n_features,
            "spherical": n_components,
        }[model.components.form.name]
        return int(of_covariances + n_components * n_features) + super()._n_parameters()

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.prior is not None:
            check.check_choice("prior", self.prior, ("fraley-raftery",))
        else:
            for name in _PRIORS:
                if getattr(self, name) is not None:
                    raise ValueError(
                        f"Expected prior='fraley-raftery' with a {name}, got prior=None."
                    )

    def _has_prior(self) -> bool:
        return self.prior is not None or super()._has_prior()

    def _new_model(self, batch: Observations, rows: Rows) -> Mixture:
        n_components, n_features = self.n_components, rows.n_features
        origin = rows.origin.astype(np.float64)
        if self.prior is None:
            components = PointGaussians.most_likely(
                self.covariance_type, n_components, origin, self.reg_covar
            )
        else:
            wishart = self._normal_wishart(
                batch, origin, 0.01, n_features + 2.0, n_components ** (-2 / n_features)
            )
            components = PointGaussians.most_probable(wishart, self.reg_covar)
        return Mixture(self._weights(batch), components, self.n_jobs)

    def _start(
        self, model: Any, batch: Observations, rows: Rows, rng: Any, factor: float = 1.0
    ) -> MixtureGlobals:
        """As ever, but what the user gives is taken."""
        n_components, n_features = self.n_components, model.components.n_features
        n_total = rows.n_total * factor
        given = (self.weights_init, self.means_init, self.precisions_init)
        if all(value is not None for value in given):
            shares = np.full(n_components, n_total / n_components)
            zeros = np.zeros((n_components, n_features))
            form = model.components.form
            squares = np.zeros(form.shape(n_components, n_features))
            stats = MixtureStats(shares, form.packed(zeros, squares))
        else:
            stats = first_statistics(model, batch, rows, self.init_params, rng).scale(factor)
        globals_ = self._with_weights(model, model.global_step(stats, None), n_total)
        q = globals_.components
        if self.means_init is not None:
            means = check.real_array("means_init", self.means_init)
            if means.shape != (n_components, n_features) or not np.isfinite(means).all():
                raise ValueError(
                    f"Expected means_init to be finite of shape ({n_components}, {n_features}), "
                    f"got means_init.shape={means.shape}."
                )
            q = replace(q, means=means - model.components.origin)
        if self.precisions_init is not None:
            covariances = covariances_of_precisions(
                "precisions_init", self.precisions_init, self.covariance_type, n_components,
                n_features,
            )  # fmt: skip
            q = with_covariances(model.components, q, covariances)
        return replace(globals_, components=q)

    def _keep_components(self) -> None:
        super()._keep_components()
        gaussians = self._model.components.gaussians(self._globals.components)
        if not gaussians.singular.any():
            return
        which = np.flatnonzero(gaussians.singular).tolist()
        what = (
            "the covariance of all components"
            if self.covariance_type == "tied"
            else (f"component(s) {which}")
        )
        warnings.warn(
            f"Expected rows of every component that vary in all directions, but {what} of this "
            "fit had too few: variances were raised to the least that is more than rounding. Use "
            "fewer components, a larger reg_covar, or prior='fraley-raftery'.",
            UserWarning,
            stacklevel=5,
        )

    def _draw(self, n_samples: int, rng: Any) -> tuple[Array, NDArray[np.int64]]:
        components, view = self._model.components, self._model.expect(self._globals).components
        weights = self._model.weights.mean(self._globals.weights)
        labels = np.repeat(np.arange(len(weights)), rng.multinomial(n_samples, weights))
        noise = rng.standard_normal((n_samples, components.n_features))
        rows = np.empty_like(noise)
        for k in range(len(weights)):
            own, root = labels == k, view.root[0 if components.form.shared else k]
            rows[own] = components.form.apply_inverse(root[np.newaxis], noise[own])
        return rows + view.means[labels] + components.origin, labels
