"""Mixtures of Bernoullis by expectation maximisation, with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._bernoulli import BernoulliEstimator
from fastvb.estimators._kmeans import Rows
from fastvb.estimators._point_mixture import PointMixture
from fastvb.inference import FitState
from fastvb.models import Mixture, Observations, PointBernoullis
from fastvb.models._bernoulli_components import BetaCounts
from fastvb.models.mixture import MixtureGlobals, MixtureStats

__all__ = ["BernoulliMixture"]

Array = NDArray[np.float64]


class BernoulliMixture(PointMixture, BernoulliEstimator):
    """Mixture of Bernoullis by expectation maximisation (latent class analysis of binary data).

    Rows are zeros and ones, independent of each other given the component of the row: an array in
    which NaN stands for what is not known, or a sparse matrix in which what is absent is 0.

    Parameters
    ----------
    n_components : int
        Number of components.
    tol : float
        Stop when an iteration changes the mean log-likelihood per row by less than this.
    max_iter : int
        Iterations at most; with 0, the start is the result.
    n_init : int
        Starts, of which the fit with the highest bound is kept.
    init_params : {"kmeans", "k-means++", "random_from_data", "random"}
        Start by k-means; by the nearest row of its greedy seeding, or of rows that are drawn by
        chance; or by responsibilities that are drawn by chance. A tenth of each cluster is made
        like all rows together, so that nothing is impossible at the start.
    weights_init : array-like of shape (n_components,), optional
        Weights to start from.
    probabilities_init : array-like of shape (n_components, n_features), optional
        Probabilities to start from.
    random_state : int, RandomState, Generator or None
        Source of the starts.
    warm_start : bool
        Let `fit` go on from the last fit, where there is one of this shape.
    verbose : int
        If positive, as `progress`.
    binarize : float, optional
        Numbers above it are ones, others zeros; of sparse matrices, numbers that are not negative.
        None refuses what is neither 0 nor 1.
    probability_prior : tuple of two floats, optional
        Parameters of Beta priors for ones and zeros, at least 1: the probabilities are then the
        most probable ones. ``(1 + a, 1 + b)`` adds a ones and b zeros to those of each component.
    weight_concentration_prior : float, optional
        At least 1: the weights are then the most probable ones under a symmetric Dirichlet prior.
    learning_method : {"batch", "online", "memoized"}
        All rows in each iteration; stochastic steps on mini-batches in random order (stepwise EM);
        or an update after each batch, by replacing its statistics (incremental EM).
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
    probabilities_ : ndarray of shape (n_components, n_features)
        Probabilities of ones.
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
    A value that no row of a component has is impossible in it, and a new row with such a value in
    every component has a log probability of several hundred nats below others. A
    `probability_prior` such as ``(1.1, 1.1)`` avoids that.

    References
    ----------
    A. Dempster, N. Laird, D. Rubin (1977), Maximum likelihood from incomplete data via the EM
    algorithm, JRSS B 39.
    C. Bishop (2006), Pattern Recognition and Machine Learning, section 9.3.3.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import BernoulliMixture
    >>> X = [[1, 1, 0], [1, 1, 0], [1, np.nan, 0], [0, 0, 1], [0, 0, 1], [0, 1, 1]]
    >>> bm = BernoulliMixture(2, random_state=0).fit(X)
    >>> bm.probabilities_[bm.weights_.argsort(), 2].round(3).tolist() in ([0.0, 1.0], [1.0, 0.0])
    True
    >>> one, other = bm.predict([[1, np.nan, np.nan], [0, 0, np.nan]])
    >>> bool(one != other)
    True
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        tol: float = 1e-3,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        probabilities_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        binarize: float | None = None,
        probability_prior: tuple[float, float] | None = None,
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
        self.tol = tol
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.probabilities_init = probabilities_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.binarize = binarize
        self.probability_prior = probability_prior
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

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.probability_prior is None:
            return
        for name, value in zip(("ones", "zeros"), self._pair(), strict=True):
            check.check_real(f"probability_prior of {name}", value, 1.0)

    def _has_prior(self) -> bool:
        return self.probability_prior is not None or super()._has_prior()

    def _new_model(self, batch: Observations, rows: Rows) -> Mixture:
        prior = None if self.probability_prior is None else self._pair()
        components = PointBernoullis.of(self.n_components, rows.n_features, prior)
        return Mixture(self._weights(batch), components, self.n_jobs)

    def _start(
        self, model: Any, batch: Observations, rows: Rows, rng: Any, factor: float = 1.0
    ) -> MixtureGlobals:
        """As ever, but what the user gives is taken."""
        n_total, given = rows.n_total * factor, self.probabilities_init
        if given is None:
            stats = self._first_statistics(model, batch, rows, rng).scale(factor)
            return self._with_weights(model, model.global_step(stats, None), n_total)
        p = check.real_array("probabilities_init", given)
        if p.shape != (self.n_components, rows.n_features):
            raise ValueError(
                "Expected probabilities_init to have shape "
                f"({self.n_components}, {rows.n_features}), got probabilities_init.shape={p.shape}."
            )
        if not ((p >= 0) & (p <= 1)).all():
            raise ValueError(
                "Expected probabilities_init to be from 0 to 1, got "
                f"probabilities_init.min()={p.min():g}, probabilities_init.max()={p.max():g}."
            )
        shares = np.full(self.n_components, n_total / self.n_components)
        share, nothing = shares[0], np.zeros_like(p)
        globals_ = model.global_step(MixtureStats(shares, (nothing, nothing)), None)
        globals_ = self._with_weights(model, globals_, n_total)
        return replace(globals_, components=BetaCounts(share * p, share * (1 - p), shares))

    def _n_parameters(self) -> int:
        return int(self.probabilities_.size) + super()._n_parameters()

    def _draw(self, n_samples: int, rng: Any) -> tuple[Array, NDArray[np.int64]]:
        rows, labels = self._model.predictive(self._globals).sample(n_samples, rng)
        return rows, labels
