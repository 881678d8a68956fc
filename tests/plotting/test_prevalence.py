from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import scipy.sparse as sp
from matplotlib.dates import num2date
from matplotlib.figure import Figure

from fastvb import LatentDirichletAllocation
from fastvb.plotting import plot_topic_prevalence

WORDS = ["ant", "bee", "cow", "dog"]
TOPICS = np.array([[0.6, 0.2, 0.1, 0.1], [0.1, 0.5, 0.3, 0.1], [0.1, 0.1, 0.1, 0.7]])
X = np.array([[5, 1, 0, 0], [0, 4, 2, 0], [0, 0, 0, 9], [0, 0, 0, 0], [2, 2, 2, 2], [0, 1, 1, 8]])
LDA = LatentDirichletAllocation.from_topics(TOPICS, doc_topic_prior=0.1)
WEIGHTS = LDA.transform(X)
HEAVIEST = np.argsort(-WEIGHTS[[0, 1, 2, 4, 5]].mean(axis=0))


def names(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_lines_of_means_over_years() -> None:
    years = [2001, 1999, 2001, 1999, 2000, 2000]
    ax = plot_topic_prevalence(LDA, X, times=years)
    assert [line.get_label() for line in ax.lines] == [f"topic {k}" for k in HEAVIEST]
    expected = [WEIGHTS[1], WEIGHTS[[4, 5]].mean(axis=0), WEIGHTS[[0, 2]].mean(axis=0)]
    for k, line in zip(HEAVIEST, ax.lines, strict=True):
        assert list(line.get_xdata()) == [1999, 2000, 2001]
        assert line.get_ydata() == pytest.approx([row[k] for row in expected])
    assert names(ax) == [f"topic {k}" for k in np.argsort(-expected[-1], kind="stable")]
    assert ax.get_ylim()[0] == 0


def test_many_times_are_cut_into_slices() -> None:
    times = [0.0, 10.0, 0.5, 5.0, 1.0, 9.0]
    ax = plot_topic_prevalence(LDA, X, times=times, n_slices=4, n_topics=1)
    (line,) = ax.lines
    assert list(line.get_xdata()) == [1.25, 8.75]  # no documents between
    k = HEAVIEST[0]
    assert line.get_ydata() == pytest.approx(
        [WEIGHTS[[0, 2, 4], k].mean(), WEIGHTS[[1, 5], k].mean()]
    )


@pytest.mark.parametrize("kind", ["datetime64[D]", "datetime64[ns]", "date", "datetime"])
def test_dates(kind: str) -> None:
    days = np.array(["2001-01-31", "2001-02-10", "2001-01-31", "2001-03-01", "2001-02-10"] * 2)[:6]
    times = days.astype(kind if "64" in kind else "datetime64[D]")
    if kind == "date":
        times = times.tolist()
    elif kind == "datetime":
        times = [dt.datetime.combine(day, dt.time()) for day in times.tolist()]
    ax = plot_topic_prevalence(LDA, X, times=times)
    ax.figure.draw_without_rendering()
    assert len(ax.lines[0].get_xdata()) == 2
    assert num2date(ax.dataLim.x0).date() == dt.date(2001, 1, 31)
    sliced = plot_topic_prevalence(LDA, X, times=times, n_slices=1).lines[0]
    assert np.datetime64(sliced.get_xdata()[0], "D") == np.datetime64("2001-02-05")


def test_heat_map_of_labels() -> None:
    labels = ["b", "a", "b", "c", "a", "a"]  # the document of c has no words
    ax = plot_topic_prevalence(LDA, X, labels=labels, n_topics=2, vocabulary=WORDS)
    (image,) = ax.images
    expected = np.array([WEIGHTS[[1, 4, 5]].mean(axis=0), WEIGHTS[[0, 2]].mean(axis=0)]).T
    np.testing.assert_allclose(image.get_array(), expected[HEAVIEST[:2]])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b"]
    top = {0: "0 · ant bee cow", 1: "1 · bee cow ant", 2: "2 · dog ant bee"}
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [top[k] for k in HEAVIEST[:2]]
    assert ax.texts[0].get_text() == f"{expected[HEAVIEST[0], 0]:.0%}"


def test_other_matrices_and_estimators() -> None:
    from sklearn.decomposition import LatentDirichletAllocation as Theirs

    years = np.arange(6)
    theirs = Theirs(2, random_state=0).fit(X)
    ax = plot_topic_prevalence(theirs, X, times=years, vocabulary=WORDS)
    assert len(ax.lines) == 2
    mine = Figure().add_subplot()
    for same in (X.tolist(), sp.csr_matrix(X), sp.csc_array(X)):
        assert plot_topic_prevalence(LDA, same, mine, times=years) is mine
    assert len(mine.lines) == 9
    assert len(mine.get_legend().get_texts()) == 3


def test_dollars_are_no_mathematics() -> None:
    words = ["$", "a$b", "c$", "d"]
    for group in ({"times": range(6)}, {"labels": ["$x", "$y"] * 3}):
        ax = plot_topic_prevalence(LDA, X, vocabulary=words, **group)
        ax.figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "either times or labels, got neither"),
        ({"times": range(6), "labels": range(6)}, TypeError, "got both"),
        ({"times": range(5)}, ValueError, r"each of the 6 documents, got times of shape \(5,\)"),
        ({"labels": ["a", "b", None] * 2}, ValueError, "labels without missing values"),
        ({"times": [0, 1, np.nan, 3, 4, 5]}, ValueError, "times without missing values"),
        ({"times": [0, 1, np.inf, 3, 4, 5]}, ValueError, "times to be finite"),
        ({"times": ["a"] * 6}, TypeError, "numbers or dates"),
        ({"times": ["a", 1, 2] * 2}, TypeError, "numbers or dates"),
        ({"times": range(6), "n_topics": 0}, ValueError, "n_topics to be at least 1"),
        ({"times": range(6), "n_slices": 0}, ValueError, "n_slices to be at least 1"),
        ({"labels": range(6), "vocabulary": ["a"]}, ValueError, "one word for each"),
    ],
)
def test_bad_input(arguments, error, message) -> None:
    with pytest.raises(error, match=message):
        plot_topic_prevalence(LDA, X, **arguments)


def test_no_words() -> None:
    with pytest.raises(ValueError, match="at least one token"):
        plot_topic_prevalence(LDA, np.zeros((2, 4)), times=[0, 1])
