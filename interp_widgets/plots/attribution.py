"""Estimated against exact effects: one point a cell, a shape a kind, and the line of equals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

_MARKERS = "os^DPX*"


def plot_print(
    groups: Mapping[str, tuple[Any, Any]],
    named: Sequence[tuple[str, float, float]],
    unit: str,
    model: str,
    ax: Any = None,
) -> Figure:
    """A Matplotlib scatter plot.

    Args:
        groups: by kind of place the estimated and the exact effects, ``[cell]`` each; NaN where
            not known.
        named: cells to be named: name, exact, estimate.
        unit: the metric that effects change.
        model: its name.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure

    if ax is None:
        ax = Figure(figsize=(6.0, 4.6), layout="constrained").add_subplot()
    for number, (kind, (estimate, exact)) in enumerate(groups.items()):
        ax.scatter(
            np.asarray(exact),
            np.asarray(estimate),
            s=18,
            alpha=0.75,
            marker=_MARKERS[number % len(_MARKERS)],
            color=theme.LINES[number % len(theme.LINES)],
            label=kind,
        )
    ax.axline((0, 0), slope=1, color="#808080", linewidth=0.9, linestyle="--")
    _name(ax, named)
    ax.set_xlabel(f"exact change of {unit}", fontsize=8)
    ax.set_ylabel("estimated", fontsize=8)
    ax.tick_params(labelsize=8)
    if groups:
        ax.legend(fontsize=8, frameon=False)
    title = theme.matplotlib_text(f"Attribution patching against exact runs · {model}")
    ax.set_title(title, fontsize=9, loc="left")
    return ax.figure


def _name(ax: Any, named: Sequence[tuple[str, float, float]]) -> None:
    """Names beside their points, towards the middle; none that would lie over one before it."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    taken: list[tuple[bool, float]] = []
    for name, exact, estimate in named:
        late = exact > (left + right) / 2
        if any(late == side and abs(estimate - y) < 0.05 * (high - low) for side, y in taken):
            continue
        taken.append((late, estimate))
        ax.annotate(
            theme.matplotlib_text(name),
            (exact, estimate),
            (-6 if late else 6, 0),
            textcoords="offset points",
            ha="right" if late else "left",
            va="center",
            fontsize=7,
            color="#606060",
        )
