from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import fastvb
from fastvb.plotting import plot_topics

X = np.array([[5, 4, 0, 0, 1], [4, 6, 1, 0, 0], [0, 0, 9, 3, 0], [0, 1, 7, 4, 0], [0, 0, 8, 4, 0]])
WORDS = ["ant", "bee", "cow", "dog", "eel"]


def title(ax: Axes) -> str:
    return ax.get_title(loc="left")


def words(ax: Axes) -> list[str]:
    """The words from top to bottom, without the percentage beside the first."""
    return [text.get_text() for text in ax.texts[:-1]]


def widths(ax: Axes) -> list[float]:
    return [bar.get_width() for bar in ax.patches]


@pytest.fixture(scope="module")
def lda() -> fastvb.LatentDirichletAllocation:
    return fastvb.LatentDirichletAllocation(2, topic_word_prior=0.5, random_state=0).fit(X)


def test_words_and_bars_are_those_of_the_estimator(lda: fastvb.LatentDirichletAllocation) -> None:
    figure = plot_topics(lda, WORDS, n_top_words=3)
    weights = (lda.components_ - 0.5).sum(axis=1) / X.sum()
    assert weights.sum() == pytest.approx(1)
    for ax, k in zip(figure.axes, np.argsort(-weights), strict=True):
        probabilities = lda.topic_word_distribution()[k]
        best = np.argsort(-probabilities)[:3]
        assert title(ax) == f"topic {k} · {weights[k]:.0%}"
        assert words(ax) == [WORDS[i] for i in best]
        assert widths(ax) == pytest.approx(probabilities[best])
        assert ax.texts[-1].get_text() == f"{probabilities[best[0]]:.0%}"
        heights = [bar.get_y() for bar in ax.patches]
        assert heights == sorted(heights)
        assert ax.yaxis.get_inverted()


def test_heaviest_first() -> None:
    topics = np.full((6, 4), 1.0) * np.array([3, 1, 6, 5, 2, 4])[:, None]
    shown = [int(title(ax).split()[1]) for ax in plot_topics(topics).axes]
    assert shown == [2, 3, 5, 0, 4, 1]
    shown = [int(title(ax).split()[1]) for ax in plot_topics(topics, n_topics=2).axes]
    assert shown == [2, 3]


def test_weights_of_pseudo_counts_below_their_prior() -> None:
    lda = fastvb.LatentDirichletAllocation.from_components(
        [[0.1, 3.5, 0.1], [0.1, 0.1, 1.5]], topic_word_prior=0.5
    )
    titles = [title(ax) for ax in plot_topics(lda).axes]
    assert titles == ["topic 0 · 75%", "topic 1 · 25%"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_have_no_weights(dtype: type) -> None:
    topics = np.random.default_rng(0).dirichlet(np.ones(300), size=7).astype(dtype)
    assert [title(ax) for ax in plot_topics(topics).axes] == [f"topic {k}" for k in range(7)]


def test_names_of_words(lda: fastvb.LatentDirichletAllocation) -> None:
    pd = pytest.importorskip("pandas")
    named = fastvb.LatentDirichletAllocation(2, random_state=0).fit(pd.DataFrame(X, columns=WORDS))
    assert set(words(plot_topics(named).axes[0])) == set(WORDS)
    assert set(words(plot_topics(lda).axes[0])) == set("01234")


@pytest.mark.parametrize("n_topics", [1, 2, 5, 6, 7, 11, 50, 100])
def test_panels_do_not_touch(n_topics: int) -> None:
    topics = np.random.default_rng(0).gamma(0.1, size=(n_topics, 30)) + 1e-9
    figure = plot_topics(topics, n_top_words=12)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == n_topics
    width, height = figure.get_size_inches()
    assert width <= 13
    for ax in figure.axes:
        box = ax.get_position()
        assert 0 < box.x0 < box.x1 < 1
        assert 0 < box.y0 < box.y1 < 1
        assert box.width * width > 2  # inches
        assert box.height * height / 12 == pytest.approx(0.165)  # a word
    boxes = [ax.get_position() for ax in figure.axes]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a.x0 > b.x1 or b.x0 > a.x1 or a.y0 > b.y1 or b.y0 > a.y1


def test_words_stay_in_their_panel() -> None:
    long = "m" * 15 + "i" * 200
    figure = plot_topics([[3.0, 2.0, 1.0]], [long, "two\nlines\x1b", "$x_1$"])
    ax = figure.axes[0]
    figure.savefig("/dev/null", format="png")
    first, second, third = words(ax)
    assert first == long[:25] + "…"
    assert ax.texts[0].get_window_extent().x1 < ax.get_window_extent().x1
    assert second == "two?lines?"
    assert third == "$x_1$"
    assert ax.texts[2].get_parse_math() is False


def test_figure_of_the_caller() -> None:
    figure = Figure(figsize=(8, 8))
    _, lower = figure.subfigures(2, 1)
    assert plot_topics(np.eye(3), figure=lower) is lower
    assert all(ax.get_position().y1 < 1 for ax in lower.axes)
    assert len(figure.axes) == 3


@pytest.mark.parametrize(
    ("topics", "options", "message"),
    [
        ([1.0, 2.0], {}, r"finite non-negative numbers.* got shape=\(2,\)"),
        ([[1.0, -2.0]], {}, "finite non-negative numbers"),
        ([[1.0, np.nan]], {}, "finite non-negative numbers"),
        ([[1.0, 2.0], [0.0, 0.0]], {}, "every topic to have a positive sum"),
        (np.empty((0, 3)), {}, "got shape=\\(0, 3\\)"),
        (np.eye(3), {"vocabulary": ["a", "b"]}, r"each of the 3 columns .*got .*\(2,\)"),
        (np.eye(3), {"n_top_words": 0}, "Expected n_top_words to be at least 1"),
        (np.eye(3), {"n_topics": 0}, "Expected n_topics to be at least 1"),
    ],
)
def test_bad_input(topics: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_topics(topics, **options)


def test_topics_of_the_wrong_kind() -> None:
    with pytest.raises(TypeError, match="estimator or a matrix of real numbers, got list"):
        plot_topics([["ant", "bee"]])


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'fastvb\[plot\]'"):
        plot_topics(np.eye(3))


def test_leaves_matplotlib_as_it_was() -> None:
    """No pyplot, no display, no change of settings; matplotlib only when a plot is drawn."""
    code = (
        "import sys, numpy as np, fastvb.plotting\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import matplotlib\n"
        "rc = matplotlib.rcParams\n"
        "def settings(): return {k: rc[k] for k in rc if k != 'backend'}  # it is a promise\n"
        "before = settings()\n"
        "fastvb.plotting.plot_topics(np.eye(3)).savefig(sys.stderr.buffer)\n"
        "fastvb.plotting.plot_bound([-2.0, -1.0]).figure.savefig(sys.stderr.buffer)\n"
        "assert settings() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stderr.count(b"\x89PNG") == 2
