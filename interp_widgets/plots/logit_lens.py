"""The logit lens as a table of cells: rows of the stream upwards, tokens to the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.lens.logit import LogitLens

COLOURS = {
    "probability": ("probability of the likeliest token", 0.0, 1.0),
    "entropy": ("entropy (nats)", 0.0, None),
    "kl": ("KL to the model's output (nats)", 0.0, None),
}


def _coloured(
    record: LogitLens, colour: str, rank_of: str | int | None
) -> tuple[np.ndarray, Scale]:
    """What colours the cells, ``[row, pos]``, and how."""
    if colour not in (*COLOURS, "rank"):
        raise ValueError(f"colour is one of {', '.join(COLOURS)}, rank; got {colour!r}.")
    if colour == "rank":
        return _ranks(record, rank_of)
    scale = (theme.SEQUENTIAL, *COLOURS[colour])
    if colour == "probability":
        return record.top_probs[..., 0].numpy(), scale
    return getattr(record, colour).numpy(), scale


def _ranks(record: LogitLens, rank_of: str | int | None) -> tuple[np.ndarray, Scale]:
    """Ranks of a tracked token; of none, of the token that each column ends with."""
    if rank_of is None:
        ranks, whose = record.line_ranks[..., 0], "the token that each column ends with"
    else:
        texts = [record.vocab[token] for token in record.track]
        known: list[Any] = texts if isinstance(rank_of, str) else list(record.track)
        if rank_of not in known:
            tracked = ", ".join(map(repr, texts)) or "no token"
            raise ValueError(f"rank_of= is a tracked token; got {rank_of!r}, tracked: {tracked}.")
        column = known.index(rank_of)
        ranks, whose = record.track_ranks[..., column], repr(texts[column])
    values = np.log10(1 + np.where(ranks < 0, np.nan, ranks))
    return values, (f"{theme.SEQUENTIAL}_r", f"rank of {whose}: log10(1 + rank)", 0.0, None)


def _words(record: LogitLens) -> list[list[str]]:
    """The likeliest token of each cell, ``[row][pos]``."""
    return [
        [record.vocab.get(token, "") for token in row] for row in record.top_ids[..., 0].tolist()
    ]


def _title(record: LogitLens) -> str:
    return f"{record.kind.capitalize()} lens · {record.model}"


Scale = tuple[str, str, float | None, float | None]
"""A colour map, its label, its lowest and its highest value."""


def heat_interactive(
    record: Any,
    title: str,
    values: np.ndarray,
    words: list[list[str]],
    hover: list[list[str]],
    scale: Scale,
) -> Figure:
    """Cells ``[row, pos]`` with a word in each and text on hover, as a Plotly figure."""
    import plotly.graph_objects as go

    colours, label, low, high = scale
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(len(record.tokens))),
            y=list(record.rows),
            text=[[theme.plotly_text(word) for word in row] for row in words],
            texttemplate="%{text}",
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=colours,
            colorbar={"title": {"text": label, "side": "right"}},
            zmin=low,
            zmax=high,
        )
    )
    figure.update_xaxes(
        tickvals=list(range(len(record.tokens))),
        ticktext=[theme.plotly_text(token) for token in record.tokens],
    )
    return theme.plotly_layout(figure, title)


def plot_interactive(
    record: LogitLens, colour: str = "probability", rank_of: str | int | None = None
) -> Figure:
    """A Plotly heat map; hover shows the likeliest tokens of a cell.

    Args:
        record: the lens.
        colour: ``"probability"``, ``"entropy"``, ``"kl"`` or ``"rank"`` (0 = likeliest).
        rank_of: a tracked token, text or id; else of each column the token that it ends with.

    Raises:
        ValueError: another colour, or a token that is not tracked.
    """
    values, scale = _coloured(record, colour, rank_of)
    return heat_interactive(record, _title(record), values, _words(record), _hover(record), scale)


def _hover(record: LogitLens) -> list[list[str]]:
    """The likeliest five tokens of each cell as lines of text."""

    def cell(ids: list[int], probs: list[float]) -> str:
        lines = [
            f"{theme.plotly_text(record.vocab.get(i, ''))}  {p:.3f}"
            for i, p in zip(ids, probs, strict=True)
        ]
        return "<br>".join(lines[:5])

    pairs = zip(record.top_ids.tolist(), record.top_probs.tolist(), strict=True)
    return [[cell(i, p) for i, p in zip(*row, strict=True)] for row in pairs]


def plot_print(
    record: LogitLens,
    colour: str = "probability",
    ax: Any = None,
    rank_of: str | int | None = None,
) -> PrintFigure:
    """The same heat map in Matplotlib, for paper and for pages without scripts.

    Args:
        record: the lens.
        colour: ``"probability"``, ``"entropy"``, ``"kl"`` or ``"rank"`` (0 = likeliest).
        ax: Matplotlib axes to draw into; a new figure otherwise.
        rank_of: a tracked token, text or id; else of each column the token that it ends with.

    Raises:
        ValueError: another colour, or a token that is not tracked.
    """
    values, scale = _coloured(record, colour, rank_of)
    return heat_print(record, _title(record), values, _words(record), scale, ax)


def heat_print(
    record: Any,
    title: str,
    values: np.ndarray,
    words: list[list[str]],
    scale: Scale,
    ax: Any = None,
) -> PrintFigure:
    """Cells ``[row, pos]`` with a word in each, as a Matplotlib figure."""
    from matplotlib.figure import Figure

    rows, positions = values.shape
    if ax is None:
        figure = Figure(
            figsize=(max(4.0, 1.0 + 0.75 * positions), max(2.5, 0.9 + 0.3 * rows)),
            layout="constrained",
        )
        ax = figure.add_subplot()
    colours, label, low, high = scale
    image = ax.imshow(values, cmap=colours, vmin=low, vmax=high, aspect="auto", origin="lower")
    for r, row in enumerate(words):
        for p, word in enumerate(row):
            size = min(7, 70 / max(1, len(word)))  # a cell holds ten letters of 7 points
            look = {"fontsize": size, "color": theme.text_on(image, values[r, p])}
            text = ax.text(p, r, theme.matplotlib_text(word), ha="center", va="center", **look)
            text.set_in_layout(False)  # it has its cell: nothing else need make room
    ax.set_yticks(range(rows), record.rows, fontsize=8)
    ticks = [theme.matplotlib_text(token) for token in record.tokens]
    ax.set_xticks(range(positions), ticks, fontsize=8, rotation=30, ha="right")
    ax.set_title(title, fontsize=9, loc="left")
    ax.figure.colorbar(image, ax=ax, label=theme.matplotlib_text(label))
    return ax.figure
