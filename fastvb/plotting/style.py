"""What all pictures share: figures without pyplot, colours, sizes of letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BAR", "DIM", "INK", "LARGE", "LINE", "SMALL", "new_figure", "remove_frame"]

INK, DIM = "#1b1f24", "#6a737d"  # text, and text beside it
BAR, LINE = "#a9cbe8", "#1f6fb4"  # letters stay readable on BAR
SMALL, LARGE = 8.0, 9.0  # points


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of this size in inches, which pyplot does not know."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "Expected matplotlib for a plot, found none. Install it: pip install 'fastvb[plot]'."
        ) from error
    return Figure(figsize=(width, height))


def remove_frame(ax: Axes, *kept: str) -> None:
    """Leave only the `kept` sides ("left", "bottom") of the box around the data."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in kept)
        spine.set_color(DIM)
    ax.tick_params(colors=DIM, labelsize=SMALL)
