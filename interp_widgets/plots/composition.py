"""Composition of pairs of heads: writers down, readers to the right, around the random baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.composition import Composition

_TICKS = 48  # heads that are named along an axis; of more every so manieth


def _table(record: Composition, of: str) -> tuple[np.ndarray, list[str], float]:
    """Excess ``[writer, reader]``, the names of all heads, and where the colours end."""
    if of not in record.kinds:
        raise ValueError(f"of= is one of {', '.join(map(repr, record.kinds))}; got {of!r}.")
    scores = record.excess[record.kinds.index(of)]
    layers, heads = scores.shape[:2]
    names = [f"{layer}.{head}" for layer in range(layers) for head in range(heads)]
    values = scores.reshape(len(names), len(names)).numpy()
    return values, names, theme.reach(values)


def _title(record: Composition, of: str) -> str:
    return f"{of.upper()}-composition of heads · {record.model}"


def _label(record: Composition) -> str:
    return f"score above that of random factors ({record.baseline:.2f})"


def plot_interactive(record: Composition, of: str = "k") -> Figure:
    """A Plotly heat map.

    Args:
        record: the scores.
        of: ``"q"``, ``"k"`` or ``"v"``.

    Raises:
        ValueError: another kind.
    """
    import plotly.graph_objects as go

    values, names, top = _table(record, of)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(len(names))),
            y=list(range(len(names))),
            colorscale=theme.DIVERGING,
            zmid=0,
            zmin=-top,
            zmax=top,
            colorbar={"title": {"text": _label(record), "side": "right"}},
            customdata=[[f"{writer} → {reader}" for reader in names] for writer in names],
            hovertemplate="%{customdata}  %{z:.3f}<extra></extra>",
        )
    )
    step = -(-len(names) // _TICKS)
    ticks = {"tickvals": list(range(len(names)))[::step], "ticktext": names[::step]}
    figure.update_xaxes(title="reader (layer.head)", **ticks)
    figure.update_yaxes(title="writer (layer.head)", **ticks)
    return theme.plotly_layout(figure, _title(record, of))


def plot_print(record: Composition, of: str = "k", ax: Any = None) -> PrintFigure:
    """The same heat map in Matplotlib.

    Args:
        record: the scores.
        of: ``"q"``, ``"k"`` or ``"v"``.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: another kind.
    """
    from matplotlib.figure import Figure

    values, names, top = _table(record, of)
    if ax is None:
        side = min(12.0, max(3.0, 1.2 + 0.16 * len(names)))
        ax = Figure(figsize=(side + 1.2, side), layout="constrained").add_subplot()
    image = ax.imshow(values, cmap=theme.DIVERGING, vmin=-top, vmax=top, origin="lower")
    step = -(-len(names) // _TICKS)
    places = range(0, len(names), step)
    ax.set_xticks(places, names[::step], rotation=90, fontsize=6)
    ax.set_yticks(places, names[::step], fontsize=6)
    ax.set_xlabel("reader (layer.head)", fontsize=8)
    ax.set_ylabel("writer (layer.head)", fontsize=8)
    ax.set_title(theme.matplotlib_text(_title(record, of)), fontsize=9, loc="left")
    ax.figure.colorbar(image, ax=ax, shrink=0.8).set_label(_label(record), fontsize=8)
    return ax.figure
