"""Latents found for families: F1 on the half that chose them, and on the half that did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.find import LatentFinds

_HALVES = {"found on": "f1", "checked on": "checked_f1"}


def _title(record: LatentFinds) -> str:
    return f"Best latent of each family · {record.site} of {record.model}"


def plot_interactive(record: LatentFinds) -> Figure:
    """A Plotly picture: two bars a family."""
    import plotly.graph_objects as go

    names = [f"{find.family} · {find.feature}" for find in record]
    figure = go.Figure()
    for i, (half, field) in enumerate(_HALVES.items()):
        figure.add_bar(
            y=[theme.plotly_text(name) for name in names],
            x=[getattr(find, field) for find in record],
            name=half,
            orientation="h",
            marker={"color": theme.LINES[i], "pattern": {"shape": ("", "/")[i]}},
        )
    figure.update_xaxes(title="F1", range=[0, 1])
    figure.update_yaxes(autorange="reversed")
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: LatentFinds) -> PrintFigure:
    """The same in Matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 1.2 + 0.4 * len(record)), layout="constrained")
    ax = figure.add_subplot()
    for i, (half, field) in enumerate(_HALVES.items()):
        ax.barh(
            [n + 0.4 * i for n in range(len(record))],
            [getattr(find, field) for find in record],
            height=0.36,
            color=theme.LINES[i],
            hatch=("", "//")[i],
            edgecolor="white",
            label=half,
        )
    names = [theme.matplotlib_text(f"{find.family} · {find.feature}") for find in record]
    ax.set_yticks([n + 0.2 for n in range(len(record))], names, fontsize=8)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xlabel("F1", fontsize=8)
    ax.set_title(_title(record), fontsize=9, loc="left")
    ax.legend(fontsize=7, frameon=False)
    return figure
