"""scikit-learn's face of Gaussian mixtures by variational Bayes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fastvb.estimators._bayesian_mixture import BayesianMixture
from fastvb.estimators._gaussian import GaussianEstimator
from fastvb.estimators._kmeans import Rows
from fastvb.inference import FitState
from fastvb.models import Mixture, NormalWishart, Observations

__all__ = ["BayesianGaussianMixture"]


class BayesianGaussianMixture(BayesianMixture, GaussianEstimator):
    """Mixture of Gaussians by variational Bayes, exact for all covariance types.

    Components that the data do not need are left without data, so `n_components` is an upper bound.

    Parameters
    ----------
    n_components : int
        Number of components; of a Dirichlet process, where it is truncated.
    covariance_type : {"full", "tied", "diag", "spherical"}
        Whether each component has a precision matrix under a Wishart distribution, all share one,
        each has a precision for each feature under a Gamma distribution, or a single one.
    tol : float
        Stop when an iteration changes the ELBO, in nats of all rows, by less than this.
    reg_covar : float
        Added to the variances that the prior expects: a part of the prior.
    max_iter : int
        Iterations at most; with 0, the start is the result.
    n_init : int
        Starts, of which the fit with the highest ELBO is kept.
    init_params : {"kmeans", "k-means++", "random_from_data", "random"}
        As in :class:`GaussianMixture`.
    weight_concentration_prior_type : {"dirichlet_process", "dirichlet_distribution"}
        Prior of the weights: stick-breaking, with the components in the best order on the sticks,
        or symmetric.
    weight_concentration_prior : float, optional
        alpha of the Dirichlet process, or the parameter of each component of the Dirichlet
        distribution; 1 / n_components by default.
    mean_precision_prior : float, optional
        Rows that the prior of a mean counts as; 1 by default.
    mean_prior : array-like of shape (n_features,), optional
        Where means are expected, by default at the mean of the data.
    degrees_of_freedom_prior : float, optional
        Of the Wishart distribution of a precision matrix, above n_features - 1; n_features by
        default.
    covariance_prior : float or array-like, optional
        Inverse of its scale matrix, of shape (n_features, n_features) for "full" and "tied",
        (n_features,) for "diag", a number for "spherical"; by default the covariance of the data.
        The precisions of "diag" and "spherical" have the distribution of one diagonal element:
        Gamma((degrees_of_freedom_prior - n_features + 1) / 2, covariance_prior / 2).
    random_state : int, RandomState, Generator or None
        Source of the starts.
    warm_start : bool
        Let `fit` go on from the last fit, where there is one of this shape.
    verbose : int
        If positive, as `progress`.
    verbose_interval : int
        Without effect: progress is a bar.
    concentration_prior : tuple of two floats, optional
        Shape and rate of a Gamma prior of alpha, which is then learned, from
        `weight_concentration_prior` on.
    learning_method : {"batch", "online", "memoized"}
        Coordinate ascent over all rows; stochastic steps on mini-batches in random order; or an
        update after each batch, by replacing its statistics, with the exact ELBO.
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
        Rows that mini-batches stand for; None for those of `X`, in :meth:`partial_fit` for those
        seen so far.
    n_jobs : int or None
        Threads; None follows :func:`fastvb.set_num_threads`, -1 means all CPUs. The result does not
        depend on it, bit for bit.
    callback : callable, optional
        Called with a :class:`fastvb.inference.FitState` after each iteration.
    progress : bool
        Show a tqdm bar.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Expected weights of the components.
    means_ : ndarray of shape (n_components, n_features)
        Expected means.
    covariances_ : ndarray
        Inverses of the expected precisions; the shapes are those of :class:`GaussianMixture`.
    precisions_, precisions_cholesky_ : ndarray
        Expected precisions, and upper triangular P with P P^T = precision.
    weight_concentration_ : ndarray of shape (n_components,) or tuple of two
        Parameters of the Dirichlet posterior, or of the Beta posteriors of the sticks, by
        component; the last stick takes all that is left, so its second parameter is 0.
    concentration_ : float
        Expected alpha of the Dirichlet process.
    mean_precision_ : ndarray of shape (n_components,)
        Rows that the posterior of a mean counts as.
    degrees_of_freedom_ : ndarray of shape (n_components,)
        Of the posteriors of the precisions, counted as `degrees_of_freedom_prior`; shape (1,) for
        "tied".
    weight_concentration_prior_, mean_precision_prior_, mean_prior_, degrees_of_freedom_prior_, \
