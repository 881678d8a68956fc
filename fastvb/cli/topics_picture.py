"""The picture that ``fastvb topics --plot`` writes: bars of top words above the bound's trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastvb.cli.topics_result import TopicsResult
from fastvb.plotting import plot_bound, plot_topics
from fastvb.plotting.style import INK, LARGE, new_figure
from fastvb.plotting.topics import grid_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    import fastvb

__all__ = ["picture"]

_MOST_TOPICS, _WORDS, _MOST_WORDS = 100, 10, 40  # what a page can show
_HEAD, _BOUND, _LEAST_WIDTH = 0.35, 2.4, 5.0  # inches


def picture(
    estimator: fastvb.LatentDirichletAllocation, result: TopicsResult, n_top_words: int | None
) -> Figure:
    """A figure with the heaviest topics of a run and its bound after each iteration."""
    n_topics = min(result.n_components, _MOST_TOPICS)
    n_words = min(n_top_words or _WORDS, _MOST_WORDS, result.words)
    width, bars = grid_size(n_topics, n_words)
    width = max(width, _LEAST_WIDTH)
    figure = new_figure(width, _HEAD + bars + _BOUND)
    parts = figure.subfigures(3, 1, squeeze=False, height_ratios=(_HEAD, bars, _BOUND))
    head, upper, lower = parts[:, 0]
    title = f"{result.n_components} topics of {result.source}"
    if n_topics < result.n_components:
        title = f"The heaviest {n_topics} of {title}"
    head.text(0.15 / width, 0.2, title, color=INK, fontsize=LARGE + 2, parse_math=False)
    plot_topics(estimator, n_top_words=n_words, n_topics=n_topics, figure=upper)
    ax = lower.add_axes((0.75 / width, 0.2, 1 - 0.9 / width, 0.7))
    is_of_all = result.learning_method != "streaming"  # and not of a batch
    plot_bound(estimator, ax, n_tokens=result.training_tokens if is_of_all else None)
    return figure
