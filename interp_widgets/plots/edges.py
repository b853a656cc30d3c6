"""The strongest edges as bars, and where they were measured, what they really do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.core.patching.measure import with_unit
from interp_widgets.plots import theme

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.patching.edge_record import EdgeAttribution

TOP = 20


def _rows(record: EdgeAttribution, top: int) -> pd.DataFrame:
    """The ``top`` strongest edges, strongest last, since bars are drawn from below.

    Raises:
        ValueError: no such number.
    """
    if not isinstance(top, int) or top < 1:
        raise ValueError(f"top= is how many edges are drawn, 1 or more; got {top!r}.")
    frame = record.to_frame().head(top)
    return frame.assign(edge=frame["source"] + " → " + frame["target"]).iloc[::-1]


def _label(record: EdgeAttribution) -> str:
    return f"change of {with_unit(record.metric)}"


def _title(record: EdgeAttribution) -> str:
    way = "corrupt into clean" if record.direction == "noise" else "clean into corrupt"
    pairs = len(record.clean_prompts)
    several = f" · mean of {pairs} pairs" if pairs > 1 else ""
    return f"Strongest edges, {way}, estimated{several} · {record.model}"


def plot_interactive(record: EdgeAttribution, top: int = TOP) -> Figure:
    """A Plotly picture.

    Args:
        record: estimated effects of edges.
        top: how many edges.

    Raises:
        ValueError: a number of edges that is none.
    """
    import plotly.graph_objects as go

    rows = _rows(record, top)
    at = list(range(len(rows)))
    figure = go.Figure(
        go.Bar(
            y=at,
            x=rows["score"].tolist(),
            orientation="h",
            marker={"color": theme.LINES[0]},
            name="estimate",
            customdata=rows["edge"].tolist(),
            hovertemplate="%{customdata}  %{x:.3f}<extra>estimate</extra>",
        )
    )
    known = rows["exact"].notna().tolist()
    if any(known):
        figure.add_scatter(
            y=[place for place, here in zip(at, known, strict=True) if here],
            x=rows["exact"].dropna().tolist(),
            mode="markers",
            marker={"symbol": "diamond", "size": 9, "color": theme.LINES[1]},
            name="path patching",
            customdata=rows["edge"][known].tolist(),
            hovertemplate="%{customdata}  %{x:.3f}<extra>path patching</extra>",
        )
    figure.update_xaxes(title=_label(record), zeroline=True, zerolinecolor="#808080")
    figure.update_yaxes(tickvals=at, ticktext=rows["edge"].tolist())
    figure.update_layout(height=120 + 22 * max(len(rows), 4))
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: EdgeAttribution, top: int = TOP, ax: Any = None) -> PrintFigure:
    """The same picture in Matplotlib.

    Args:
        record: estimated effects of edges.
        top: how many edges.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: a number of edges that is none.
    """
    from matplotlib.figure import Figure

    rows = _rows(record, top)
    if ax is None:
        height = max(2.2, 1.0 + 0.22 * len(rows))
        ax = Figure(figsize=(6.2, height), layout="constrained").add_subplot()
    ax.barh(range(len(rows)), rows["score"], color=theme.LINES[0], label="estimate")
    known = rows["exact"].notna().to_numpy()
    if known.any():
        ax.plot(
            rows["exact"][known],
            known.nonzero()[0],
            "D",
            color=theme.LINES[1],
            label="path patching",
        )
        ax.legend(fontsize=8, loc="best")
    ax.axvline(0, color="#808080", linewidth=0.8)
    ax.set_yticks(range(len(rows)), rows["edge"], fontsize=8)
    ax.set_xlabel(_label(record), fontsize=8)
    ax.set_title(theme.matplotlib_text(_title(record)), fontsize=9, loc="left")
    return ax.figure