covariance_prior_ : float or ndarray
        The priors in use.
    lower_bound_ : float
        ELBO in nats, complete with all constants, so that it can be compared between numbers of
        components, priors and covariance types. "online": an estimate.
    lower_bounds_ : ndarray of shape (n_iter,)
        ELBO after each iteration.
    n_iter_ : int
        Iterations of the best start.
    converged_ : bool
        Whether `tol` ended it.
    n_samples_seen_ : int
        Rows of `fit`, or of all calls of :meth:`partial_fit`.
    n_batch_iter_ : int
        1 + updates.
    timings_ : dict
        Seconds per phase: "start" (all starts), and of the best "local", "global", "bound" and
        "total".
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Column names, where X was a data frame.

    Notes
    -----
    With "full", a Dirichlet distribution and ``reg_covar=0`` the posterior is scikit-learn's.
    Otherwise it is not: there, the updates of the other covariance types are not those of the
    model, `reg_covar` (1e-6 by default) is added where it makes the bound fall, the last stick
    leaves a part of the weights to no component, and the components keep the sticks of the
    start. ``lower_bound_`` lacks constants there, and ``score_samples`` is the logarithm of what
    does not integrate to 1; here it is the predictive density, a mixture of Student's t
    distributions, from which :meth:`sample` draws, too.

    References
    ----------
    Christopher Bishop (2006), Pattern Recognition and Machine Learning, section 10.2.
    David Blei, Michael Jordan (2006), Variational inference for Dirichlet process mixtures,
    Bayesian Analysis 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import BayesianGaussianMixture
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(-3, 1, (200, 2)), rng.normal(3, 1, (200, 2))])
    >>> bgm = BayesianGaussianMixture(n_components=6, max_iter=500, random_state=0).fit(X)
    >>> int((bgm.weights_ > 0.01).sum())
    2
    """

    def __init__(
        self,
        *,
        n_components: int = 1,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 0.0,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weight_concentration_prior_type: str = "dirichlet_process",
        weight_concentration_prior: float | None = None,
        mean_precision_prior: float | None = None,
        mean_prior: Any = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        concentration_prior: Any = None,
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
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.weight_concentration_prior = weight_concentration_prior
        self.mean_precision_prior = mean_precision_prior
        self.mean_prior = mean_prior
        self.degrees_of_freedom_prior = degrees_of_freedom_prior
        self.covariance_prior = covariance_prior
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.concentration_prior = concentration_prior
        self.learning_method = learning_method
        self.accelerate = accelerate
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset
        self.batch_size = batch_size
        self.total_samples = total_samples
        self.n_jobs = n_jobs
        self.callback = callback
        self.progress = progress

    def _new_model(self, batch: Observations, rows: Rows) -> Mixture:
        origin = rows.origin.astype(np.float64)
        components = self._normal_wishart(batch, origin, 1.0, float(len(origin)), 1.0)
        if self.reg_covar > 0:
            prior = components.prior
            scatter = prior.scatter.copy()
            components.form.diagonals(scatter)[...] += self.reg_covar * prior.dof[:, np.newaxis]
            components = NormalWishart(replace(prior, scatter=scatter), origin)
        return Mixture(self._weights(batch), components, self.n_jobs)

    def _keep_components(self) -> None:
        super()._keep_components()
        components, q = self._model.components, self._globals.components
        prior, n_features = components.prior, components.n_features
        beyond = n_features - components.form.wishart_size(n_features)[1]
        self.mean_precision_ = q.strength
        self.degrees_of_freedom_ = q.dof + beyond
        self.mean_precision_prior_ = float(prior.strength[0])
        self.mean_prior_ = components.origin + prior.means[0]
        self.degrees_of_freedom_prior_ = float(prior.dof[0] + beyond)
        scatter = prior.scatter[0]
        self.covariance_prior_ = (
            float(scatter[0]) if components.form.name == "spherical" else scatter
        )
