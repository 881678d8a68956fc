"""Choosing the number of components: the Bayesian information criterion along it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastvb.plotting.style import DIM, LARGE, LINE, new_figure, remove_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_bic"]

_WIDTH, _HEIGHT = 6.4, 3.2  # inches


def plot_bic(
    fits: Any, X: npt.ArrayLike | None = None, ax: Axes | None = None, *, label: str | None = None
) -> Axes:
    """Plot the Bayesian information criterion against the number of components; lower is better.

    The lowest is marked. Several curves, as of covariance types, can be drawn on the same axes.

    Parameters
    ----------
    fits : mapping or sequence of estimators
        From numbers of components to values of the criterion (or of another one); or fitted
        estimators with ``n_components`` and ``bic``, which then is that of `X`.
    X : array-like of shape (n_samples, n_features), optional
        The data, where `fits` are estimators.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, which is ``ax.figure`` of the result.
    label : str, optional
        Name of the curve in the legend; there is a legend where a curve has a name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, with a curve and the mark of its lowest point more.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    TypeError, ValueError
        If `fits` is neither, empty, or a value is not finite.

    Examples
    --------
    >>> from fastvb import GaussianMixture
    >>> from fastvb.datasets import make_mixture
    >>> from fastvb.plotting import plot_bic
    >>> X = make_mixture(300, 2, random_state=0)[0]
    >>> fits = [GaussianMixture(k, random_state=0).fit(X) for k in (1, 2, 3)]
    >>> ax = plot_bic(fits, X)
    >>> curve, mark = ax.lines
    >>> int(mark.get_xdata()[0])
    2
    """
    numbers, values = _curve(fits, X)
    if ax is None:
        figure = new_figure(_WIDTH, _HEIGHT)
        figure.set_layout_engine("constrained")
        ax = figure.add_subplot()
    from matplotlib.ticker import MaxNLocator

    color = f"C{len(ax.lines) // 2}" if ax.lines else LINE  # a curve and its mark are two lines
    ax.plot(numbers, values, marker=".", color=color, label=label)
    best = int(values.argmin())
    ax.plot(
        numbers[best],
        values[best],
        marker="o",
        markersize=9,
        fillstyle="none",
        color=color,
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("components", color=DIM, fontsize=LARGE)
    ax.set_ylabel("BIC", color=DIM, fontsize=LARGE)
    remove_frame(ax, "left", "bottom")
    if label is not None:
        ax.legend(frameon=False, fontsize=LARGE)
    return ax


def _curve(fits: Any, X: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """Numbers of components in ascending order, and the values."""
    if isinstance(fits, Mapping):
        pairs = list(fits.items())
    else:
        fits = list(fits)
        if not all(hasattr(fit, "bic") for fit in fits):
            raise TypeError(
                "Expected fits to be estimators with bic, or numbers of components with values, "
                f"got fits={fits!r}."
            )
        if X is None:
            raise TypeError("Expected X, of which estimators tell the criterion, got X=None.")
        pairs = [(fit.n_components, fit.bic(X)) for fit in fits]
    numbers = np.array([number for number, _ in pairs])
    values = np.array([value for _, value in pairs], dtype=np.float64)
    if len(pairs) == 0 or numbers.dtype.kind not in "iu" or not np.isfinite(values).all():
        raise ValueError(
            "Expected fits to hold a finite value for each number of components, at least one, "
            f"got fits={fits!r}."
        )
    order = np.argsort(numbers, kind="stable")
    return numbers[order], values[order]
