"""Overlapping directions: two of them in the plane they span, and what every one reads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.overlap import Overlap

_PANELS = ("directions and mixture", "strength, reading")


def _title(record: Overlap, pair: tuple[int, int]) -> str:
    i, j = pair
    cosine = f"{float(record.cosines[i, j]):.2f}".replace("-", "−")
    return f"{record.names[i]} and {record.names[j]}: cosine {cosine}"


def plot_interactive(record: Overlap, pair: tuple[int, int] = (0, 1)) -> Figure:
    """A Plotly picture: a pair in its plane with the mixture, and strength and reading of all."""
    from plotly.subplots import make_subplots

    figure = make_subplots(cols=2, subplot_titles=_PANELS)
    axes = record.plane(pair)
    points = record.directions[list(pair)] @ axes.T
    arrows = [*zip((record.names[i] for i in pair), points.tolist(), strict=True)]
    arrows.append(("mixture", (axes @ record.mixture).tolist()))
    for number, (name, (x, y)) in enumerate(arrows):
        figure.add_scatter(
            x=[0, x],
            y=[0, y],
            mode="lines+markers+text",
            text=["", theme.plotly_text(name)],
            textposition="top center",
            marker={"size": [0, 7]},
            line={"color": theme.LINES[number], "dash": "dash" if name == "mixture" else "solid"},
            showlegend=False,
            row=1,
            col=1,
        )
    figure.update_yaxes(scaleanchor="x", row=1, col=1)
    names = [theme.plotly_text(name) for name in record.names]
    for name, values, color in _bars(record):
        figure.add_bar(x=names, y=values, name=name, marker={"color": color}, row=1, col=2)
    return theme.plotly_layout(figure, _title(record, pair))


def _bars(record: Overlap) -> list[tuple[str, list[float], str]]:
    return [
        ("strength", record.strengths.tolist(), theme.FAINT),
        ("reading", record.readings.tolist(), theme.LINES[0]),
    ]


def plot_print(record: Overlap, pair: tuple[int, int] = (0, 1)) -> PrintFigure:
    """The same in Matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    axes = record.plane(pair)
    points = record.directions[list(pair)] @ axes.T
    arrows: list[tuple[str, Any]] = [
        *zip((record.names[i] for i in pair), points.tolist(), strict=True),
        ("mixture", (axes @ record.mixture).tolist()),
    ]
    _drawn(left, arrows)
    places = torch.arange(len(record.names))
    for side, (name, values, color) in enumerate(_bars(record)):
        right.bar((places + 0.4 * side - 0.2).numpy(), values, 0.4, color=color, label=name)
    right.set_xticks(
        places.numpy(),
        [theme.matplotlib_text(name) for name in record.names],
        rotation=90 if len(record.names) > 4 else 0,
    )
    right.axhline(0, color=theme.FAINT, linewidth=0.8)
    right.legend(fontsize=7, frameon=False)
    for ax, panel in ((left, _PANELS[0]), (right, _PANELS[1])):
        ax.set_title(panel, fontsize=8)
        ax.tick_params(labelsize=8)
    figure.suptitle(theme.matplotlib_text(_title(record, pair)), fontsize=9)
    return figure


def _drawn(ax: Any, arrows: list[tuple[str, Any]]) -> None:
    """Arrows from 0, each with its name beyond its tip, in a frame that just holds them."""
    for number, (name, (x, y)) in enumerate(arrows):
        style = {"arrowstyle": "->", "color": theme.LINES[number], "lw": 1.8}
        if name == "mixture":
            style["linestyle"] = "--"
        ax.annotate("", (x, y), (0, 0), arrowprops=style)
        length = math.hypot(x, y) or 1.0
        across, up = x / length, y / length
        ax.annotate(
            theme.matplotlib_text(name),
            (x, y),
            (4 * across, 4 * up),
            textcoords="offset points",
            size=8,
            ha="left" if across > 0.4 else "right" if across < -0.4 else "center",
            va="bottom" if up > 0.4 else "top" if up < -0.4 else "center",
        )
    lows, highs = zip(*((min(0.0, *one), max(0.0, *one)) for one in _by_axis(arrows)), strict=True)
    room = 0.2 * max(high - low for low, high in zip(lows, highs, strict=True))
    ax.set_xlim(lows[0] - room, highs[0] + 2 * room)  # names are wider than high
    ax.set_ylim(lows[1] - room, highs[1] + room)
    ax.set_aspect("equal")


def _by_axis(arrows: list[tuple[str, Any]]) -> list[tuple[float, ...]]:
    """The tips' x, and their y."""
    return [tuple(point[axis] for _, point in arrows) for axis in (0, 1)]
