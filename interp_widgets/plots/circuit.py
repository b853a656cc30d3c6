"""A circuit of heads: what each is needed for, how complete it is, how a search found it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.core.patching.head_sets import named
from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.patching.circuit_record import Circuit

_VIEWS = ("minimality", "completeness", "search")
_AXES = {
    "minimality": ("", "faithfulness lost without the head"),
    "completeness": ("faithfulness of the model without K", "of the circuit without K"),
    "search": ("heads working", "faithfulness on the way"),
}


def _checked(record: Circuit, of: str) -> str:
    if of not in _VIEWS:
        raise ValueError(f"of= is one of {', '.join(map(repr, _VIEWS))}; got {of!r}.")
    if of == "search" and not record.path:
        raise ValueError(
            "this circuit was given, not searched for: of='search' is for iw.find_circuit."
        )
    return of


def _title(record: Circuit) -> str:
    of_all = record.layers * record.heads_a_layer
    return f"Circuit of {len(record.heads)} of {of_all} heads · {record.model}"


def _points(record: Circuit) -> tuple[list[float], list[float], list[str]]:
    """For each ``K``: model without it, circuit without it, and its name."""
    rest = record.share(record.rest_values).tolist()
    kept = record.share(record.kept_values).tolist()
    return rest, kept, [", ".join(named(heads)) for heads in record.removed]


def _range(values: list[float]) -> tuple[float, float]:
    """Ends of the diagonal: 0 and 1, and what lies outside."""
    known = [value for value in values if value == value]
    return min([0.0, *known]), max([1.0, *known])


def plot_interactive(record: Circuit, of: str = "minimality") -> Figure:
    """A Plotly picture.

    Args:
        record: the circuit.
        of: ``"minimality"`` (bars by head), ``"completeness"`` (each set ``K`` taken from the
            model and from the circuit; on the diagonal both lose as much), ``"search"``.

    Raises:
        ValueError: another view, or the search of a circuit that was given.
    """
    import plotly.graph_objects as go

    of = _checked(record, of)
    figure = go.Figure({"minimality": _bars, "completeness": _cloud, "search": _line}[of](record))
    figure.update_layout(showlegend=False)
    across, up = _AXES[of]
    figure.update_xaxes(title=across)
    figure.update_yaxes(title=up, zeroline=True, zerolinecolor="#808080")
    return theme.plotly_layout(figure, _title(record))


def _bars(record: Circuit) -> list[Any]:
    import plotly.graph_objects as go

    return [
        go.Bar(
            x=list(record.names),
            y=record.minimality.tolist(),
            marker={"color": theme.LINES[0]},
            hovertemplate="%{x}  %{y:.3f}<extra></extra>",
        )
    ]


def _cloud(record: Circuit) -> list[Any]:
    import plotly.graph_objects as go

    rest, kept, names = _points(record)
    ends = list(_range([*rest, *kept]))
    said = "without %{customdata}<br>model %{x:.3f}, circuit %{y:.3f}<extra></extra>"
    return [
        go.Scatter(
            x=rest,
            y=kept,
            mode="markers",
            marker={"color": theme.LINES[0], "size": 9},
            customdata=names,
            hovertemplate=said,
        ),
        go.Scatter(
            x=ends,
            y=ends,
            mode="lines",
            line={"color": "#808080", "dash": "dot"},
            hoverinfo="skip",
        ),
    ]


def _line(record: Circuit) -> list[Any]:
    import plotly.graph_objects as go

    sizes, values = zip(*record.search, strict=True)
    return [
        go.Scatter(
            x=sizes,
            y=values,
            mode="lines+markers",
            line={"color": theme.LINES[0]},
            customdata=[", ".join(named(heads)) or "no head" for heads in record.path],
            hovertemplate="%{customdata}<br>%{y:.3f}<extra></extra>",
        )
    ]


def plot_print(record: Circuit, of: str = "minimality", ax: Any = None) -> PrintFigure:
    """The same picture in Matplotlib.

    Args:
        record: the circuit.
        of: as in `plot_interactive`.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: another view, or the search of a circuit that was given.
    """
    from matplotlib.figure import Figure

    of = _checked(record, of)
    if ax is None:
        wide = max(4.5, 1.6 + 0.35 * len(record.heads)) if of == "minimality" else 4.8
        ax = Figure(figsize=(wide, 3.6), layout="constrained").add_subplot()
    if of == "minimality":
        ax.bar(range(len(record.heads)), record.minimality.tolist(), color=theme.LINES[0])
        ax.axhline(0, color="#808080", linewidth=0.8)
        ax.set_xticks(range(len(record.heads)), record.names, rotation=90, fontsize=8)
    elif of == "completeness":
        rest, kept, _ = _points(record)
        ends = _range([*rest, *kept])
        ax.plot(ends, ends, color="#808080", linestyle=":")
        ax.scatter(rest, kept, color=theme.LINES[0], s=26)
    else:
        found = record.search
        ax.plot(*zip(*found, strict=True), color=theme.LINES[0], marker="o", markersize=4)
        ax.axhline(1, color="#808080", linewidth=0.8, linestyle=":")
    across, up = _AXES[of]
    ax.set_xlabel(across, fontsize=8)
    ax.set_ylabel(up, fontsize=8)
    ax.set_title(theme.matplotlib_text(_title(record)), fontsize=9, loc="left")
    return ax.figure
