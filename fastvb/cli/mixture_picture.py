"""The picture that ``fastvb mixture --plot`` writes: components over rows, and the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastvb.cli.mixture_result import MixtureResult
from fastvb.plotting import plot_bound, plot_mixture
from fastvb.plotting.mixture import marginals
from fastvb.plotting.style import INK, LARGE, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["picture"]

_WIDTH, _MIXTURE, _BOUND = 6.4, 4.8, 2.4  # inches


def picture(estimator: Any, result: MixtureResult, X: npt.NDArray[np.float64]) -> Figure:
    """A figure with the mixture in the features that tell its components apart, and the bound."""
    figure = new_figure(_WIDTH, _MIXTURE + _BOUND)
    figure.set_layout_engine("constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(_MIXTURE, _BOUND))
    plot_mixture(estimator, X, upper, features=_telling_features(estimator))
    plot_bound(estimator, lower)
    title = f"{result.n_components} components of {result.source}"
    figure.suptitle(
        title, x=0.02, horizontalalignment="left", color=INK, fontsize=LARGE + 2, parse_math=False
    )
    return figure


def _telling_features(estimator: Any) -> list[int]:
    """The two features, or the one, whose variance is most of all between the components."""
    n_features = estimator.means_.shape[1]
    shares = []
    for j in range(n_features):
        weights, means, covariances = marginals(estimator, (j,))
        means, variances = means[:, 0], covariances[:, 0, 0]
        between = weights @ (means - weights @ means) ** 2
        shares.append(between / (between + weights @ variances))
    return sorted(int(j) for j in np.argsort(-np.array(shares), kind="stable")[:2])
