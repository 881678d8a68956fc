"""Topics as small multiples: bars of the most probable words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_integer
from fastvb.metrics._topics import as_topics
from fastvb.models._topic_words import top_words
from fastvb.plotting.style import BAR, DIM, INK, LARGE, SMALL, new_figure, remove_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["grid_size", "plot_topics", "shown_words"]

_MOST_COLUMNS = 5
_PANEL, _GAP = 2.25, 0.15  # inches, across
_ROW, _TITLE = 0.165, 0.36  # inches, down: of a word, above the first word
_MARGIN = 0.15  # inches, on all sides
_LONGEST_BAR = 0.85  # of a panel's width
_MOST_LETTERS = 26  # of a word: as long as that bar


def plot_topics(
    topics: Any,
    vocabulary: npt.ArrayLike | None = None,
    *,
    n_top_words: int = 10,
    n_topics: int | None = None,
    figure: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """Plot the most probable words of each topic, heaviest topics first.

    One panel for each topic, at most five in a row. The length of a bar is the probability of its
    word in the topic, relative to that of the first word, which stands beside it. The title has the
    topic's number (its row, from 0) and its weight (its share of all tokens) where that is known.

    Parameters
    ----------
    topics : estimator or array-like of shape (n_components, n_features)
        A fitted estimator, or topics of any library: pseudo-counts or probabilities. Where all rows
        have the same sum, as probabilities do, there are no weights and topics keep their order.
    vocabulary : array-like of str of shape (n_features,), optional
        The words; by default the estimator's ``feature_names_in_``, or else column numbers.
    n_top_words : int, default=10
        Words per topic at most.
    n_topics : int, optional
        Topics at most, the heaviest; all of them by default.
    figure : matplotlib.figure.Figure or SubFigure, optional
        Where to draw; by default a new figure of the size that the panels need.

    Returns
    -------
    matplotlib.figure.Figure or SubFigure
        Its ``axes`` are the panels.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    TypeError, ValueError
        If `topics` is neither, or a row of it has no positive sum; if `vocabulary` has not one word
        for each column; or if a number is below 1.

    Examples
    --------
    >>> from fastvb.plotting import plot_topics
    >>> pseudo_counts = [[8, 6, 1, 0], [0, 1, 12, 17]]
    >>> figure = plot_topics(pseudo_counts, ["ant", "bee", "cow", "dog"], n_top_words=2)
    >>> for panel in figure.axes:
    ...     print(panel.get_title(loc="left"), [text.get_text() for text in panel.texts])
    topic 1 · 67% ['dog', 'cow', '57%']
    topic 0 · 33% ['ant', 'bee', '53%']
    >>> figure.savefig("topics.png")  # doctest: +SKIP
    """
    probabilities, weights = as_topics("topics", topics), _weights(topics)
    words = shown_words(topics, vocabulary, probabilities.shape[1])
    n_top_words = min(check_integer("n_top_words", n_top_words, 1), len(words))
    n_topics = len(probabilities) if n_topics is None else check_integer("n_topics", n_topics, 1)
    ranked = range(len(probabilities)) if weights is None else np.argsort(-weights, kind="stable")
    shown = list(ranked)[:n_topics]
    if figure is None:
        figure = new_figure(*grid_size(len(shown), n_top_words))
    panels = _panels(figure, len(shown))
    best = top_words(probabilities[shown], n_top_words)
    for k, top, ax in zip(shown, best, panels, strict=True):
        _draw_bars(ax, probabilities[k, top], [words[i] for i in top])
        weight = "" if weights is None else f" · {_percent(weights[k])}"
        ax.set_title(f"topic {k}{weight}", loc="left", fontsize=LARGE, color=INK, pad=3)
    return figure


def grid_size(n_topics: int, n_top_words: int) -> tuple[float, float]:
    """Width and height, in inches, of a figure for so many panels."""
    n_rows, n_columns = _shape(n_topics)
    width = 2 * _MARGIN + n_columns * (_PANEL + _GAP) - _GAP
    return width, n_rows * (_TITLE + n_top_words * _ROW) + _MARGIN


def _weights(topics: Any) -> npt.NDArray[np.float64] | None:
    """Weights of an estimator's topics or a matrix's rows, None where nothing tells them."""
    if hasattr(topics, "topic_word_distribution"):
        known: npt.NDArray[np.float64] | None = topics.topic_weights_
        return known
    totals = np.asarray(topics, dtype=np.float64).sum(axis=1)
    if np.ptp(totals) <= 1e-4 * totals.max():  # probabilities in float32 sum to nearly 1
        return None
    shares: npt.NDArray[np.float64] = totals / totals.sum()
    return shares


def shown_words(topics: Any, vocabulary: npt.ArrayLike | None, n_words: int) -> list[str]:
    """Words as a picture can have them: given, the estimator's, or column numbers."""
    if vocabulary is None:
        vocabulary = getattr(topics, "feature_names_in_", None)
    if vocabulary is None:
        return [str(i) for i in range(n_words)]
    words = np.asarray(vocabulary, dtype=object)
    if words.shape != (n_words,):
        raise ValueError(
            f"Expected vocabulary to have one word for each of the {n_words} columns of topics, "
            f"got vocabulary of shape {words.shape}."
        )
    return [_printable(str(word)) for word in words]


