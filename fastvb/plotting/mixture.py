"""Mixtures of Gaussians: densities over a histogram, ellipses over points."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_dense, check_integer
from fastvb.plotting.style import DIM, INK, LARGE, new_figure, remove_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["marginals", "plot_mixture"]

Array = npt.NDArray[np.float64]

_WIDTH, _HEIGHT, _SIDE = 6.4, 3.6, 5.2  # inches: of a density, of a square with ellipses
_GRID, _TAILS = 801, 4.0  # points of a curve, and standard deviations that it goes on
_MOST_BINS = 80
_RADII = (1.0, 2.0)  # of ellipses, in standard deviations
_FAINTEST, _DOT = 0.15, 6.0  # opacity of the lightest component, area of a dot
_HISTOGRAM = "#d9dee3"


def plot_mixture(
    mixture: Any,
    X: npt.ArrayLike | None = None,
    ax: Axes | None = None,
    *,
    features: int | str | Sequence[int | str] | None = None,
    n_points: int = 10_000,
) -> Axes:
    """Plot the components of a mixture of Gaussians in one or two features.

    One feature: the density, its components, weighted, and a histogram of the data. Two: an ellipse
    at one and one at two standard deviations around the mean of each component, fainter the less
    it weighs, over the data in the colours of their components.

    Parameters
    ----------
    mixture : estimator
        Fitted: a mixture of Gaussians with ``weights_``, ``means_``, ``covariances_`` and
        ``covariance_type``, of this library or another.
    X : array-like of shape (n_samples, n_features), optional
        Data to draw below the components.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, which is ``ax.figure`` of the result.
    features : int, str or sequence of one or two of them, optional
        Features to show, by number or by name in ``feature_names_in_``; needed where the mixture
        has more than two. What is drawn is the marginal distribution of these.
    n_points : int, default=10000
        Rows of `X` drawn as points at most: every n-th of them.

    Returns
    -------
    matplotlib.axes.Axes
        With a line for each component and one for the density; or with two ellipses for each.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    TypeError, ValueError
        If `mixture` is not such an estimator, `X` has other columns than it, or `features` is not
        one or two of them.

    Notes
    -----
    The density is that of Gaussians with the estimated means and covariances, also of a Bayesian
    mixture, whose predictive density (``score_samples``) has wider tails.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import GaussianMixture
    >>> from fastvb.plotting import plot_mixture
    >>> X = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> gm = GaussianMixture(2, random_state=0).fit(X)
    >>> ax = plot_mixture(gm, X)
    >>> len(ax.patches)
    4
    >>> ax = plot_mixture(gm, X, features=0)
    >>> ax.figure.savefig("mixture.png")  # doctest: +SKIP
    """
    shown = _feature_numbers(mixture, features)
    weights, means, covariances = marginals(mixture, shown)
    n_points = check_integer("n_points", n_points, 1)
    rows = None if X is None else _rows(mixture, X)
    if ax is None:
        figure = new_figure(*((_WIDTH, _HEIGHT) if len(shown) == 1 else (_SIDE, _SIDE)))
        figure.set_layout_engine("constrained")
        ax = figure.add_subplot()
    names = [_feature_name(mixture, i) for i in shown]
    if len(shown) == 1:
        values = None if rows is None else rows[:, shown[0]]
        _draw_density(ax, weights, means[:, 0], np.sqrt(covariances[:, 0, 0]), values)
        names.append("density")
    else:
        if rows is not None:
            some = rows[:: -(-len(rows) // n_points)]
            _draw_points(ax, some[:, shown], _labels(mixture, some))
        _draw_ellipses(ax, weights, means, covariances)
    ax.set_xlabel(names[0], color=DIM, fontsize=LARGE, parse_math=False)
    ax.set_ylabel(names[1], color=DIM, fontsize=LARGE, parse_math=False)
    remove_frame(ax, "left", "bottom")
    return ax


def marginals(mixture: Any, features: Sequence[int]) -> tuple[Array, Array, Array]:
    """Weights (K,), means (K, d) and covariances (K, d, d) of a mixture in d of its features."""
    chosen = np.asarray(features)
    weights = np.asarray(mixture.weights_, np.float64)
    means = np.asarray(mixture.means_, np.float64)[:, chosen]
    found = np.asarray(mixture.covariances_, np.float64)
    if mixture.covariance_type in ("full", "tied"):
        blocks = found[..., chosen[:, np.newaxis], chosen]
    else:
        variances = found[:, np.newaxis] if found.ndim == 1 else found[:, chosen]
        blocks = variances[:, np.newaxis, :] * np.eye(len(chosen))
    return weights, means, np.broadcast_to(blocks, (len(weights), len(chosen), len(chosen)))


def _feature_numbers(mixture: Any, features: Any) -> list[int]:
    """One or two different features of the mixture."""
    for name in ("weights_", "means_", "covariances_"):
        if not hasattr(mixture, name):
            raise TypeError(
                "Expected mixture to be a fitted mixture of Gaussians with weights_, means_ and "
                f"covariances_, got mixture={mixture!r}."
            )
    n_features = mixture.means_.shape[1]
    if features is None:
        if n_features > 2:
            raise ValueError(
                "Expected features to say which one or two of the mixture's "
                f"{n_features} features to show, got features=None. Pass features=(0, 1)."
            )
        return list(range(n_features))
    given = [features] if isinstance(features, (str, int, np.integer)) else list(features)
    names = list(getattr(mixture, "feature_names_in_", ()))
    found = [names.index(f) if isinstance(f, str) and f in names else f for f in given]
    is_known = all(isinstance(i, (int, np.integer)) and 0 <= i < n_features for i in found)
    if not (is_known and len(found) in (1, 2) and len(set(found)) == len(found)):
        raise ValueError(
            f"Expected features to be one or two of the mixture's {n_features} features, "
            f"got features={features!r}."
        )
    return [int(i) for i in found]


def _feature_name(mixture: Any, i: int) -> str:
    names = getattr(mixture, "feature_names_in_", None)
    return f"x{i}" if names is None else str(names[i])


def _rows(mixture: Any, X: Any) -> npt.NDArray[Any]:
    rows: npt.NDArray[Any] = check_dense(X, None)
    n_features = mixture.means_.shape[1]
    if rows.shape[1] != n_features or len(rows) == 0 or not np.isfinite(rows).all():
        raise ValueError(
            f"Expected X to be finite with the mixture's {n_features} columns and at least a row, "
            f"got X of shape {rows.shape}."
        )
    return rows


def _labels(mixture: Any, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The component of each row, whose columns are the mixture's even where they have no names."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        labels: npt.NDArray[Any] = mixture.predict(rows)
    return labels


def _draw_density(
    ax: Axes, weights: Array, means: Array, deviations: Array, values: npt.NDArray[Any] | None
) -> None:
    """Curves of the components that weigh something, and of their sum, over a histogram."""
    left = float((means - _TAILS * deviations).min())
    right = float((means + _TAILS * deviations).max())
    if values is not None:
        left, right = float(values.min()), float(values.max())
        if left == right:
            left, right = left - 0.5, right + 0.5
        n_bins = int(np.clip(np.sqrt(len(values)), 1, _MOST_BINS))
        ax.hist(values, bins=n_bins, range=(left, right), density=True, color=_HISTOGRAM)
    # also at the means and beside them: a narrow component would fall between two points
    near = means[:, np.newaxis] + deviations[:, np.newaxis] * np.linspace(-4, 4, 41)
    x = np.union1d(np.linspace(left, right, _GRID), near[(near >= left) & (near <= right)])
    z = (x - means[:, np.newaxis]) / deviations[:, np.newaxis]
    heights = weights / (deviations * np.sqrt(2 * np.pi))
    curves = heights[:, np.newaxis] * np.exp(-0.5 * z * z)
    for k, curve in enumerate(curves):
        ax.plot(x, curve, color=_color(k), linewidth=1.2)
    ax.plot(x, curves.sum(axis=0), color=INK, linewidth=1.5)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom=0)


def _draw_points(ax: Axes, points: npt.NDArray[Any], labels: npt.NDArray[Any]) -> None:
    colors = [_color(k) for k in labels]
    x, y = points.T
    ax.scatter(x, y, s=_DOT, c=colors, alpha=0.5, linewidths=0, rasterized=True)


def _draw_ellipses(ax: Axes, weights: Array, means: Array, covariances: Array) -> None:
    from matplotlib.patches import Ellipse

    for k, (weight, mean, covariance) in enumerate(zip(weights, means, covariances, strict=True)):
        variances, axes = np.linalg.eigh(covariance)
        long, short = np.sqrt(np.maximum(variances[::-1], 0.0))
        angle = np.degrees(np.arctan2(axes[1, 1], axes[0, 1]))
        opacity = max(_FAINTEST, float(np.sqrt(weight / weights.max())))
        for radius in _RADII:
            ax.add_patch(
                Ellipse(
                    mean, 2 * radius * long, 2 * radius * short, angle=angle, fill=False,
                    edgecolor=_color(k), alpha=opacity, linewidth=1.6,
                )
            )  # fmt: skip
    ax.autoscale_view()


def _color(k: int) -> str:
    """A component's colour: one of matplotlib's ten."""
    return f"C{k % 10}"
