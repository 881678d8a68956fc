"""Structured stochastic variational inference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from fastvb._validation import check_integer
from fastvb.inference._protocol import Minibatches, Model, Sampled
from fastvb.inference._requirements import check_restartable, no_batch, require
from fastvb.inference._stochastic import Run, StochasticStep, bounded_step
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.draws import VALUES, check_seed, generator
from fastvb.inference.monitor import Monitor
from fastvb.inference.schedule import Schedule

__all__ = ["structured_bound", "structured_svi", "structured_svi_step"]


def structured_svi(
    model: Model,
    minibatches: Minibatches,
    monitor: Monitor,
    *,
    schedule: Schedule,
    full: bool = False,
    ramp: bool = False,
    seed: int = 0,
    rng: Any = None,
    globals_: Any = None,
    n_total: float | None = None,
    n_updates: int = 0,
    bound: Literal["epoch"] | None = "epoch",
    checkpoint: Checkpoint | None = None,
) -> Any:
    """Stochastic inference whose q(local) depends on the globals' value (SSVI-A, SSVI).

    As :func:`fastvb.inference.svi`, but each mini-batch's local step is given one draw from
    q(globals) in place of an expectation. This restores the dependence between locals and globals
    that mean field gives up, and makes local optima and hyperparameters matter less.

    Parameters
    ----------
    model : Model
        The model; it must have `blend` and `sample_view`, with `full` also `natural_stats`.
    minibatches : Minibatches
        The data; each iteration of the `monitor` is an epoch.
    monitor : Monitor
        Decides when to stop; holds the trace afterwards.
    schedule : Schedule
        Lengths of the steps: `RobbinsMonro`, say. The paper uses offset 0 and decay 0.75.
    full : bool
        Follow the whole gradient (SSVI): statistics are multiplied by the matrix V, whose mean is
        the identity. Without, they are not (SSVI-A), which is cheaper and about as good. V is
        noisy, so the whole gradient wants short steps from the start: a large offset.
    ramp : bool
        In the first epoch, scale to the number of observations seen so far instead of `n_total`.
        Then the first mini-batches count less, as in the paper.
    seed : int
        The draw of an update, and those of its local step, are by a generator of (seed, number of
        the update), so they depend on nothing else.
    rng : RandomState or Generator or None
        Passed to the model's start.
    globals_ : object or None
        Where to start (it may be overwritten); None lets the model choose.
    n_total : float or None
        Observations in all of the data; None takes it from `minibatches`.
    n_updates : int
        Updates done before, which the schedule and the draws go on from.
    bound : {"epoch", None}
        Whether to estimate the structured bound after each epoch, from the draws that its
        mini-batches met; noisy. :func:`structured_bound` says how noisy. With None the trace holds
        nan.
    checkpoint : Checkpoint or None
        Where to save the state; it counts mini-batches.

    Returns
    -------
    object
        The globals of the last update.

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As :func:`fastvb.inference.svi`.

    References
    ----------
    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS, algorithm 1.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import Monitor, RobbinsMonro, structured_svi
    >>> from fastvb.models import LDAModel, MatrixMinibatches
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> minibatches, monitor = MatrixMinibatches(X, 2, seed=0), Monitor(max_iter=20)
    >>> schedule, rng = RobbinsMonro(decay=0.75, offset=0), np.random.default_rng(0)
    >>> topics = structured_svi(model, minibatches, monitor, schedule=schedule, rng=rng)
    >>> len(monitor.lower_bounds)
    20
    """
    step = StochasticStep("structured_svi", model, sampled=True, corrected=full)
    run = Run(
        step, minibatches, monitor, schedule=schedule, seed=seed, n_total=n_total,
        n_updates=n_updates, rng=rng, bound=bound, checkpoint=checkpoint, ramp=ramp,
    )  # fmt: skip
    return run(globals_)


def structured_svi_step(
    model: Model,
    batch: Any,
    globals_: Any,
    *,
    rate: float,
    n_total: float,
    rng: Any,
    full: bool = False,
) -> Any:
    """Make one update of :func:`structured_svi`.

    Parameters
    ----------
    model : Model
        The model; it must have `blend` and `sample_view`, with `full` also `natural_stats`.
    batch : object
        A mini-batch.
    globals_ : object
        Before the update; may be overwritten.
    rate : float
        Length of the step, in (0, 1].
    n_total : float
        Observations that the mini-batch stands for.
    rng : Generator
        Of this update alone; :func:`structured_svi` passes ``generator(seed, STEPS, t)`` of
        ``fastvb.inference.draws``.
    full : bool
        Whether to multiply statistics by V.

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
    >>> from fastvb.inference import structured_svi_step
    >>> from fastvb.inference.draws import STEPS, generator
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> topics = model.init_globals(None, np.random.default_rng(0))
    >>> for t in range(1, 5):
    ...     step = {"rate": 1 / t, "n_total": 4, "rng": generator(0, STEPS, t)}
    ...     topics = structured_svi_step(model, DocumentBatch(X[t - 1 : t]), topics, **step)
    >>> topics.topic_word.shape
    (2, 4)
    """
    step = StochasticStep("structured_svi_step", model, sampled=True, corrected=full)
    return step(batch, globals_, rate, n_total, rng)


def structured_bound(
    model: Model, batches: Iterable[Any], globals_: Any, *, n_draws: int = 10, seed: int = 0
) -> tuple[float, float]:
    """Estimate the bound of structured inference by draws of the globals.

    Parameters
    ----------
    model : Model
        The model; it must have `sample_view`.
    batches : iterable
        The data; read once per draw.
    globals_ : object
        Parameters of q.
    n_draws : int
        At least 2. The same draws for the same `seed`, so estimates can be compared.
    seed : int
        Of the draws.

    Returns
    -------
    estimate : float
        Mean over draws of the local parts given the draw, plus -KL(q(globals) || prior), in nats.
    standard_error : float
        Of the estimate.

    Raises
    ------
    TypeError
        If the model lacks `sample_view`, or `batches` is an iterator.
    ValueError
        If there is no batch, or `n_draws` is less than 2.

    References
    ----------
    M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import structured_bound
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> topics = model.init_globals(None, np.random.default_rng(0))
    >>> estimate, standard_error = structured_bound(model, [DocumentBatch(X)], topics)
    >>> estimate < 0 < standard_error
    True
    """
    require("structured_bound", model, Sampled)
    check_integer("n_draws", n_draws, 2)
    check_seed(seed)
    check_restartable(batches)
    if next(iter(batches), None) is None:
        raise no_batch()
    values = np.empty(n_draws)
    for draw in range(n_draws):
        rng = generator(seed, VALUES, draw)
        view = model.sample_view(globals_, rng)  # type: ignore[attr-defined]
        values[draw] = sum(bounded_step(model, batch, view, rng)[1] for batch in batches)
    standard_error = float(values.std(ddof=1) / np.sqrt(n_draws))
    return float(values.mean()) + model.global_bound(globals_), standard_error