def _printable(word: str) -> str:
    """A vocabulary may hold anything: a line break or a page of text would fill the picture."""
    word = "".join(letter if letter.isprintable() else "?" for letter in word)
    return word if len(word) <= _MOST_LETTERS else word[: _MOST_LETTERS - 1] + "…"


def _shape(n_topics: int) -> tuple[int, int]:
    """Rows and columns, with as few empty places as the number of rows allows."""
    n_rows = -(-n_topics // _MOST_COLUMNS)
    return n_rows, -(-n_topics // n_rows)


def _panels(figure: Figure | SubFigure, n_topics: int) -> list[Axes]:
    """Axes row by row, at fixed distances: a layout engine is slow for a hundred panels."""
    n_rows, n_columns = _shape(n_topics)
    width, height = figure.bbox.width / figure.dpi, figure.bbox.height / figure.dpi
    panel = max((width - 2 * _MARGIN + _GAP) / n_columns - _GAP, _GAP)
    bars = max((height - _MARGIN) / n_rows - _TITLE, _ROW)
    axes = figure.subplots(
        n_rows,
        n_columns,
        squeeze=False,
        gridspec_kw={
            "left": _MARGIN / width,
            "right": 1 - _MARGIN / width,
            "bottom": _MARGIN / height,
            "top": 1 - _TITLE / height,
            "wspace": _GAP / panel,
            "hspace": _TITLE / bars,
        },
    )
    for ax in axes.flat[n_topics:]:
        ax.remove()
    return list(axes.flat[:n_topics])


def _draw_bars(ax: Axes, probabilities: npt.NDArray[np.float64], words: list[str]) -> None:
    """Words stand on their bars, so that long ones need no margin."""
    ax.barh(np.arange(len(words)), probabilities, height=0.86, color=BAR)
    ax.set_xlim(0, float(probabilities[0]) / _LONGEST_BAR)
    ax.set_ylim(len(words) - 0.5, -0.5)
    for rank, word in enumerate(words):
        _write(ax, 0.02, rank, word, INK)
    _write(ax, _LONGEST_BAR + 0.02, 0, _percent(probabilities[0]), DIM)
    ax.set_xticks([])
    ax.set_yticks([])
    remove_frame(ax)


def _write(ax: Axes, x: float, rank: int, text: str, color: str) -> None:
    """Put text on a row, at a fraction `x` of its width; a dollar sign is a dollar sign."""
    ax.text(
        x,
        rank,
        text,
        transform=ax.get_yaxis_transform(),
        verticalalignment="center",
        fontsize=SMALL,
        color=color,
        parse_math=False,
    )


def _percent(share: float) -> str:
    """Two digits, as far as they mean something: 12%, 1.2%, 0.1%."""
    if share >= 0.0995:
        return f"{share:.0%}"
    return f"{share:.1%}" if share >= 0.0005 else "<0.1%"
