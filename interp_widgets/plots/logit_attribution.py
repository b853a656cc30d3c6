"""Direct logit attribution as bars: each write up or down, and the sum as it grows."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.logit_attribution import LogitAttribution

PER = ("block", "part")
MOST_NAMED = 40  # bars that have their names below; of more, every so many
LONGEST = 16  # characters of a token


def _shares(record: LogitAttribution, per: str) -> dict[str, float]:
    """Names and shares of what becomes a bar."""
    if per not in PER:
        raise ValueError(f"per is one of {', '.join(PER)}; got {per!r}.")
    if per == "block":
        return record.blocks()
    return dict(zip(record.parts, record.contributions.tolist(), strict=True))


def _asked(record: LogitAttribution) -> str:
    """What the shares are shares of."""
    pieces = [_short(theme.visible(piece)) for piece in record.pieces]
    if len(pieces) == 1:
        return f"logit of {pieces[0]}"
    return f"logit of {pieces[0]} less that of {pieces[1]}"


def _short(piece: str) -> str:
    return piece if len(piece) <= LONGEST else piece[: LONGEST - 1] + "…"


def _title(record: LogitAttribution) -> str:
    return f"Direct logit attribution · {record.model}"


def plot_interactive(record: LogitAttribution, per: str = "block") -> Figure:
    """Plotly bars, and the sum so far as a line.

    Args:
        record: the attribution.
        per: ``"block"``: embedding, attentions and MLPs; ``"part"``: every head for itself.

    Raises:
        ValueError: another ``per``.
    """
    import plotly.graph_objects as go

    shares = _shares(record, per)
    names, values = list(shares), list(shares.values())
    toward, against = theme.LINES[:2]
    colours = [toward if value >= 0 else against for value in values]
    figure = go.Figure(
        [
            go.Bar(
                x=names,
                y=values,
                name="write",
                marker={"color": colours},
                hovertemplate="%{x}  %{y:+.3f}<extra></extra>",
            ),
            go.Scatter(
                x=names,
                y=list(accumulate(values)),
                name="sum so far",
                mode="lines+markers",
                line={"color": "#808080", "width": 1},
                marker={"size": 4},
                hovertemplate="up to %{x}  %{y:+.3f}<extra></extra>",
            ),
        ]
    )
    figure.update_yaxes(title={"text": theme.plotly_text(_asked(record)), "font": {"size": 11}})
    figure.update_layout(legend={"orientation": "h"})
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: LogitAttribution, per: str = "block", ax: Any = None) -> PrintFigure:
    """The same bars in Matplotlib.

    Args:
        record: the attribution.
        per: ``"block"`` or ``"part"``.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: another ``per``.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    shares = _shares(record, per)
    names, values = list(shares), list(shares.values())
    if ax is None:
        width = 1.5 + 0.32 * min(len(names), MOST_NAMED)
        figure = Figure(figsize=(max(4.0, width), 3.2), layout="constrained")
        ax = figure.add_subplot()
    places = range(len(names))
    toward, against = theme.LINES[:2]
    colours = [toward if value >= 0 else against for value in values]
    # One artist for all: a widget draws this whenever it is shown.
    corners = [
        [(x - 0.4, 0), (x - 0.4, y), (x + 0.4, y), (x + 0.4, 0)]
        for x, y in zip(places, values, strict=True)
    ]
    ax.add_collection(PolyCollection(corners, facecolors=colours))
    sums = ax.plot(places, list(accumulate(values)), color="0.4", lw=1, marker=".")
    ax.margins(x=0.01)
    ax.axhline(0, color="0.4", lw=0.5)
    step = -(-len(names) // MOST_NAMED)
    ax.set_xticks(places[::step], names[::step], fontsize=7, rotation=60, ha="right")
    ax.set_ylabel(theme.matplotlib_text(_asked(record)), fontsize=8)
    ax.set_title(theme.matplotlib_text(_title(record)), fontsize=9, loc="left")
    ax.legend(
        [Patch(color=toward), Patch(color=against), *sums],
        ["writes for it", "against it", "sum so far"],
        fontsize=7,
        frameon=False,
    )
    return ax.figure
