"""A head's two circuits side by side: what it says about a token, and which keys a query wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.head_circuit import HeadCircuit

_MAPS = (("ov", "looked at", "raised", "OV: logits"), ("qk", "query", "key", "QK: query · key"))


def _title(record: HeadCircuit) -> str:
    return f"{record.name}, token by token · {record.model}"


def plot_interactive(record: HeadCircuit) -> Figure:
    """Two Plotly heat maps around zero.

    Args:
        record: the circuits.
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    names = [theme.plotly_text(token) for token in record.tokens]
    figure = make_subplots(1, 2, horizontal_spacing=0.18)
    for column, (which, row_name, column_name, label) in enumerate(_MAPS, 1):
        values = getattr(record, which).numpy()
        trace = go.Heatmap(
            z=values,
            x=list(range(len(names))),
            y=list(range(len(names))),
            colorscale=theme.DIVERGING,
            zmid=0,
            zmin=-theme.reach(values),
            zmax=theme.reach(values),
            colorbar={"x": 0.41 if column == 1 else 1.0, "title": {"text": label, "side": "right"}},
            customdata=[[f"{row} → {other}" for other in names] for row in names],
            hovertemplate="%{customdata}  %{z:.3f}<extra></extra>",
        )
        figure.add_trace(trace, 1, column)
        ticks = {"tickvals": list(range(len(names))), "ticktext": names}
        figure.update_xaxes(title=column_name, **ticks, row=1, col=column)
        figure.update_yaxes(title=row_name, autorange="reversed", **ticks, row=1, col=column)
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: HeadCircuit) -> PrintFigure:
    """The same two maps in Matplotlib.

    Args:
        record: the circuits.
    """
    from matplotlib.figure import Figure

    count = len(record.tokens)
    side = max(2.6, 0.9 + 0.2 * count)
    figure = Figure(figsize=(2 * side + 1.6, side + 0.6), layout="constrained")
    names = [theme.matplotlib_text(token) for token in record.tokens]
    for ax, (which, row_name, column_name, label) in zip(figure.subplots(1, 2), _MAPS, strict=True):
        values = getattr(record, which).numpy()
        top = theme.reach(values)
        image = ax.imshow(values, cmap=theme.DIVERGING, vmin=-top, vmax=top)
        ax.set_xticks(range(count), names, rotation=90, fontsize=7)
        ax.set_yticks(range(count), names, fontsize=7)
        ax.set_xlabel(column_name, fontsize=8)
        ax.set_ylabel(row_name, fontsize=8)
        figure.colorbar(image, ax=ax, shrink=0.8).set_label(label, fontsize=8)
    figure.suptitle(theme.matplotlib_text(_title(record)), fontsize=9)
    return figure
