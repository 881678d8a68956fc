"""The bound along the iterations of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastvb._validation import check_real
from fastvb.plotting.style import DIM, LARGE, LINE, new_figure, remove_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_bound"]

_WIDTH, _HEIGHT = 6.4, 3.2  # inches
_MOST_DOTS = 60  # more of them would hide the line


def plot_bound(
    fit: Any, ax: Axes | None = None, *, n_tokens: float | None = None, label: str | None = None
) -> Axes:
    """Plot the lower bound (ELBO) after each iteration.

    The first iterations gain far more than all later ones; iterations are therefore drawn on a
    logarithmic axis. Several fits can be drawn on the same axes.

    Parameters
    ----------
    fit : estimator or array-like of shape (n_iter,)
        Fitted estimator with ``lower_bounds_``, or such a trace itself, in nats. What
        ``learning_method="collapsed"`` and mixtures with point estimates trace is no bound, and
        labelled as what it is.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, which is ``ax.figure`` of the result.
    n_tokens : float, optional
        Plot the bound per token: divided by this number of training tokens, ``X.sum()``.
    label : str, optional
        Name of the line in the legend; there is a legend where a line has a name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, with one more line.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    TypeError, ValueError
        If `fit` is neither fitted nor a finite trace of at least one iteration, or `n_tokens` is
        not a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import LatentDirichletAllocation
    >>> from fastvb.plotting import plot_bound
    >>> X = np.array([[3, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> lda = LatentDirichletAllocation(2, random_state=0).fit(X)
    >>> ax = plot_bound(lda, n_tokens=X.sum())
    >>> ax.get_ylabel()
    'ELBO per token (nats)'
    >>> ax.figure.savefig("bound.png")  # doctest: +SKIP
    """
    bounds = _trace(fit)
    if n_tokens is not None:
        bounds = bounds / check_real("n_tokens", n_tokens, 0.0, above=True)
    if ax is None:
        figure = new_figure(_WIDTH, _HEIGHT)
        figure.set_layout_engine("constrained")
        ax = figure.add_subplot()
    marker = "." if len(bounds) <= _MOST_DOTS else ""
    ax.plot(
        np.arange(1, len(bounds) + 1),
        bounds,
        color=f"C{len(ax.lines)}" if ax.lines else LINE,
        marker=marker,
        label=label,
    )
    method = getattr(fit, "learning_method", "batch")
    _count_iterations(ax, "batch" if method == "streaming" else "iteration")
    unit = "(nats)" if n_tokens is None else "per token (nats)"
    ax.set_ylabel(f"{_quantity(fit, method)} {unit}", color=DIM, fontsize=LARGE)
    remove_frame(ax, "left", "bottom")
    if label is not None:
        ax.legend(frameon=False, fontsize=LARGE)
    return ax


def _quantity(fit: Any, method: str) -> str:
    """What `fit` traces."""
    if hasattr(fit, "bic"):  # an estimator whose parameters are points
        likelihood = getattr(fit, "prior", None) is None
        return "log likelihood per row" if likelihood else "log posterior density per row"
    return "log likelihood" if method == "collapsed" else "ELBO"


def _count_iterations(ax: Axes, noun: str) -> None:
    """A logarithmic axis with 1, 2, 5, 10, 20, 50, ... on it."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.set_xlim(0.9, 1.1 * max(ax.dataLim.x1, 2.0))
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(noun, color=DIM, fontsize=LARGE)


def _trace(fit: Any) -> Any:
    found = fit
    if hasattr(fit, "get_params"):
        found = getattr(fit, "lower_bounds_", None)
        if found is None:
            raise TypeError(
                "Expected fit to be a fitted estimator with lower_bounds_ or a trace of bounds, "
                f"got fit={fit!r}."
            )
    bounds = np.asarray(found, dtype=np.float64)
    if bounds.ndim != 1 or bounds.size == 0 or not np.isfinite(bounds).all():
        raise ValueError(
            "Expected a trace of finite bounds, one per iteration, "
            f"got an array of shape {bounds.shape}."
        )
    return bounds
