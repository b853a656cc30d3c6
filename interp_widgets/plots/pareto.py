"""Dictionaries as points of two measures: a line for the best of every variant, and the front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

_MARKERS = "os^DPXp"


class Series(NamedTuple):
    """The points of a variant, and those of them that no other of the variant beats."""

    name: str
    number: int
    x: Sequence[float]
    y: Sequence[float]
    line_x: Sequence[float]
    line_y: Sequence[float]


def plot_print(
    series: Sequence[Series],
    front: tuple[Sequence[float], Sequence[float]],
    labels: tuple[str, str],
    scales: tuple[str, str],
    title: str,
    ax: Any = None,
) -> Figure:
    """A Matplotlib scatter plot.

    Args:
        series: points by variant.
        front: x and y of the points that none beats.
        labels: of the two measures.
        scales: ``"log"`` or ``"linear"``, of the two.
        title: what the points are.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure

    if ax is None:
        ax = Figure(figsize=(6.4, 4.2), layout="constrained").add_subplot()
    ax.plot(*front, color="#808080", alpha=0.35, linewidth=7, solid_capstyle="round", label="front")
    for one in series:
        if not one.x:
            continue
        color = theme.LINES[one.number % len(theme.LINES)]
        marker = _MARKERS[one.number % len(_MARKERS)]
        ax.plot(one.line_x, one.line_y, color=color, linewidth=1)
        ax.scatter(one.x, one.y, s=22, color=color, marker=marker, label=one.name)
    # Values of 0 and below have no place on a logarithmic scale.
    ax.set_xscale(scales[0], **({"nonpositive": "mask"} if scales[0] == "log" else {}))
    ax.set_yscale(scales[1], **({"nonpositive": "mask"} if scales[1] == "log" else {}))
    ax.set_xlabel(labels[0], fontsize=8)
    ax.set_ylabel(labels[1], fontsize=8)
    ax.set_title(theme.matplotlib_text(title), fontsize=9)
    ax.tick_params(labelsize=8, which="both")
    if any(one.x for one in series):
        ax.legend(fontsize=7, frameon=False)
    return ax.figure
