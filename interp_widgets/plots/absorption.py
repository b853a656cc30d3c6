"""Absorption as bars: how often a latent is silent beside each child, and without any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.absorption import Absorption

_AXIS = "share of samples"


def _bars(record: Absorption) -> dict[str, float]:
    """Share by what fires; the last bar is the control."""
    children = zip(record.children, record.rates.tolist(), strict=True)
    return {f"with {child}: absorbed": rate for child, rate in children} | {
        "alone: missed": record.missed
    }


def _title(record: Absorption) -> str:
    return f"Latent {record.latent} for feature {record.parent}: {record.rate:.0%} absorbed"


def plot_interactive(record: Absorption) -> Figure:
    """Plotly bars."""
    from plotly.graph_objects import Bar, Figure

    bars = _bars(record)
    colours = [theme.LINES[1]] * len(record.children) + [theme.LINES[0]]
    labels = [f"{share:.2f}" for share in bars.values()]
    figure = Figure(
        Bar(
            x=list(bars),
            y=list(bars.values()),
            marker_color=colours,
            text=labels,
            textposition="outside",
        )
    )
    figure.update_yaxes(title=_AXIS, range=[0, 1.08])
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: Absorption, ax: Any = None) -> PrintFigure:
    """The same bars in Matplotlib.

    Args:
        record: what was counted.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure as PrintFigure

    bars = _bars(record)
    if ax is None:
        ax = PrintFigure(figsize=(5.2, 3.0), layout="constrained").add_subplot()
    colours = [theme.LINES[1]] * len(record.children) + [theme.LINES[0]]
    drawn = ax.bar(list(bars), list(bars.values()), color=colours)
    ax.bar_label(drawn, fmt="%.2f", fontsize=8)
    ax.set_title(_title(record), fontsize=9)
    ax.set_ylabel(_AXIS, fontsize=8)
    ax.set_ylim(0, 1.08)
    ax.tick_params(labelsize=8)
    return ax.figure
