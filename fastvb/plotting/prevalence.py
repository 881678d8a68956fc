"""How common topics are over time, or in groups of documents."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastvb._validation import check_integer
from fastvb.metrics._topics import as_topics
from fastvb.models._topic_words import top_words
from fastvb.plotting.style import BAR, DIM, INK, LARGE, SMALL, new_figure, remove_frame
from fastvb.plotting.topics import shown_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_topic_prevalence"]

_WIDTH, _HEIGHT = 7.2, 3.2  # inches, of lines
_CELL, _ROW, _TITLE = 0.62, 0.24, 0.4  # inches, of the heat map: across and down, of its labels
_LETTER = 0.075  # inches, of a name
_MOST_DOTS = 40  # on a line
_WORDS = 3  # beside a topic's number


def plot_topic_prevalence(
    estimator: Any,
    X: Any,
    ax: Axes | None = None,
    *,
    times: npt.ArrayLike | None = None,
    labels: npt.ArrayLike | None = None,
    n_topics: int = 8,
    n_slices: int = 40,
    vocabulary: npt.ArrayLike | None = None,
) -> Axes:
    """Plot the mean weights of topics in documents of the same time, or of the same label.

    Lines over `times`, a heat map over `labels`, of the topics that are the heaviest in all of `X`.
    Documents count alike, whatever their lengths; those without words do not count.

    Parameters
    ----------
    estimator : estimator
        Fitted; its ``transform`` gives the topic weights of documents.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Word counts.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure, which is ``ax.figure`` of the result.
    times : array-like of shape (n_samples,), optional
        Numbers (such as years), dates or ``datetime64``. Either these or `labels` must be given.
    labels : array-like of shape (n_samples,), optional
        Names or numbers of groups; they are shown in ascending order.
    n_topics : int, default=8
        Topics at most, the heaviest.
    n_slices : int, default=40
        Where there are more different times than this, time is cut into so many slices of equal
        length. Slices without documents are left out.
    vocabulary : array-like of str of shape (n_features,), optional
        The words, of which three stand beside a topic's number; by default the estimator's
        ``feature_names_in_``.

    Returns
    -------
    matplotlib.axes.Axes
        With a line for each topic and a legend in the order of their ends; or with an image whose
        rows are topics, the heaviest above, and whose columns are labels.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    TypeError, ValueError
        If not exactly one of `times` and `labels` is given, it has not one value for each
        document or missing ones, or a number is below 1; and what ``transform`` raises.

    Examples
    --------
    >>> from fastvb import LatentDirichletAllocation
    >>> from fastvb.plotting import plot_topic_prevalence
    >>> lda = LatentDirichletAllocation.from_topics([[0.5, 0.5, 0.0], [0.0, 0.2, 0.8]])
    >>> X = [[3, 1, 0], [2, 2, 0], [0, 1, 4], [0, 0, 5]]
    >>> words = ["ant", "bee", "cow"]
    >>> ax = plot_topic_prevalence(lda, X, times=[1999, 1999, 2000, 2001], vocabulary=words)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['1 · cow bee ant', '0 · ant bee cow']
    >>> ax = plot_topic_prevalence(lda, X, labels=["a", "a", "b", "b"], vocabulary=words)
    >>> ax.figure.savefig("prevalence.png")  # doctest: +SKIP
    """
    if (times is None) == (labels is None):
        given = "neither" if times is None else "both"
        raise TypeError(f"Expected either times or labels, got {given}.")
    n_topics = check_integer("n_topics", n_topics, 1)
    n_slices = check_integer("n_slices", n_slices, 1)
    weights = np.asarray(estimator.transform(X), dtype=np.float64)
    tokens = (X if hasattr(X, "sum") else np.asarray(X)).sum(axis=1)
    filled = np.asarray(tokens).ravel() > 0
    if not filled.any():
        raise ValueError("Expected X to hold at least one token, got X.sum()=0.")
    groups = _one_each("labels", labels, filled) if times is None else _times(times, filled)
    weights = weights[filled]
    shown = np.argsort(-weights.mean(axis=0), kind="stable")[:n_topics]
    names = _topic_names(estimator, vocabulary, shown)
    if times is None:
        return _draw_cells(ax, names, *_means(weights[:, shown], groups))
    return _draw_lines(ax, names, *_means_in_slices(weights[:, shown], groups, n_slices))


def _one_each(name: str, values: Any, filled: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """One value for each document that has words."""
    array = np.asarray(values)
    if array.shape != filled.shape:
        raise ValueError(
            f"Expected {name} to have one value for each of the {len(filled)} documents, "
            f"got {name} of shape {array.shape}."
        )
    array = array[filled]
    if any(value is None or value != value for value in array.tolist()):  # NaN and NaT
        raise ValueError(f"Expected {name} without missing values, got some.")
    return array


def _times(times: Any, filled: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    array = _one_each("times", times, filled)
    if array.dtype == object:  # datetime.date and datetime.datetime
        with contextlib.suppress(TypeError, ValueError):
            array = array.astype("datetime64[us]")
    if array.dtype.kind not in "iufM":
        raise TypeError(
            f"Expected times to be numbers or dates, got dtype={array.dtype}. Names are labels."
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("Expected times to be finite, got inf.")
    return array


def _topic_names(
    estimator: Any, vocabulary: npt.ArrayLike | None, shown: npt.NDArray[np.intp]
) -> list[str]:
    """A topic's number, and three words where words are known."""
    if vocabulary is None and not hasattr(estimator, "feature_names_in_"):
        return [f"topic {k}" for k in shown]
    known = hasattr(estimator, "topic_word_distribution")
    topics = as_topics("estimator", estimator if known else estimator.components_)
    words = shown_words(estimator, vocabulary, topics.shape[1])
    top = top_words(topics[shown], min(_WORDS, len(words)))
    names = []
    for k, row in zip(shown, top, strict=True):
        names.append(f"{k} · {' '.join(words[i] for i in row)}")
    return names


