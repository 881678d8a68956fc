from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

import fastvb
from fastvb.plotting import plot_bound

TRACE = [-90.0, -60.0, -50.0, -49.0]


def test_trace() -> None:
    ax = plot_bound(TRACE)
    (line,) = ax.lines
    assert list(line.get_xdata()) == [1, 2, 3, 4]
    assert list(line.get_ydata()) == TRACE
    assert ax.get_xscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("iteration", "ELBO (nats)")
    assert ax.get_legend() is None


def test_estimator_per_token() -> None:
    X = np.array([[3, 2, 0], [0, 1, 4]])
    lda = fastvb.LatentDirichletAllocation(2, random_state=0).fit(X)
    ax = plot_bound(lda, n_tokens=X.sum())
    assert ax.lines[0].get_ydata() == pytest.approx(lda.lower_bounds_ / 10)
    assert ax.get_ylabel() == "ELBO per token (nats)"


def test_several_fits_on_the_axes_of_the_caller() -> None:
    ax = Figure().add_subplot()
    assert plot_bound(TRACE, ax, label="one") is ax
    plot_bound(TRACE[1:], ax, label="two")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]
    assert ax.lines[0].get_color() != ax.lines[1].get_color()


def test_one_iteration_and_many() -> None:
    for n, expected in (
        (1, "1 2"),
        (44, "1 2 5 10 20"),
        (1000, "1 2 5 10 20 50 100 200 500 1,000"),
    ):
        ax = plot_bound(-1.0 / np.arange(1, n + 1))
        ax.figure.draw_without_rendering()
        left, right = ax.get_xlim()
        labels = [
            label.get_text()
            for label in ax.xaxis.get_ticklabels()
            if left < label.get_position()[0] < right
        ]
        assert " ".join(labels) == expected


@pytest.mark.parametrize("trace", [[], [[-1.0]], [-1.0, np.nan]])
def test_bad_trace(trace: object) -> None:
    with pytest.raises(ValueError, match="Expected a trace of finite bounds"):
        plot_bound(trace)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="Expected n_tokens to be finite, above 0"):
        plot_bound(TRACE, n_tokens=0)
    with pytest.raises(TypeError, match="fitted estimator with lower_bounds_"):
        plot_bound(fastvb.LatentDirichletAllocation(2))
    with pytest.raises(ValueError, match="Expected a trace"):
        plot_bound(np.float64(3))


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="Expected matplotlib"):
        plot_bound(TRACE)


def test_mixtures() -> None:
    X = np.random.default_rng(0).normal(size=(50, 2))
    gm = fastvb.GaussianMixture(2, random_state=0).fit(X)
    ax = plot_bound(gm)
    assert ax.lines[0].get_ydata() == pytest.approx(gm.lower_bounds_)
    assert ax.get_ylabel() == "log likelihood per row (nats)"
    gm = fastvb.GaussianMixture(2, prior="fraley-raftery", random_state=0).fit(X)
    assert plot_bound(gm).get_ylabel() == "log posterior density per row (nats)"
    bgm = fastvb.BayesianGaussianMixture(n_components=2, random_state=0).fit(X)
    assert plot_bound(bgm).get_ylabel() == "ELBO (nats)"
