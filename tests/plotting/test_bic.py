from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

import fastvb
from fastvb.datasets import make_mixture
from fastvb.plotting import plot_bic


def test_estimators_in_any_order() -> None:
    X = make_mixture(300, 3, separation=8.0, random_state=1)[0]
    fits = [fastvb.GaussianMixture(k, random_state=0).fit(X) for k in (4, 1, 3, 2)]
    ax = plot_bic(fits, X)
    curve, mark = ax.lines
    assert list(curve.get_xdata()) == [1, 2, 3, 4]
    assert curve.get_ydata() == pytest.approx([fits[i].bic(X) for i in (1, 3, 2, 0)])
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([3], [fits[2].bic(X)])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("components", "BIC")
    ax.figure.draw_without_rendering()


def test_values_on_the_axes_of_the_caller() -> None:
    ax = Figure().add_subplot()
    assert plot_bic({1: 5.0, 2: 3.0, 10: 4.0}, ax=ax, label="full") is ax
    plot_bic({1: 6.0, 2: 3.5}, ax=ax, label="diag")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["full", "diag"]
    full, mark, diag, other_mark = ax.lines
    assert mark.get_color() == full.get_color() != diag.get_color() == other_mark.get_color()


@pytest.mark.parametrize("fits", [{}, [], {1: np.nan}, {1.5: 3.0}])
def test_bad_values(fits: object) -> None:
    with pytest.raises(ValueError, match="Expected fits to hold a finite value for each number"):
        plot_bic(fits, [[1.0]])


def test_bad_estimators() -> None:
    gm = fastvb.GaussianMixture(1).fit([[1.0], [2.0]])
    with pytest.raises(TypeError, match="Expected X, of which"):
        plot_bic([gm])
    with pytest.raises(TypeError, match="Expected fits to be estimators with bic"):
        plot_bic([3.0], [[1.0]])
