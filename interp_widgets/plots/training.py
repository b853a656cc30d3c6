"""A dictionary's training: its loss, what it explains, how sparse it is, how much of it is dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.training_record import Training

PANELS = {  # unit -> metric -> name of its line
    "loss": {"loss": "loss", "mse": "squared error"},
    "share, 0..1": {"fve": "variance explained", "dead": "latents dead"},
    "latents a token": {"l0": "L0"},
}
DASHES = ("solid", "dash")
POINTS = 1000  # a curve: longer ones are thinned, no peak is lost
_AXIS = "training step"


def title(record: Training) -> str:
    """What a picture of this record is called."""
    place = ", ".join(part for part in (record.site, record.model) if part)
    return (
        f"Training of a {record.variant} dictionary, {record.d_sae} latents{place and ', '}{place}"
    )


def changed(record: Training) -> dict[int, str]:
    """What stands at each step where something was changed: ``{300: "k 16 → 8"}``."""
    return {
        step: ", ".join(f"{name} {old:g} → {new:g}" for name, old, new in change)
        for step, change in record.changes
    }


def plot_interactive(record: Training) -> Figure:
    """A Plotly picture: three panels over the steps, changes as dotted lines with their names."""
    from plotly.subplots import make_subplots

    figure: Any = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    colors = iter(theme.LINES)
    for row, (unit, lines) in enumerate(PANELS.items(), 1):
        for dash, (metric, name) in zip(DASHES, lines.items(), strict=False):
            steps, values = record.curve(metric, POINTS)
            line = {"color": next(colors), "dash": dash, "width": 1.5}
            figure.add_scatter(x=steps, y=values, name=name, line=line, row=row, col=1)
        figure.update_yaxes(title=unit, row=row, col=1)
        for step, text in changed(record).items():
            figure.add_vline(x=step, line={"color": theme.FAINT, "dash": "dot"}, row=row, col=1)
            if row == 1:
                place = {"yref": "paper", "y": 1.0, "yanchor": "bottom", "showarrow": False}
                figure.add_annotation(x=step, text=theme.plotly_text(text), **place)
    figure.update_yaxes(type="log", row=1, col=1)
    figure.update_yaxes(rangemode="tozero", row=3, col=1)
    figure.update_xaxes(title=_AXIS, row=3, col=1)
    figure.update_layout(height=560)
    return theme.plotly_layout(figure, title(record))


def plot_print(record: Training) -> PrintFigure:
    """The same in Matplotlib, side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 2.8), layout="constrained")
    colors = iter(theme.LINES)
    for panel, (unit, lines) in enumerate(PANELS.items(), 1):
        ax = figure.add_subplot(1, len(PANELS), panel)
        for style, (metric, name) in zip(("-", "--"), lines.items(), strict=False):
            steps, values = record.curve(metric, POINTS)
            ax.plot(steps, values, style, color=next(colors), linewidth=1.2, label=name)
        for step, text in changed(record).items():
            ax.axvline(step, color=theme.FAINT, linestyle=":", linewidth=1)
            if panel == 1:
                written = theme.matplotlib_text(text)
                place = {"xy": (step, 1.0), "xycoords": ("data", "axes fraction")}
                ax.annotate(written, **place, fontsize=6, ha="center", va="bottom")
        if panel == 1 and record.step:
            theme.log_y(ax)
        if panel == len(PANELS):
            ax.set_ylim(bottom=0)
        ax.set_xlabel(_AXIS, fontsize=8)
        ax.set_ylabel(unit, fontsize=8)
        ax.tick_params(labelsize=8)
        ax.legend(fontsize=7, frameon=False)
    figure.suptitle(theme.matplotlib_text(title(record)), fontsize=9)
    return figure
