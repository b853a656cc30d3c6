"""Attention patterns: one head token by token, or all heads as small pictures in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.attention import Attention

SMALL = 32  # cells along a side of a small picture
LARGE = 256  # cells along a side of one printed head: more are finer than the paper shows
MOST_NAMED = 48  # tokens of which each has its name; of more, every few
LONG_NAMED = 12  # names along a side of a long prompt: they take most of the time of drawing
WEIGHTS = ("raw", "value")


def _pattern(record: Attention, layer: int, head: int, weights: str) -> np.ndarray:
    """What one head shows, ``[dst, src]``; NaN where it cannot look."""
    return _masked(_chosen(record, layer, head, weights)).numpy()


def _chosen(record: Attention, layer: int, head: int | None, weights: str) -> Tensor:
    if weights not in WEIGHTS:
        raise ValueError(f"weights is one of {', '.join(WEIGHTS)}; got {weights!r}.")
    if head is None:
        return record.weighted(layer) if weights == "value" else record.patterns[layer]
    weighted = record.weighted(layer, head)  # raises for a head that is not there
    return weighted if weights == "value" else record.patterns[layer, head]


def _masked(pattern: Tensor) -> Tensor:
    """NaN in what comes after, ``[..., dst, src]``."""
    later = torch.ones_like(pattern, dtype=torch.bool).triu(1)
    return pattern.masked_fill(later, torch.nan)


def _overview(record: Attention, weights: str) -> np.ndarray:
    """Every head's pattern side by side, layer 0 lowest, a frame of NaN between.

    Patterns of many tokens are made smaller, a cell showing its largest weight. Each is drawn
    against its own largest number.
    """
    layers, heads, n = record.patterns.shape[:3]
    side = min(n, SMALL)
    whole = np.full((layers * (side + 1), heads * (side + 1)), np.nan, dtype=np.float32)
    for layer in range(layers):
        small = torch.nn.functional.adaptive_max_pool2d(_chosen(record, layer, None, weights), side)
        small = small / small.amax((1, 2), keepdim=True).clamp(min=1e-9)
        row = (layers - 1 - layer) * (side + 1)
        for head, picture in enumerate(_masked(small).numpy()):
            column = head * (side + 1)
            whole[row : row + side, column : column + side] = picture
    return whole


def _coarse(record: Attention, layer: int, head: int, weights: str) -> tuple[np.ndarray, int]:
    """One head for paper, and the tokens a cell: of several it shows the largest weight."""
    pattern = _chosen(record, layer, head, weights)
    step = -(-len(pattern) // LARGE)
    pooled = torch.nn.functional.max_pool2d(pattern[None], step, ceil_mode=True)[0]
    return _masked(pooled).numpy(), step


def _named(tokens: tuple[str, ...], step: int) -> tuple[list[int], list[str]]:
    """Cells with a name, and the names: all of a short prompt; with their places in a long one."""
    n = len(tokens)
    if n <= MOST_NAMED:
        return list(range(n)), [theme.matplotlib_text(token) for token in tokens]
    every = -(-n // (step * LONG_NAMED)) * step
    places = range(0, n, every)
    return [i // step for i in places], [f"{i} {_short(tokens[i])}" for i in places]


def _short(token: str) -> str:
    return theme.matplotlib_text(token if len(token) <= 12 else f"{token[:11]}…")


def _one(record: Attention, layer: int | None, head: int | None) -> tuple[int, int] | None:
    """The head to draw, None for all of them."""
    if (layer is None) != (head is None):
        raise ValueError(
            f"one head is layer and head; got layer={layer!r}, head={head!r}. "
            "Leave both out to see all heads."
        )
    return None if layer is None or head is None else (layer, head)


def _title(record: Attention, one: tuple[int, int] | None, weights: str) -> str:
    what = "Attention" if weights == "raw" else "Value-weighted attention"
    which = "all heads" if one is None else f"L{one[0]}.z.{one[1]}"
    return f"{what}, {which} · {record.model}"


def _label(one: tuple[int, int] | None, weights: str) -> str:
    """What the colours say."""
    if one is None:
        return "share of the head's largest"
    return "weight" if weights == "raw" else "length of what is added"


def _middles(count: int, side: int) -> list[float]:
    """Where the names of rows or columns of small pictures go."""
    return [i * (side + 1) + (side - 1) / 2 for i in range(count)]


def plot_interactive(
    record: Attention, layer: int | None = None, head: int | None = None, weights: str = "raw"
) -> Figure:
    """A Plotly heat map of one head, or of all as small pictures.

    Args:
        record: the attention.
        layer: of the head; with ``head``, or neither for all heads.
        head: the head in its layer.
        weights: ``"raw"`` or ``"value"``: how much is added to the stream from each token.

    Raises:
        ValueError: a head that is not there, or other weights.
    """
    import plotly.graph_objects as go

    one = _one(record, layer, head)
    values = _overview(record, weights) if one is None else _pattern(record, *one, weights)
    heat = go.Heatmap(
        z=values,
        colorscale=theme.SEQUENTIAL,
        zmin=0,
        colorbar={"title": {"text": _label(one, weights), "side": "right"}},
        hoverongaps=False,
    )
    figure = go.Figure(heat)
    if one is None:
        layers, heads, n = record.patterns.shape[:3]
        side = min(n, SMALL)
        figure.update_traces(hoverinfo="skip")
        names = [f"head {h}" for h in range(heads)]
        figure.update_xaxes(tickvals=_middles(heads, side), ticktext=names)
        names = [f"L{n}" for n in reversed(range(layers))]
        figure.update_yaxes(tickvals=_middles(layers, side), ticktext=names)
    else:
        tokens = [theme.plotly_text(token) for token in record.tokens]
        if len(tokens) <= MOST_NAMED:
            ticks: dict[str, Any] = {"tickvals": list(range(len(tokens))), "ticktext": tokens}
        else:  # categories: as many names as there is room for, and all of them on hover
            names = [f"{i} {token}" for i, token in enumerate(tokens)]
            figure.update_traces(x=names, y=names)
            ticks = {"type": "category"}
        figure.update_xaxes(title="looked at", **ticks)
        figure.update_yaxes(title="looking", **ticks)
        figure.update_traces(hovertemplate="%{y} → %{x}  %{z:.3f}<extra></extra>")
    figure.update_yaxes(autorange="reversed", scaleanchor="x", constrain="domain")
    return theme.plotly_layout(figure, _title(record, one, weights))


def plot_print(
    record: Attention,
    layer: int | None = None,
    head: int | None = None,
    weights: str = "raw",
    ax: Any = None,
) -> PrintFigure:
    """The same in Matplotlib. Of a long prompt a cell shows the largest of several weights.

    Args:
        record: the attention.
        layer: of the head; with ``head``, or neither for all heads.
        head: the head in its layer.
        weights: ``"raw"`` or ``"value"``.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: a head that is not there, or other weights.
    """
    from matplotlib.figure import Figure

    one = _one(record, layer, head)
    values, step = (
        (_overview(record, weights), 1) if one is None else _coarse(record, *one, weights)
    )
    layers, heads, n = record.patterns.shape[:3]
    side = 0.35 * n if n <= MOST_NAMED else 5.5  # inches; a name needs more than a cell
    cells = (0.9 * heads, 0.9 * layers) if one is None else (side, side)
    if ax is None:
        size = (min(12.0, max(4.5, 1.8 + cells[0])), min(12.0, max(3.2, 1.2 + cells[1])))
        ax = Figure(figsize=size, layout="constrained").add_subplot()
    image = ax.imshow(values, cmap=theme.SEQUENTIAL, vmin=0, interpolation="nearest")
    if one is None:
        side = min(n, SMALL)
        ax.set_xticks(_middles(heads, side), [f"head {h}" for h in range(heads)], fontsize=7)
        names = [f"L{n}" for n in reversed(range(layers))]
        ax.set_yticks(_middles(layers, side), names, fontsize=7)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
    else:
        places, names = _named(record.tokens, step)
        ax.set_xticks(places, names, fontsize=7, rotation=60, ha="right")
        ax.set_yticks(places, names, fontsize=7)
    ax.set_title(theme.matplotlib_text(_title(record, one, weights)), fontsize=9, loc="left")
    ax.figure.colorbar(image, ax=ax, label=_label(one, weights))
    return ax.figure
