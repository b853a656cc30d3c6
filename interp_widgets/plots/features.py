"""Dashboards: how dense all latents are; or of one latent its histogram, logits and top windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.feature_record import FeatureDashboards
    from interp_widgets.core.dictionary.feature_view import Example, Feature

_WINDOWS = 8
_LONGEST = 90  # characters of a window in print
_DENSITY = "share of tokens on which it fires, log₁₀"
_EFFECT = "logits a unit of activation"
_STRENGTH = "activation"


def _densities(record: FeatureDashboards) -> tuple[np.ndarray, np.ndarray]:
    """How many latents are how dense: counts, and edges in powers of ten."""
    alive = record.density[~record.dead].double().log10().numpy()
    low = np.floor(alive.min(initial=-1))
    return np.histogram(alive, bins=np.arange(low, 0.01, 0.25))


def _title(record: FeatureDashboards, feature: int | None) -> str:
    if feature is None:
        dead = int(record.dead.sum())
        return f"{len(record)} latents at {record.site} of {record.model}, {dead} of them dead"
    found = record[feature]
    label = f" “{found.label}”" if found.label else ""
    place = f"{record.site} of {record.model}"
    return f"Latent {feature}{label} · {place} · density {found.density:.2%}"


def _effects(feature: Feature) -> list[tuple[str, float]]:
    """Tokens from the one it makes likeliest to the one it makes least likely."""
    return [*feature.top_logits, *reversed(feature.bottom_logits)]


def plot_interactive(record: FeatureDashboards, feature: int | None = None) -> Figure:
    """A Plotly picture.

    Args:
        record: the dashboards.
        feature: a latent to look at; None for how dense all are.
    """
    import plotly.graph_objects as go

    if feature is None:
        counts, edges = _densities(record)
        figure = go.Figure(
            go.Bar(x=(edges[1:] + edges[:-1]) / 2, y=counts, marker={"color": theme.LINES[0]})
        )
        figure.update_xaxes(title=_DENSITY)
        figure.update_yaxes(title="latents")
        return theme.plotly_layout(figure, _title(record, None))
    return _dashboard(record, feature)


def _dashboard(record: FeatureDashboards, feature: int) -> Figure:
    from plotly.subplots import make_subplots

    found = record[feature]
    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{}, {}], [{"type": "table", "colspan": 2}, None]],
        row_heights=[0.5, 0.5],
        vertical_spacing=0.14,
    )
    counts, edges = found.histogram
    figure.add_bar(
        x=(edges[1:] + edges[:-1]) / 2, y=counts, marker={"color": theme.LINES[0]}, row=1, col=1
    )
    figure.update_xaxes(title=_STRENGTH, row=1, col=1)
    figure.update_yaxes(title="tokens", row=1, col=1)
    effects = _effects(found)
    figure.add_bar(
        y=[f"{i} {theme.plotly_text(token)}" for i, (token, _) in enumerate(effects, 1)],
        x=[effect for _, effect in effects],
        orientation="h",
        marker={"color": [theme.LINES[0 if x > 0 else 1] for _, x in effects]},
        row=1,
        col=2,
    )
    figure.update_xaxes(title=_EFFECT, row=1, col=2)
    figure.update_yaxes(autorange="reversed", row=1, col=2)
    windows = found.top[:_WINDOWS]
    clear = {"color": "rgba(0,0,0,0)"}
    figure.add_table(
        header={
            "values": [_STRENGTH, "text, what it fires on in quotes"],
            "align": "left",
            "fill": clear,
        },
        cells={
            "values": [
                [f"{example.activation:.3g}" for example in windows],
                [theme.plotly_text(example.marked()) for example in windows],
            ],
            "align": "left",
            "fill": clear,
        },
        columnwidth=[1, 8],
        row=2,
        col=1,
    )
    figure.update_layout(showlegend=False, height=640)
    return theme.plotly_layout(figure, _title(record, feature))


def plot_print(record: FeatureDashboards, feature: int | None = None) -> PrintFigure:
    """The same in Matplotlib.

    Args:
        record: the dashboards.
        feature: a latent to look at; None for how dense all are.
    """
    from matplotlib.figure import Figure

    title = theme.matplotlib_text(_title(record, feature))
    if feature is None:
        figure = Figure(figsize=(6.4, 3.0), layout="constrained")
        ax = figure.add_subplot()
        counts, edges = _densities(record)
        ax.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=theme.LINES[0])
        ax.set_xlabel(_DENSITY, fontsize=8)
        ax.set_ylabel("latents", fontsize=8)
        ax.set_title(title, fontsize=9, loc="left")
        return figure
    found = record[feature]
    figure = Figure(figsize=(8.4, 5.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[3, 2])
    _histogram(figure.add_subplot(grid[0, 0]), found)
    _logits(figure.add_subplot(grid[0, 1]), found)
    text = figure.add_subplot(grid[1, :])
    text.axis("off")
    for i, example in enumerate(found.top[:_WINDOWS]):
        text.text(0, 1 - i / _WINDOWS, _line(example), fontsize=7, va="top", family="monospace")
    figure.suptitle(title, fontsize=9)
    return figure


def _histogram(ax, feature: Feature) -> None:
    counts, edges = feature.histogram
    ax.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=theme.LINES[0])
    ax.set_xlabel(_STRENGTH, fontsize=8)
    ax.set_ylabel("tokens", fontsize=8)
    ax.tick_params(labelsize=7)


def _logits(ax, feature: Feature) -> None:
    effects = _effects(feature)
    colors = [theme.LINES[0 if x > 0 else 1] for _, x in effects]
    ax.barh(range(len(effects)), [x for _, x in effects], color=colors)
    names = [theme.matplotlib_text(token) for token, _ in effects]
    ax.set_yticks(range(len(effects)), names, fontsize=7)
    ax.invert_yaxis()
    ax.set_xlabel(_EFFECT, fontsize=8)
    ax.tick_params(labelsize=7)


def _line(example: Example) -> str:
    """A window in a line, the peak in sight."""
    text = example.marked()
    before = len("".join(example.tokens[: example.peak]))
    begin = max(0, min(before - _LONGEST // 2, len(text) - _LONGEST))
    return f"{example.activation:6.3g}  {theme.matplotlib_text(text[begin : begin + _LONGEST])}"
