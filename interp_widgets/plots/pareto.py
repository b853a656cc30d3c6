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


class Mark(NamedTuple):
    """A point that carries its name: one's own, or one that is held."""

    name: str
    x: float
    y: float
    held: bool


def plot_print(
    series: Sequence[Series],
    front: tuple[Sequence[float], Sequence[float]],
    labels: tuple[str, str],
    scales: tuple[str, str],
    title: str,
    marks: Sequence[Mark] = (),
    ax: Any = None,
) -> Figure:
    """A Matplotlib scatter plot.

    Args:
        series: points by variant.
        front: x and y of the points that none beats.
        labels: of the two measures.
        scales: ``"log"`` or ``"linear"``, of the two.
        title: what the points are.
        marks: points that are named.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure

    if ax is None:
        ax = Figure(figsize=(6.4, 4.2), layout="constrained").add_subplot()
    ax.plot(
        *front, color=theme.FAINT, alpha=0.35, linewidth=7, solid_capstyle="round", label="front"
    )
    for one in series:
        if not one.x:
            continue
        color = theme.LINES[one.number % len(theme.LINES)]
        marker = _MARKERS[one.number % len(_MARKERS)]
        ax.plot(one.line_x, one.line_y, color=color, linewidth=1)
        ax.scatter(one.x, one.y, s=22, color=color, marker=marker, label=one.name)
    for one in marks:
        if one.held:
            ax.plot(one.x, one.y, "o", ms=12, mfc="none", mec="black", mew=1.2)
        place = {"xytext": (9, -3), "textcoords": "offset points", "fontsize": 8, "weight": "bold"}
        ax.annotate(theme.matplotlib_text(one.name), (one.x, one.y), **place)
    for axis, set_scale, scale in (
        (ax.xaxis, ax.set_xscale, scales[0]),
        (ax.yaxis, ax.set_yscale, scales[1]),
    ):
        if scale == "log":
            set_scale("log", nonpositive="mask")  # 0 and below have no place there
            _in_plain_numbers(axis)
    ax.set_xlabel(labels[0], fontsize=8)
    ax.set_ylabel(labels[1], fontsize=8)
    ax.set_title(theme.matplotlib_text(title), fontsize=9)
    ax.tick_params(labelsize=8, which="both")
    if any(one.x for one in series):
        ax.legend(fontsize=7, frameon=False)
    return ax.figure


def _in_plain_numbers(axis: Any) -> None:
    """Powers of ten of a logarithmic axis, twice and five times them."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

    low, high = axis.get_view_interval()
    few = high < 5 * low
    axis.set_major_locator(MaxNLocator(4) if few else LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
