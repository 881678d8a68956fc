"""Streaming variational Bayes: what was learnt from one batch is known before the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from fastvb._validation import check_integer, check_real
from fastvb.inference._protocol import Blendable, Model, Renewable
from fastvb.inference._requirements import no_batch, require
from fastvb.inference._saving import Saving
from fastvb.inference.cavi import cavi
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.draws import STEPS, generator
from fastvb.inference.monitor import Monitor

__all__ = ["streaming", "streaming_step"]


def streaming(
    model: Model,
    batches: Iterable[Any],
    monitor: Monitor,
    *,
    max_iter: int = 100,
    tol: float = 1e-4,
    forgetting: float = 0.0,
    rng: Any = None,
    globals_: Any = None,
    checkpoint: Checkpoint | None = None,
) -> Any:
    """Run coordinate ascent on one batch after the other, each with the last posterior as prior.

    Batches are not visited again and need not be known beforehand, nor how many there are. For a
    model without local variables the result is that of all data at once.

    Parameters
    ----------
    model : Model
        The model; it must have `with_prior`, with `forgetting` also `blend`.
    batches : iterable
        The data; a generator will do.
    monitor : Monitor
        Each batch is an iteration, so ``max_iter=None`` reads all. What is recorded is the ELBO of
        the batch under its own prior: how well it was foreseen. The sum of all, without
        forgetting, stands for the log evidence of all data; a `tol` of the monitor makes no sense.
    max_iter, tol : int, float
        When coordinate ascent ends on a batch, as in :class:`fastvb.inference.Monitor`.
    forgetting : float in [0, 1]
        Before each batch but the first, the posterior is blended by this fraction with the first
        prior, so old data count less and less: for data that drift.
    rng : RandomState or Generator or None
        Passed to the model's start and local steps.
    globals_ : object or None
        Where coordinate ascent starts on the first batch; None lets the model choose.
    checkpoint : Checkpoint or None
        Where to save the state; it counts batches. A run that is resumed passes over the batches
        that are done, so pass them all again.

    Returns
    -------
    object
        The globals after the last batch.

    Raises
    ------
    TypeError
        If the model lacks a function.
    ValueError
        If there is no batch, a parameter is not as described, or the checkpoint is of another fit.
    FloatingPointError
        If the ELBO of a batch is not finite.

    References
    ----------
    T. Broderick, N. Boyd, A. Wibisono, A. Wilson, M. Jordan (2013), Streaming variational Bayes,
    NeurIPS 26, section 2.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import Monitor, streaming
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=4)
    >>> stream, monitor = (DocumentBatch(X[i : i + 1]) for i in range(4)), Monitor(None)
    >>> topics = streaming(model, stream, monitor, rng=np.random.default_rng(0))
    >>> len(monitor.lower_bounds), round(float(topics.total.sum() - 2 * 4 * 0.1), 6)
    (4, 21.0)
    """
    require("streaming", model, Renewable)
    check_integer("max_iter", max_iter, 1)
    check_real("tol", tol, 0.0)
    if check_real("forgetting", forgetting, 0.0, 1.0) > 0:
        require("streaming with forgetting", model, Blendable)
    n_done, nothing = 0, None

    def state() -> dict[str, Any]:
        return {"globals_": globals_, "nothing": nothing, "n_done": n_done}

    saving = Saving(
        checkpoint, "streaming", model, monitor, rng, state, max_iter=max_iter, tol=tol,
        forgetting=forgetting,
    )  # fmt: skip
    if (saved := saving.restored()) is not None:
        globals_, nothing, n_done = saved["globals_"], saved["nothing"], saved["n_done"]
    for batch in _observed(itertools.islice(batches, n_done, None), monitor):
        watch = Monitor(max_iter, tol)
        if n_done == 0:
            globals_ = cavi(model, [batch], watch, rng=rng, globals_=globals_)
        else:
            prior = None if nothing is None else model.global_step(nothing, globals_)
            globals_ = streaming_step(
                model, batch, globals_, watch, prior=prior, forgetting=forgetting, rng=rng
            )
        n_done += 1
        monitor.n_updates += 1
        if nothing is None and forgetting > 0:
            nothing = _no_stats(model, batch, globals_)
        monitor.record(watch.lower_bounds[-1], globals_)
        for name in watch.timings.keys() - {"total"}:
            monitor.timings[name] = monitor.timings.get(name, 0.0) + watch.timings[name]
        saving.after(n_done)
    if n_done == 0:
        raise no_batch()
    saving.now()
    return globals_


def streaming_step(
    model: Model,
    batch: Any,
    globals_: Any,
    monitor: Monitor,
    *,
    prior: Any = None,
    forgetting: float = 0.0,
    rng: Any = None,
) -> Any:
    """Run coordinate ascent on a batch, with what was learnt before as prior.

    Parameters
    ----------
    model : Model
        The model; it must have `with_prior`, with `forgetting` also `blend`.
    batch : object
        The data.
    globals_ : object
        Of the batches before; may be overwritten where there is `forgetting`.
    monitor : Monitor
        Decides when coordinate ascent ends; holds its trace afterwards.
    prior : object or None
        The globals of no data, needed with `forgetting`.
    forgetting : float in [0, 1]
        How far to go back to `prior` first.
    rng : RandomState or Generator or None
        Passed to the model's local steps.

    Returns
    -------
    object
        The globals after the batch.

    Raises
    ------
    FloatingPointError
        If the ELBO is not finite.

    References
    ----------
    T. Broderick, N. Boyd, A. Wibisono, A. Wilson, M. Jordan (2013), Streaming variational Bayes,
    NeurIPS 26, section 2.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import Monitor, cavi, streaming_step
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> one, two = (DocumentBatch(sp.csr_matrix([row])) for row in ([3.0, 2, 0], [0.0, 1, 4]))
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=3)
    >>> topics = cavi(model, [one], Monitor(20), rng=np.random.default_rng(0))
    >>> topics = streaming_step(model, two, topics, Monitor(20))
    >>> round(float(topics.total.sum() - 2 * 3 * 0.1), 6)
    10.0
    """
    if forgetting > 0:
        globals_ = model.blend(globals_, prior, forgetting)  # type: ignore[attr-defined]
    present = model.with_prior(globals_)  # type: ignore[attr-defined]
    return cavi(present, [batch], monitor, rng=rng, globals_=globals_)


def _observed(batches: Iterator[Any], monitor: Monitor) -> Iterator[Any]:
    """Batches as long as there are any and `monitor` goes on."""
    for _ in monitor.iterations():
        try:
            batch = next(batches)
        except StopIteration:
            return
        yield batch


def _no_stats(model: Any, batch: Any, globals_: Any) -> Any:
    """Statistics of no data."""
    rng = generator(0, STEPS, 0)  # what is drawn does not matter
    stats, _, _ = model.local_step(batch, model.expect(globals_), None, rng)
    return stats.zeros()
