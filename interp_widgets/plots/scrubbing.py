"""Causal scrubbing: the metric at random, scrubbed and as it is, prompt by prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.core.patching.measure import with_unit
from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.patching.scrubbing import Scrubbing

_COLUMNS = ("random", "scrubbed", "as it is")


def _lines(record: Scrubbing) -> tuple[list[list[float]], list[float]]:
    """For each prompt its three means, and those over all prompts."""
    each = zip(
        record.random_values.mean(0).tolist(),
        record.values.mean(0).tolist(),
        record.clean_values.tolist(),
        strict=True,
    )
    return [list(row) for row in each], [record.random, record.scrubbed, record.clean]


def _title(record: Scrubbing) -> str:
    score = ""
    if record.score == record.score:
        score = f"score {record.score:.2f} ({record.low:.2f} to {record.high:.2f}) · "
    return f"Causal scrubbing: {score}{len(record.nodes)} relevant nodes · {record.model}"


def _label(record: Scrubbing) -> str:
    return with_unit(record.metric)


def plot_interactive(record: Scrubbing) -> Figure:
    """A Plotly picture: a thin line a prompt, a thick one for the mean.

    Args:
        record: what scrubbing left.
    """
    import plotly.graph_objects as go

    prompts, mean = _lines(record)
    figure = go.Figure(
        [
            go.Scatter(
                x=list(_COLUMNS),
                y=values,
                mode="lines+markers",
                line={"color": "#808080", "width": 1},
                opacity=0.5,
                hovertemplate=f"{theme.plotly_text(text)}<br>%{{x}}  %{{y:.3f}}<extra></extra>",
                showlegend=False,
            )
            for text, values in zip(record.prompts, prompts, strict=True)
        ]
    )
    figure.add_trace(
        go.Scatter(
            x=list(_COLUMNS),
            y=mean,
            mode="lines+markers",
            line={"color": theme.LINES[0], "width": 4},
            name="mean",
            hovertemplate="mean, %{x}  %{y:.3f}<extra></extra>",
        )
    )
    figure.update_yaxes(title=_label(record))
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: Scrubbing, ax: Any = None) -> PrintFigure:
    """The same picture in Matplotlib.

    Args:
        record: what scrubbing left.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure

    if ax is None:
        ax = Figure(figsize=(6.4, 3.4), layout="constrained").add_subplot()
    prompts, mean = _lines(record)
    for values in prompts:
        ax.plot(range(3), values, color="#808080", linewidth=0.7, alpha=0.5, marker=".")
    ax.plot(range(3), mean, color=theme.LINES[0], linewidth=2.5, marker="o", label="mean")
    ax.set_xticks(range(3), _COLUMNS, fontsize=8)
    ax.set_ylabel(_label(record), fontsize=8)
    ax.legend(fontsize=8, frameon=False)
    ax.set_title(theme.matplotlib_text(_title(record)), fontsize=9, loc="left")
    return ax.figure
