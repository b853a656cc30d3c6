"""How large the activations are: norm by place and token, for the first prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.plots import theme

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.cache import ActivationCache


def _table(record: ActivationCache) -> pd.DataFrame:
    """Norms, a row a place and a column a position, in the order they were cached."""
    frame = record.to_frame().query("prompt == 0")
    return frame.pivot(index="place", columns="pos", values="norm").loc[list(record)]


def plot_interactive(record: ActivationCache) -> Figure:
    """A Plotly heat map of norms."""
    import plotly.graph_objects as go

    table = _table(record)
    figure = go.Figure(
        go.Heatmap(z=table.to_numpy(), y=list(table.index), colorscale=theme.SEQUENTIAL)
    )
    tokens = [theme.plotly_text(token) for token in record.tokens[0]]
    figure.update_xaxes(tickvals=list(range(len(tokens))), ticktext=tokens)
    return theme.plotly_layout(figure, f"Norm of activations · {record.model}")


def plot_print(record: ActivationCache) -> PrintFigure:
    """The same heat map in Matplotlib."""
    from matplotlib.figure import Figure

    table = _table(record)
    rows, positions = table.shape
    figure = Figure(
        figsize=(max(4.0, 1.5 + 0.6 * positions), max(2.5, 0.9 + 0.25 * rows)), layout="constrained"
    )
    ax = figure.add_subplot()
    image = ax.imshow(table.to_numpy(), cmap=theme.SEQUENTIAL, aspect="auto", origin="lower")
    ax.set_yticks(range(rows), table.index, fontsize=7)
    tokens = [theme.matplotlib_text(token) for token in record.tokens[0]]
    ax.set_xticks(range(positions), tokens, fontsize=8, rotation=30, ha="right")
    ax.set_title(f"Norm of activations · {record.model}", fontsize=9, loc="left")
    figure.colorbar(image, ax=ax, label="Euclidean norm")
    return figure
