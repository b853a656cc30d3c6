"""Sparse autoencoders in training, side by side as they stand: three curves of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {
    "mse": ("reconstruction error", "log"),
    "l0": ("L0, latents a token", "log"),
    "fve": ("share of variance explained", "linear"),
}


class Line(NamedTuple):
    """One run, thinned.

    Attributes:
        name: of the run.
        size: steps in a point.
        low, high: least and largest values of each point, by measure.
        marks: steps at which something was changed.
    """

    name: str
    size: int
    low: dict[str, np.ndarray]
    high: dict[str, np.ndarray]
    marks: Sequence[int]


def plot_print(lines: Sequence[Line]) -> Figure:
    """A panel for each of `PANELS`, a line for each run; dotted where something was changed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 2.6), layout="constrained")
    for panel, (measure, (name, scale)) in enumerate(PANELS.items()):
        ax: Any = figure.add_subplot(1, 3, panel + 1)
        for i, line in enumerate(lines):
            low, high = line.low[measure], line.high[measure]
            steps = np.arange(len(low)) * line.size + 1
            color, dash = theme.LINES[i % len(theme.LINES)], ("-", "--", ":", "-.")[i % 4]
            ax.fill_between(steps, low, high, color=color, alpha=0.25, linewidth=0)
            ax.plot(steps, (low + high) / 2, color=color, linestyle=dash, label=line.name)
            for mark in line.marks:
                ax.axvline(mark, color=color, linewidth=0.8, linestyle=":")
        if scale == "log" and any((line.low[measure] > 0).any() for line in lines):
            theme.log_y(ax)
        elif measure == "fve":
            ax.set_ylim(-0.05, 1.05)
        ax.set_xlabel("training step", fontsize=8)
        ax.set_title(name, fontsize=9)
        ax.tick_params(labelsize=8)
    if any(len(line.low["fve"]) for line in lines):
        ax.legend(fontsize=7, frameon=False)
    return figure
