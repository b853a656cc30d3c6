"""Sparsity against fidelity: a line for every variant and width, and the front of them all."""

from __future__ import annotations

from math import ceil, floor, log2
from typing import TYPE_CHECKING, Any

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.sweep import Sweep

LABELS = {
    "fve": "variance explained",
    "nmse": "squared error over mean square",
    "ce_recovered": "CE recovered",
    "delta_ce": "loss added, nats",
    "kl": "KL from the model, nats",
    "dead": "dead latents, share",
    "shrinkage": "shrinkage (1: none)",
    "cosine": "cosine",
    "seconds": "training, processor seconds",
    "l0": "L0",
}
_MARKS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star")
_PRINT = ("o", "s", "D", "P", "X", "^", "v", "*")
_L0 = "L0: latents that fire on a token"


def _lines(record: Sweep) -> list[tuple[str, list[int], int, bool]]:
    """Name, points and colour of each line, and whether it is a line.

    It is for a variant at the width that most of its points have. Its points of other widths stand
    alone, hollow.
    """
    found = []
    for colour, variant in enumerate(dict.fromkeys(record.variants)):
        widths = [record.widths[i] for i in record.where(variant)]
        main = max(dict.fromkeys(widths), key=widths.count)
        found.append((f"{variant}, {main}", record.where(variant, main), colour, True))
        others = [i for i in record.where(variant) if record.widths[i] != main]
        if others:
            found.append((f"{variant}, other widths", others, colour, False))
    return found


def _ticks(record: Sweep) -> list[int]:
    """Powers of two around the L0 of the points."""
    known = [value for value in record["l0"].tolist() if value > 0]
    low, high = (floor(log2(min(known))), ceil(log2(max(known)))) if known else (0, 6)
    return [2**power for power in range(max(low, 0), high + 1)]


def _check(record: Sweep, measure: str) -> None:
    if measure not in record.measures:
        raise ValueError(f"measure= is one of {', '.join(record.measures)}; got {measure!r}.")


def _title(record: Sweep) -> str:
    return f"{len(record)} dictionaries{record.place}"


def plot_interactive(record: Sweep, measure: str = "fve") -> Figure:
    """A Plotly scatter of L0 (logarithmic) and a measure; hover names the point.

    Args:
        record: the sweep.
        measure: what goes up.

    Raises:
        ValueError: another measure.
    """
    from plotly.graph_objects import Figure

    _check(record, measure)
    l0, values = record["l0"].tolist(), record[measure].tolist()
    figure = Figure()
    for name, points, colour, joined in _lines(record):
        figure.add_scatter(
            x=[l0[i] for i in points],
            y=[values[i] for i in points],
            name=name,
            mode="lines+markers" if joined else "markers",
            line={"color": theme.LINES[colour % len(theme.LINES)], "width": 1.5},
            marker={
                "symbol": _MARKS[colour % len(_MARKS)] + ("" if joined else "-open"),
                "size": 8,
                "color": theme.LINES[colour % len(theme.LINES)],
            },
            text=[record.name(i) for i in points],
            hovertemplate="%{text}<br>L0 %{x:.1f}<br>%{y:.3f}<extra></extra>",
        )
    front = record.front(measure)
    figure.add_scatter(
        x=[l0[i] for i in front],
        y=[values[i] for i in front],
        name="front",
        mode="lines",
        line={"color": theme.FAINT, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.update_xaxes(title=_L0, type="log", tickvals=_ticks(record))
    figure.update_yaxes(title=LABELS[measure])
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: Sweep, measure: str = "fve", ax: Any = None) -> PrintFigure:
    """The same in Matplotlib.

    Args:
        record: the sweep.
        measure: what goes up.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: another measure.
    """
    from matplotlib.figure import Figure as PrintFigure

    _check(record, measure)
    if ax is None:
        ax = PrintFigure(figsize=(6.4, 4.0), layout="constrained").add_subplot()
    l0, values = record["l0"].numpy(), record[measure].numpy()
    for name, points, colour, joined in _lines(record):
        ax.plot(
            l0[points],
            values[points],
            color=theme.LINES[colour % len(theme.LINES)],
            marker=_PRINT[colour % len(_PRINT)],
            markersize=5,
            markerfacecolor=None if joined else "none",
            linestyle="-" if joined else "",
            linewidth=1.2,
            label=name,
        )
    front = record.front(measure)
    ax.plot(l0[front], values[front], color=theme.FAINT, linestyle=":", label="front", zorder=0)
    ax.set_xscale("log")
    ax.set_xticks(_ticks(record), [str(tick) for tick in _ticks(record)])
    ax.set_xticks([], minor=True)
    ax.set_xlabel(_L0, fontsize=8)
    ax.set_ylabel(LABELS[measure], fontsize=8)
    ax.set_title(theme.matplotlib_text(_title(record)), fontsize=9)
    ax.tick_params(labelsize=8)
    ax.legend(fontsize=7, frameon=False)
    return ax.figure
