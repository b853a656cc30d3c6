"""One score of every head: layers upwards, heads to the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.heads import HeadScores

_WRITTEN = 400  # cells up to which a print has its numbers in them


def _values(record: HeadScores, score: str) -> np.ndarray:
    """The score ``[layer, head]``."""
    if score not in record.kinds:
        raise ValueError(f"score is one of {', '.join(record.kinds)}; got {score!r}.")
    return record[score].numpy()


def _scale(score: str) -> tuple[float, float]:
    """Where the colours begin and end: copying may be negative."""
    return (-1.0, 1.0) if score == "copying" else (0.0, 1.0)


def _title(record: HeadScores, score: str) -> str:
    return f"{score.replace('_', ' ').capitalize()} score of heads · {record.model}"


def plot_interactive(record: HeadScores, score: str = "induction") -> Figure:
    """A Plotly heat map.

    Args:
        record: the scores.
        score: which one; see `HeadScores.kinds`.

    Raises:
        ValueError: another score.
    """
    import plotly.graph_objects as go

    values = _values(record, score)
    low, high = _scale(score)
    layers, heads = values.shape
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(heads)),
            y=[f"L{layer}" for layer in range(layers)],
            colorscale=theme.DIVERGING if low < 0 else theme.SEQUENTIAL,
            colorbar={"title": {"text": "score", "side": "right"}},
            zmin=low,
            zmax=high,
            hovertemplate="%{y}.z.%{x}  %{z:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="head", dtick=1)
    return theme.plotly_layout(figure, _title(record, score))


def plot_print(record: HeadScores, score: str = "induction", ax: Any = None) -> PrintFigure:
    """The same heat map in Matplotlib, with the numbers in it.

    Args:
        record: the scores.
        score: which one; see `HeadScores.kinds`.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: another score.
    """
    title = _title(record, score)
    return plot_grid(_values(record, score), title, "score", ends=_scale(score), ax=ax)


def plot_grid(
    values: np.ndarray,
    title: str,
    label: str,
    ends: tuple[float, float] | None = None,
    roles: Mapping[tuple[int, int], str] | None = None,
    ax: Any = None,
) -> PrintFigure:
    """Numbers of all heads as a Matplotlib heat map, with the numbers and roles in it.

    Args:
        values: ``[layer, head]``; NaN where not known.
        title: what stands over it.
        label: what the numbers are.
        ends: where the colours begin and end; None for effects, which lie around zero.
        roles: a word for some heads.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure

    most = max(float(np.nanmax(np.abs(values), initial=0.0)), 1e-9)
    low, high = ends or (-most, most)
    colours = theme.DIVERGING if low < 0 else theme.SEQUENTIAL
    layers, heads = values.shape
    if ax is None:
        size = (max(4.5, 1.5 + 0.45 * heads), max(2.5, 0.9 + 0.28 * layers))
        ax = Figure(figsize=size, layout="constrained").add_subplot()
    image = ax.imshow(values, cmap=colours, vmin=low, vmax=high, aspect="auto", origin="lower")
    for (layer, head), value in np.ndenumerate(values if values.size <= _WRITTEN else values[:0]):
        role = (roles or {}).get((layer, head), "")
        number = "" if np.isnan(value) else f"{value:z.2f}"
        text = "\n".join(theme.matplotlib_text(part) for part in (number, role) if part)
        if not text:
            continue
        colour = theme.text_on(image, value) if number else "#808080"
        ax.text(head, layer, text, ha="center", va="center", fontsize=7, color=colour)
    ax.set_xticks(range(heads))
    ax.set_xlabel("head", fontsize=8)
    ax.set_yticks(range(layers), [f"L{layer}" for layer in range(layers)], fontsize=8)
    ax.set_title(theme.matplotlib_text(title), fontsize=9, loc="left")
    ax.figure.colorbar(image, ax=ax, label=label)
    return ax.figure
