"""How near the latents of two dictionaries are: a histogram of cosines, and where near begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.core.dictionary.stability import Stability
from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.splitting import Splitting

_BINS = np.linspace(-1, 1, 51)


def _words(record: Stability | Splitting) -> tuple[str, str]:
    """Title and name of the axis."""
    if isinstance(record, Stability):
        return (
            f"{record.shared:.0%} of {len(record.latents)} latents found again "
            f"({record.chance:.0%} by chance)",
            "cosine with the partner in the other dictionary",
        )
    return (
        f"{record.split:.0%} of {len(record.narrow)} latents split, {record.new:.0%} of "
        f"{len(record.wide)} are new",
        "cosine with the nearest latent of the narrower dictionary",
    )


def _counts(record: Stability | Splitting) -> tuple[np.ndarray, np.ndarray]:
    """Middles of the bins, and latents in each."""
    cosines = record.cosines[~record.cosines.isnan()].clamp(-1, 1).numpy()
    return (_BINS[1:] + _BINS[:-1]) / 2, np.histogram(cosines, _BINS)[0]


def plot_interactive(record: Stability | Splitting) -> Figure:
    """A Plotly histogram, with a line where two directions begin to count as near."""
    from plotly.graph_objects import Bar, Figure

    title, axis = _words(record)
    middles, counts = _counts(record)
    figure = Figure(
        Bar(
            x=middles,
            y=counts,
            marker_color=theme.LINES[0],
            hovertemplate="%{x:.2f}: %{y} latents<extra></extra>",
        )
    )
    figure.add_vline(x=record.threshold, line={"color": theme.LINES[1], "dash": "dash"})
    figure.update_xaxes(title=axis, range=[-1, 1])
    figure.update_yaxes(title="latents")
    figure.update_layout(bargap=0.05)
    return theme.plotly_layout(figure, title)


def plot_print(record: Stability | Splitting, ax: Any = None) -> PrintFigure:
    """The same histogram in Matplotlib.

    Args:
        record: what was compared.
        ax: Matplotlib axes to draw into; a new figure otherwise.
    """
    from matplotlib.figure import Figure as PrintFigure

    title, axis = _words(record)
    middles, counts = _counts(record)
    if ax is None:
        ax = PrintFigure(figsize=(5.2, 3.0), layout="constrained").add_subplot()
    ax.bar(middles, counts, width=0.038, color=theme.LINES[0])
    ax.axvline(record.threshold, color=theme.LINES[1], linestyle="--", linewidth=1)
    ax.set_title(title, fontsize=9)
    ax.set_xlabel(axis, fontsize=8)
    ax.set_ylabel("latents", fontsize=8)
    ax.set_xlim(-1, 1)
    ax.tick_params(labelsize=8)
    return ax.figure
