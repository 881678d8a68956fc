"""Stochastic variational inference."""

from __future__ import annotations

from typing import Any, Literal

from fastvb.inference._protocol import Minibatches, Model
from fastvb.inference._stochastic import Run, StochasticStep
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.monitor import Monitor
from fastvb.inference.schedule import Schedule

__all__ = ["svi", "svi_step"]


def svi(
    model: Model,
    minibatches: Minibatches,
    monitor: Monitor,
    *,
    schedule: Schedule,
    seed: int = 0,
    rng: Any = None,
    globals_: Any = None,
    n_total: float | None = None,
    n_updates: int = 0,
    bound: Literal["epoch"] | None = "epoch",
    checkpoint: Checkpoint | None = None,
) -> Any:
    """Blend the globals, after each mini-batch, towards those that suit it best.

    A mini-batch stands for all of the data: its statistics are scaled by the number of observations
    in all divided by its own, also where the last one is short. A step of length rho_t towards
    their global step is a step along the natural gradient, which is right on average.

    Parameters
    ----------
    model : Model
        The model; it must have `blend`.
    minibatches : Minibatches
        The data; each iteration of the `monitor` is an epoch.
    monitor : Monitor
        Decides when to stop; holds the trace afterwards.
    schedule : Schedule
        Lengths of the steps: `RobbinsMonro`, say.
    seed : int
        Local steps draw by a generator of (seed, number of the update).
    rng : RandomState or Generator or None
        Passed to the model's start.
    globals_ : object or None
        Where to start (it may be overwritten); None lets the model choose.
    n_total : float or None
        Observations in all of the data; None takes it from `minibatches`.
    n_updates : int
        Updates done before, which the schedule goes on from.
    bound : {"epoch", None}
        Whether to estimate the ELBO after each epoch: the local parts at the globals that its
        mini-batches met, scaled to `n_total`, and the global part at the end. An estimate, which
        may fall, and lags where the globals move fast. Its global part costs as much as the globals
        are large. With None the trace holds nan.
    checkpoint : Checkpoint or None
        Where to save the state; it counts mini-batches.

    Returns
    -------
    object
        The globals of the last update.

    Raises
    ------
    TypeError
        If the model lacks a function.
    ValueError
        If `n_total` is not known, there is no mini-batch or an empty one, another parameter is not
        as described, or the checkpoint is of another fit.
    FloatingPointError
        If the estimate is not finite after an epoch.

    References
    ----------
    M. Hoffman, D. Blei, C. Wang, J. Paisley (2013), Stochastic variational inference, JMLR 14,
    figure 4.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import Monitor, RobbinsMonro, svi
    >>> from fastvb.models import LDAModel, MatrixMinibatches
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> minibatches, monitor = MatrixMinibatches(X, 2, seed=0), Monitor(max_iter=20)
    >>> schedule, rng = RobbinsMonro(decay=0.7, offset=1), np.random.default_rng(0)
    >>> topics = svi(model, minibatches, monitor, schedule=schedule, rng=rng)
    >>> monitor.lower_bounds[0] < monitor.lower_bounds[-1]
    True
    """
    step = StochasticStep("svi", model)
    run = Run(
        step, minibatches, monitor, schedule=schedule, seed=seed, n_total=n_total,
        n_updates=n_updates, rng=rng, bound=bound, checkpoint=checkpoint,
    )  # fmt: skip
    return run(globals_)


def svi_step(
    model: Model, batch: Any, globals_: Any, *, rate: float, n_total: float, rng: Any = None
) -> Any:
    """Make one update of :func:`svi`.

    Parameters
    ----------
    model : Model
        The model; it must have `blend`.
    batch : object
        A mini-batch.
    globals_ : object
        Before the update; may be overwritten.
    rate : float
        Length of the step, in (0, 1].
    n_total : float
        Observations that the mini-batch stands for.
    rng : Generator or None
        Passed to the local step; :func:`svi` passes ``generator(seed, STEPS, t)`` of
        ``fastvb.inference.draws``.

    Returns
    -------
    object
        The globals after it.

    Raises
    ------
    TypeError
        If the model lacks a function.
    ValueError
        If the mini-batch is empty.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import svi_step
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> topics = model.init_globals(None, np.random.default_rng(0))
    >>> for t in range(1, 5):
    ...     batch = DocumentBatch(X[t - 1 : t])
    ...     topics = svi_step(model, batch, topics, rate=1 / t, n_total=4)
    >>> topics.topic_word.shape
    (2, 4)
    """
    return StochasticStep("svi_step", model)(batch, globals_, rate, n_total, rng)