def _means(
    weights: npt.NDArray[np.float64], groups: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """The groups in ascending order, and the mean weights in each (n_groups, n_topics)."""
    each, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    totals = [np.bincount(group, column, len(each)) for column in weights.T]
    return each, np.transpose(totals) / sizes[:, np.newaxis]


def _means_in_slices(
    weights: npt.NDArray[np.float64], times: npt.NDArray[Any], n_slices: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """The times, or the middles of slices of time, and the mean weights in each."""
    if len(np.unique(times)) <= n_slices:
        return _means(weights, times)
    since = (times - times.min()).astype(np.float64)
    length = since.max() / n_slices
    found, means = _means(weights, np.minimum(since // length, n_slices - 1))
    middles = (found + 0.5) * length
    if times.dtype.kind == "M":
        return times.min() + middles.astype(np.int64).astype(
            times.dtype.str.replace("M", "m")
        ), means
    return times.min() + middles, means


def _draw_lines(
    ax: Axes | None, names: list[str], times: npt.NDArray[Any], means: npt.NDArray[np.float64]
) -> Axes:
    if ax is None:
        ax = _new_axes(_WIDTH, _HEIGHT)
    marker = "." if len(times) <= _MOST_DOTS else ""
    for name, line in zip(names, means.T, strict=True):
        ax.plot(times, line, marker=marker, label=_plain(name))
    _scale_time(ax, times)
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.set_ylabel("mean weight", color=DIM, fontsize=LARGE)
    remove_frame(ax, "left", "bottom")
    order = np.argsort(-means[-1], kind="stable")
    ax.legend(
        [ax.lines[i - len(names)] for i in order],
        [_plain(names[i]) for i in order],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
    )
    return ax


def _scale_time(ax: Axes, times: npt.NDArray[Any]) -> None:
    """Whole numbers stay whole, dates are not said twice."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    if times.dtype.kind == "M":
        locator = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_locator(locator)
        formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_formatter(formatter)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=times.dtype.kind in "iu"))


def _draw_cells(
    ax: Axes | None, names: list[str], labels: npt.NDArray[Any], means: npt.NDArray[np.float64]
) -> Axes:
    from matplotlib.colors import LinearSegmentedColormap

    if ax is None:
        margin = _LETTER * max(len(name) for name in names)
        cell = max(_CELL, _LETTER * (max(len(str(label)) for label in labels) + 1))
        ax = _new_axes(margin + cell * max(len(labels), 2), _TITLE + _ROW * len(names))
    colors = LinearSegmentedColormap.from_list("shares", ["white", BAR])
    ax.imshow(means.T, cmap=colors, vmin=0, aspect="auto")
    for (row, column), share in np.ndenumerate(means.T):
        ax.text(
            column, row, f"{share:.0%}", color=INK, fontsize=SMALL, horizontalalignment="center",
            verticalalignment="center",
        )  # fmt: skip
    ax.set_yticks(range(len(names)), [_plain(name) for name in names])
    ax.set_xticks(range(len(labels)), [_plain(str(label)) for label in labels])
    ax.xaxis.tick_top()
    remove_frame(ax)
    ax.tick_params(length=0, labelcolor=INK)
    return ax


def _new_axes(width: float, height: float) -> Axes:
    figure = new_figure(width, height)
    figure.set_layout_engine("constrained")
    return figure.add_subplot()


def _plain(text: str) -> str:
    """A dollar sign is a dollar sign, no mathematics."""
    return text.replace("$", r"\$")
