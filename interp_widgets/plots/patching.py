"""What patching did: one axis as bars with their interval, more as a heat map around zero."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.core.patching.measure import with_unit
from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.patching.record import Patching

_WRITTEN = 200  # cells up to which a print has its numbers in them


def _quantity(record: Patching, of: str | None) -> str:
    """What is drawn: recovery where there is a scale for it, unless asked otherwise."""
    if of is None:
        return "effect" if bool(record.recovery.isnan().all()) else "recovery"
    if of not in ("effect", "recovery"):
        raise ValueError(f"of= is 'effect' or 'recovery'; got {of!r}.")
    return of


def _label(record: Patching, of: str) -> str:
    if of == "recovery":
        ends = ("corrupt", "clean") if record.direction == "denoise" else ("clean", "corrupt")
        return f"recovery of {record.metric} (0 {ends[0]} run, 1 {ends[1]})"
    return f"change of {with_unit(record.metric)}"


def _title(record: Patching) -> str:
    verb = {"denoise": "clean into corrupt", "noise": "corrupt into clean", "ablate": "ablated"}
    pairs = len(record.clean_prompts)
    several = f" · mean of {pairs} pairs" if pairs > 1 else ""
    how = f"{verb[record.direction]}{', estimated' if record.method == 'attribution' else ''}"
    what = record.routed(record.site or "Chosen cells")
    return f"{what}, {how}{several} · {record.model}"


def _names(axis: str, labels: tuple[str, ...]) -> list[str]:
    """The names along an axis as texts; heads and neurons say what they are numbers of."""
    return [f"{axis} {label}" if axis in ("head", "neuron") else label for label in labels]


def _table(record: Patching, of: str) -> tuple[np.ndarray, list[str], list[str]]:
    """The values as rows and columns, and the names of both; layer and head share the rows."""
    values = getattr(record, of).numpy()
    named = [_names(axis, along) for axis, along in zip(record.axes, record.labels, strict=True)]
    rows = [" ".join(parts) for parts in product(*named[:-1])]
    columns = list(record.labels[-1])
    return values.reshape(len(rows), len(columns)), rows, columns


def plot_interactive(record: Patching, of: str | None = None) -> Figure:
    """A Plotly picture.

    Args:
        record: what patching did.
        of: ``"recovery"`` or ``"effect"``; recovery where it is defined, if not said.

    Raises:
        ValueError: another quantity.
    """
    import plotly.graph_objects as go

    of = _quantity(record, of)
    if len(record.axes) == 1:
        low, high = record.interval(of)
        values = getattr(record, of)
        several = len(record.values) > 1
        trace = go.Bar(
            x=list(range(len(values))),
            y=values.tolist(),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (high - values).tolist(),
                "arrayminus": (values - low).tolist(),
                "visible": several,
            },
            marker={"color": theme.LINES[0]},
            customdata=[theme.plotly_text(name) for name in record.labels[0]],
            hovertemplate="%{customdata}  %{y:.3f}<extra></extra>",
        )
        columns, title = list(record.labels[0]), _label(record, of)
        figure = go.Figure(trace)
        figure.update_yaxes(title=title, zeroline=True, zerolinecolor="#808080")
    else:
        values, rows, columns = _table(record, of)
        figure = go.Figure(
            go.Heatmap(
                z=values,
                x=list(range(len(columns))),
                y=rows,
                colorscale=theme.DIVERGING,
                zmid=0,
                zmin=-theme.reach(values),
                zmax=theme.reach(values),
                colorbar={"title": {"text": _label(record, of), "side": "right"}},
                customdata=[[theme.plotly_text(name) for name in columns]] * len(rows),
                hovertemplate="%{y}  %{customdata}  %{z:.3f}<extra></extra>",
            )
        )
    ticks = [theme.plotly_text(name) for name in columns]
    figure.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=ticks, title=_axis(record.axes[-1])
    )
    return theme.plotly_layout(figure, _title(record))


def _axis(axis: str) -> str:
    return {"pos": "", "cell": "", "layer": ""}.get(axis, axis)


def plot_print(record: Patching, of: str | None = None, ax: Any = None) -> PrintFigure:
    """The same picture in Matplotlib, for paper and for pages without scripts.

    Args:
        record: what patching did.
        of: ``"recovery"`` or ``"effect"``; recovery where it is defined, if not said.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: another quantity.
    """
    from matplotlib.figure import Figure

    of = _quantity(record, of)
    values, rows, columns = _table(record, of)
    bars = len(record.axes) == 1
    if ax is None:
        height = 3.0 if bars else max(2.5, 1.3 + 0.26 * len(rows))
        size = (max(4.5, 1.8 + 0.55 * len(columns)), height)
        ax = Figure(figsize=size, layout="constrained").add_subplot()
    if bars:
        _bars(record, of, ax)
    else:
        _heat(values, rows, _label(record, of), ax)
    turned = max(map(len, columns)) > 4
    ax.set_xticks(
        range(len(columns)),
        [theme.matplotlib_text(name) for name in columns],
        rotation=45 if turned else 0,
        ha="right" if turned else "center",
        fontsize=8,
    )
    ax.set_xlabel(_axis(record.axes[-1]), fontsize=8)
    ax.set_title(theme.matplotlib_text(_title(record)), fontsize=9, loc="left")
    return ax.figure


def _bars(record: Patching, of: str, ax: Any) -> None:
    values = getattr(record, of).numpy()
    ax.bar(range(len(values)), values, color=theme.LINES[0])
    if len(record.values) > 1:
        low, high = record.interval(of).numpy()
        ends = np.nan_to_num([values - low, high - values]).clip(min=0)
        ax.errorbar(range(len(values)), values, yerr=ends, fmt="none", ecolor="#808080", capsize=3)
    ax.axhline(0, color="#808080", linewidth=0.8)
    ax.set_ylabel(_label(record, of), fontsize=8)


def _heat(values: np.ndarray, rows: list[str], label: str, ax: Any) -> None:
    top = theme.reach(values)
    image = ax.imshow(
        values, cmap=theme.DIVERGING, vmin=-top, vmax=top, aspect="auto", origin="lower"
    )
    if values.size <= _WRITTEN:
        for (row, column), value in np.ndenumerate(values):
            if not np.isnan(value):
                ax.text(
                    column,
                    row,
                    f"{value:.2f}".replace("-0.00", "0.00"),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color=theme.text_on(image, value),
                )
    ax.set_yticks(range(len(rows)), rows, fontsize=8)
    ax.figure.colorbar(image, ax=ax).set_label(label, fontsize=8)


def plot_layers(
    bars: Any, estimate: Any, interval: Any, title: str, ends: tuple[str, str]
) -> PrintFigure:
    """One column of a sweep, a bar a layer, as its widget shows it.

    Args:
        bars: recovery ``[layer]``; NaN where it is not known.
        estimate: what a gradient says ``[layer]``, drawn hollow where nothing was measured.
        interval: lower and upper end of the bars ``[2, layer]``, NaN where there is none.
        title: what was patched into what.
        ends: names of the runs at 0 and at 1.
    """
    from matplotlib.figure import Figure

    values, guess, (low, high) = (
        np.asarray(part, dtype=float) for part in (bars, estimate, interval)
    )
    layers = np.arange(len(values))
    figure = Figure(figsize=(max(5.0, 1.5 + 0.55 * len(values)), 2.8), layout="constrained")
    ax = figure.add_subplot()
    hollow = {"fill": False, "edgecolor": theme.LINES[0], "linestyle": "--"}
    ax.bar(layers, np.where(np.isnan(values), guess, np.nan), 0.64, **hollow)
    ax.bar(layers, values, 0.64, color=theme.LINES[0])
    spread = ~np.isnan(low)
    if spread.any():
        arms = np.clip([values - low, high - values], 0, None)[:, spread]
        ax.errorbar(
            layers[spread], values[spread], yerr=arms, fmt="none", ecolor="black", capsize=3
        )
    else:
        ax.scatter(
            layers + 0.25, np.where(np.isnan(values), np.nan, guess), s=40, c="black", marker="_"
        )
    for layer, value in enumerate(np.where(np.isnan(values), guess, values)):
        if np.isfinite(value) and len(values) <= 24:
            top = max(value, high[layer]) if spread[layer] else max(value, 0)
            text = f"{value:.2f}".replace("-0.00", "0.00")
            ax.annotate(text, (layer, top), (0, 2), textcoords="offset points", ha="center", size=8)
    for level in (0, 1):
        ax.axhline(level, color="#808080", linewidth=0.8, linestyle="--" if level else "-")
    ax.set_yticks([0, 0.5, 1], [f"{ends[0]} 0", "0.5", f"{ends[1]} 1"], fontsize=8)
    known = values[np.isfinite(values)]
    ax.set_ylim(min(0, *known, 0) - 0.12, max(1, *known, 1) + 0.22)
    ax.set_xlim(-0.7, len(values) - 0.4)
    ax.set_xticks(layers, [f"L{layer}" for layer in layers], fontsize=8)
    ax.set_ylabel("recovery", fontsize=8)
    ax.set_title(theme.matplotlib_text(title), fontsize=9, loc="left")
    return figure
