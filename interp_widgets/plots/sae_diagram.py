"""One activation, its code and its reconstruction, as three columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


def plot_print(
    x: np.ndarray, codes: np.ndarray, out: np.ndarray, names: Sequence[str], title: str
) -> Figure:
    """Three Matplotlib bar charts: what comes in, what is lit, what comes out.

    Args:
        x: the dimensions drawn, ``[dimension]``.
        codes: of the latents drawn, ``[latent]``.
        out: the same dimensions, rebuilt, ``[dimension]``.
        names: of the latents.
        title: what is shown.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.6), layout="constrained")
    axes: Any = figure.subplots(1, 3, width_ratios=(1, 1.4, 1))
    reach = theme.reach(np.concatenate([x, out]))
    for ax, values, name, colour in zip(
        axes, (x, codes, out), ("x", "latents", "rebuilt"), theme.LINES, strict=False
    ):
        ax.barh(range(len(values)), values, color=colour)
        ax.invert_yaxis()
        ax.set_title(name, fontsize=9)
        ax.tick_params(labelsize=7)
        if name == "latents":
            ax.set_yticks(range(len(names)), [theme.matplotlib_text(one) for one in names])
        else:
            ax.set_xlim(-1.05 * reach, 1.05 * reach)
            ax.set_yticks([])
    figure.suptitle(theme.matplotlib_text(title), fontsize=8)
    return figure
