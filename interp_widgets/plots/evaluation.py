"""An evaluation in three panels: how often latents fire, how alike they are, what they cost."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
import torch

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.evaluation_record import SAEEvaluation

_DENSITY = "log10 of the share of tokens"
_COSINE = "cosine with the nearest other direction"
_BINS = 40


def _title(record: SAEEvaluation) -> str:
    place = f" at {record.site}" if record.site else ""
    numbers = f"L0 {record.l0:.1f}, FVE {record.fve:.3f}, {record.dead:.1%} dead"
    if not isnan(record.ce_sae):
        numbers += f", CE recovered {record.ce_recovered:.3f} ({record.delta_ce:+.3f} nats)"
    return f"{record.d_sae} latents{place}: {numbers}"


def _histograms(record: SAEEvaluation) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Name of the axis, middles of the bins and latents in each."""
    edges, counts = record.histogram(_BINS)
    found = [(_DENSITY, _middles(edges.numpy()), counts.numpy())]
    cosines = record.max_cosine[~record.max_cosine.isnan()]
    if len(cosines):
        counts = torch.histc(cosines, _BINS, -1, 1)
        found.append((_COSINE, _middles(np.linspace(-1, 1, _BINS + 1)), counts.numpy()))
    return found


def _middles(edges: np.ndarray) -> np.ndarray:
    return (edges[1:] + edges[:-1]) / 2


def _losses(record: SAEEvaluation) -> dict[str, float]:
    """Loss of each run, nats; nothing where no model ran."""
    if isnan(record.ce_sae):
        return {}
    return {
        "model": record.ce_clean,
        "dictionary": record.ce_sae,
        f"{record.ablation} ablation": record.ce_ablated,
    }


def plot_interactive(record: SAEEvaluation) -> Figure:
    """A Plotly picture: histograms of density and of nearest cosines, bars of the losses."""
    from plotly.subplots import make_subplots

    panels, losses = _histograms(record), _losses(record)
    columns = len(panels) + bool(losses)
    figure = make_subplots(rows=1, cols=columns, horizontal_spacing=0.09)
    for column, (name, middles, counts) in enumerate(panels, 1):
        figure.add_bar(
            x=middles,
            y=counts,
            marker_color=theme.LINES[column - 1],
            hovertemplate="%{x:.2f}: %{y} latents<extra></extra>",
            row=1,
            col=column,
        )
        figure.update_xaxes(title=name, row=1, col=column)
        figure.update_yaxes(title="latents", row=1, col=column)
    if losses:
        figure.add_bar(
            x=list(losses),
            y=list(losses.values()),
            marker_color=theme.LINES[2],
            text=[f"{loss:.2f}" for loss in losses.values()],
            hovertemplate="%{x}: %{y:.3f} nats<extra></extra>",
            row=1,
            col=columns,
        )
        figure.update_yaxes(title="loss, nats", row=1, col=columns)
    figure.update_layout(showlegend=False, bargap=0.05)
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: SAEEvaluation) -> PrintFigure:
    """The same in Matplotlib."""
    from matplotlib.figure import Figure as PrintFigure

    panels, losses = _histograms(record), _losses(record)
    columns = len(panels) + bool(losses)
    figure = PrintFigure(figsize=(3.0 * columns, 2.8), layout="constrained")
    for column, (name, middles, counts) in enumerate(panels):
        ax = figure.add_subplot(1, columns, column + 1)
        ax.bar(middles, counts, width=middles[1] - middles[0], color=theme.LINES[column])
        ax.set_xlabel(name, fontsize=8)
        ax.set_ylabel("latents", fontsize=8)
        ax.tick_params(labelsize=8)
    if losses:
        ax = figure.add_subplot(1, columns, columns)
        bars = ax.bar(list(losses), list(losses.values()), color=theme.LINES[2])
        ax.bar_label(bars, fmt="%.2f", fontsize=8)
        ax.margins(y=0.12)
        ax.set_ylabel("loss, nats", fontsize=8)
        ax.tick_params(labelsize=8)
    figure.suptitle(theme.matplotlib_text(_title(record)), fontsize=9)
    return figure
