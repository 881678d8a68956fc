"""Mixtures of Bernoullis by variational Bayes, with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._bayesian_mixture import BayesianMixture
from fastvb.estimators._bernoulli import BernoulliEstimator
from fastvb.estimators._kmeans import Rows
from fastvb.inference import FitState
from fastvb.models import BetaBernoullis, Mixture, Observations

__all__ = ["BayesianBernoulliMixture"]

Array = NDArray[np.float64]


class BayesianBernoulliMixture(BayesianMixture, BernoulliEstimator):
    """Mixture of Bernoullis by variational Bayes.

    Rows are zeros and ones, independent of each other given the component of the row: an array in
    which NaN stands for what is not known, or a sparse matrix in which what is absent is 0.
    Components that the data do not need are left without data, so `n_components` is an upper bound.

    Parameters
    ----------
    n_components : int
        Number of components; of a Dirichlet process, where it is truncated.
    tol : float
        Stop when an iteration changes the ELBO, in nats of all rows, by less than this.
    max_iter : int
        Iterations at most; with 0, the start is the result.
    n_init : int
        Starts, of which the fit with the highest ELBO is kept.
    init_params : {"kmeans", "k-means++", "random_from_data", "random"}
        As in :class:`BernoulliMixture`.
    weight_concentration_prior_type : {"dirichlet_process", "dirichlet_distribution"}
        Prior of the weights: stick-breaking, with the components in the best order on the sticks,
        or symmetric.
    weight_concentration_prior : float, optional
        alpha of the Dirichlet process, or the parameter of each component of the Dirichlet
        distribution; 1 / n_components by default.
    probability_prior : tuple of two floats or arrays of shape (n_features,)
        Positive parameters of the Beta priors of the probabilities, for ones and zeros; all
        probabilities are as likely by default.
    random_state : int, RandomState, Generator or None
        Source of the starts.
    warm_start : bool
        Let `fit` go on from the last fit, where there is one of this shape.
    verbose : int
        If positive, as `progress`.
    binarize : float, optional
        Numbers above it are ones, others zeros; of sparse matrices, numbers that are not negative.
        None refuses what is neither 0 nor 1.
    concentration_prior : tuple of two floats, optional
        Shape and rate of a Gamma prior of alpha, which is then learned, from
        `weight_concentration_prior` on.
    learning_method : {"batch", "online", "memoized"}
        Coordinate ascent over all rows; stochastic steps on mini-batches in random order; or an
        update after each batch, by replacing its statistics, with the exact ELBO.
    accelerate : bool
        Go beyond updates where that is no worse: of slow fits far fewer passes over the rows will
        do. For "batch"; which of several optima is found may differ. The change must be below `tol`
        twice in a row, so not before the second iteration.
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
    probabilities_ : ndarray of shape (n_components, n_features)
        Expected probabilities of ones.
    probability_posterior_ : tuple of two ndarrays of shape (n_components, n_features)
        Parameters of the Beta posteriors of the probabilities, for ones and zeros.
    probability_prior_ : tuple of two ndarrays of shape (n_features,)
        Those of the priors.
    weight_concentration_ : ndarray of shape (n_components,) or tuple of two
        Parameters of the Dirichlet posterior, or of the Beta posteriors of the sticks, by
        component; the last stick takes all that is left, so its second parameter is 0.
    weight_concentration_prior_ : float
        The prior in use.
    concentration_ : float
        Expected alpha of the Dirichlet process.
    lower_bound_ : float
        ELBO in nats, complete with all constants, so that it can be compared between numbers of
        components and priors. "online": an estimate.
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
    `score_samples`, `score` and `sample` are those of the predictive distribution given the
    posterior: a feature of a new row is a one with its expected probability, and what is NaN is
    summed out. `predict` and `predict_proba` are the responsibilities of the fit.

    References
    ----------
    Christopher Bishop (2006), Pattern Recognition and Machine Learning, sections 9.3.3 and 10.2.
    David Blei, Michael Jordan (2006), Variational inference for Dirichlet process mixtures,
    Bayesian Analysis 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import BayesianBernoulliMixture
    >>> rng = np.random.default_rng(0)
    >>> probabilities = np.repeat([[0.9, 0.1], [0.1, 0.9]], 200, axis=0).repeat(4, axis=1)
    >>> X = rng.random((400, 8)) < probabilities
    >>> bbm = BayesianBernoulliMixture(n_components=6, max_iter=500, random_state=0).fit(X)
    >>> int((bbm.weights_ > 0.01).sum())
    2
    """

    def __init__(
        self,
        *,
        n_components: int = 1,
        tol: float = 1e-3,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weight_concentration_prior_type: str = "dirichlet_process",
        weight_concentration_prior: float | None = None,
        probability_prior: tuple[Any, Any] = (1.0, 1.0),
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        binarize: float | None = None,
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
        self.tol = tol
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.weight_concentration_prior = weight_concentration_prior
        self.probability_prior = probability_prior
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.binarize = binarize
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
        prior = tuple(
            check.check_prior(f"probability_prior of {name}", value, 1.0, ((rows.n_features,),))
            for name, value in zip(("ones", "zeros"), self._pair(), strict=True)
        )
        components = BetaBernoullis.of(self.n_components, rows.n_features, (prior[0], prior[1]))
        return Mixture(self._weights(batch), components, self.n_jobs)

    def _keep_components(self) -> None:
        super()._keep_components()
        prior, q = self._model.components.prior, self._globals.components
        self.probability_prior_ = prior.ones[0], prior.zeros[0]
        self.probability_posterior_ = q.ones, q.zeros
