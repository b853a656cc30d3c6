"""The matrix of cosines between true and found directions, partners on the diagonal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.matching import Match

MOST = 256  # directions drawn on each side


def _matrix(record: Match) -> tuple[np.ndarray, list[int]]:
    """Cosines with the columns in the order of partners, what is left behind them; and its ids."""
    partners = [found for _, found in record.pairs][:MOST]
    taken = {found for _, found in record.pairs}
    rest = [found for found in range(record.matrix.shape[1]) if found not in taken]
    columns = [*partners, *rest[: MOST - len(partners)]]
    return record.matrix[:MOST, columns].numpy(), columns


def _title(record: Match) -> str:
    true, found = record.matrix.shape
    cut = f" (the first {MOST} drawn)" if max(true, found) > MOST else ""
    return f"{record.count()} of {true} true directions found above cosine 0.9{cut}"


def _scale(record: Match) -> tuple[str, float, float]:
    return (theme.DIVERGING, -1.0, 1.0) if record.signed else (theme.SEQUENTIAL, 0.0, 1.0)


def plot_interactive(record: Match) -> Figure:
    """A Plotly heat map; hover names the two directions and their cosine."""
    from plotly.graph_objects import Figure, Heatmap

    values, columns = _matrix(record)
    colours, low, high = _scale(record)
    figure = Figure(
        Heatmap(
            z=values,
            customdata=np.tile(np.array(columns), (len(values), 1)),
            colorscale=colours,
            zmin=low,
            zmax=high,
            colorbar={"title": "cosine"},
            hovertemplate="true %{y}, found %{customdata}<br>cosine %{z:.2f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="found directions, partners first", showticklabels=False)
    figure.update_yaxes(title="true direction", autorange="reversed")
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: Match, ax: Any = None) -> PrintFigure:
    """The same heat map in Matplotlib.

    Args:
        record: the match.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure as PrintFigure

    values, _ = _matrix(record)
    colours, low, high = _scale(record)
    if ax is None:
        ax = PrintFigure(figsize=(5.6, 4.4), layout="constrained").add_subplot()
    image = ax.imshow(
        values, cmap=colours, vmin=low, vmax=high, aspect="auto", interpolation="nearest"
    )
    ax.figure.colorbar(image, ax=ax, label="cosine")
    ax.set_title(_title(record), fontsize=9)
    ax.set_xlabel("found directions, partners first", fontsize=8)
    ax.set_ylabel("true direction", fontsize=8)
    ax.set_xticks([])
    ax.tick_params(labelsize=8)
    return ax.figure
